"""The stand-in itself: one server with its state, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.standin import Handler, StandIn
from connectors.sandbox.jde.ais.dataservice import DataService
from connectors.sandbox.jde.ais.http import answer
from connectors.sandbox.jde.ais.logins import Logins
from connectors.sandbox.jde.ais.render import to_json
from connectors.sandbox.jde.ais.unavailable import add_unavailable_routes
from connectors.sandbox.jde.batch.jobs import Jobs
from connectors.sandbox.jde.batch.programs import Programs
from connectors.sandbox.jde.batch.service import Reports
from connectors.sandbox.jde.books.balance import trial_balance
from connectors.sandbox.jde.books.books import Books
from connectors.sandbox.jde.books.desk.locks import Locks
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.finance.tables import DRAWN_FROM
from connectors.sandbox.jde.data.seed import seed
from connectors.sandbox.jde.edits import Edits
from connectors.sandbox.jde.errors import AisError, error_body
from connectors.sandbox.jde.forms.service import Forms
from connectors.sandbox.jde.orchestrator.actions import Actions
from connectors.sandbox.jde.orchestrator.catalog import ORCHESTRATIONS
from connectors.sandbox.jde.orchestrator.service import Orchestrator
from connectors.sandbox.jde.sessions import Sessions
from connectors.sandbox.jde.users import DEFAULT_ENVIRONMENT, ENVIRONMENTS, USERS


class JdeStandIn(StandIn):
    """JD Edwards EnterpriseOne behind its AIS server."""

    slug: ClassVar[str] = "jde"
    title: ClassVar[str] = "Oracle JD Edwards EnterpriseOne"

    config: JdeConfig

    def __init__(self, config: JdeConfig | None = None, clock: Clock | None = None):
        super().__init__(config or JdeConfig(), clock)
        self.database = Database()
        self.sessions = Sessions(self.config, self.clock)
        self._logins = Logins(self.config, self.clock, self.sessions, self.local_time)
        self._data = DataService(
            self.config,
            self.clock,
            self.sessions,
            self.database,
            self.local_time,
        )
        self._edits = Edits(self.database, self.sessions, self.local_time)
        self.locks = Locks(self.sessions.is_alive)
        self.books = Books(
            self.database, self.config, self.locks, self.local_time, lambda: self.book
        )
        programs = Programs(self.books, self.database)
        self.jobs = Jobs(programs, self.config, self.clock)
        actions = Actions(self.books, self.database, self.jobs, self.config)
        self._orchestrator = Orchestrator(
            self.config, self.clock, self.sessions, actions, self.local_time
        )
        self._reports = Reports(self.config, self.sessions, self.jobs, self.local_time)
        self._forms = Forms(
            self.config, self.sessions, self.books, self.locks, self.local_time
        )

    def local_time(self) -> datetime:
        """Now in the server's zone: the only time its rows know."""
        return self.clock.now().astimezone(ZoneInfo(self.config.time_zone))

    def add_routes(self, app: web.Application) -> None:
        self._logins.add_routes(app)
        self._data.add_routes(app)
        self._orchestrator.add_routes(app)
        self._reports.add_routes(app)
        self._forms.add_routes(app)
        add_unavailable_routes(app, self.sessions, self.config)

    def reset(self) -> None:
        self.database.clear_rows()
        self.sessions.clear()
        self._data.results.clear()
        self.locks.clear()
        self._forms.clear()
        self.jobs.clear()
        self.books.numbers.last.clear()

    def seed(self, customers: int, seed_number: int) -> dict[str, int]:
        seed(self.database, customers, seed_number, self.local_time().date())
        return self.database.counts()

    def state(self) -> dict[str, Any]:
        kept = {"numbers": self.books.numbers.last, "jobs": self.jobs.state()}
        return {**super().state(), **self.database.state(), **kept}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.database.restore(state)
        self.books.numbers.last = dict(state["numbers"])
        self.jobs.restore(state["jobs"])

    def records(
        self, object_type: str, ids: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Rows of a table; an id is the key's values, or the first of them, by `-`."""
        self.jobs.settle()
        table = self.database[object_type]
        rows: Sequence[Row] = table.rows
        if ids is not None:
            rows = [row for one in ids for row in table.with_prefix(table.key_of(one))]
        return [table.definition.plain(row) for row in rows]

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """See `Edits`; besides `books` (see `trial_balance`) and `jobs`."""
        self.jobs.settle()
        if change.get("action") == "books":
            return trial_balance(self.database)
        if change.get("action") == "jobs":
            return {"jobs": self.jobs.plain()}
        if change.get("table") in DRAWN_FROM:
            self.database.settle()
        return self._edits.apply(change)

    def describe(self) -> dict[str, Any]:
        return {
            **super().describe(),
            "base_path": "/jderest",
            "users": [
                {"username": one.name, "password": one.password, "note": one.full_name}
                for one in USERS.values()
            ],
            "environments": list(ENVIRONMENTS),
            "default_environment": DEFAULT_ENVIRONMENT,
            "time_zone": self.config.time_zone,
            "local_time": self.local_time().isoformat(timespec="seconds"),
            "sessions": dict(self.sessions.alive()),
            "tables": self.database.counts(),
            "orchestrations": {n: one.plain() for n, one in ORCHESTRATIONS.items()},
        }

    async def around(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        self.jobs.settle()
        try:
            return await handler(request)
        except AisError as error:
            return answer(to_json(error.body(self.clock.now())), error.status)

    def error_response(
        self, request: web.Request, status: int, text: str
    ) -> web.Response:
        """A path that is no service is answered by the web server, in HTML."""
        if status == 404:
            page = "<html><head><title>Error 404--Not Found</title></head></html>"
            return web.Response(text=page, status=404, content_type="text/html")
        return answer(to_json(error_body(text, self.clock.now())), status)

    def pass_knobs(self, request: web.Request, knobs: Mapping[str, Any]) -> None:
        """`kill_sessions`: end all sessions before this request is handled."""
        if set(knobs) != {"kill_sessions"}:
            super().pass_knobs(request, knobs)
        self.sessions.kill()
