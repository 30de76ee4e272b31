"""What every connector promises of reading."""

from __future__ import annotations

import json

from connectors.sandbox.core.client import ControlClient
from connectors.sdk.contract import Connector
from connectors.sdk.records import (
    SourceRecord,
)
from tests.systems.benches import Bench
from tests.systems.contract_base import ContractBase, keys_of, records_of


class ReadingContract(ContractBase):
    """Reads cover everything and resume anywhere; look-ups skip what is gone."""

    def test_read_covers_everything(
        self,
        connector: Connector,
        control: ControlClient,
        bench: Bench,
        readable: str,
    ) -> None:
        pages = list(connector.read(readable, None))
        keys = keys_of(pages)
        assert len(pages) > 1
        expected = bench.counts(control).get(readable, len(keys))
        assert len(keys) == expected
        assert all(isinstance(record, SourceRecord) for record in records_of(pages))

    def test_read_resumes_from_every_page(
        self, connector: Connector, readable: str
    ) -> None:
        pages = list(connector.read(readable, None))
        everything = keys_of(pages)
        seen: set[str] = set()
        for page in pages:
            seen |= {record.key for record in page.records}
            cursor = json.loads(json.dumps(page.cursor))
            assert seen | keys_of(connector.read(readable, cursor)) == everything

    def test_read_finds_nothing_new_after_the_last_page(
        self, connector: Connector, readable: str
    ) -> None:
        pages = list(connector.read(readable, None))
        known = {(one.key, repr(dict(one.fields))) for one in records_of(pages)}
        again = records_of(connector.read(readable, pages[-1].cursor))
        assert {(one.key, repr(dict(one.fields))) for one in again} <= known

    def test_read_brings_the_fields_asked_for(
        self, connector: Connector, readable: str
    ) -> None:
        target = connector.spec.object(readable)
        wanted = [target.key, target.name_field or target.match_field]
        pages = list(connector.read(readable, None, fields=wanted))
        assert all(set(wanted) <= set(one.fields) for one in records_of(pages))

    def test_fetch_skips_what_is_gone(
        self, connector: Connector, bench: Bench, fetchable: str
    ) -> None:
        keys = self.some_keys(connector, bench, fetchable)
        records = connector.fetch(fetchable, [*keys, "987654321", "not-a-key"])
        assert {record.key for record in records} == set(keys)

    def test_fetch_brings_the_fields_asked_for(
        self, connector: Connector, bench: Bench, fetchable: str
    ) -> None:
        target = connector.spec.object(fetchable)
        wanted = target.name_field or target.match_field
        keys = self.some_keys(connector, bench, fetchable)
        for record in connector.fetch(fetchable, keys, fields=[wanted]):
            assert wanted in record.fields

    def test_fetching_nothing_brings_nothing(
        self, connector: Connector, fetchable: str
    ) -> None:
        assert connector.fetch(fetchable, []) == []

    def test_find_answers_for_each_value(
        self, connector: Connector, bench: Bench, findable: str
    ) -> None:
        target = connector.spec.object(findable)
        keys = self.some_keys(connector, bench, findable)
        match = target.match_field
        values = {
            str(record.fields[match]): record.key
            for record in connector.fetch(findable, keys, fields=[match])
        }
        found = connector.find(findable, match, [*values, "987654321"])
        assert {value: found[value][0].key for value in values} == values
        assert not found.get("987654321")
