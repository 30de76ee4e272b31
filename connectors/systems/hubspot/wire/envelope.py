"""HubSpot's error bodies, read leniently: every part of them may be missing.

Shapes: vendor sheet, sections 1.5, 5.4 and 5.5. Only errors pass here, so patterns
may cost what they like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_EMBEDDED = re.compile(r"Property values were not valid:\s*(\[.*\])\s*$", re.DOTALL)
_MISSING_NAME = re.compile(r'Property \\?"([^"\\]+)\\?" does not exist')


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that HubSpot has against one property value."""

    code: str
    property: str
    message: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an error body says; `problems` holds all its bad properties."""

    message: str = ""
    category: str = ""
    sub_category: str = ""
    correlation_id: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[Mapping[str, Any], ...] = ()
    policy: str = ""

    @classmethod
    def of(cls, body: Any) -> Envelope:
        """Read a decoded body; anything that is not an object is an empty envelope."""
        if not isinstance(body, Mapping):
            return cls()
        errors = body.get("errors")
        return cls(
            message=str(body.get("message") or ""),
            category=str(body.get("category") or body.get("errorType") or ""),
            sub_category=str(body.get("subCategory") or ""),
            correlation_id=str(body.get("correlationId") or ""),
            context=_mapping(body.get("context")),
            errors=tuple(e for e in errors if isinstance(e, Mapping))
            if isinstance(errors, list)
            else (),
            policy=str(body.get("policyName") or ""),
        )

    def texts(self, key: str) -> list[str]:
        """The values under `key` in this context and those of the inner errors."""
        found = list(_texts(self.context.get(key)))
        for error in self.errors:
            found.extend(_texts(_mapping(error.get("context")).get(key)))
        return found

    @property
    def scopes(self) -> list[str]:
        """The scopes of which one is missing."""
        return self.texts("requiredGranularScopes") or self.texts("requiredScopes")

    @property
    def problems(self) -> list[Problem]:
        """The bad properties: from `errors`, else from the text's inner array."""
        return list(self._listed()) or list(self._embedded()) or list(self._told())

    def _listed(self) -> Iterator[Problem]:
        for error in self.errors:
            code = str(error.get("code") or error.get("error") or "")
            if code:
                context = _mapping(error.get("context"))
                name = next(_texts(context.get("propertyName")), "")
                value = next(_texts(context.get("propertyValue")), "")
                yield Problem(
                    code,
                    name or str(error.get("name") or ""),
                    str(error.get("message") or ""),
                    value,
                )

    def _embedded(self) -> Iterator[Problem]:
        match = _EMBEDDED.search(self.message)
        if not match:
            return
        try:
            items = json.loads(match.group(1))
        except ValueError:
            return
        for item in items:
            if isinstance(item, Mapping):
                yield Problem(
                    str(item.get("error") or ""),
                    str(item.get("name") or ""),
                    str(item.get("message") or item.get("localizedErrorMessage") or ""),
                    str(item.get("propertyValue") or ""),
                )

    def _told(self) -> Iterator[Problem]:
        for name in _MISSING_NAME.findall(self.message):
            yield Problem("PROPERTY_DOESNT_EXIST", name, self.message)
        if "required properties were not set" in self.message:
            for name in _texts(self.context.get("properties")):
                yield Problem("MISSING_REQUIRED_PROPERTY", name, self.message)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (str(one) for one in value if one is not None)
    elif value is not None:
        yield str(value)
