"""The data service endpoints: query, next page, simple GET queries, batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.jde.ais.getquery import body_of_query
from connectors.sandbox.jde.ais.http import (
    V1,
    V2,
    Body,
    answer,
    caller,
    check_accept,
    read_body,
    version_of,
)
from connectors.sandbox.jde.ais.paging import ResultSet, ResultSets
from connectors.sandbox.jde.ais.render import grid_answer, grid_data, to_json
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.errors import AisError, bad_request, error_body
from connectors.sandbox.jde.query.aggregate import AggregationError, aggregate
from connectors.sandbox.jde.query.literals import Context
from connectors.sandbox.jde.query.request import (
    BROWSE,
    COUNT,
    DataRequest,
    check_members,
    read_request,
)
from connectors.sandbox.jde.query.selection import Selection
from connectors.sandbox.jde.query.target import find_target
from connectors.sandbox.jde.sessions import Session, Sessions

NO_TOKEN = frozenset({403, 444})
_BATCH_MEMBERS = frozenset({"batchDataRequest", "dataRequests", "token", "deviceName"})


class DataService:
    """Reads tables for a session; nothing here can write."""

    def __init__(
        self,
        config: JdeConfig,
        clock: Clock,
        sessions: Sessions,
        database: Database,
        local_time: Callable[[], datetime],
    ):
        self._config = config
        self._clock = clock
        self._sessions = sessions
        self._database = database
        self._local_time = local_time
        self.results = ResultSets(config, clock)

    def add_routes(self, app: web.Application) -> None:
        router = app.router
        for base in (V1, V2):
            router.add_post(f"{base}/dataservice", self.query)
        for path in (f"{V2}/dataservice/next", f"/{V2}/dataservice/next"):
            router.add_get(path, self.next_page)
            router.add_post(path, self.next_page)
        router.add_get(f"{V2}/dataservice/{{kind:table|view}}/{{name}}", self.simple)

    async def query(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        session = self._caller(request, body)
        batch = body.get("batchDataRequest") is True
        run = self._batch if batch else self._single
        return self._answered(request, lambda: run(request, body, session))

    async def next_page(self, request: web.Request) -> web.Response:
        body = await read_body(request, may_be_empty=True)
        session = self._caller(request, body)
        return self._answered(request, lambda: self._resumed(request, session))

    async def simple(self, request: web.Request) -> web.Response:
        check_accept(request)
        session = self._caller(request, {})
        kind, name = request.match_info["kind"], request.match_info["name"]

        def run() -> Body:
            body = body_of_query(kind, name, request.query)
            return self._single(request, body, session)

        return self._answered(request, run)

    def _caller(self, request: web.Request, body: Mapping[str, Any]) -> Session:
        basic = self._config.basic_per_request
        return caller(request, body, self._sessions, basic=basic)

    def _answered(self, request: web.Request, run: Callable[[], Body]) -> web.Response:
        """Run one call; its refusals may be told with status 200, as knobs say."""
        now = self._clock.now()
        if self._config.in_band_error:
            return answer(to_json(error_body(self._config.in_band_error, now)))
        try:
            body = run()
        except AisError as error:
            if not self._config.errors_in_band or error.status in NO_TOKEN:
                raise
            body = error.body(now)
        if version_of(request) == 1:
            body["deprecated"] = True
        return answer(to_json(body, unscaled=self._config.amounts_unscaled))

    def _batch(self, request: web.Request, body: Body, session: Session) -> Body:
        parts = body.get("dataRequests")
        if not isinstance(parts, list) or set(body) - _BATCH_MEMBERS:
            raise bad_request("a batch needs dataRequests and nothing else")
        found: Body = {}
        for number, part in enumerate(parts):
            if not isinstance(part, dict):
                raise bad_request("dataRequests must be a list of requests")
            one = self._single(
                request, {**part, "enableNextPageProcessing": False}, session
            )
            for name, value in one.items():
                prefix, _, rest = name.partition("_")
                if prefix in {"fs", "ds"}:
                    found[f"{prefix}_{number}_{rest}"] = value
        return found

    def _single(self, request: web.Request, body: Body, session: Session) -> Body:
        check_members(body)
        user = session.user
        target = find_target(
            body.get("targetName"),
            body.get("targetType"),
            self._database,
            user,
            self._config,
        )
        context = Context(
            user.name,
            self._local_time().date(),
            user.date_pattern,
            self._config.date_literals == "any",
        )
        asked = read_request(
            body,
            target,
            context,
            version=version_of(request),
            cap=self._config.db_fetch_limit,
        )
        if asked.service == BROWSE:
            return self._browse(request, asked, session)
        return self._counted(asked) if asked.service == COUNT else _aggregated(asked)

    def _browse(
        self, request: web.Request, asked: DataRequest, session: Session
    ) -> Body:
        rows, more = self._page(asked, None)
        if more and asked.pages and session.lasting:
            result = self.results.start(asked, session, rows[-1])
            links = self.results.links(result, request)
            return {
                **self._grid(asked, rows, result.ids(), session, more=more),
                "links": links,
            }
        return self._grid(asked, rows, self.results.single_ids(), session, more=more)

    def _resumed(self, request: web.Request, session: Session) -> Body:
        result = self.results.resume(request.query, session)
        rows, more = self._page(result.request, result)
        self.results.advance(result, rows[-1] if more else None)
        found = self._grid(result.request, rows, result.ids(), session, more=more)
        if more:
            found["links"] = self.results.links(result, request)
        return found

    def _page(
        self, asked: DataRequest, result: ResultSet | None
    ) -> tuple[list[Row], bool]:
        if not asked.finds:
            return [], False
        selection = Selection(asked.target.table, asked.group, asked.order)
        return selection.page(asked.limit, result.last if result else None)

    def _grid(
        self,
        asked: DataRequest,
        rows: list[Row],
        ids: dict[str, object],
        session: Session,
        *,
        more: bool,
    ) -> Body:
        grid = grid_data(
            asked.target,
            asked.positions,
            rows,
            more=more,
            output=asked.output,
            user=session.user,
        )
        return grid_answer(asked.target, grid, ids, self._local_time())

    def _counted(self, asked: DataRequest) -> Body:
        selection = Selection(asked.target.table, asked.group, ())
        return {f"ds_{asked.target.name}": {"count": selection.count()}}


def _aggregated(asked: DataRequest) -> Body:
    rows = Selection(asked.target.table, asked.group, ()).rows()
    result: Body = {"output": []}
    try:
        result["output"] = aggregate(rows, asked.target, asked.aggregation)
    except AggregationError as error:
        result["error"] = {"message": str(error), "exception": "DataServiceException"}
    return {f"ds_{asked.target.name}": result}
