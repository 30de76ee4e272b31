"""The queue's own tables: what is scheduled, queued, failed, finished.

The engine needs no schedule to be edited here. One whose arguments cannot be read
stops all schedules of the installation (they are started in one transaction), so the
form refuses it.
"""

from __future__ import annotations

import ast
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.module_loading import import_string
from django_q.admin import FailAdmin, QueueAdmin, ScheduleAdmin, TaskAdmin
from django_q.models import Failure, OrmQ, Schedule, Success

from connectors.admin.base import ConsoleAdmin

for _model in (Schedule, Success, Failure, OrmQ):
    admin.site.unregister(_model)


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses what the scheduler could not start."""

    class Meta:
        model = Schedule
        fields = (
            "name",
            "func",
            "args",
            "kwargs",
            "schedule_type",
            "minutes",
            "cron",
            "repeats",
            "next_run",
            "hook",
            "cluster",
            "intended_date_kwarg",
        )

    def clean_func(self) -> str:
        """The function must be there."""
        name: str = self.cleaned_data["func"]
        try:
            found = import_string(name)
        except (ImportError, ValueError):
            found = None
        if not callable(found):
            raise forms.ValidationError(f"There is no function “{name}”.")
        return name

    def clean_args(self) -> str:
        """Positional arguments are a Python literal."""
        text: str = self.cleaned_data.get("args") or ""
        if text.strip():
            try:
                ast.literal_eval(text)
            except (ValueError, SyntaxError, TypeError, MemoryError) as error:
                raise forms.ValidationError(
                    "Write Python values separated by commas, texts in quotes, like "
                    "1, 'daily'. As it is, no schedule at all would start."
                ) from error
        return text

    def clean_kwargs(self) -> str:
        """Named arguments are a Python dict or name=value pairs."""
        text: str = self.cleaned_data.get("kwargs") or ""
        if text.strip() and not _readable_kwargs(text):
            raise forms.ValidationError(
                "Write named values like x=1, y='daily', or a table like {'x': 1}. As "
                "it is, no schedule at all would start."
            )
        return text


def _readable_kwargs(text: str) -> bool:
    try:
        return isinstance(ast.literal_eval(text), dict)
    except (ValueError, SyntaxError, TypeError, MemoryError):
        pass
    try:
        call: Any = ast.parse(f"f({text})", mode="eval").body
        for keyword in call.keywords:
            ast.literal_eval(keyword.value)
    except (ValueError, SyntaxError, TypeError, MemoryError, AttributeError):
        return False
    named = all(keyword.arg for keyword in call.keywords)
    return bool(call.keywords) and named and not call.args


@admin.register(Schedule)
class ConsoleScheduleAdmin(ScheduleAdmin, ConsoleAdmin):  # type: ignore[misc]
    """Work started by the clock."""

    form = ScheduleForm
    list_display = ("name", "func", "schedule_type", "repeats", "next_run")
    list_display_links = ("name",)


class _TaskAdmin(ConsoleAdmin):
    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Success)
class ConsoleSuccessAdmin(TaskAdmin, _TaskAdmin):  # type: ignore[misc]
    """Tasks that ended well."""

    actions = ()


@admin.register(Failure)
class ConsoleFailureAdmin(FailAdmin, _TaskAdmin):  # type: ignore[misc]
    """Tasks that ended with an error; the engine itself queues what is due again."""

    actions = ()


@admin.register(OrmQ)
class ConsoleQueueAdmin(QueueAdmin, _TaskAdmin):  # type: ignore[misc]
    """Tasks that wait for a worker."""
