"""Whatever users, people, faults and killed workers do in whatever order: when it is
quiet again, both accounts agree, nothing is lost and nothing is doubled."""

from __future__ import annotations

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
from tests.sync.ledgers.compare import compare
from tests.sync.ledgers.model import Users
from tests.sync.ledgers.rules import NUMBERS, READING, EngineRules
from tests.sync.ledgers.world import FAULTS, READS, WRITES, World
from tests.sync.pair import SHARED

SIDES = st.sampled_from(["left", "right"])
FILLED = ["one", "two", "three", "four"]
# A company must have a name, and nothing else.
VALUES = {n: st.sampled_from([*FILLED, *([] if n == "name" else [""])]) for n in SHARED}
FIELDS = st.fixed_dictionaries({}, optional=VALUES).filter(bool)
BOTH = st.sampled_from(SHARED).flatmap(
    lambda name: st.tuples(st.just(name), VALUES[name], VALUES[name])
)
LEAVING = (SourceGone.IGNORE, SourceGone.ARCHIVE, SourceGone.HOLD)


class Machine(EngineRules):
    """See the module; one example is one world."""

    world: World

    def __init__(
        self, left: SandboxThread, right: SandboxThread, worker: Driver
    ) -> None:
        super().__init__()
        self.world = World(left, right, worker)
        self.users = Users(self.world.desks, self.world.flows["left"], SHARED)

    @initialize(values=FIELDS, side=SIDES)
    def joined(self, values: dict[str, str], side: str) -> None:
        self.users.create(side, {"name": "Example Foods", **values})
        self.world.round()
        self.world.round()

    # ------------------------------------------------------------------------- users

    @rule(side=SIDES, values=FIELDS)
    def create(self, side: str, values: dict[str, str]) -> None:
        self.users.create(side, {"name": "Example Foods", **values})

    @rule(side=SIDES, number=NUMBERS, values=FIELDS)
    def edit(self, side: str, number: int, values: dict[str, str]) -> None:
        if key := self.one_of(self.users.live(side), number):
            self.users.edit((side, key), values)

    @rule(number=NUMBERS, change=BOTH)
    def edit_both(self, number: int, change: tuple[str, str, str]) -> None:
        name, left, right = change
        if pair := self.one_of(self.users.bound_pairs(), number):
            self.users.edit(("left", pair[0]), {name: left})
            self.users.edit(("right", pair[1]), {name: right})

    @rule(side=SIDES, number=NUMBERS)
    def touch(self, side: str, number: int) -> None:
        """A field that nobody maps."""
        if key := self.one_of(self.users.live(side), number):
            self.world.desks[side].touch(key)

    @rule(side=SIDES, number=NUMBERS)
    def delete(self, side: str, number: int) -> None:
        if key := self.one_of(self.users.live(side), number):
            self.users.delete((side, key))

    @rule(side=SIDES, number=NUMBERS)
    def restore(self, side: str, number: int) -> None:
        if key := self.one_of(self.users.restorable(side), number):
            self.users.restore((side, key))

    # ------------------------------------------------------------------------ engine

    @rule(side=SIDES, kind=READING)
    def run(self, side: str, kind: RunKind) -> None:
        self.world.go(side, kind)

    @rule(side=SIDES)
    def replay_all(self, side: str) -> None:
        flow = self.world.flows[side]
        self.world.send_again(SyncRecord.objects.filter(flow=flow))

    # ------------------------------------------------------------------------- rules

    @rule(conflict=st.sampled_from(ConflictRule.values))
    def conflict(self, conflict: str) -> None:
        self.world.pair.rule(conflict)

    @rule(name=st.sampled_from(SHARED), side=SIDES)
    def owner(self, name: str, side: str) -> None:
        pair = ObjectPair.objects.get()
        pair.owners = {**pair.owners, f"customer.{name}": side}
        pair.save()

    @rule(
        side=SIDES,
        here=st.sampled_from(LEAVING),
        there=st.sampled_from(TargetGone.values),
    )
    def gone(self, side: str, here: str, there: str) -> None:
        flow = Flow.objects.filter(pk=self.world.flows[side].pk)
        flow.update(source_gone=here, target_gone=there)

    @rule(side=SIDES)
    def pause(self, side: str) -> None:
        runs.pause(self.world.flow(side))

    @rule(side=SIDES)
    def resume(self, side: str) -> None:
        runs.resume(self.world.flow(side))

    # ------------------------------------------------------------------------ faults

    @rule(
        side=SIDES,
        what=st.sampled_from(sorted(FAULTS)),
        path=st.sampled_from([WRITES, WRITES, READS]),
        times=st.sampled_from([1, 2, 9]),
    )
    def fault(self, side: str, what: str, path: str, times: int) -> None:
        # Without being told, each is waited out for a second.
        times = 1 if what == "429" else times
        self.world.controls[side].faults(
            {"match": {"path": path}, "times": times, "do": FAULTS[what]}
        )

    @rule(side=SIDES, share=st.sampled_from([0.0, 0.5, 1.0]), knob=st.booleans())
    def refuse(self, side: str, share: float, knob: bool) -> None:
        name = "reject_share" if knob else "omit_share"
        self.world.controls[side].config(**{name: share})

    @rule(side=SIDES, requests=st.integers(1, 9))
    def kill(self, side: str, requests: int) -> None:
        self.world.kill(side, requests)

    # --------------------------------------------------------------------------- end

    def teardown(self) -> None:
        self.world.settle()
        compare(self.world, self.users)
