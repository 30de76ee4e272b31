"""Rules of a flow besides its mappings: how records meet, what stops them, and what
goes back to the source."""

from __future__ import annotations

from django.db import models
from simple_history.models import HistoricalRecords

from connectors.models.flow import Flow


class MatchMethod(models.TextChoices):
    """How two values are brought into one form before they are compared."""

    EXACT = "exact", "The same text"
    EMAIL = "email", "E-mail address"
    DOMAIN = "domain", "Domain of a website or an e-mail address"
    TAX_NUMBER = "tax", "Tax number: letters and digits only"
    NAME_POSTCODE = "name", "Name and postal code"


class MatchRule(models.Model):
    """One way to find the record of the target that a new record is.

    Rules are tried in order, and the first that finds anything decides: one found is
    bound, several go to a person. `..._field_2` is the postal code of a name rule.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="match_rules")
    position = models.PositiveIntegerField(default=0, db_index=True)
    method = models.CharField(
        max_length=6, choices=MatchMethod.choices, default=MatchMethod.EXACT
    )
    source_field = models.CharField(max_length=200)
    target_field = models.CharField(max_length=200)
    source_field_2 = models.CharField("second source field", max_length=200, blank=True)
    target_field_2 = models.CharField("second target field", max_length=200, blank=True)
    enabled = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.source_field} = {self.target_field}"


class GuardKind(models.TextChoices):
    """What a guard asks."""

    OPTED_IN = "opted_in", "Only listed keys"
    ONLY = "only", "Only listed keys; others are left alone"
    REQUIRED = "required", "Fields are filled"
    CREDIT = "credit", "Amount within the credit limit"
    DUPLICATE = "duplicate", "Not sent before with the same value"


class Guard(models.Model):
    """A condition that a record must meet before it is sent.

    `field` is what is looked at; `argument` depends on the kind: the listed keys (or
    the name of a value map that lists them), the field of the limit, the days to look
    back.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="guards")
    position = models.PositiveIntegerField(default=0, db_index=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=9, choices=GuardKind.choices)
    field = models.CharField(max_length=500, blank=True)
    argument = models.CharField(max_length=2000, blank=True)
    enabled = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Moment(models.TextChoices):
    """After which endings something is written back."""

    SUCCESS = "success", "When it has arrived"
    PROBLEM = "problem", "When it needs a person"
    ALWAYS = "always", "Both"


class Told(models.TextChoices):
    """What is written back."""

    TARGET_ID = "target_id", "Id in the target"
    ASSIGNED = "assigned", "A value the target gave"
    OUTCOME = "outcome", "Outcome"
    MESSAGE = "message", "What went wrong"
    TIME = "time", "Time"
    TEXT = "text", "A fixed text"


class WriteBack(models.Model):
    """One value that goes onto the source's record after it was written.

    `argument` is the name of the assigned value, or the fixed text.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="write_backs")
    position = models.PositiveIntegerField(default=0, db_index=True)
    value = models.CharField(max_length=9, choices=Told.choices)
    argument = models.CharField(max_length=200, blank=True)
    source_field = models.CharField(max_length=200)
    moment = models.CharField(
        max_length=7, choices=Moment.choices, default=Moment.SUCCESS
    )
    enabled = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.get_value_display()} → {self.source_field}"
