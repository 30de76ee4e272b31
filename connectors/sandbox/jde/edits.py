"""Changes made behind the server: by users, by SQL, by administrators."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.jde.data.columns import Row, TableDefinition
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.store import Table
from connectors.sandbox.jde.sessions import Sessions

_TIME_COLUMNS = ("UPMT", "TDAY")


class Edits:
    """What `edit` of the control surface can do; `action` says which.

    `update` (default) with table, key, set; `update_many` with table and rows, each of
    them key and set, in their order up to the first that is refused; `insert` with
    table, set; `delete` with table, key; `touch_random` with table, count, seed, set;
    `kill_sessions`; `unlock_users`. `touch` (default true) stamps UPMJ and UPMT as an
    application does; false is a load by SQL that leaves them alone.
    """

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        local_time: Callable[[], datetime],
    ):
        self._database = database
        self._sessions = sessions
        self._local_time = local_time

    def apply(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Do one change; ValueError or KeyError if it cannot be done."""
        actions: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "update": self._update,
            "update_many": self._update_many,
            "insert": self._insert,
            "delete": self._delete,
            "touch_random": self._touch_random,
            "kill_sessions": lambda _: {"killed": self._sessions.kill()},
            "unlock_users": self._unlock,
        }
        action = str(change.get("action", "update"))
        if action not in actions:
            message = f"action is one of {', '.join(actions)}"
            raise ValueError(message)
        return actions[action](change)

    def _update(self, change: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(change)
        old = _existing(table, change)
        new = self._changed(table.definition, old, change)
        table.replace(old, new)
        return {"changed": 1, "row": table.definition.plain(new)}

    def _update_many(self, change: Mapping[str, Any]) -> dict[str, Any]:
        for row in change["rows"]:
            self._update({**change, **row})
        return {"changed": len(change["rows"])}

    def _insert(self, change: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(change)
        definition = table.definition
        row = definition.row(dict(change.get("set") or {}))
        row = self._stamped(definition, row) if change.get("touch", True) else row
        table.insert(row)
        return {"changed": 1, "row": definition.plain(row)}

    def _delete(self, change: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(change)
        row = _existing(table, change)
        table.remove(row)
        return {"changed": 1, "row": table.definition.plain(row)}

    def _touch_random(self, change: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(change)
        count = min(int(change.get("count", 1)), len(table))
        rng = random.Random(f"touch {change.get('seed', 1)}")
        length = table.definition.key_length
        chosen = [table.rows[n] for n in sorted(rng.sample(range(len(table)), count))]
        for row in chosen:
            table.replace(row, self._changed(table.definition, row, change))
        return {"changed": count, "keys": [list(row[:length]) for row in chosen]}

    def _unlock(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._sessions.unlock()
        return {"unlocked": True}

    def _table(self, change: Mapping[str, Any]) -> Table:
        return self._database[str(change["table"])]

    def _changed(
        self, definition: TableDefinition, row: Row, change: Mapping[str, Any]
    ) -> Row:
        values = list(row)
        for alias, given in (change.get("set") or {}).items():
            place = definition.position[alias]
            if place < definition.key_length:
                message = f"{alias} is part of the key: delete and insert instead"
                raise ValueError(message)
            values[place] = definition.columns[place].store(given)
        new = tuple(values)
        return self._stamped(definition, new) if change.get("touch", True) else new

    def _stamped(self, definition: TableDefinition, row: Row) -> Row:
        now, values = self._local_time(), list(row)
        position = definition.position
        if "UPMJ" in position:
            values[position["UPMJ"]] = f"{now:%Y%m%d}"
        for alias in _TIME_COLUMNS:
            if alias in position:
                values[position[alias]] = int(f"{now:%H%M%S}")
        return tuple(values)


def _existing(table: Table, change: Mapping[str, Any]) -> Row:
    key = change.get("key") or {}
    columns = table.definition.key
    if set(key) != {one.alias for one in columns}:
        message = f"key of {table.definition.name} is {[one.alias for one in columns]}"
        raise ValueError(message)
    found = table.find(tuple(one.store(key[one.alias]) for one in columns))
    if found is None:
        message = f"{table.definition.name} has no row {key}"
        raise KeyError(message)
    return found
