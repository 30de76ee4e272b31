"""What was granted and refused, in slots of ten minutes, for two days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.models import BudgetUse, RateBudget

SLOT_MS = 600_000
KEPT = timedelta(days=2)


def note(
    row: RateBudget, priority: str, now: int, *, granted: int, refused: int
) -> None:
    """Count into the current slot, which is part of the row; store the one before."""
    slot = now - now % SLOT_MS
    if slot != row.slot_ms:
        _store(row)
        row.slot_ms, row.counts = slot, {}
    had = row.counts.get(priority, (0, 0))
    row.counts[priority] = [max(0, had[0] + granted), had[1] + refused]
    row.granted_total += granted
    row.refused_total += refused


def _store(row: RateBudget) -> None:
    at = datetime.fromtimestamp(row.slot_ms / 1000, UTC)
    BudgetUse.objects.bulk_create(
        [
            BudgetUse(
                key=row.key, name=row.name, at=at, priority=priority,
                granted=granted, refused=refused,
            )
            for priority, (granted, refused) in row.counts.items()
            if granted or refused
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    BudgetUse.objects.filter(
        key=row.key, name=row.name, at__lt=datetime.now(UTC) - KEPT
    ).delete()
