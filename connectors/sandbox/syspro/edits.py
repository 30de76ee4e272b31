"""Changes made behind the services: by people in SYSPRO, by administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sandbox.syspro.data.receipts import pay
from connectors.sandbox.syspro.data.store import Database, Table
from connectors.sandbox.syspro.data.tables import Row
from connectors.sandbox.syspro.enet.sessions import Sessions
from connectors.sandbox.syspro.odata.service import Odata

Change = Mapping[str, Any]


class Edits:
    """What `edit` of the control surface can do; `action` says which.

    `update` (default) with table, key (a list), set; `insert` with table, set;
    `delete` with table, key; `pay` with key of an invoice and value; `kill_sessions`;
    `steal_session` with operator; `occupy_seats` with count; `unlock_operators`;
    `odata_password` with operator, password, which counts from `restart_odata` on.
    """

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        odata: Odata,
        today: Callable[[], date],
    ) -> None:
        self._database, self._sessions = database, sessions
        self._odata, self._today = odata, today

    def apply(self, change: Change) -> dict[str, Any]:
        """Do one change; ValueError or KeyError if it cannot be done."""
        actions: dict[str, Callable[[Change], dict[str, Any]]] = {
            "update": self._update,
            "insert": self._insert,
            "delete": self._delete,
            "pay": self._pay,
            "kill_sessions": lambda _: {"killed": self._sessions.kill()},
            "steal_session": self._steal,
            "occupy_seats": self._occupy,
            "unlock_operators": self._unlock,
            "odata_password": self._password,
            "restart_odata": self._restart,
        }
        action = str(change.get("action", "update"))
        if action not in actions:
            message = f"action is one of {', '.join(actions)}"
            raise ValueError(message)
        return actions[action](change)

    def _update(self, change: Change) -> dict[str, Any]:
        table, row = self._row(change)
        return {"row": table.update(row, change["set"])}

    def _insert(self, change: Change) -> dict[str, Any]:
        return {"row": self._database[str(change["table"])].insert(dict(change["set"]))}

    def _delete(self, change: Change) -> dict[str, Any]:
        table, row = self._row(change)
        table.delete(row)
        return {"row": row}

    def _pay(self, change: Change) -> dict[str, Any]:
        customer, invoice, kind = change["key"]
        value = Decimal(str(change["value"]))
        pay(self._database, (customer, invoice, kind), value, self._today())
        return {"paid": str(value)}

    def _steal(self, change: Change) -> dict[str, Any]:
        self._sessions.steal(str(change["operator"]).upper())
        return {"stolen": True}

    def _occupy(self, change: Change) -> dict[str, Any]:
        self._sessions.occupy(int(change["count"]))
        return {"sessions": self._sessions.alive()}

    def _unlock(self, _change: Change) -> dict[str, Any]:
        self._sessions.unlock()
        return {"unlocked": True}

    def _password(self, change: Change) -> dict[str, Any]:
        self._odata.passwords[str(change["operator"]).upper()] = str(change["password"])
        return {"waits": "for a restart"}

    def _restart(self, _change: Change) -> dict[str, Any]:
        self._odata.restart()
        return {"restarted": True}

    def _row(self, change: Change) -> tuple[Table, Row]:
        table = self._database[str(change["table"])]
        row = table.get(*change["key"])
        if row is None:
            message = f"{change['table']} has no row {change['key']}"
            raise KeyError(message)
        return table, row
