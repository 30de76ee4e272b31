"""What every screen of the console shares: the look, buttons, refusals, words.

A button is a method wrapped by `post_action`. It is reached by POST only, its
permission is checked there again (hiding it is a courtesy, not the lock), and what
came of it lands in the history of the object and in a message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeAlias, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.defaultfilters import capfirst
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from connectors.sdk.errors import ConnectorError

Method = TypeVar("Method", bound=Callable[..., Any])
Reply: TypeAlias = str | HttpResponse | None
View: TypeAlias = Callable[..., Reply]


class RefusedError(Exception):
    """A person asked for something that cannot be done now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button as the page shows it."""

    name: str
    label: str
    icon: str
    url: str
    danger: bool = False
    sends_form: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAction:
    """How a method became a button; see `post_action`."""

    name: str
    permission: str
    label: str
    icon: str
    shown: Callable[[Any], bool]
    refusals: tuple[type[Exception], ...]
    danger: bool
    detail: bool
    sends_form: bool
    title: str


def post_action(
    permission: str,
    *,
    label: str = "",
    icon: str = "",
    shown: Callable[[Any], bool] = lambda _obj: True,
    refusals: tuple[type[Exception], ...] = (),
    danger: bool = False,
    detail: bool = True,
    sends_form: bool = False,
    title: str = "",
) -> Callable[[View], View]:
    """Make `method(self, request, obj)` a button of its admin page.

    `permission` is a full name such as "connectors.check_connection". The method
    returns the text to show and to log, or a response of its own (a confirmation
    page logs nothing, so it calls `log_change` itself when it acts). RefusedError,
    ConnectorError and `refusals` are shown as errors. `shown(obj)` hides the button
    where it makes no sense; `sends_form` posts the page's form along;
    `detail=False` is a button of the list, whose method takes no object.
    """

    def decorate(method: View) -> View:
        name = getattr(method, "__name__", "")
        action = PostAction(
            name=name,
            permission=permission,
            label=label or capfirst(name.replace("_", " ")),
            icon=icon,
            shown=shown,
            refusals=(RefusedError, ConnectorError, *refusals),
            danger=danger,
            detail=detail,
            sends_form=sends_form,
            title=title,
        )

        return _as_view(method, action)

    return decorate


def _as_view(method: View, action: PostAction) -> View:
    @wraps(method)
    def view(
        self: ConsoleAdmin, request: HttpRequest, object_id: str = ""
    ) -> HttpResponse:
        return self.run_post_action(request, action, method, object_id)

    view.post_action = action  # type: ignore[attr-defined]
    return view


class ConsoleAdmin(ModelAdmin):  # type: ignore[misc]
    """Base of all admins of ours."""

    list_fullwidth = True
    list_filter_sheet = True
    show_full_result_count = False
    change_form_outer_before_template = "admin/connectors/shared/buttons.html"
    list_before_template = "admin/connectors/shared/buttons.html"
    empty_value_display = "–"

    # --- buttons ------------------------------------------------------------------

    def post_actions(self) -> list[PostAction]:
        """The buttons of this admin in the order they are written."""
        found: dict[str, PostAction] = {}
        for kind in reversed(type(self).__mro__):
            for name, value in vars(kind).items():
                if action := getattr(value, "post_action", None):
                    found[name] = action
        return list(found.values())

    def get_urls(self) -> list[URLPattern]:
        return [self._action_url(action) for action in self.post_actions()] + list(
            super().get_urls()
        )

    def _action_url(self, action: PostAction) -> URLPattern:
        place = "<path:object_id>" if action.detail else "do"
        url: URLPattern = path(
            f"{place}/{action.name}/",
            self.admin_site.admin_view(getattr(self, action.name)),
            name=self.action_name(action.name),
        )
        return url

    def action_name(self, name: str) -> str:
        """The name of an action's address, without the namespace."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def action_url(self, name: str, obj: Model | None = None) -> str:
        """The address of a button."""
        args = [quote(obj.pk)] if obj else []
        return reverse(f"{self.admin_site.name}:{self.action_name(name)}", args=args)

    def buttons(self, request: HttpRequest, obj: Model | None = None) -> list[Button]:
        """The buttons this person may press on this object (or on the list)."""
        return [
            Button(
                name=action.name,
                label=action.label,
                icon=action.icon,
                url=self.action_url(action.name, obj),
                danger=action.danger,
                sends_form=action.sends_form,
                title=action.title,
            )
            for action in self.post_actions()
            if action.detail == (obj is not None)
            and request.user.has_perm(action.permission)
            and action.shown(obj)
        ]

    def run_post_action(
        self, request: HttpRequest, action: PostAction, method: View, object_id: str
    ) -> HttpResponse:
        """Check, call, log, answer; the body of every button."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        obj = self.get_object(request, unquote(object_id)) if action.detail else None
        if action.detail and obj is None:
            raise Http404
        if not request.user.has_perm(action.permission) or not self.has_view_permission(
            request, obj
        ):
            raise PermissionDenied
        args = (request, obj) if action.detail else (request,)
        try:
            reply = method(self, *args)
        except action.refusals as error:
            self._answer(request, obj, f"{action.label}: {error}", messages.ERROR)
            return self.back(request, obj)
        if isinstance(reply, HttpResponse):
            return reply
        self._answer(request, obj, reply or f"{action.label}: done.", messages.SUCCESS)
        return self.back(request, obj)

    def _answer(
        self, request: HttpRequest, obj: Model | None, text: str, level: int
    ) -> None:
        if obj is not None:
            # A link is for the message; the log keeps its words.
            plain = strip_tags(text) if isinstance(text, SafeString) else text
            self.log_change(request, obj, plain)
        self.message_user(request, text, level)

    def back(self, request: HttpRequest, obj: Model | None) -> HttpResponseRedirect:
        """To the page of the object, or to the list."""
        page = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}"
        if obj is None or obj.pk is None:
            return HttpResponseRedirect(reverse(f"{page}_changelist"))
        return HttpResponseRedirect(reverse(f"{page}_change", args=[quote(obj.pk)]))

    # --- pages --------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        obj = how.get("obj")
        context["buttons"] = self.buttons(request, obj) if obj else []
        response: HttpResponse = super().render_change_form(request, context, **how)
        return response

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"buttons": self.buttons(request), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def page_context(
        self, request: HttpRequest, obj: Model | None, title: str, **more: Any
    ) -> dict[str, Any]:
        """The context of an extra page (a confirmation, a preview)."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "object": obj,
            "title": title,
            "back_url": self.back(request, obj).url,
            **more,
        }


class ReadOnlyAdmin(ConsoleAdmin):
    """Shown, never edited by hand: a page takes no POST, only its buttons do."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one row, for reading."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.page_view(request, object_id)

    def page_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a GET shows; by default the admin's own page."""
        page: HttpResponse = super().change_view(request, object_id)
        return page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False
