"""What happens to the engine in any world, whatever it joins."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from connectors.models import Review, RunKind, SyncRecord
from tests.sync.ledgers.engine import Engine
from tests.sync.site import pass_time

NUMBERS = st.integers(0, 7)
MANY = st.integers(0, 40)
READING = st.sampled_from([RunKind.SYNC, RunKind.SYNC, RunKind.BACKFILL, RunKind.ADOPT])


class EngineRules(RuleBasedStateMachine):
    """A machine whose world has an engine."""

    world: Engine

    @rule()
    def sweep(self) -> None:
        self.world.sweep()

    @rule(minutes=st.sampled_from([1, 30, 1440]))
    def wait(self, minutes: int) -> None:
        pass_time(minutes=minutes)

    @rule(number=MANY, fresh=st.booleans())
    def replay(self, number: int, fresh: bool) -> None:
        records = list(SyncRecord.objects.order_by("pk").values_list("pk", flat=True))
        if pk := self.one_of(records, number):
            self.world.send_again(SyncRecord.objects.filter(pk=pk), fresh=fresh)

    @precondition(lambda _: Review.objects.filter(decided_at=None).exists())
    @rule(number=NUMBERS, said=NUMBERS)
    def decide(self, number: int, said: int) -> None:
        asked = list(Review.objects.filter(decided_at=None).order_by("pk"))
        self.world.answer(asked[number % len(asked)], said)

    def one_of(self, found: list[Any], number: int) -> Any:
        return found[number % len(found)] if found else None
