"""Which scopes are needed for what, and which of them a token lacks.

Source: vendor sheet, section 1.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.sdk.errors import ConfigurationError, ConnectorError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import Use
from connectors.sdk.spec import ObjectSpec, SystemSpec
from connectors.systems.hubspot.wire.paths import Paths, scope

# What an account without is of no use; whoever has no flow of the others needs no scope
# for them.
CORE = ("companies", "contacts")
BASE = "oauth"
LINES = "line_items"
# An older scope that covers these as well.
_UMBRELLAS = {
    scope(area, name, verb): "e-commerce"
    for area in ("objects", "schemas")
    for name in ("products", LINES)
    for verb in ("read", "write")
}

# Whose scope lets a token read tables that have none of their own.
_OF = {"pipelines": "deals", "stages": "deals"}

Verb = Literal["read", "write", "create fields"]
# Calls that write nothing, but that only a token with the scope may send: `inputs` is
# empty. That scopes are looked at first is inferred; another answer than "scope
# missing" therefore proves nothing bad.
_NOTHING = {"inputs": list[object]()}


def required_scopes(spec: SystemSpec) -> list[str]:
    """What the app asks for in any case."""
    return [BASE, *_all(spec, core=True)]


def optional_scopes(spec: SystemSpec) -> list[str]:
    """What an account may go without if its plan lacks the object."""
    return [*_all(spec, core=False), scope("objects", LINES, "read")]


def needed_scope(target: ObjectSpec, verb: Verb) -> str:
    """The scope that lets a token do this with the records of an object."""
    if verb == "create fields":
        return scope("schemas", target.name, "write")
    return scope("objects", _OF.get(target.name, target.name), verb)


def further_scopes(use: Use, target: ObjectSpec) -> Iterator[tuple[str, str]]:
    """Scopes that a use needs besides its object's own, and what for."""
    if any(name.startswith("lines.") for name in use.fields):
        yield scope("objects", LINES, "read"), f"the lines of {target.name}"
    for name in sorted(use.fields & set(target.fields)):
        other = target.fields[name].references
        if other and other != target.name:
            yield scope("objects", other, "read"), f"“{name}”, a link to {other}"


@dataclass(slots=True)
class Rights:
    """What a token may do; `scopes` is None where HubSpot does not tell."""

    http: HttpClient
    paths: Paths
    scopes: frozenset[str] | None
    _probed: dict[str, bool] = field(default_factory=dict)

    def has(self, wanted: str) -> bool | None:
        """Whether the token has a scope; None when that is not known."""
        if self.scopes is None:
            return None
        return wanted in self.scopes or _UMBRELLAS.get(wanted) in self.scopes

    def may(self, target: ObjectSpec, verb: Verb) -> bool:
        """Whether it may do this, by its scopes or else by trying."""
        wanted = needed_scope(target, verb)
        told = self.has(wanted)
        if told is not None:
            return told
        if wanted not in self._probed:
            self._probed[wanted] = self._tried(target, verb)
        return self._probed[wanted]

    def _tried(self, target: ObjectSpec, verb: Verb) -> bool:
        if verb == "write":
            path = self.paths.batch(target.name, "update")
        elif verb == "create fields":
            path = f"{self.paths.properties(target.name)}/batch/create"
        else:
            return True  # a read is tried by reading
        try:
            self.http.post(path, json=_NOTHING, idempotent=True)
        except ConfigurationError as error:
            return error.code != "MISSING_SCOPES"
        except ConnectorError:
            return True
        return True


def _all(spec: SystemSpec, *, core: bool) -> Sequence[str]:
    found: dict[str, None] = {}
    for name, target in spec.objects.items():
        if (name in CORE) != core:
            continue
        found[needed_scope(target, "read")] = None
        if target.can("write"):
            found[needed_scope(target, "write")] = None
        if target.can("ensure_fields"):
            found[needed_scope(target, "create fields")] = None
    return list(found)
