"""Field values to stored JSON and back, and the fingerprint of a record.

Stored JSON is readable: a Decimal is its digits as text, dates are ISO 8601. The
field's type brings the Python type back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

import orjson

from connectors.sdk.records import Fields, Scalar

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def _default(value: object) -> str:
    if isinstance(value, Decimal):
        return decimal_text(value)
    raise TypeError(f"{type(value).__name__} is not a field value")


def decimal_text(value: Decimal) -> str:
    """Digits without exponent; trailing zeros stay, they were said."""
    return format(value, "f")


def dump(value: Any) -> bytes:
    """JSON bytes of field values, keys sorted."""
    return orjson.dumps(value, default=_default, option=_OPTIONS)


def encoded(
    json: Any = None, form: Mapping[str, str] | None = None
) -> tuple[bytes | None, dict[str, str]]:
    """A request's body, and the header that says what it is."""
    if form is not None:
        kind = "application/x-www-form-urlencoded"
        return urlencode(form).encode(), {"Content-Type": kind}
    if json is not None:
        return dump(json), {"Content-Type": "application/json"}
    return None, {}


def load(data: bytes | str) -> Any:
    """The inverse of `dump`, without types: see `typed`."""
    return orjson.loads(data)


def fingerprint(*parts: Any) -> str:
    """32 hex digits that are equal exactly when the parts are."""
    return blake2b(dump(parts), digest_size=16).hexdigest()


def _date(value: str) -> date:
    return date.fromisoformat(value[:10])


_DECODERS: dict[str, Callable[[str], Scalar]] = {
    "decimal": Decimal,
    "date": _date,
    "datetime": datetime.fromisoformat,
}


def typed(stored: Mapping[str, Any], types: Mapping[str, str]) -> Fields:
    """Stored values with their Python types, by field type.

    A value that does not parse stays the text it is; the mapper reports it with
    its field and row.
    """
    fields = dict(stored)
    for name, kind in types.items():
        value = fields.get(name)
        if isinstance(value, str) and value:
            try:
                fields[name] = _DECODERS[kind](value)
            except (ValueError, InvalidOperation):
                continue
    return fields


def coded_types(types: Mapping[str, str]) -> dict[str, str]:
    """The part of a name-to-type table that `typed` has to work on."""
    return {name: kind for name, kind in types.items() if kind in _DECODERS}
