"""The connection page's budgets: what is used now, and was over the last day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from connectors.admin.columns import ago
from connectors.models import BudgetUse, Connection, RateBudget
from connectors.sdk.shared.budgets import PRIORITIES, BudgetSpec
from connectors.sync.budget import account
from connectors.sync.budget.meter import Meter, meters

# In the order of their colours; what other applications use comes last.
NAMES = {
    "people": "People",
    "live": "Changes",
    "backfill": "Backfills",
    "reconciliation": "Comparisons",
    "others": "Others in the account",
}
HOURS = 24
HEIGHT = 100
Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: its class of work, its words, its share in percent."""

    kind: str
    label: str
    percent: float
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One budget. `stops` are (percent, words): where a class of work stops."""

    label: str
    used: int
    amount: int
    span: str
    parts: list[Part]
    stops: list[tuple[int, str]]
    note: str
    resets: str
    blocked: str
    known: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One hour of the chart: its parts from the bottom, in percent of the highest."""

    hour: str
    total: int
    refused: int
    words: str
    parts: Sequence[tuple[str, float, float]]


def budget_facts(connection: Connection) -> dict[str, object]:
    """The context of the panel; two queries, and no call to anybody."""
    specs = account.budgets_of(connection)
    if not specs:
        return {}
    rows = account.stored([connection])
    key = account.ledger_key(connection)
    stored = {name: row for (_, name), row in rows.items()}
    now = {one.name: one for one in meters(stored.values())}
    columns, totals, refused = _last_day(key, stored, specs)
    return {
        "budgets": [_bar(one, now.get(one.name)) for one in specs],
        "budget_columns": columns,
        "budget_totals": [(k, NAMES[k], totals[k]) for k in PRIORITIES if totals[k]],
        "budget_refused": refused,
        "budget_key": NAMES.items(),
        "budget_shared": _sharing(connection, key),
    }


def _sharing(connection: Connection, key: str) -> str:
    return "" if not connection.account else f"account {key.split(':', 1)[1]}"


def _bar(spec: BudgetSpec, meter: Meter | None) -> Bar:
    amount = meter.amount if meter else spec.requests
    window = meter.window_ms if meter else spec.window_ms
    span = "of the day" if not window else f"in {window / 1000:g} s"
    return Bar(
        label=spec.label or spec.name,
        used=meter.used if meter else 0,
        amount=amount,
        span=span,
        parts=list(_parts(meter, amount)) if meter else [],
        stops=[
            (int(100 * spec.share(one)), NAMES[one])
            for one in reversed(PRIORITIES)
            if spec.share(one) < 1
        ],
        note="" if not window else "while something more important is at work",
        resets=ago(_moment(meter.ends_ms)) if meter and meter.ends_ms else "",
        blocked=ago(_moment(meter.blocked_until_ms))
        if meter and meter.blocked_until_ms
        else "",
        known=meter is not None,
    )


def _parts(meter: Meter, amount: int) -> Iterable[Part]:
    """Ours by class where that is known, then the others'."""
    ours = dict(meter.spent)
    if meter.window_ms:
        ours = {"live": meter.used - meter.others}
    for kind, name in NAMES.items():
        count = meter.others if kind == "others" else ours.get(kind, 0)
        if count > 0:
            words = "Ours" if meter.window_ms and kind != "others" else name
            yield Part(kind, words, round(100 * count / max(1, amount), 2), count)


def _last_day(
    key: str, stored: Mapping[str, RateBudget], specs: Iterable[BudgetSpec]
) -> tuple[list[Column], Counts, int]:
    """Requests by hour and class: of the first budget, in which all are counted."""
    name = next(one.name for one in specs if not one.named)
    this = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    hours = [this - timedelta(hours=back) for back in reversed(range(HOURS))]
    counts: dict[datetime, Counts] = defaultdict(lambda: defaultdict(int))
    refused: dict[datetime, int] = defaultdict(int)
    used = BudgetUse.objects.filter(key=key, name=name, at__gte=hours[0])
    for hour, kind, granted, no in (
        used.annotate(hour=TruncHour("at"))
        .order_by()
        .values_list("hour", "priority")
        .annotate(Sum("granted"), Sum("refused"))
    ):
        counts[hour][kind] += granted
        refused[hour] += no
    if row := stored.get(name):
        at = timezone.localtime(_moment(row.slot_ms))
        hour = at.replace(minute=0, second=0, microsecond=0)
        for kind, (granted, no) in row.counts.items():
            counts[hour][kind] += granted
            refused[hour] += no
    highest = max((sum(counts[hour].values()) for hour in hours), default=0)
    columns = [_column(hour, counts[hour], refused[hour], highest) for hour in hours]
    totals: Counts = defaultdict(int)
    for hour in hours:
        for kind, count in counts[hour].items():
            totals[kind] += count
    return columns, totals, sum(refused[hour] for hour in hours)


def _column(hour: datetime, counts: Counts, refused: int, highest: int) -> Column:
    parts, base = [], 0.0
    for kind in PRIORITIES:
        if count := counts.get(kind, 0):
            height = HEIGHT * count / highest
            parts.append((kind, round(HEIGHT - base - height, 2), round(height, 2)))
            base += height
    said = [f"{counts[k]:,} {NAMES[k].lower()}" for k in PRIORITIES if counts.get(k)]
    said += [f"{refused:,} refused"] if refused else []
    words = f"{hour:%H:00}: {', '.join(said) or 'nothing'}"
    return Column(f"{hour:%H}", sum(counts.values()), refused, words, parts)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
