"""The budgets of requests: what is used of them now, and was over the last days."""

from __future__ import annotations

from django.db import models

from connectors.models.fields import JsonField


class RateBudget(models.Model):
    """One budget of one account, shared by all processes. Times are epoch milliseconds.

    `requests` may be sent in any window of `window_ms`; `grants` are the times by which
    the latest ones had arrived, or will have. A `window_ms` of 0 means a day of the
    account's time zone, which ends at `ends_ms`: `used` counts it whoever sent them,
    and `spent` ours by priority.

    `others` is how many of a window other applications seem to take, believed until
    `others_until_ms` and, after that, for `others_hold_ms` at a time. `asked` tells
    when each priority last asked. `counts` are [granted, refused] by priority since
    `slot_ms`; those of earlier slots are `BudgetUse`.
    """

    key = models.CharField(max_length=160)
    name = models.CharField(max_length=40, default="burst")
    requests = models.PositiveIntegerField()
    window_ms = models.PositiveIntegerField()
    grants = JsonField(default=list)
    blocked_until_ms = models.BigIntegerField(default=0)
    others = models.PositiveIntegerField(default=0)
    others_until_ms = models.BigIntegerField(default=0)
    others_hold_ms = models.BigIntegerField(default=0)
    asked = JsonField(default=dict)
    zone = models.CharField(max_length=64, default="", blank=True)
    ends_ms = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)
    spent = JsonField(default=dict)
    slot_ms = models.BigIntegerField(default=0)
    counts = JsonField(default=dict)
    granted_total = models.BigIntegerField(default=0)
    refused_total = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["key", "name"], name="budget_of_account")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.name}"


class BudgetUse(models.Model):
    """What one priority was granted, and the system refused it, in ten minutes."""

    key = models.CharField(max_length=160)
    name = models.CharField(max_length=40)
    at = models.DateTimeField()
    priority = models.CharField(max_length=16)
    granted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["key", "name", "at", "priority"], name="budget_use"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.name} {self.at:%H:%M} {self.priority}"
