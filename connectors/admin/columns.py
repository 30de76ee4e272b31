"""List columns and how they speak of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from unfold.decorators import display

Method = TypeVar("Method", bound=Callable[..., Any])

# What the filters by age offer.
AGES = {
    "today": "Today",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "older": "Older than 7 days",
}


def column(description: str, **how: Any) -> Callable[[Method], Method]:
    """A list column: the theme's `display`, typed. `how`: ordering, label, boolean."""
    decorate: Callable[[Method], Method] = display(description=description, **how)
    return decorate


def ago(moment: datetime | None, *, never: str = "never") -> str:
    """A moment as "5 minutes ago", the exact time in its tooltip."""
    if moment is None:
        return never
    exact = timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
    now = timezone.now()
    span = timesince(min(moment, now), max(moment, now), depth=1)
    near = abs((now - moment).total_seconds()) < 60
    if moment > now:
        text = "in a moment" if near else f"in {span}"
    else:
        text = "just now" if near else f"{span} ago"
    return format_html('<time title="{}">{}</time>', exact, text)
