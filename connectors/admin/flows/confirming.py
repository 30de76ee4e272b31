"""What cannot be undone asks first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from connectors.admin.base import ConsoleAdmin
from connectors.models import Flow


class Confirming(ConsoleAdmin):
    """An admin whose buttons may ask before they act."""

    def confirm_first(
        self, request: HttpRequest, obj: Flow, name: str, **words: Any
    ) -> HttpResponse:
        """A page that repeats the button, with what it would do."""
        title = words.pop("title")
        context = self.page_context(
            request, obj, title, action=self.action_url(name, obj), **words
        )
        return TemplateResponse(
            request, "admin/connectors/shared/confirm.html", context
        )
