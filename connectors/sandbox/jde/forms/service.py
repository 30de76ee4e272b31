"""`formservice` and `appstack` for the application this server has: P0411."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox.jde.ais.http import V1, V2, Body, answer, caller, read_body
from connectors.sandbox.jde.ais.render import to_json
from connectors.sandbox.jde.books.books import Books
from connectors.sandbox.jde.books.desk.checks import Caller
from connectors.sandbox.jde.books.desk.locks import Locks
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.errors import AisError, bad_request
from connectors.sandbox.jde.forms.commands import Command, control_error, read_command
from connectors.sandbox.jde.forms.layout import APPLICATION, FORMS, GRID, VERSION
from connectors.sandbox.jde.forms.render import form_answer
from connectors.sandbox.jde.forms.stack import Stack
from connectors.sandbox.jde.sessions import Session, Sessions

CLOSED = {"stackId": 0, "stateId": 0, "rid": ""}


@dataclass(slots=True)
class Open:
    """A stack with the ids of its last answer, which the next call must name."""

    number: int
    session: str
    stack: Stack
    state: int = 1
    rid: str = ""

    def ids(self) -> dict[str, Any]:
        return {"stackId": self.number, "stateId": self.state, "rid": self.rid}


class Forms:
    """Opens, drives and closes stacks of forms for sessions."""

    def __init__(
        self,
        config: JdeConfig,
        sessions: Sessions,
        books: Books,
        locks: Locks,
        local_time: Callable[[], datetime],
    ):
        self._config = config
        self._sessions = sessions
        self._books = books
        self._locks = locks
        self._local_time = local_time
        self._open: dict[int, Open] = {}
        self._last = 0

    def clear(self) -> None:
        """No open stacks."""
        self._open.clear()

    def add_routes(self, app: web.Application) -> None:
        for base in (V1, V2):
            app.router.add_post(f"{base}/formservice", self.one_shot)
            app.router.add_post(f"{base}/appstack", self.appstack)

    async def one_shot(self, request: web.Request) -> web.Response:
        """Open a form, act, answer, close: what needs a second form is not saved."""
        body = await read_body(request)
        session = self._caller(request, body)
        stack = self._stack(body, session)
        try:
            self._act(stack, body)
        finally:
            stack.close()
        return self._answered(stack, body, {**CLOSED, "stackId": self._number()})

    async def appstack(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        session = self._caller(request, body)
        if not session.lasting:
            raise AisError(500, "An application stack needs a token", "StackException")
        actions = {"open": self._begin, "execute": self._go_on, "close": self._end}
        action = actions.get(str(body.get("action")))
        if action is None:
            raise bad_request("action is one of open, execute and close")
        return action(body, session)

    def _begin(self, body: Body, session: Session) -> web.Response:
        wanted = _object(body, "formRequest")
        stack = self._stack(wanted, session)
        self._act(stack, wanted)
        number = self._number()
        opened = Open(number, session.token, stack, rid=_new_rid())
        self._open[number] = opened
        return self._answered(stack, wanted, opened.ids())

    def _go_on(self, body: Body, session: Session) -> web.Response:
        opened = self._find(body, session)
        wanted = _object(body, "actionRequest")
        if wanted.get("formOID") != opened.stack.form:
            message = f"{wanted.get('formOID')} is not the form on top of the stack"
            raise AisError(500, message, "StackException")
        self._act(opened.stack, wanted)
        opened.state += 1
        opened.rid = _new_rid()
        return self._answered(opened.stack, wanted, opened.ids())

    def _end(self, body: Body, session: Session) -> web.Response:
        opened = self._find(body, session)
        opened.stack.close()
        del self._open[opened.number]
        return answer(to_json({**CLOSED, "currentApp": "", "sysErrors": []}))

    def _find(self, body: Body, session: Session) -> Open:
        """The stack of these ids; AisError 500 for old ids or another session's."""
        number = body.get("stackId")
        opened = self._open.get(number) if isinstance(number, int) else None
        ids = {name: body.get(name) for name in CLOSED}
        wrong = opened is None or opened.session != session.token
        if opened is None or wrong or opened.ids() != ids:
            message = "The stack is not there, or stateId or rid are not the last ones"
            raise AisError(500, message, "StackException")
        return opened

    def _stack(self, wanted: Body, session: Session) -> Stack:
        name = str(wanted.get("formName"))
        application, _, form = name.partition("_")
        if application != APPLICATION or form not in FORMS:
            message = f"{name} is not a valid form or the user has no access"
            raise AisError(500, message, "FormServiceException")
        version = wanted.get("version", VERSION)
        if version != VERSION:
            message = f"{application} has no version {version}"
            raise AisError(500, message, "FormServiceException")
        by = Caller(session.user, session.token)
        return Stack(self._books, self._locks, by, form)

    def _act(self, stack: Stack, wanted: Body) -> None:
        given = wanted.get("formActions") or []
        if not isinstance(given, list):
            raise bad_request("formActions must be a list of commands")
        commands: list[Command] = [one for each in given for one in read_command(each)]
        stop = str(wanted.get("stopOnWarning", "FALSE")).upper() == "TRUE"
        stack.run(commands, stop_on_warning=stop)

    def _answered(
        self, stack: Stack, wanted: Body, ids: dict[str, Any]
    ) -> web.Response:
        chosen = _chosen(wanted.get("returnControlIDs"), stack.form)
        return answer(to_json(form_answer(stack, chosen, ids, self._local_time())))

    def _caller(self, request: web.Request, body: Body) -> Session:
        basic = self._config.basic_per_request
        return caller(request, body, self._sessions, basic=basic)

    def _number(self) -> int:
        self._last += 1
        return self._last


def _object(body: Body, name: str) -> Body:
    found = body.get(name)
    if not isinstance(found, dict):
        raise bad_request(f"{name} must be an object")
    return found


def _chosen(given: Any, form: str) -> set[str] | None:
    """The controls asked for by `28|41|1[20,21]`; None is all of them."""
    if not given:
        return None
    chosen = {part.partition("[")[0] for part in str(given).split("|")}
    known = {*FORMS[form].controls, GRID}
    # What a form further on does not have is left out there.
    anywhere = {number for one in FORMS.values() for number in one.controls} | {GRID}
    for one in sorted(chosen - anywhere):
        raise control_error(form, one)
    return chosen & known


def _new_rid() -> str:
    return secrets.token_hex(8)
