"""What a replay of these records would take, counted before anything is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count

from connectors.models import Flow, Outcome
from connectors.models.record import PROBLEM
from connectors.sync.replay import REPLAYABLE
from connectors.sync.watch import tally
from connectors.sync.watch.selection import Records


@dataclass(slots=True)
class Plan:
    """What a replay would take, counted."""

    outcomes: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)
    errors: list[tally.ErrorGroup] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All records that can be replayed."""
        return sum(self.outcomes[outcome] for outcome in REPLAYABLE)

    @property
    def problems(self) -> int:
        """Those of them that need a person."""
        return sum(self.outcomes[outcome] for outcome in PROBLEM)

    @property
    def moving(self) -> int:
        """Records left out, because they are on their way already."""
        return sum(self.outcomes.values()) - self.total

    @property
    def by_flow(self) -> list[tuple[str, int]]:
        """Flows with their counts, largest first."""
        return self.flows.most_common()

    @property
    def outcome_labels(self) -> list[tuple[str, int]]:
        """Outcomes in words with their counts, largest first."""
        return [(str(Outcome(o).label), n) for o, n in self.outcomes.most_common()]


def plan(records: Records) -> Plan:
    """Count what these records are, in three queries."""
    found = Plan()
    names = dict(Flow.objects.values_list("pk", "name"))
    rows = plain(records).values_list("flow_id", "outcome").annotate(n=Count("pk"))
    for flow_id, outcome, count in rows:
        found.outcomes[outcome] += count
        if outcome in REPLAYABLE:
            found.flows[names.get(flow_id, "")] += count
    if found.problems:
        found.errors = tally.error_groups(records.filter(outcome__in=PROBLEM), limit=8)
    return found


def plain(records: Records) -> Records:
    """The same records without the list's order and joins."""
    return records.order_by().select_related(None).defer(None)
