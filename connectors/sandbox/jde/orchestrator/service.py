"""`POST /jderest[/v2|/v3]/orchestrator/<name>`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.jde.ais.http import V1, V2, answer, caller, read_body
from connectors.sandbox.jde.ais.render import to_json
from connectors.sandbox.jde.books.desk.checks import Caller
from connectors.sandbox.jde.books.desk.messages import RefusedError
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.errors import AisError, error_body
from connectors.sandbox.jde.orchestrator.actions import Actions
from connectors.sandbox.jde.orchestrator.catalog import ORCHESTRATIONS, Orchestration
from connectors.sandbox.jde.orchestrator.inputs import (
    Given,
    InputError,
    classic_form,
    plain_form,
    read_all,
)
from connectors.sandbox.jde.sessions import Sessions

V3 = "/jderest/v3"


class Orchestrator:
    """Runs orchestrations for a session; a refusal is told inside a 200."""

    def __init__(
        self,
        config: JdeConfig,
        clock: Clock,
        sessions: Sessions,
        actions: Actions,
        local_time: Callable[[], datetime],
    ):
        self._config = config
        self._clock = clock
        self._sessions = sessions
        self._actions = actions
        self._local_time = local_time

    def add_routes(self, app: web.Application) -> None:
        for base in (V1, V2, V3):
            app.router.add_post(f"{base}/orchestrator/{{name}}", self.run)

    async def run(self, request: web.Request) -> web.Response:
        body = await read_body(request, may_be_empty=True)
        basic = self._config.basic_per_request
        session = caller(request, body, self._sessions, basic=basic)
        in_band = self._config.orchestration_in_band_error
        if in_band:
            return answer(to_json(error_body(in_band, self._clock.now())))
        name = request.match_info["name"]
        one = ORCHESTRATIONS.get(name)
        if one is None:
            message = f"Orchestration {name} does not exist or is not accessible"
            raise AisError(500, message, "OrchestrationException")
        started = self._local_time()
        try:
            given = self._inputs(one, body)
            found = self._run(one, given, Caller(session.user, session.token))
            found |= self._times(started, "SUCCESS", "Orchestration completed")
            status = 200
        except InputError as error:
            message = f"Orchestration {name}: {error}"
            found = error_body(message, self._clock.now(), "OrchestrationException")
            found |= self._times(started, "ERROR", message)
            status = self._config.missing_input_status
        if request.path.startswith((f"{V2}/", f"{V3}/")):
            return answer(to_json(found), status)
        plain = {n: one for n, one in found.items() if not n.startswith("jde__")}
        return answer(to_json({**plain, "deprecated": True}), status)

    def _inputs(self, one: Orchestration, body: dict[str, Any]) -> Given:
        classic = self._config.orchestration_input == "classic"
        given = classic_form(body) if classic else plain_form(body)
        return read_all(given, one.inputs, one.lists)

    def _run(self, one: Orchestration, given: Given, by: Caller) -> dict[str, Any]:
        base = {"CorrelationId": given["CorrelationId"], "Messages": []}
        try:
            return base | self._actions.run(one.name, given, by)
        except RefusedError as error:
            result = "DUPLICATE" if error.duplicate else "REJECTED"
            messages = [each.plain() for each in error.messages]
            found = {**base, "Result": result, "Messages": messages}
            return found | {"continuedOnError": [self._continued(one, error)]}

    def _continued(self, one: Orchestration, error: RefusedError) -> dict[str, Any]:
        text = str(error)
        if not self._config.continued_as_object:
            return {"step": one.step, "message": text}
        errors = [
            {
                "CODE": each.code,
                "TITLE": f"{'Warning' if each.warning else 'Error'}: {each.text}",
                "ERRORCONTROL": each.field,
                "DESC": each.text,
                "MOBILE": each.text,
            }
            for each in error.messages
        ]
        return {"step": one.step, "message": {"errors": errors, "message": text}}

    def _times(self, started: datetime, status: str, text: str) -> dict[str, Any]:
        ended = self._local_time()
        return {
            "jde__status": status,
            "jde__simpleMessage": text,
            "jde__startTimestamp": started.isoformat(timespec="milliseconds"),
            "jde__endTimestamp": ended.isoformat(timespec="milliseconds"),
            "jde__serverExecutionSeconds": round((ended - started).total_seconds(), 3),
        }
