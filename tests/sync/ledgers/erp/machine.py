"""Whatever the users of JD Edwards and HubSpot, people, faults and killed workers do in
whatever order: when it is quiet again, both sides agree, nothing is lost, nothing is
doubled, and the books are even."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from connectors.models import (
    ConflictRule,
    Flow,
    ObjectPair,
    RunKind,
    SourceGone,
    SyncRecord,
    TargetGone,
)
from connectors.sandbox.core.runner import SandboxThread
from connectors.sync import runs
from tests.faults.processes import Driver
from tests.sync.ledgers.desks import Values
from tests.sync.ledgers.erp.compare import compare
from tests.sync.ledgers.erp.papers import Papers
from tests.sync.ledgers.erp.world import (
    CUSTOMER,
    KINDS,
    MISDEEDS,
    PERSON,
    READS,
    WRITES,
    ErpWorld,
)
from tests.sync.ledgers.rules import NUMBERS, READING, EngineRules

SIDES = st.sampled_from(["left", "right"])
KIND = st.sampled_from(KINDS)
FLOWS = st.sampled_from(
    ["customers", "companies", "contacts", "contacts back", "invoices", "payments"]
)
FIELDS = {"customers": CUSTOMER, "contacts": PERSON}
FILLED = ["one", "two", "three", "four"]
# What each must have, and what it has where nothing else is said.
NAMED = {"customers": {"name": "Example Foods"}, "contacts": {"last_name": "Example"}}
NEEDED = {name for one in NAMED.values() for name in one}


def _values(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*FILLED, *([] if name in NEEDED else [""])])


VALUES = {
    kind: st.fixed_dictionaries({}, optional={n: _values(n) for n in names})
    for kind, names in FIELDS.items()
}
CHANGE = KIND.flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind].filter(bool)))
BOTH = KIND.flatmap(
    lambda kind: st.sampled_from(FIELDS[kind]).flatmap(
        lambda name: st.tuples(
            st.just(kind), st.just(name), _values(name), _values(name)
        )
    )
)
AMOUNTS = st.lists(st.integers(1, 99_999), min_size=1, max_size=3)
FAULTS = [
    (system, what) for system, found in MISDEEDS.items() for what in sorted(found)
]


class ErpMachine(EngineRules):
    """See the module; one example is one world."""

    world: ErpWorld

    def __init__(self, box: SandboxThread, worker: Driver) -> None:
        super().__init__()
        self.world = ErpWorld(box, worker)
        self.papers = Papers(self.world)
        self.companies = self.world.users["customers"]
        self.contacts = self.world.users["contacts"]
        # Of each side, those that something hangs on: nobody deletes them.
        self.parents: set[tuple[str, str]] = set()

    @initialize(values=VALUES["customers"], amounts=AMOUNTS)
    def joined(self, values: Values, amounts: list[int]) -> None:
        self.world.round()
        self.create_customer("left", values)
        self.create_customer("right", values)
        self.world.round()
        self.bill(0, amounts)
        self.world.round()

    # ------------------------------------------------------------------------- users

    @rule(side=SIDES, values=VALUES["customers"])
    def create_customer(self, side: str, values: Values) -> None:
        self.companies.create(side, NAMED["customers"] | values)

    @rule(side=SIDES, number=NUMBERS, values=VALUES["contacts"])
    def create_contact(self, side: str, number: int, values: Values) -> None:
        if employer := self.one_of(self.companies.live(side), number):
            self.hire(side, employer, values)

    def hire(self, side: str, employer: str, values: Values) -> str:
        """A new person of this customer, or company."""
        self.parents.add((side, employer))
        self.world.people.employer = employer
        key = self.contacts.create(side, NAMED["contacts"] | values)
        if side == "right":
            self.world.site.crm.edit(
                type="contacts", action="associate", id=key,
                to_type="companies", to_id=employer,
            )  # fmt: skip
        return key

    @rule(side=SIDES, number=NUMBERS, change=CHANGE)
    def edit(self, side: str, number: int, change: tuple[str, Values]) -> None:
        users = self.world.users[change[0]]
        if key := self.one_of(users.live(side), number):
            users.edit((side, key), change[1])

    @rule(number=NUMBERS, change=BOTH)
    def edit_both(self, number: int, change: tuple[str, str, str, str]) -> None:
        kind, name, left, right = change
        users = self.world.users[kind]
        if pair := self.one_of(users.bound_pairs(), number):
            users.edit(("left", pair[0]), {name: left})
            users.edit(("right", pair[1]), {name: right})

    @rule(kind=KIND, side=SIDES, number=NUMBERS)
    def touch(self, kind: str, side: str, number: int) -> None:
        """A field that nobody maps."""
        users = self.world.users[kind]
        if key := self.one_of(users.live(side), number):
            users.desks[side].touch(key)

    @rule(kind=KIND, side=SIDES, number=NUMBERS)
    def delete(self, kind: str, side: str, number: int) -> None:
        users = self.world.users[kind]
        found = [key for key in users.live(side) if self.deletable(kind, (side, key))]
        if key := self.one_of(found, number):
            users.delete((side, key))

    def deletable(self, kind: str, record: tuple[str, str]) -> bool:
        """Whether nothing hangs on it; the customer of the seed has an invoice. The
        last line of JD Edwards' people stays: it would be given to somebody else."""
        if kind == "contacts":
            return record[0] == "right" or not self.world.people.is_last(record[1])
        first = min(self.companies.made["left"], key=int)
        whole = {record, *self.companies.partners(record)}
        return not whole & {*self.parents, ("left", first)}

    @rule(number=NUMBERS, into=NUMBERS)
    def merge(self, number: int, into: int) -> None:
        """A user of HubSpot merges two companies; what belongs to them goes along."""
        live = self.companies.live("right")
        one, other = live[number % len(live)], live[into % len(live)]
        if one == other or self.papers.unposted({one, other}):
            return
        survivor = self.companies.merge("right", one, other)
        self.papers.merged({one, other}, survivor)
        if {("right", one), ("right", other)} & self.parents:
            self.parents.add(("right", survivor))

    @rule(number=NUMBERS, amounts=AMOUNTS)
    def bill(self, number: int, amounts: list[int]) -> None:
        live = self.companies.live("right")
        company = self.one_of([key for key in live if not self.orphaned(key)], number)
        if company:
            person = self.hire("right", company, {})
            self.papers.bill(company, person, [Decimal(one) / 100 for one in amounts])

    def orphaned(self, company: str) -> bool:
        """Whether JD Edwards' users have deleted its customer: nobody bills it."""
        record = ("right", company)
        bound = self.companies.partners(record)
        return bool(bound) and self.companies.partner(record) is None

    @rule(number=NUMBERS, share=st.sampled_from(["1", "0.5"]))
    def pay(self, number: int, share: str) -> None:
        if key := self.one_of(self.papers.unpaid(), number):
            self.papers.pay(key, Decimal(share))

    # ------------------------------------------------------------------------ engine

    @rule()
    def round(self) -> None:
        self.world.round()

    @rule(name=FLOWS, kind=READING)
    def run(self, name: str, kind: RunKind) -> None:
        self.world.go(name, kind)

    @rule(kind=KIND)
    def scan(self, kind: str) -> None:
        self.world.go(self.world.readers[kind]["left"], RunKind.SCAN)

    @rule(name=FLOWS)
    def replay_all(self, name: str) -> None:
        flow = self.world.flows[name]
        self.world.send_again(SyncRecord.objects.filter(flow=flow))

    # ------------------------------------------------------------------------- rules

    @rule(conflict=st.sampled_from(ConflictRule.values))
    def conflict(self, conflict: str) -> None:
        self.world.rule(conflict)

    @rule(kind=KIND, number=NUMBERS, side=SIDES)
    def owner(self, kind: str, number: int, side: str) -> None:
        pair = ObjectPair.objects.get(pk=self.world.users[kind].pair)
        attribute = FIELDS[kind][number % len(FIELDS[kind])]
        canonical = f"{kind.removesuffix('s')}.{attribute}"
        pair.owners = {**pair.owners, canonical: side}
        pair.save()

    @rule(
        kind=KIND,
        here=st.sampled_from([SourceGone.IGNORE, SourceGone.ARCHIVE, SourceGone.HOLD]),
        there=st.sampled_from(TargetGone.values),
    )
    def gone_in_jde(self, kind: str, here: str, there: str) -> None:
        """`here` when JD Edwards' record is deleted, `there` when HubSpot's is."""
        flow = Flow.objects.filter(pk=self.world.flows[kind].pk)
        flow.update(source_gone=here, target_gone=there)

    @rule(
        kind=KIND,
        here=st.sampled_from([SourceGone.IGNORE, SourceGone.HOLD]),
        there=st.sampled_from(TargetGone.values),
    )
    def gone_in_hubspot(self, kind: str, here: str, there: str) -> None:
        """JD Edwards archives nothing."""
        flow = Flow.objects.filter(
            pk=self.world.flows[self.world.readers[kind]["right"]].pk
        )
        flow.update(source_gone=here, target_gone=there)

    @rule(name=FLOWS)
    def pause(self, name: str) -> None:
        runs.pause(self.world.flow(name))

    @rule(name=FLOWS)
    def resume(self, name: str) -> None:
        runs.resume(self.world.flow(name))

    # ------------------------------------------------------------------------ faults

    @rule(
        fault=st.sampled_from(FAULTS),
        writing=st.sampled_from([True, True, False]),
        times=st.sampled_from([1, 2, 9]),
    )
    def fault(self, fault: tuple[str, str], writing: bool, times: int) -> None:
        system, what = fault
        # Without being told, each is waited out for a second.
        times = 1 if what == "429" else times
        path = (WRITES if writing else READS)[system]
        self.world.controls[system].faults(
            {"match": {"path": path}, "times": times, "do": MISDEEDS[system][what]}
        )

    @rule(share=st.sampled_from([0.0, 0.5, 1.0]), knob=st.booleans())
    def refuse(self, share: float, knob: bool) -> None:
        name = "reject_share" if knob else "omit_share"
        self.world.controls["hubspot"].config(**{name: share})

    @rule(name=FLOWS, requests=st.integers(1, 20))
    def kill(self, name: str, requests: int) -> None:
        self.world.kill(name, requests)

    # --------------------------------------------------------------------------- end

    def teardown(self) -> None:
        self.world.settle()
        compare(self.world, self.papers)
