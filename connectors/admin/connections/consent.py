"""Connecting on the other system's own page: there, back, and taking it back.

The way back is a GET, as every browser makes it, and it changes something. So it does
nothing without the `state` that this session was given: signed, for this person and
this connection, for ten minutes, once.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.text import Truncator

from connectors.admin.base import ConsoleAdmin, RefusedError, Reply, post_action
from connectors.models import Connection
from connectors.sdk.errors import ConnectorError
from connectors.sync.access import consent

CHANGE = "connectors.change_connection"
SALT = "connectors.consent"
SECONDS = 600
SESSION = "consent"
_BEGIN_AGAIN = "Nothing has changed. Press the button on the connection's page again."
_DISCONNECT = """\
The stored credentials are given back and forgotten. Nothing runs over this connection \
then; what is waiting waits on.
To go on, somebody connects it to the same {system} account again."""


class ConsentPages(ConsoleAdmin):
    """The buttons of connections that a person connects, and the way back."""

    @post_action(
        CHANGE,
        icon="link",
        shown=lambda one: one.by_consent and not consent.state_of(one).connected,
        title="Leads to the system's own page, where you allow the access",
    )
    def connect(self, request: HttpRequest, obj: Connection) -> Reply:
        """To the page before the system's own page."""
        return self._leave(request, obj)

    @post_action(
        CHANGE,
        icon="link",
        shown=lambda one: one.by_consent and consent.state_of(one).connected,
        title="Leads to the system's own page, for new credentials of the same account",
    )
    def reconnect(self, request: HttpRequest, obj: Connection) -> Reply:
        """The same once more: after a revocation, or for further scopes."""
        return self._leave(request, obj)

    @post_action(
        CHANGE,
        icon="link_off",
        danger=True,
        shown=lambda one: one.by_consent and consent.state_of(one).connected,
        title="Gives the credentials back and forgets them; asks first",
    )
    def disconnect(self, request: HttpRequest, obj: Connection) -> Reply:
        """Give the credentials back, after a confirmation."""
        if "confirmed" not in request.POST:
            return self._confirm_disconnect(request, obj)
        left = consent.withdraw(obj)
        if left:
            raise RefusedError(f"“{obj}” is disconnected here. {left}")
        return f"“{obj}” is disconnected. Nothing runs over it until it is connected."

    def _confirm_disconnect(self, request: HttpRequest, obj: Connection) -> Reply:
        context = self.page_context(
            request,
            obj,
            f"Disconnect “{obj}”?",
            action=self.action_url("disconnect", obj),
            button="Disconnect",
            paragraphs=_DISCONNECT.format(system=obj.spec.label).splitlines(),
        )
        return TemplateResponse(
            request, "admin/connectors/shared/confirm.html", context
        )

    def _leave(self, request: HttpRequest, obj: Connection) -> HttpResponse:
        """Where the browser goes next, and what to do there.

        A page with a link and no redirect: the content security policy lets no form
        lead to another host, not even by a redirect.
        """
        nonce, back = get_random_string(32), redirect_uri(request)
        state = signing.dumps(
            {"connection": obj.pk, "user": request.user.pk, "nonce": nonce}, salt=SALT
        )
        url = consent.page(obj, redirect_uri=back, state=state)
        begun = {"nonce": nonce, "redirect_uri": back}
        request.session[SESSION] = {
            **request.session.get(SESSION, {}),
            str(obj.pk): begun,
        }
        self.log_change(request, obj, f"Began to connect with {obj.spec.label}.")
        title = f"Connect “{obj}” with {obj.spec.label}"
        context = self.page_context(
            request, obj, title, url=url, redirect_uri=back, minutes=SECONDS // 60
        )
        return TemplateResponse(
            request, "admin/connectors/connection/leave.html", context
        )

    # --- the way back -----------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        back: URLPattern = path(
            "callback/",
            self.admin_site.admin_view(self.callback),
            name=self.action_name("callback"),
        )
        return [back, *super().get_urls()]

    def callback(self, request: HttpRequest) -> HttpResponse:
        """What the system's page sends the browser back with."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        try:
            obj, back = self._begun(request)
        except RefusedError as error:
            self.message_user(request, f"{error} {_BEGIN_AGAIN}", messages.ERROR)
            return self.back(request, None)
        try:
            said, level = self._accepted(obj, request.GET, back), messages.SUCCESS
        except (RefusedError, ConnectorError) as error:
            said, level = f"Not connected: {error}", messages.ERROR
        self.log_change(request, obj, said)
        self.message_user(request, said, level)
        return self.back(request, obj)

    def _begun(self, request: HttpRequest) -> tuple[Connection, str]:
        """The connection that this session has begun to connect; not a second time.

        Raises RefusedError, or PermissionDenied when the right is gone meanwhile.
        """
        state = _signed(request.GET.get("state", ""))
        begun = request.session.get(SESSION, {})
        one = begun.pop(str(state["connection"]), None)
        request.session[SESSION] = begun
        mine = state["user"] == request.user.pk
        if not (mine and one and constant_time_compare(one["nonce"], state["nonce"])):
            raise RefusedError(
                "This answer was used already, or it belongs to another session than "
                "the one in which the button was pressed."
            )
        obj = self.get_object(request, str(state["connection"]))
        if obj is None:
            raise RefusedError("The connection is gone.")
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        return obj, one["redirect_uri"]

    def _accepted(self, obj: Connection, query: Any, back: str) -> str:
        """Store what came; what is to be said. Raises RefusedError, ConnectorError."""
        label = obj.spec.label
        if query.get("error") == "access_denied":
            raise RefusedError(f"The access was denied on {label}'s page.")
        if query.get("error") or not query.get("code"):
            why = query.get("error_description") or query.get("error") or "no code"
            raise RefusedError(f"{label} answered: {Truncator(why).chars(200)}.")
        result = consent.accept(
            obj, query["code"], redirect_uri=back, state=query["state"]
        )
        if not result.ok:
            raise RefusedError(
                "the access was given, but the test failed. All findings are below. "
                f"{result.message}"
            )
        return f"Connected with the {label} account {result.account}. {result.message}"


def redirect_uri(request: HttpRequest) -> str:
    """Where the system sends the browser back to: to be entered in the app there."""
    return request.build_absolute_uri(reverse("admin:connectors_connection_callback"))


def _signed(state: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = signing.loads(state, salt=SALT, max_age=SECONDS)
    except signing.SignatureExpired:
        raise RefusedError(
            f"The answer came after more than {SECONDS // 60} minutes."
        ) from None
    except signing.BadSignature:
        raise RefusedError(
            "This address is for coming back from another system, and what it says "
            "does not come from this console."
        ) from None
    return found
