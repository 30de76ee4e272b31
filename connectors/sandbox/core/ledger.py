"""What a stand-in accepted, counted per business key, to prove "exactly once"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CREATED, UPDATED, DELETED, LAST = range(4)


class Ledger:
    """Every accepted write, per object type and key.

    One short list per key and a reference to the record's own values, nothing is
    copied: the ledger of 100,000 records costs little beside the records.
    """

    __slots__ = ("_by_type",)

    def __init__(self) -> None:
        self._by_type: dict[str, dict[str, list[Any]]] = {}

    def clear(self) -> None:
        self._by_type.clear()

    def created(self, object_type: str, key: str, values: Mapping[str, Any]) -> None:
        self._count(object_type, key, CREATED, values)

    def updated(self, object_type: str, key: str, values: Mapping[str, Any]) -> None:
        self._count(object_type, key, UPDATED, values)

    def deleted(self, object_type: str, key: str, values: Mapping[str, Any]) -> None:
        self._count(object_type, key, DELETED, values)

    def _count(
        self, object_type: str, key: str, column: int, values: Mapping[str, Any]
    ) -> None:
        entries = self._by_type.get(object_type)
        if entries is None:
            entries = self._by_type[object_type] = {}
        entry = entries.get(key)
        if entry is None:
            entry = entries[key] = [0, 0, 0, values]
        entry[column] += 1
        entry[LAST] = values

    def as_dict(
        self, object_type: str | None = None, *, detail: bool = True
    ) -> dict[str, Any]:
        """Totals, keys created more than once and, in detail, every key.

        Shape: {"totals": {...}, "types": {type: {"totals", "created_twice",
        "keys": {key: {"created", "updated", "deleted", "last"}}}}}.
        """
        chosen = {
            name: _type_summary(entries, detail=detail)
            for name, entries in self._by_type.items()
            if object_type in {None, name}
        }
        totals = {
            word: sum(one["totals"][word] for one in chosen.values())
            for word in ("created", "updated", "deleted", "keys")
        }
        return {"totals": totals, "types": chosen}


def _type_summary(entries: dict[str, list[Any]], *, detail: bool) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "totals": {
            "created": sum(entry[CREATED] for entry in entries.values()),
            "updated": sum(entry[UPDATED] for entry in entries.values()),
            "deleted": sum(entry[DELETED] for entry in entries.values()),
            "keys": len(entries),
        },
        "created_twice": [key for key, one in entries.items() if one[CREATED] > 1],
    }
    if detail:
        summary["keys"] = {key: _entry(one) for key, one in entries.items()}
    return summary


def _entry(entry: list[Any]) -> dict[str, Any]:
    return {
        "created": entry[CREATED],
        "updated": entry[UPDATED],
        "deleted": entry[DELETED],
        "last": dict(entry[LAST]),
    }
