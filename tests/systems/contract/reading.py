"""What every connector promises of reading."""

from __future__ import annotations

import json

from connectors.sandbox.core.client import ControlClient
from connectors.sdk.contract import Connector
from connectors.sdk.records import (
    SourceRecord,
)
from tests.systems.benches import Bench
from tests.systems.contract.base import ContractBase, keys_of, records_of


class ReadingContract(ContractBase):
    """Reads cover everything and resume anywhere; look-ups skip what is gone."""

    def test_read_covers_everything(
        self,
        stocked: Connector,
        control: ControlClient,
        bench: Bench,
        readable: str,
    ) -> None:
        pages = list(stocked.read(readable, None))
        keys = keys_of(pages)
        assert len(pages) > 1
        expected = bench.counts(control).get(readable, len(keys))
        assert len(keys) == expected
        assert all(isinstance(record, SourceRecord) for record in records_of(pages))

    def test_read_resumes_from_every_page(
        self, stocked: Connector, readable: str
    ) -> None:
        pages = list(stocked.read(readable, None))
        everything = keys_of(pages)
        seen: set[str] = set()
        for page in pages:
            seen |= {record.key for record in page.records}
            cursor = json.loads(json.dumps(page.cursor))
            assert seen | keys_of(stocked.read(readable, cursor)) == everything

    def test_read_finds_nothing_new_after_the_last_page(
        self, stocked: Connector, readable: str
    ) -> None:
        pages = list(stocked.read(readable, None))
        known = {(one.key, repr(dict(one.fields))) for one in records_of(pages)}
        again = records_of(stocked.read(readable, pages[-1].cursor))
        assert {(one.key, repr(dict(one.fields))) for one in again} <= known

    def test_read_brings_the_fields_asked_for(
        self, stocked: Connector, readable: str
    ) -> None:
        target = stocked.spec.object(readable)
        wanted = [target.key, target.name_field or target.match_field]
        pages = list(stocked.read(readable, None, fields=wanted))
        assert all(set(wanted) <= set(one.fields) for one in records_of(pages))

    def test_fetch_skips_what_is_gone(
        self, stocked: Connector, bench: Bench, fetchable: str
    ) -> None:
        keys = self.some_keys(stocked, bench, fetchable)
        records = stocked.fetch(fetchable, [*keys, "987654321", "not-a-key"])
        assert {record.key for record in records} == set(keys)

    def test_fetch_brings_the_fields_asked_for(
        self, stocked: Connector, bench: Bench, fetchable: str
    ) -> None:
        target = stocked.spec.object(fetchable)
        wanted = target.name_field or target.match_field
        keys = self.some_keys(stocked, bench, fetchable)
        for record in stocked.fetch(fetchable, keys, fields=[wanted]):
            assert wanted in record.fields

    def test_fetching_nothing_brings_nothing(
        self, stocked: Connector, fetchable: str
    ) -> None:
        assert stocked.fetch(fetchable, []) == []

    def test_find_answers_for_each_value(
        self, stocked: Connector, bench: Bench, findable: str
    ) -> None:
        target = stocked.spec.object(findable)
        keys = self.some_keys(stocked, bench, findable)
        match = target.match_field
        values = {
            str(record.fields[match]): record.key
            for record in stocked.fetch(findable, keys, fields=[match])
        }
        found = stocked.find(findable, match, [*values, "987654321"])
        assert {value: found[value][0].key for value in values} == values
        assert not found.get("987654321")

    def test_the_keys_are_those_of_all_records(
        self, stocked: Connector, listable: str
    ) -> None:
        pages = [list(page) for page in stocked.keys(listable)]
        keys = [key for page in pages for key in page]
        everything = records_of(stocked.read(listable, None))
        assert set(keys) == {one.key for one in everything if not one.deleted}
        assert len(keys) == len(set(keys))
