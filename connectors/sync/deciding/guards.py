"""Guards: conditions that a record must meet before it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.models import Flow, Guard, GuardKind, Outcome, SyncRecord, ValueMap
from connectors.sdk.errors import ConfigurationError, RecordError
from connectors.sync.deciding.decision import Decision
from connectors.sync.mapping.fields import listed
from connectors.sync.mapping.transforms import as_text
from connectors.sync.outbox import store

_SENT = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


class GuardError(RecordError):
    """A guard stopped the record."""

    error_class = "guard"
    default_advice = "Correct the record, or the guard, then replay."


class Guards:
    """The guards of one flow, in their order; the first that objects is heard."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        guards = flow.guards.filter(enabled=True)
        self.checks = [(guard, _prepared(guard)) for guard in guards]

    def leave_alone(self, decisions: Sequence[Decision]) -> None:
        """Skip the records that are none of the flow's business, with the guard's name.

        To be asked before they are mapped: nobody minds whether they could be.
        """
        for decision in decisions:
            objection = self._objection(decision, only=True)
            if objection:
                decision.end(Outcome.SKIPPED, objection[1])

    def check(self, decisions: Sequence[Decision]) -> None:
        """Fail the records that another guard stops, with its name and the reason."""
        for decision in decisions:
            objection = self._objection(decision, only=False)
            if objection:
                guard, said = objection
                decision.fail(GuardError(said, field=guard.field))

    def _objection(self, decision: Decision, *, only: bool) -> tuple[Guard, str] | None:
        for guard, objection in self.checks:
            said = (guard.kind == GuardKind.ONLY) is only and objection(decision)
            if said:
                return guard, f"{guard.name}: {said}"
        return None


Objection = Callable[[Decision], str]


def _prepared(guard: Guard) -> Objection:
    make: Mapping[str, Callable[[Guard], Objection]] = {
        GuardKind.OPTED_IN: _opted_in,
        GuardKind.ONLY: _opted_in,
        GuardKind.REQUIRED: _required,
        GuardKind.CREDIT: _credit,
        GuardKind.DUPLICATE: _duplicate,
    }
    return make[guard.kind](guard)


def _said(decision: Decision, name: str) -> Any:
    return (decision.record.payload or {}).get(name)


def _opted_in(guard: Guard) -> Objection:
    """The keys of a value map, or listed ones: there * is any text, and "" no text."""
    table = ValueMap.objects.filter(name=guard.argument.strip()).first()
    names = [] if table else [one.replace('""', "") for one in listed(guard.argument)]
    known = {*table.entries} if table else {*names}
    forms = [
        re.compile(".*".join(map(re.escape, one.split("*"))), re.DOTALL)
        for one in names
        if "*" in one
    ]

    def objection(decision: Decision) -> str:
        key = as_text(_said(decision, guard.field)).strip()
        if key in known or any(form.fullmatch(key) for form in forms):
            return ""
        return f"“{key}” is not switched on." if key else f"{guard.field} is empty."

    return objection


def _required(guard: Guard) -> Objection:
    names = listed(guard.field)

    def objection(decision: Decision) -> str:
        empty = [name for name in names if _said(decision, name) in (None, "")]
        return f"{', '.join(empty)} must be filled." if empty else ""

    return objection


def _credit(guard: Guard) -> Objection:
    def objection(decision: Decision) -> str:
        amount = _amount(_said(decision, guard.field))
        limit = _amount(_said(decision, guard.argument))
        if amount is None or limit is None:
            return f"{guard.field} or {guard.argument} is no amount."
        return "" if amount <= limit else f"{amount} is more than the limit {limit}."

    return objection


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(as_text(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None


def _duplicate(guard: Guard) -> Objection:
    try:
        back = timedelta(days=int(guard.argument or 30))
    except ValueError:
        raise ConfigurationError(
            f"The guard “{guard.name}” looks back a number of days, not "
            f"“{guard.argument}”.",
            advice="Write a whole number, then resume the flow.",
        ) from None

    def objection(decision: Decision) -> str:
        value = _said(decision, guard.field)
        if value in (None, ""):
            return ""
        sent = SyncRecord.objects.filter(
            flow_id=guard.flow_id,
            outcome__in=_SENT,
            created_at__gte=store.now() - back,
            **{f"payload__{guard.field}": value},
        ).exclude(source_id=decision.record.source_id)
        other = sent.values_list("source_id", flat=True).first()
        return f"{other} was sent with the same {guard.field}." if other else ""

    return objection
