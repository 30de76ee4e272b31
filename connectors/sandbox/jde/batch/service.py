"""`POST /jderest[/v2]/report/execute` and `/status`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox.jde.ais.http import V1, V2, answer, caller, read_body
from connectors.sandbox.jde.ais.render import to_json
from connectors.sandbox.jde.batch.jobs import Job, Jobs
from connectors.sandbox.jde.batch.programs import LINES, PROGRAMS, Chosen
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.catalog import TABLES
from connectors.sandbox.jde.errors import AisError, bad_request
from connectors.sandbox.jde.sessions import Session, Sessions


class Reports:
    """Submits batch programs and tells how far they are, never what they made."""

    def __init__(
        self,
        config: JdeConfig,
        sessions: Sessions,
        jobs: Jobs,
        local_time: Callable[[], datetime],
    ):
        self._config = config
        self._sessions = sessions
        self._jobs = jobs
        self._local_time = local_time

    def add_routes(self, app: web.Application) -> None:
        for base in (V1, V2):
            app.router.add_post(f"{base}/report/execute", self.execute)
            app.router.add_post(f"{base}/report/status", self.status)

    async def execute(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        session = self._caller(request, body)
        report = _text(body, "reportName")
        version = _text(body, "reportVersion")
        chosen = _selection(report, body.get("dataSelection") or {})
        job = self._jobs.submit(report, version, chosen, session.user)
        return self._answered(job, session)

    async def status(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        session = self._caller(request, body)
        number = body.get("jobNumber")
        if not isinstance(number, int | str) or not str(number).isdigit():
            raise bad_request("jobNumber must be a number")
        return self._answered(self._jobs.ask(int(number)), session)

    def _caller(self, request: web.Request, body: dict[str, Any]) -> Session:
        basic = self._config.basic_per_request
        return caller(request, body, self._sessions, basic=basic)

    def _answered(self, job: Job, session: Session) -> web.Response:
        found = {
            "reportName": job.report,
            "reportVersion": job.version,
            "jobNumber": job.number,
            "executionServer": job.server,
            "port": "6017",
            "jobStatus": job.status,
            "user": job.user,
            "environment": session.environment,
            "submitDate": f"{self._local_time():%Y-%m-%d}",
            "queueName": "QBATCH",
            "oid": f"{job.report}_{job.version}_{job.number}_PDF",
        }
        return answer(to_json(found))


def _text(body: dict[str, Any], name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise bad_request(f"{name} is missing")
    return found


def _selection(report: str, selection: Any) -> Chosen:
    """The values allowed by alias; AisError for what cannot be selected by."""
    program = PROGRAMS.get(report)
    if program is None:
        return {}
    if not isinstance(selection, dict):
        raise bad_request("dataSelection must be an object")
    found: Chosen = {}
    for one in selection.get("criteria", []):
        try:
            subject, predicate = one["subject"], one["predicate"]
            table, alias = subject["table"], subject["dictItem"]
            kind, values = predicate["literalType"], predicate["values"]
            comparison = one["comparisonType"]
        except (KeyError, TypeError) as error:
            raise bad_request("A criterion of dataSelection is incomplete") from error
        if table not in {program.table, LINES} or alias not in TABLES[table].position:
            raise AisError(500, f"{table}.{alias} cannot be selected by {report}")
        if comparison != "EQUAL" or kind not in {"SINGLE", "LIST"}:
            raise bad_request("Only EQUAL to a SINGLE value or a LIST is understood")
        found[alias] = [str(value) for value in values]
    return found
