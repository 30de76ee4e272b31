"""The stand-in itself: one site with both faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.standin import StandIn
from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.seed import (
    DEFAULT_WORKSPACE,
    DOMAIN,
    SHARED,
    WORKSPACES,
    add_items,
    seed,
)
from connectors.sandbox.qad.data.store import KINDS, Row, Store, each, plain
from connectors.sandbox.qad.orders import OrderBook
from connectors.sandbox.qad.qxtend.maintain import Maintain
from connectors.sandbox.qad.qxtend.service import PATH, RECEIVERS, Qxtend
from connectors.sandbox.qad.rest.browses import Browse, Browses
from connectors.sandbox.qad.rest.entities import Entities
from connectors.sandbox.qad.rest.http import answer
from connectors.sandbox.qad.rest.lines import Lines
from connectors.sandbox.qad.rest.logins import USERS, Logins
from connectors.sandbox.qad.rest.service import Adaptive


class QadStandIn(StandIn):
    """QAD, asked by REST or by QXtend."""

    slug: ClassVar[str] = "qad"
    title: ClassVar[str] = "QAD Adaptive ERP and Enterprise Edition"

    config: QadConfig

    def __init__(self, config: QadConfig | None = None, clock: Clock | None = None):
        super().__init__(config or QadConfig(), clock)
        self.store = Store(self.local_time)
        self.orders = OrderBook(self.store, self.config, lambda: self.book)
        self.logins = Logins(self.config, self.clock)
        self.browses = Browses(self.config, self.store)
        self._adaptive = Adaptive(
            self.config,
            self.logins,
            self.browses,
            Entities(self.config, self.store, self.orders),
            Lines(self.config, self.store, self.orders),
        )
        maintain = Maintain(self.config, self.store, self.orders)
        self._qxtend = Qxtend(self.config, self.store, maintain)

    def local_time(self) -> datetime:
        """Now in the site's zone."""
        return self.clock.now().astimezone(ZoneInfo(self.config.time_zone))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._qxtend.handle)
        self._adaptive.add_routes(app)

    def reset(self) -> None:
        self.store.clear()
        self.logins.clear()

    def seed(self, customers: int, seed_number: int) -> dict[str, int]:
        seed(self.store, customers, seed_number)
        return self.store.counts()

    def state(self) -> dict[str, Any]:
        held = {"rows": self.store.rows, "sequence": self.store.sequence}
        return {**super().state(), **held}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.store.rows, self.store.sequence = state["rows"], state["sequence"]
        self.store.version += 1

    def records(
        self, object_type: str, ids: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Rows of a table; ids are codes, of whatever domain."""
        rows = list(self.store.rows[object_type].values())
        code = KINDS[object_type].code
        return list(each([r for r in rows if ids is None or r[code] in ids]))

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """A clerk's work. `type` names the table and `action` what is done:

        `set` (the default) changes the fields in `set` of the record `key`, without a
        stamp where `touch` is false; `insert` adds the record in `set` to the first
        domain; `delete` takes `key` out; `fill` adds `count` items; `browse` adds a
        browse `id` of the site's own with `columns`, by their names in it; `sessions`
        lets others hold `count` sessions of QXtend's pool.
        """
        name, action = str(change.get("type")), str(change.get("action", "set"))
        if action == "fill":
            add_items(self.store, int(change["count"]))
            return self.store.counts()
        if action == "browse":
            columns = dict(change["columns"])
            self.browses.known[str(change["id"])] = Browse(name, columns, lax=True)
            return {"id": change["id"]}
        if action == "sessions":
            self._qxtend.occupied = int(change["count"])
            return {"occupied": self._qxtend.occupied}
        kind = KINDS[name]
        context = SHARED if kind.context == "sharedSetCode" else DOMAIN
        given = {k: _exact(v) for k, v in dict(change.get("set", {})).items()}
        if action == "insert":
            row: Row = {kind.context: context, "isActive": True, **given}
            row.setdefault("dataOperation", "")
            return dict(plain(self.store.put(name, row)))
        found = self.store.get(name, context, str(change["key"]))
        if found is None:
            message = f"{name} has no {change['key']!r}"
            raise KeyError(message)
        if action == "delete":
            self.store.delete(name, context, str(change["key"]))
        else:
            found.update(given)
            self.store.put(name, found, touch=bool(change.get("touch", True)))
        return dict(plain(found))

    def describe(self) -> dict[str, Any]:
        return {
            **super().describe(),
            "adaptive": f"{self.config.context_root}/api",
            "enterprise": PATH,
            "client_id": self.config.client_id,
            "users": [
                {"username": one.name, "password": one.password, "note": one.note}
                for one in USERS.values()
            ],
            "workspaces": list(WORKSPACES),
            "default_workspace": DEFAULT_WORKSPACE,
            "receivers": sorted(RECEIVERS),
            "local_time": self.local_time().isoformat(timespec="seconds"),
            "records": self.store.counts(),
        }

    def error_response(
        self, request: web.Request, status: int, text: str
    ) -> web.Response:
        """The web server and the proxy in front of it answer in HTML."""
        if status in (404, 502, 503, 504):
            page = f"<html><head><title>{status}</title></head></html>"
            return web.Response(text=page, status=status, content_type="text/html")
        return answer({"message": text, "errors": [{"message": text}]}, status)

    def pass_knobs(self, request: web.Request, knobs: Mapping[str, Any]) -> None:
        """`kill_sessions`: end all sessions before this request is handled."""
        if set(knobs) != {"kill_sessions"}:
            super().pass_knobs(request, knobs)
        self.logins.sessions.clear()


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value
