"""What every connector promises of writing, and of the fields it writes to."""

from __future__ import annotations

from dataclasses import replace
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
from tests.systems.contract.base import ContractBase


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
            assert {name: stored[key][name] for name in item.fields} == item.fields

    def test_writing_nothing_answers_nothing(
        self, connector: Connector, updatable: str
    ) -> None:
        assert self.write(connector, updatable, []) == []

    def test_what_is_archived_is_gone_and_stays_gone(
        self, connector: Connector, bench: Bench, archivable: str
    ) -> None:
        items = [bench.sample(archivable, n) for n in range(3)]
        ids = [one.target_id for one in self.write(connector, archivable, items)]
        first = connector.archive(archivable, [*ids[:2], "987654321"])
        again = connector.archive(archivable, ids[:2])
        assert [one.key for one in first] == [*ids[:2], "987654321"]
        assert [one.outcome for one in first] == ["updated", "updated", "unchanged"]
        assert [one.outcome for one in again] == ["unchanged", "unchanged"]
        left = connector.fetch(archivable, ids)
        assert [one.key for one in left] == ids[2:]

    def test_a_known_record_is_updated_without_its_key(
        self, connector: Connector, bench: Bench, writable: str
    ) -> None:
        target = connector.spec.object(writable)
        items = [bench.sample(writable, n) for n in range(3)]
        written = self.write(connector, writable, items)
        known = [
            replace(
                item,
                target_id=one.target_id,
                fields={
                    n: v for n, v in item.fields.items() if n != target.match_field
                },
            )
            for item, one in zip(items, written, strict=True)
        ]
        again = self.write(connector, writable, known)
        assert {one.outcome for one in again} <= {"updated", "unchanged"}
        assert [one.target_id for one in again] == [one.target_id for one in written]
        match = target.match_field
        held = connector.fetch(writable, [written[0].target_id], fields=[match])
        assert held[0].fields[match] == items[0].fields[match]

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
        table = bench.tables.get(writable, writable)
        before = len(control.records(table))
        control.faults(bench.loses_a_write())
        results = self.write(connector, writable, items)
        assert {one.outcome for one in results} == {"created"}
        assert len(control.records(table)) == before + len(items)

    def test_what_was_created_is_found_by_its_reference(
        self, connector: Connector, bench: Bench, enterable: str
    ) -> None:
        items = [bench.sample(enterable, n) for n in range(3)]
        results = self.write(connector, enterable, items)
        assert {one.outcome for one in results} == {"created"}
        assert all(one.request_id for one in results)
        name = connector.spec.object(enterable).reference_field
        found = connector.find(enterable, name, [one.reference for one in items])
        for item, result in zip(items, results, strict=True):
            assert [one.key for one in found[item.reference]] == [result.target_id]

    def test_a_lost_answer_is_told_and_never_sent_again(
        self, connector: Connector, control: ControlClient, bench: Bench, enterable: str
    ) -> None:
        items = [bench.sample(enterable, n) for n in range(3)]
        control.faults(bench.loses_a_write())
        first, *others = self.write(connector, enterable, items)
        assert first.error is not None
        assert first.error.error_class == "uncertain"
        told = {one.error.error_class for one in others if one.error}
        assert told <= {"unavailable"}
        name = connector.spec.object(enterable).reference_field
        found = connector.find(enterable, name, [items[0].reference])
        assert len(found[items[0].reference]) == 1

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
