"""Events of webhooks and of the journal, as records that are said to have changed.

Source: vendor sheet, sections 8.3, 8.5, 8.6.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.sdk.events import DeliveryRefusedError, Told, ToldKind
from connectors.sdk.spec import SystemSpec

# Words of subscription types and of associations, by object type id.
_TYPE_IDS = {
    "contact": "0-1", "company": "0-2", "deal": "0-3", "ticket": "0-5",
    "product": "0-7", "line_item": "0-8", "quote": "0-14", "invoice": "0-53",
    "commerce_payment": "0-101", "order": "0-123",
}  # fmt: skip
_GONE = frozenset({"deletion", "privacyDeletion", "DELETE"})
_INTEGRATION = "INTEGRATION"
Event = Mapping[str, Any]


class Teller:
    """Reads events for one connection; `app` is the id of its own app, or ""."""

    def __init__(self, spec: SystemSpec, app: str) -> None:
        self.app = app
        self._names = {one.native: one.name for one in spec.objects.values()}

    def posted(self, body: bytes) -> list[Told]:
        """The events of a delivery. Raises DeliveryRefusedError for anything else."""
        try:
            events = json.loads(body)
        except ValueError:
            events = None
        if not isinstance(events, list) or not all(isinstance(e, dict) for e in events):
            raise DeliveryRefusedError("Its body is not a list of events.")
        return [told for event in events for told in self._event(event)]

    def journal(self, events: Sequence[Event], offset: str) -> list[Told]:
        """The events of a journal's entry."""
        return [
            told
            for number, event in enumerate(events)
            for told in self._entry(event, f"{offset}/{number}")
        ]

    # ---------------------------------------------------------------------- webhooks

    def _event(self, event: Event) -> Iterator[Told]:
        word = str(event.get("subscriptionType") or event.get("eventType") or "")
        prefix, _, verb = word.partition(".")
        identity = _identity(
            event, "portalId", "objectId", "propertyName", "occurredAt", "eventId",
            "fromObjectId", "toObjectId", "primaryObjectId",
        )  # fmt: skip
        common = {
            "account": _text(event.get("portalId")),
            "at": _moment(event.get("occurredAt")),
            "what": " ".join(filter(None, (word, _text(event.get("propertyName"))))),
            "attempt": _number(event.get("attemptNumber")),
            **self._who(event),
        }
        if verb == "associationChange":
            yield from self._linked(event, f"{word}|{identity}", common)
            return
        object_type = self._name(_text(event.get("objectTypeId")) or prefix)
        key, merged = _key(event, verb)
        yield Told(
            object_type=object_type,
            key=key,
            identity=f"{word}|{object_type}|{key}|{identity}",
            kind=_kind(verb, merged),
            merged_keys=merged,
            **common,
        )

    def _linked(
        self, event: Event, identity: str, common: Mapping[str, Any]
    ) -> Iterator[Told]:
        """Both ends of an association: either may show it in a field."""
        word = _text(event.get("associationType")).lower()
        ends = word.removesuffix("_unlabeled").split("_to_")
        given = (event.get("fromObjectTypeId"), event.get("toObjectTypeId"))
        for side, known, number in (("from", given[0], 0), ("to", given[1], -1)):
            key = _text(event.get(f"{side}ObjectId"))
            if key:
                yield Told(
                    object_type=self._name(_text(known) or ends[number]),
                    key=key,
                    identity=f"{side}|{word}|{identity}",
                    **common,
                )

    # ----------------------------------------------------------------------- journal

    def _entry(self, event: Event, place: str) -> Iterator[Told]:
        action = _text(event.get("action"))
        common = {
            "account": _text(event.get("portalId")),
            "at": _moment(event.get("occurredAt")),
            "what": f"{_text(event.get('type'))} {action}".strip(),
            **self._who(event),
        }
        ends = ("", "from", "to") if action.startswith("ASSOCIATION") else ("",)
        for end in ends:
            named = event.get(f"{end}ObjectTypeId" if end else "objectTypeId")
            keys = event.get(f"{end}ObjectId" if end else "objectId")
            if keys and named:
                yield Told(
                    object_type=self._name(_text(named)),
                    key=_text(keys),
                    identity=f"journal|{place}|{end}",
                    kind=_kind(action, ()),
                    **common,
                )

    # ----------------------------------------------------------------------- helpers

    def _who(self, event: Event) -> dict[str, Any]:
        source, number = _text(event.get("changeSource")), _text(event.get("sourceId"))
        ours = bool(self.app) and source == _INTEGRATION and number == self.app
        return {"source": f"{source} {number}".strip(), "ours": ours}

    def _name(self, word: str) -> str:
        """Our name of an object type; HubSpot's own for one we do not know."""
        type_id = _TYPE_IDS.get(word, word)
        return self._names.get(type_id, word or "object")


def _key(event: Event, verb: str) -> tuple[str, list[str]]:
    """The record that is to be read, and those that are gone into it."""
    if verb != "merge":
        return _text(event.get("objectId")), []
    primary = _text(event.get("primaryObjectId") or event.get("objectId"))
    survivor = _text(event.get("newObjectId")) or primary
    others = [primary, *map(_text, event.get("mergedObjectIds") or ())]
    return survivor, [one for one in dict.fromkeys(others) if one and one != survivor]


def _kind(verb: str, merged: Sequence[str]) -> ToldKind:
    if merged or verb == "MERGE":
        return "merged"
    return "deleted" if verb in _GONE else "changed"


def _identity(event: Event, *names: str) -> str:
    """What one event is told from others by; its number alone is not unique."""
    return "|".join(_text(event.get(name)) for name in names)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, or ISO 8601."""
    try:
        if isinstance(value, str) and not value.isdigit():
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
