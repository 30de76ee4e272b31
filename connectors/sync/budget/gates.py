"""Which flows are to wait for the next day of an account, as one sweep sees it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django.db.models import Q

from connectors.models import Alert, AlertKind, Connection, Flow, RateBudget
from connectors.sdk.shared.budgets import PRIORITIES, Priority
from connectors.sync.budget import account
from connectors.sync.watch import alerts


class Gates:
    """Reads the days' budgets once, when first asked."""

    @cached_property
    def _rows(self) -> dict[tuple[str, str], RateBudget]:
        days = RateBudget.objects.filter(window_ms=0).filter(
            Q(used__gt=0) | Q(blocked_until_ms__gt=0)
        )
        return {(row.key, row.name): row for row in days}

    def closed_until(
        self, flow: Flow, priority: Priority | None = None
    ) -> datetime | None:
        """When the flow may send again; None when it may now.

        `flow` comes with its connections and its state.
        """
        if not self._rows:
            return None
        priority = priority or ("backfill" if flow.state.backfilling else "live")
        until = [
            account.closed_until(one, priority, self._rows)
            for one in (flow.source, flow.target)
        ]
        return max((at for at in until if at), default=None)

    def end_alerts(self) -> None:
        """Where all may send again, nobody has to know of it any more."""
        told = Alert.objects.filter(kind=AlertKind.BUDGET, resolved_at=None)
        connections = Connection.objects.filter(pk__in=told.values("connection"))
        for connection in connections.defer("secrets"):
            if not any(
                account.closed_until(connection, one, self._rows) for one in PRIORITIES
            ):
                alerts.resolve(AlertKind.BUDGET, connection)
