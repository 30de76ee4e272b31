"""JD Edwards and HubSpot: customers and people both ways, invoices and payments into
JD Edwards; with their users, faults and a worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.models import (
    Decision,
    FieldMapping,
    Flow,
    Outcome,
    Review,
    ReviewKind,
    RunKind,
    SyncRecord,
)
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sync import connect
from connectors.sync.mapping.versions import save_version
from tests.faults.processes import Driver
from tests.sync.ledgers.desks import Desk, HubSpotDesk
from tests.sync.ledgers.engine import Engine, forget
from tests.sync.ledgers.erp.desks import Customers, People, Tables
from tests.sync.ledgers.model import Users
from tests.sync.ledgers.world import FAULTS, LOST, MISCHIEF
from tests.sync.pairs.documents import documents
from tests.sync.site import Row, Site

CUSTOMER = ("name", "phone", "city")
PERSON = ("first_name", "last_name", "phone")
KEY: Row = {
    "transform": "template",
    "argument": "jde:{value}",
    "target_field": "erp_key",
}
# By system: where its faults strike, and what they are.
WRITES = {"jde": r"/orchestrator/", "hubspot": r"/batch/(upsert|update|archive)"}
READS = {"jde": r"/dataservice/", "hubspot": r"/objects/"}
EXPIRED = {"pass": {"kill_sessions": True}}
MISDEEDS = {"jde": {**LOST, "token expired": EXPIRED}, "hubspot": FAULTS}
NO_LIMITS: dict[str, dict[str, Any]] = {
    "hubspot": {"search_per_second": 100_000, **dict.fromkeys(MISCHIEF, 0.0)},
    # Workers that are killed never log out.
    "jde": {"max_sessions": 1000},
}
# Our name of a record: in JD Edwards, in HubSpot.
PREFIX = {"left": "HU-", "right": "jde:"}
KINDS = ("customers", "contacts")
SYSTEMS = {"left": "jde", "right": "hubspot"}


class ErpWorld(Engine):
    """JD Edwards, with one customer of its own, is the left side.

    `users` are those of customers and of people; `readers` names the flow that reads
    each side of both.
    """

    def __init__(self, box: SandboxThread, worker: Driver) -> None:
        forget()
        controls = {name: box.control(name) for name in SYSTEMS.values()}
        for one in controls.values():
            one.reset()
        self.site = Site(box, 1)
        super().__init__(self._flows(), controls, worker, self._calm)
        self._calm()
        tables = Tables(self.site.erp)
        tables.silence()
        self.customers = Customers(tables)
        self.people = People(tables, self.customers)
        self.readers = {
            "customers": {"left": "customers", "right": "companies"},
            "contacts": {"left": "contacts", "right": "contacts back"},
        }
        # Documents that went to another company when theirs was merged into it.
        self.moved: set[str] = set()
        self.users = {"customers": self._customers(), "contacts": self._contacts()}

    def _customers(self) -> Users:
        fields = {name: name for name in CUSTOMER}
        companies = HubSpotDesk(self.site.crm, "companies", fields)
        desks: dict[str, Desk] = {"left": self.customers, "right": companies}
        return Users(desks, self.flows["customers"], CUSTOMER)

    def _contacts(self) -> Users:
        fields = {"first_name": "firstname", "last_name": "lastname", "phone": "phone"}
        contacts = HubSpotDesk(self.site.crm, "contacts", fields, "jobtitle")
        desks: dict[str, Desk] = {"left": self.people, "right": contacts}
        return Users(desks, self.flows["contacts"], PERSON)

    def _flows(self) -> dict[str, Flow]:
        site = self.site
        site.jde.set_values({**site.jde.settings, "overlap_minutes": 0})
        site.jde.save()
        site.hubspot.set_values(
            {**site.hubspot.settings, "overlap_seconds": 0, "archive_minutes": 0}
            | {"searches_per_second": 1000}
        )
        site.hubspot.save()
        connect.ensure_fields(site.hubspot, "contacts", ["erp_key"])
        there, back = self._pair("customers", "companies", site.flow)
        _map(
            site,
            there,
            {"source_field": "AN8", **KEY},
            ALPH="name",
            **_same("phone city"),
        )
        _map(site, back, name="ALPH", **_same("phone city"))
        people, people_back = self._pair("contacts", "contacts")
        names = {"first_name": "firstname", "last_name": "lastname", "phone": "phone"}
        _map(
            site,
            people,
            {"source_field": "key", **KEY},
            AN8="associatedcompany",
            **names,
        )
        whose = {"source_field": "associatedcompany", "target_field": "AN8"}
        _map(
            site, people_back, {**whose, "update_mode": "create_only"},
            **{theirs: ours for ours, theirs in names.items()},
        )  # fmt: skip
        invoices, payments = documents(site)
        return {
            "customers": there, "contacts": people,
            "companies": back, "contacts back": people_back,
            "invoices": invoices, "payments": payments,
        }  # fmt: skip

    def _pair(
        self, ours: str, theirs: str, there: Flow | None = None
    ) -> tuple[Flow, Flow]:
        site = self.site
        there = there or site.make_flow(
            f"{ours} there", source_object=ours, target_object=theirs
        )
        back = site.make_flow(
            f"{ours} back", source=site.hubspot, source_object=theirs,
            target=site.jde, target_object=ours,
        )  # fmt: skip
        return there, back

    def _calm(self) -> None:
        for name, control in self.controls.items():
            control.clear_faults()
            control.config(**NO_LIMITS[name])

    def round_of_all(self) -> None:
        """JD Edwards tells no delete by itself; what refers to one would be refused
        again and again."""
        for reader in self.readers.values():
            self.go(reader["left"], RunKind.SCAN)
        super().round_of_all()

    def rule(self, conflict: str) -> None:
        """Let conflicts go by this rule, everywhere."""
        for reader in self.readers.values():
            for name in reader.values():
                flow = self.flow(name)
                FieldMapping.objects.filter(flow=flow).update(conflict=conflict)
                save_version(flow)

    def accounted(self, record: SyncRecord) -> bool:
        """A document of a merged company is another customer's now, and JD Edwards
        changes none; a person whose customer has no company any more
        follows it when there is one."""
        if record.flow.pk in (self.flows["invoices"].pk, self.flows["payments"].pk):
            return record.outcome == Outcome.FAILED and record.source_id in self.moved
        if record.error_class == "orphan" and record.blocked_by:
            flow, (_, _, parent) = record.flow, record.blocked_by.partition(":")
            side = "left" if flow.source == self.site.jde else "right"
            return self.users["customers"].partner((side, parent)) is None
        return False

    def answer(self, review: Review, number: int) -> None:
        """A person decides; whether something was written, they look up."""
        if review.kind == ReviewKind.UNCERTAIN:
            self._look_up(review)
        elif (
            review.kind == ReviewKind.DELETE
            and review.record.flow.target == self.site.jde
        ):
            # JD Edwards archives nothing.
            self.decide(review, Decision.IGNORE)
        else:
            super().answer(review, number)

    def _look_up(self, review: Review) -> None:
        """Documents are looked for by the connector before they are entered."""
        users = self.users.get(review.record.flow.target_object)
        marks = users.desks["left"].marks() if users else {}
        wanted = f"{PREFIX['left']}{review.record.source_id}"
        found = [key for key, mark in marks.items() if mark == wanted]
        if found:
            self.decide(review, Decision.WRITTEN, chosen=found[0])
        else:
            self.decide(review, Decision.SEND)


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


def _map(site: Site, flow: Flow, *rows: Row, **fields: str) -> None:
    """These rows, and plain ones for source fields into target fields."""
    plain = [{"source_field": a, "target_field": b} for a, b in fields.items()]
    site.map(*rows, *plain, flow=flow)


@contextmanager
def both() -> Iterator[SandboxThread]:
    """Serve both."""
    with SandboxThread(stand_in_class("jde")(), stand_in_class("hubspot")()) as box:
        yield box
