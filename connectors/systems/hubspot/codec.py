"""Field values to HubSpot's texts and back.

HubSpot keeps every value as text. What the text must look like depends on the
property's type, so each object type compiles one table of encoders, by field and by
Python type, and a record costs one look-up per value. Source: vendor sheet, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import FieldInfo, Fields, Scalar
from connectors.sdk.values import decimal_text

Encode: TypeAlias = Callable[[Any], str]
Encoders: TypeAlias = Mapping[type, Encode]


# References that a property holds; all others are associations.
HELD_AS_PROPERTY = frozenset({"hs_product_id"})


def _boolean(value: bool) -> str:  # noqa: FBT001 - it is the value
    return "true" if value else "false"


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("not a number")
    return decimal_text(value)


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a time without its zone")
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds")[:-6] + "Z"


def _midnight(value: date) -> str:
    return f"{value.isoformat()}T00:00:00.000Z"


def _day(value: datetime) -> str:
    return value.date().isoformat()


def _choices(value: str) -> str:
    # A leading ";" would append to what is there; a mapped value is the whole list.
    return ";".join(part.strip() for part in value.split(";") if part.strip())


_PLAIN: Encoders = {
    str: str,
    bool: _boolean,
    int: str,
    Decimal: _number,
    date: date.isoformat,
    datetime: _instant,
}
_BY_TYPE: Mapping[str, Encoders] = {
    "date": {**_PLAIN, datetime: _day},
    "datetime": {**_PLAIN, date: _midnight},
    "list": {**_PLAIN, str: _choices},
}


class Codec:
    """Encodes and decodes the values of one object type.

    Fields it was not told of (custom properties) are encoded by their Python type
    and stay text when decoded.
    """

    def __init__(self, fields: Iterable[FieldInfo]) -> None:
        known = list(fields)
        self.references = {
            f.name: f.references
            for f in known
            if f.references and f.name not in HELD_AS_PROPERTY
        }
        self._encoders = {f.name: _BY_TYPE[f.type] for f in known if f.type in _BY_TYPE}
        self._special = frozenset(self.references) | self._encoders.keys()
        self._decoders = {
            f.name: _DECODERS[f.type] for f in known if f.type in _DECODERS
        }

    def encode(
        self, fields: Fields, refs: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The properties to send: None is left out, "" clears.

        Of `refs`, ids by reference field, those that are properties.
        Raises RejectedError naming the field whose value HubSpot has no form for.
        """
        special = self._special
        encoded: dict[str, str] = {}
        for name, value in fields.items():
            # Most values are text that goes out as it is: one test, no call.
            if type(value) is str and name not in special:
                encoded[name] = value
            elif value is not None and name not in self.references:
                encoded[name] = self._encoded(name, value)
        for name in HELD_AS_PROPERTY.intersection(refs or ()):
            encoded[name] = (refs or {})[name]
        return encoded

    def _encoded(self, name: str, value: Scalar) -> str:
        try:
            return self._encoders.get(name, _PLAIN)[type(value)](value)
        except (KeyError, ValueError) as error:
            raise RejectedError(
                f"“{name}” holds {value!r}, which cannot be written.",
                field=name,
                code="NOT_ENCODABLE",
            ) from error

    def decode(self, properties: Mapping[str, str | None]) -> Fields:
        """Properties as Python values; an unset one is said to be empty."""
        return {name: self._decoded(name, text) for name, text in properties.items()}

    def _decoded(self, name: str, text: str | None) -> Scalar:
        decode = self._decoders.get(name)
        if not text or decode is None:
            return text or ""
        try:
            return decode(text)
        except (ValueError, InvalidOperation):
            return text


def _whole(text: str) -> Scalar:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


def moment(text: str) -> datetime:
    """A time as HubSpot writes it: ISO 8601, or milliseconds since 1970."""
    if text.lstrip("-").isdigit() and len(text) > 8:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text)


_DECODERS: Mapping[str, Callable[[str], Scalar]] = {
    "integer": _whole,
    "decimal": Decimal,
    "boolean": lambda text: text.lower() == "true",
    "date": lambda text: moment(text).date(),
    "datetime": moment,
}


def same(sent: str, stored: str | None) -> bool:
    """Whether HubSpot stores what was sent, in whatever spelling of its own.

    It lower-cases e-mail addresses, may normalise numbers, and shows a cleared value
    as null.
    """
    kept = stored or ""
    if sent == kept or ("@" in sent and sent.lower() == kept.lower()):
        return True
    for read in (Decimal, moment):
        try:
            return bool(read(sent) == read(kept))
        except (ValueError, TypeError, InvalidOperation, OverflowError):
            continue
    return False
