"""What HubSpot has against one record, as an error that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from connectors.sdk.errors import (
    AmbiguousMatchError,
    ConnectorError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from connectors.systems.hubspot.wire.envelope import Envelope, Problem

log = structlog.get_logger(__name__)

# Faults of the set-up rather than of a record: with them every record fails alike.
SETUP_CODES = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})

# Categories of a refusal that has nothing to do with the record.
_PASSING = frozenset({"RATE_LIMITS", "INTERNAL_ERROR", "TIMEOUT"})

_OWNER = re.compile(r"(\d+) already has that value")
_COORDINATES = re.compile(r"propertyName=([^,}]+), value=(.*?)\} on")
_EXISTING = re.compile(r"Existing ID:\s*(\d+)")
_ALLOWED = re.compile(r'value: "([^"]*)"')
_SHOWN_OPTIONS = 8
_SHOWN_VALUE = 120

_REPAIR = "Repair the value in the source or the mapping, then replay the record."
_NUMBER = ("{value} in {name} is not a number.", _REPAIR)
_TIME = ("{value} in {name} is not a date that HubSpot takes.", _REPAIR)
_REQUIRED = (
    "This HubSpot account requires a value for {name}.",
    "Map the field, or relax the rule in HubSpot's property settings.",
)
# By HubSpot's code: what happened, what to do.
_TEXTS = {
    "PROPERTY_DOESNT_EXIST": (
        "HubSpot's {type} have no property {name}.",
        "Create it from the flow's page, or take it out of the mapping.",
    ),
    "READ_ONLY_VALUE": (
        "{name} cannot be written: HubSpot keeps it itself.",
        "Take it out of the mapping.",
    ),
    "INVALID_OPTION": ("{value} is not an option of {name}.", "{options}"),
    "INVALID_EMAIL": ("{value} in {name} is not an e-mail address.", _REPAIR),
    "INVALID_INTEGER": _NUMBER,
    "INVALID_LONG": _NUMBER,
    "INVALID_NUMBER": _NUMBER,
    "INVALID_DOUBLE": _NUMBER,
    "INVALID_DATE": _TIME,
    "INVALID_DATETIME": _TIME,
    "VALUE_TOO_LONG": ("The value of {name} is too long: {said}", _REPAIR),
    "MISSING_REQUIRED_PROPERTY": _REQUIRED,
    "MISSING_CONDITIONAL_REQUIRED_PROPERTY": _REQUIRED,
}
_OTHER = ("HubSpot refused {name}: {said}", _REPAIR)


def record_error(
    envelope: Envelope,
    object_type: str,
    sent: Mapping[str, str],
    redact: Callable[[str], str],
) -> ConnectorError:
    """The error of the one record that `envelope` is about; `sent` are its values."""
    message = redact(envelope.message)
    if envelope.category in _PASSING or "locked" in message:
        # Inferred: no source shows one record refused for a passing reason, but
        # such a refusal must not be taken for a fault of its data.
        return UnavailableError(f"HubSpot could not write the record now: {message}")
    if envelope.category == "OBJECT_NOT_FOUND":
        return NotFoundError(
            f"HubSpot's {object_type} do not hold the record any more: it was archived "
            "or never was there."
        )
    clash = _clash(message)
    if clash:
        return clash
    problems = envelope.problems
    if not problems:
        return RejectedError(
            f"HubSpot refused the record: {message}", code=envelope.category
        )
    told = [_told(problem, object_type, sent, redact) for problem in problems]
    return RejectedError(
        " ".join(text for text, _ in told),
        advice=told[0][1],
        field=problems[0].property,
        code=problems[0].code,
    )


def _clash(message: str) -> AmbiguousMatchError | None:
    existing = _EXISTING.search(message)
    if existing:
        return AmbiguousMatchError(
            f"HubSpot's contact {existing.group(1)} already has this e-mail address.",
            advice="Correct the address, or merge the two contacts in HubSpot, then "
            "replay.",
            field="email",
            code="CONFLICT",
        )
    owner = _OWNER.search(message)
    if not owner:
        return None
    coordinates = _COORDINATES.search(message)
    name, value = coordinates.groups() if coordinates else ("", "")
    what = f"“{name}” = “{value}”" if name else "this unique value"
    return AmbiguousMatchError(
        # The first id in HubSpot's text is the record being written, which may
        # never come to be; the one that counts is the value's owner.
        f"HubSpot's record {owner.group(1)} already has {what}.",
        advice="Decide which record is meant: correct the value, or merge the two in "
        "HubSpot, then replay.",
        field=name,
        code="UNIQUE_VALUE",
    )


def _told(
    problem: Problem,
    object_type: str,
    sent: Mapping[str, str],
    redact: Callable[[str], str],
) -> tuple[str, str]:
    """What happened and what to do, for one bad property."""
    said = redact(problem.message)
    value = redact(problem.value or sent.get(problem.property, ""))[:_SHOWN_VALUE]
    words = {
        "type": object_type,
        "name": f"“{problem.property}”",
        "value": f"“{value}”" if value else "The value",
        "said": said,
        "options": _options_advice(said),
    }
    text, advice = _TEXTS.get(problem.code, _OTHER)
    return text.format(**words), advice.format(**words)


def _options_advice(said: str) -> str:
    allowed = _ALLOWED.findall(said)
    if not allowed:
        return "Add a value map to the mapping row, or the option to HubSpot."
    shown, rest = allowed[:_SHOWN_OPTIONS], allowed[_SHOWN_OPTIONS:]
    more = f" and {len(rest)} more" if rest else ""
    return (
        f"Map it to one of HubSpot's values ({', '.join(shown)}{more}), or add the "
        "option there."
    )


def tell_normalised(warnings: Sequence[Any], objects: str, request_id: str) -> None:
    """Into the log, that HubSpot has changed values; not the values, and not of which
    record, for HubSpot keeps that to itself."""
    told = [Envelope.of(one) for one in warnings]
    log.warning(
        "HubSpot has normalised values: send dates without a time of day",
        objects=objects,
        properties=sorted({n for one in told for n in one.texts("propertyName")}),
        values=len(told),
        request_id=request_id,
    )
