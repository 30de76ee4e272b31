"""What happens after each class of error, where an installation wants it otherwise."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords


class ErrorAction(models.TextChoices):
    """What is done about an error."""

    RETRY = "retry", "Try again at once"
    BACK_OFF = "back_off", "Wait and try again"
    HOLD = "hold", "Hold the record for a person"
    STOP_FLOW = "flow", "Stop the flow"
    STOP_CONNECTION = "conn", "Stop the connection"


class ErrorPolicy(models.Model):
    """The action for one class of error; classes without a row follow the defaults.

    Waits double from `base` to `cap` seconds; after `attempts` starts the record is
    held for a person.
    """

    error_class = models.CharField(max_length=20, unique=True)
    action = models.CharField(max_length=8, choices=ErrorAction.choices)
    attempts = models.PositiveSmallIntegerField(
        default=8, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    base = models.PositiveIntegerField("first wait", default=15)
    cap = models.PositiveIntegerField("longest wait", default=3600)

    history = HistoricalRecords()

    class Meta:
        ordering = ["error_class"]
        verbose_name_plural = "error policies"

    def __str__(self) -> str:
        return f"{self.error_class}: {self.get_action_display()}"
