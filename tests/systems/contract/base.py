"""What the contract suite stands on: a stand-in, a connector, and small helpers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sdk.contract import Connector, Context
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    Page,
    SourceRecord,
    WriteItem,
    WriteResult,
    checked_results,
)
from connectors.systems import registry
from tests.systems.benches import BENCHES, Bench
from tests.systems.prepared import prepared

LOCAL = Context(network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))


class ContractBase:
    """Fixtures of one system, named by `slug` and described in `benches.py`.

    `variant` are settings to try besides the bench's own.
    """

    slug: ClassVar[str]
    variant: ClassVar[Mapping[str, Any]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test with an argument such as `readable` runs once per such object."""
        objects = registry.spec(self.slug).objects.values()
        able: dict[str, list[str]] = {
            "readable": [one.name for one in objects if one.can("read")],
            "fetchable": [one.name for one in objects if one.can("fetch")],
            "findable": [one.name for one in objects if one.can("find")],
            # What is recognised by its own id is only updated, never created.
            "writable": [
                one.name
                for one in objects
                if one.can("write") and one.match_field != one.key
            ],
            "enterable": [
                one.name
                for one in objects
                if one.can("write") and one.create_is_not_idempotent
            ],
            "updatable": [one.name for one in objects if one.can("write")],
            "listable": [one.name for one in objects if one.can("keys")],
            "archivable": [one.name for one in objects if one.can("archive")],
            "ensurable": [one.name for one in objects if one.can("ensure_fields")],
            "discoverable": [one.name for one in objects if one.can("discover")],
            "any_object": [one.name for one in objects],
        }
        for argument, names in able.items():
            if argument in metafunc.fixturenames:
                metafunc.parametrize(argument, names)

    @pytest.fixture
    def bench(self) -> Bench:
        return BENCHES[self.slug]

    @pytest.fixture
    def box(self, bench: Bench) -> Iterator[SandboxThread]:
        with SandboxThread(stand_in_class(self.slug)()) as box:
            yield box

    @pytest.fixture
    def control(self, box: SandboxThread, bench: Bench) -> ControlClient:
        control = box.control(self.slug)
        control.config(**bench.knobs)
        if bench.seed:
            control.seed(bench.seed)
        return control

    @pytest.fixture
    def open_as(
        self, box: SandboxThread, bench: Bench
    ) -> Iterator[Callable[..., Connector]]:
        """Open a connector with these settings changed; all are closed at the end."""
        opened: list[Connector] = []

        def open_as(**changed: Any) -> Connector:
            address = box.url[self.slug] + bench.path
            usual = {"base_url": address, **bench.settings, **self.variant}
            settings = {**usual, **changed}
            opened.append(registry.connector_class(self.slug)(settings, LOCAL))
            return opened[-1]

        yield open_as
        for connector in opened:
            connector.close()

    @pytest.fixture
    def fresh(
        self, control: ControlClient, open_as: Callable[..., Connector]
    ) -> Connector:
        return open_as()

    @pytest.fixture
    def connector(
        self,
        box: SandboxThread,
        fresh: Connector,
        control: ControlClient,
        bench: Bench,
    ) -> Connector:
        prepare = bench.prepare
        if prepare is not None:
            kind = (self.slug, str(self.variant))
            prepared(box, self.slug, kind, lambda: prepare(control, fresh))
        return fresh

    @pytest.fixture
    def stocked(
        self, connector: Connector, control: ControlClient, bench: Bench
    ) -> Connector:
        """One whose system holds several pages of every readable object."""
        bench.stock(control)
        return connector

    def write(
        self, connector: Connector, name: str, items: list[WriteItem]
    ) -> list[WriteResult]:
        match = connector.spec.object(name).match_field
        results = connector.write(name, items, match_field=match)
        return list(checked_results(items, results))

    def some_keys(self, connector: Connector, bench: Bench, name: str) -> list[str]:
        """Keys of records that are there, written first where they must be."""
        if connector.spec.object(name).can("read"):
            return sorted(keys_of([next(connector.read(name, None))]))[:3]
        items = [bench.sample(name, n) for n in range(3)]
        return [one.target_id for one in self.write(connector, name, items)]

    def use(self, connector: Connector, bench: Bench) -> None:
        """One business call of the first kind that the system offers."""
        target = next(iter(connector.spec.objects.values()))
        if target.can("read"):
            list(connector.read(target.name, None))
        else:
            self.write(connector, target.name, [bench.sample(target.name, 0)])


def records_of(pages: Iterable[Page]) -> list[SourceRecord]:
    return [record for page in pages for record in page.records]


def keys_of(pages: Iterable[Page]) -> set[str]:
    return {record.key for record in records_of(pages)}
