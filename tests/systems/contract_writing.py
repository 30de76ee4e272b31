"""What every connector promises of writing, and of the fields it writes to."""

from __future__ import annotations

from threading import Thread
from typing import get_args

import pytest

from connectors.sandbox.core.client import ControlClient
from connectors.sdk.contract import Connector
from connectors.sdk.records import (
    FieldType,
    WriteResult,
)
from tests.systems.benches import Bench
from tests.systems.contract_base import ContractBase


class WritingContract(ContractBase):
    """Every item gets one outcome, twice is once, one bad one spares the others."""

    def test_write_answers_for_every_item_and_is_idempotent(
        self, connector: Connector, bench: Bench, writable: str
    ) -> None:
        items = [bench.sample(writable, n) for n in range(7)]
        first = self.write(connector, writable, items)
        again = self.write(connector, writable, items)
        assert {one.outcome for one in first} == {"created"}
        assert {one.outcome for one in again} <= {"updated", "unchanged"}
        ids = [one.target_id for one in first]
        assert ids == [one.target_id for one in again]
        assert len(set(ids)) == len(items)
        assert all(one.request_id for one in first)

    def test_write_stores_what_was_sent(
        self, connector: Connector, bench: Bench, writable: str
    ) -> None:
        items = [bench.sample(writable, n) for n in range(3)]
        results = self.write(connector, writable, items)
        keys = [one.target_id for one in results]
        stored = {
            one.key: one.fields
            for one in connector.fetch(writable, keys, fields=list(items[0].fields))
        }
        for item, key in zip(items, keys, strict=True):
            assert stored[key] == item.fields

    def test_writing_nothing_answers_nothing(
        self, connector: Connector, writable: str
    ) -> None:
        assert self.write(connector, writable, []) == []

    @pytest.mark.parametrize("position", [0, 3, 6])
    def test_one_bad_record_spares_its_neighbours(
        self, connector: Connector, bench: Bench, writable: str, position: int
    ) -> None:
        items = [bench.sample(writable, n) for n in range(7)]
        items[position] = bench.spoil(items[position])
        results = self.write(connector, writable, items)
        failed = [one for one in results if one.outcome == "failed"]
        assert [one.key for one in failed] == [items[position].key]
        error = failed[0].error
        assert error is not None
        assert error.error_class == "rejected"
        assert error.field
        assert error.advice
        assert failed[0].request_id

    def test_an_answer_lost_after_the_write_doubles_nothing(
        self, connector: Connector, control: ControlClient, bench: Bench, writable: str
    ) -> None:
        items = [bench.sample(writable, n) for n in range(5)]
        control.faults(
            {
                "match": {"path": bench.data, "method": "POST"},
                "times": 1,
                "do": {"apply_then_drop": True},
            }
        )
        results = self.write(connector, writable, items)
        assert {one.outcome for one in results} == {"created"}
        assert len(control.records(writable)) == len(items)

    def test_several_threads_write_at_once(
        self, connector: Connector, bench: Bench, writable: str
    ) -> None:
        results: list[WriteResult] = []

        def work(part: int) -> None:
            items = [bench.sample(writable, part * 10 + n) for n in range(10)]
            results.extend(self.write(connector, writable, items))

        threads = [Thread(target=work, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {one.outcome for one in results} == {"created"}
        assert len({one.target_id for one in results}) == 40

    def test_discovery_covers_the_mapped_fields(
        self, connector: Connector, discoverable: str
    ) -> None:
        target = connector.spec.object(discoverable)
        found = {field.name: field for field in connector.discover(discoverable)}
        mapped = {one.name: one for one in target.fields.values() if one.canonical}
        assert set(mapped) <= set(found)
        for name, field in mapped.items():
            assert found[name].canonical == field.canonical
            assert found[name].type == field.type
            assert found[name].references == field.references

    def test_discovered_fields_are_whole(
        self, connector: Connector, discoverable: str
    ) -> None:
        found = connector.discover(discoverable)
        assert len({one.name for one in found}) == len(found)
        assert all(one.label and one.type in get_args(FieldType) for one in found)

    def test_fields_of_ours_are_created_once(
        self, fresh: Connector, ensurable: str
    ) -> None:
        target = fresh.spec.object(ensurable)
        names = [one.name for one in target.fields.values() if one.managed][:3]
        assert fresh.ensure_fields(ensurable, names) == dict.fromkeys(names, "created")
        assert fresh.ensure_fields(ensurable, names) == dict.fromkeys(names, "exists")
        found = {one.name: one for one in fresh.discover(ensurable)}
        assert all(found[name].managed for name in names)
        assert not fresh.ensure_fields(ensurable, ["no_such_field"])[
            "no_such_field"
        ].startswith(("created", "exists"))
