"""Where a read stands: in the list of everything, in the changes, in the archive."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Cursor

Phase = Literal["full", "changes", "archived"]
_NUMBERS = ("since", "started", "looked")
_TEXTS = ("after", "above")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A cursor of ours; times are HubSpot's own, in ms since 1970.

    `since`: changes before it are known. `started`: when the read under way began,
    None between two reads. `after`: the next page of a list. `above`: at the very time
    `since` there is more than a page, and it is read by id up to this one. `looked`:
    when the archive was last gone through.
    """

    phase: Phase = "full"
    since: int = 0
    started: int | None = None
    looked: int | None = None
    after: str = ""
    above: str = ""

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """Raises ConfigurationError for what we never wrote."""
        if cursor is None:
            return cls()
        known = cursor.get("phase") in get_args(Phase)
        known &= set(cursor) <= {"phase", *_NUMBERS, *_TEXTS}
        known &= all(type(cursor.get(n)) in (int, type(None)) for n in _NUMBERS)
        known &= all(type(cursor.get(n, "")) is str for n in _TEXTS)
        known &= cursor.get("since", 0) is not None
        if not known:
            raise ConfigurationError(
                "The stored position of the HubSpot read cannot be understood.",
                advice="Start a full read.",
            )
        return cls(**cursor)

    def cursor(self) -> dict[str, Any]:
        """JSON-safe, the inverse of `load`."""
        return {
            name: one for name, one in asdict(self).items() if one not in ("", None)
        }
