"""The stand-in itself: e.net and OData of one site on one port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.standin import StandIn
from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.data.seed import seed
from connectors.sandbox.syspro.data.store import Database
from connectors.sandbox.syspro.edits import Edits
from connectors.sandbox.syspro.enet import rest
from connectors.sandbox.syspro.enet.desk import Desk
from connectors.sandbox.syspro.enet.rest import Rest, html
from connectors.sandbox.syspro.enet.sessions import OPERATORS, EnetError, Sessions
from connectors.sandbox.syspro.enet.soap import Soap
from connectors.sandbox.syspro.odata import service
from connectors.sandbox.syspro.odata.service import Odata


class SysproStandIn(StandIn):
    """SYSPRO 7 or 8 behind its e.net services and the OData connector."""

    slug: ClassVar[str] = "syspro"
    title: ClassVar[str] = "SYSPRO"

    config: SysproConfig

    def __init__(self, config: SysproConfig | None = None, clock: Clock | None = None):
        super().__init__(config or SysproConfig(), clock)
        self.database = Database()
        self.sessions = Sessions(self.config, self.clock)
        desk = Desk(self.database, self.config, self.sessions, lambda: self.book)
        self._rest, self._soap = Rest(desk, self.config), Soap(desk, self.config)
        self._odata = Odata(self.database, self.config)
        self._edits = Edits(self.database, self.sessions, self._odata, self.today)

    def today(self) -> date:
        """The day in the site's zone."""
        return self.clock.now().astimezone(ZoneInfo(self.config.time_zone)).date()

    def add_routes(self, app: web.Application) -> None:
        self._rest.add_routes(app)
        self._soap.add_routes(app)
        self._odata.add_routes(app)

    def reset(self) -> None:
        self.database.clear()
        self.sessions.clear()

    def seed(self, customers: int, seed_number: int) -> dict[str, int]:
        seed(self.database, customers, seed_number, self.today())
        return self.database.counts()

    def state(self) -> dict[str, Any]:
        return {**super().state(), **self.database.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.database.restore(state)

    def records(
        self, object_type: str, ids: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Rows of a table; an id is the first part of the key."""
        table = self.database[object_type]
        if ids is None:
            return [_plain(row) for row in table.ordered()]
        return [_plain(row) for one in ids for row in table.ordered(one, one)]

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """See `Edits`."""
        try:
            done = self._edits.apply(change)
        except EnetError as error:
            raise ValueError(str(error)) from error
        return {k: _plain(v) if k == "row" else v for k, v in done.items()}

    def describe(self) -> dict[str, Any]:
        company = f"company {self.config.company} / {self.config.company_password}"
        return {
            **super().describe(),
            "enet_path": rest.ROOT,
            "odata_path": service.ROOT,
            "users": [
                {
                    "username": one.code,
                    "password": one.password,
                    "note": f"OData {one.odata_password}, {company}",
                }
                for one in OPERATORS.values()
            ],
            "today": self.today().isoformat(),
            "sessions": self.sessions.alive(),
            "logons": self.sessions.logons,
            "tables": self.database.counts(),
        }

    def error_response(
        self, request: web.Request, status: int, text: str
    ) -> web.Response:
        return html(status, text)

    def pass_knobs(self, request: web.Request, knobs: Mapping[str, Any]) -> None:
        """`kill_sessions`, or `steal_session` of the operator named."""
        if set(knobs) == {"kill_sessions"}:
            self.sessions.kill()
        elif set(knobs) == {"steal_session"}:
            self.sessions.steal(str(knobs["steal_session"]))
        else:
            super().pass_knobs(request, knobs)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int) or value is None else str(value)
        for name, value in row.items()
    }
