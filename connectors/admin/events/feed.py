"""The part of a connection's page that says how its system tells us of changes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse

from connectors.admin.base import ConsoleAdmin, PostAction, post_action
from connectors.admin.columns import ago
from connectors.models import ChangeEvent, Connection, EventFeed, FieldMapping
from connectors.sync.events import feeds

PERMISSION = "connectors.change_connection"
# A backlog beyond this is "more than", whose exact size changes nothing.
COUNTED_TO = 10_000


def _feed(connection: Connection) -> EventFeed | None:
    return EventFeed.objects.filter(connection=connection).first()


def _closed(connection: Connection) -> bool:
    feed = _feed(connection)
    return bool(connection.spec.webhooks) and not (feed and feed.token)


def _open(connection: Connection) -> bool:
    feed = _feed(connection)
    return bool(feed and feed.token)


class FeedMixin(ConsoleAdmin):
    """Buttons and facts about live changes on a connection's page."""

    def post_actions(self) -> list[PostAction]:
        """These buttons after those that everybody needs."""
        return sorted(
            super().post_actions(), key=lambda one: one.name in vars(FeedMixin)
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        obj = how.get("obj")
        if isinstance(obj, Connection):
            context["feed"] = facts(obj)
        return super().render_change_form(request, context, **how)

    @post_action(
        PERMISSION,
        label="Receive webhooks",
        icon="podcasts",
        shown=_closed,
        title="Opens an address of its own to which the system may post changes",
    )
    def open_webhooks(self, _request: HttpRequest, obj: Connection) -> str:
        """Open an address."""
        feeds.open_address(obj)
        return "An address is open. What to do with it stands under “Live changes”."

    @post_action(
        PERMISSION,
        label="New webhook address",
        icon="autorenew",
        shown=_open,
        danger=True,
        title="Where somebody knows the address who should not; the present one ends",
    )
    def renew_webhooks(self, _request: HttpRequest, obj: Connection) -> str:
        """Another address; the present one ends."""
        feeds.open_address(obj)
        return "The address is another one now. Enter it in the system."

    @post_action(
        PERMISSION,
        label="Stop webhooks",
        icon="podcasts",
        shown=_open,
        danger=True,
        title="Ends the address; changes are found by polling",
    )
    def close_webhooks(self, _request: HttpRequest, obj: Connection) -> str:
        """No address any more."""
        feeds.close_address(obj)
        return "The address has ended. Changes are found by polling."


def facts(connection: Connection) -> dict[str, Any] | None:
    """What the page says of live changes; None for a system that tells none."""
    spec = connection.spec
    if not (spec.webhooks or spec.journal_setting):
        return None
    feed = _feed(connection) or EventFeed(connection=connection)
    waiting = ChangeEvent.objects.filter(flow__source=connection, taken_at=None)
    backlog = waiting.order_by()[: COUNTED_TO + 1].count()
    oldest = waiting.order_by("pk").first() if backlog else None
    journal = bool(connection.settings.get(spec.journal_setting))
    state, colour = _state(feed, journal=journal)
    return {
        "state": state,
        "colour": colour,
        "url": feeds.url(feed),
        "secure": feeds.url(feed).startswith("https://"),
        "steps": spec.webhooks,
        "journal": journal,
        "journal_read": ago(feed.journal_read_at),
        "problem": feed.journal_problem,
        "lost": feed.lost_at,
        "received": feed.received,
        "received_at": ago(feed.received_at),
        "refused": feed.refused,
        "refused_at": ago(feed.refused_at),
        "refused_why": feed.refused_why,
        "dropped": feed.dropped,
        "dropped_why": feed.dropped_why,
        "backlog": f"{COUNTED_TO:,}+" if backlog > COUNTED_TO else f"{backlog:,}",
        "oldest": ago(oldest.received_at) if oldest else "",
        "wanted": _wanted(connection),
    }


def _state(feed: EventFeed, *, journal: bool) -> tuple[str, str]:
    """How it goes, in a word or three, and the colour of that."""
    if not (feed.token or journal):
        return "Not set up", "default"
    if feed.lost_at or (journal and feed.journal_problem):
        return "Interrupted", "danger"
    latest = feed.received_at
    if feed.refused_at and (latest is None or feed.refused_at > latest):
        return "The last delivery was refused", "danger"
    return ("Arriving", "success") if latest else ("Nothing has come yet", "info")


def _wanted(connection: Connection) -> list[tuple[str, list[str]]]:
    """The properties that flows read, by object: those to subscribe to."""
    rows = FieldMapping.objects.filter(flow__source=connection, enabled=True)
    named: dict[str, set[str]] = defaultdict(set)
    lines_of = {one.name: one.lines_of for one in connection.spec.objects.values()}
    for name, source in rows.values_list("flow__source_object", "source_field"):
        of_line = source.startswith("lines.") and lines_of.get(name)
        if of_line:
            named[of_line].add(source.removeprefix("lines."))
        elif source:
            named[name].add(source)
    return [(name, sorted(fields)) for name, fields in sorted(named.items())]
