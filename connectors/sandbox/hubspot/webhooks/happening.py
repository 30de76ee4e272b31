"""Something that happened to a record, and the events HubSpot makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.hubspot.crm.catalog import ObjectType, object_types

# Verbs of `{object}.{verb}`; the dates of change cannot be subscribed to.
UNSUBSCRIBABLE = {"hs_lastmodifieddate", "lastmodifieddate"}
OWN_WORDS = {"contacts", "companies", "deals", "tickets", "line_items", "products"}
FLAGS = {"creation": "CREATED", "deletion": "DELETED"}
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """`verb` is creation, deletion, merge, restore, propertyChange or
    associationChange; `more` holds what only that verb has."""

    kind: ObjectType
    verb: str
    record_id: str
    ms: int
    source: tuple[str, str]
    changes: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subscription:
    """As people write it: "company.creation", "company.propertyChange:name" or, for
    every object, "object.propertyChange:0-53:hs_invoice_status"."""

    word: str
    verb: str
    kind: str
    property: str

    @classmethod
    def of(cls, text: str) -> Subscription:
        """ValueError for what HubSpot would not take."""
        word, *rest = text.split(":")
        prefix, _, verb = word.partition(".")
        generic = prefix == "object"
        kind = object_types().get(rest[0] if generic and rest else prefix)
        names = rest[1:] if generic else rest
        name = names[0] if names else ""
        if kind is None or (not generic and kind.name not in OWN_WORDS):
            message = f"there is no subscription {text!r}"
            raise ValueError(message)
        if (verb == "propertyChange") != bool(name) or name in UNSUBSCRIBABLE:
            message = f"{text!r} cannot be subscribed to"
            raise ValueError(message)
        return cls(word, verb, kind.name, name)


def events(
    happening: Happening, subscribed: Sequence[Subscription]
) -> Iterator[tuple[int, Event]]:
    """The events of a happening, each with the number of its subscription."""
    for number, one in enumerate(subscribed):
        same = (one.kind, one.verb) == (happening.kind.name, happening.verb)
        if not (same or _implied(one, happening)):
            continue
        if one.verb == "propertyChange" and one.property not in happening.changes:
            continue
        yield number, _event(one, happening)


def _implied(one: Subscription, happening: Happening) -> bool:
    """A new record's properties have changed too."""
    return (
        one.kind == happening.kind.name
        and one.verb == "propertyChange"
        and happening.verb == "creation"
    )


def _event(one: Subscription, happening: Happening) -> Event:
    source, source_id = happening.source
    event: Event = {
        "occurredAt": happening.ms,
        "subscriptionType": one.word,
        "attemptNumber": 0,
        "changeSource": source,
        "sourceId": source_id,
    }
    if one.word.startswith("object."):
        event["objectTypeId"] = happening.kind.type_id
    if one.verb != "associationChange":
        event["objectId"] = int(happening.record_id)
    if one.verb in FLAGS:
        event["changeFlag"] = FLAGS[one.verb]
    if one.verb == "propertyChange":
        event["propertyName"] = one.property
        event["propertyValue"] = happening.changes[one.property]
        return event
    return {**event, **happening.more}
