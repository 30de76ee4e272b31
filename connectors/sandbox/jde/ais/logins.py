"""Capabilities, login, validation and logout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.jde.ais.http import (
    V1,
    V2,
    Body,
    answer,
    basic_header,
    check_accept,
    credentials,
    device_of,
    read_body,
    version_of,
)
from connectors.sandbox.jde.ais.render import to_json
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.errors import AisError, invalid_token
from connectors.sandbox.jde.sessions import Session, Sessions
from connectors.sandbox.jde.users import DEFAULT_ENVIRONMENT, DEFAULT_ROLE

JAS = "http://e1web.example.com:8080"
CAPABILITIES = (
    ("dataservice", "Data service", "Query tables and views"),
    ("dataServiceAggregation", "Aggregation", "Sums and counts over tables and views"),
    ("outputType", "Output formats", "Grid data output"),
    ("validate", "Token validation", "Validate a token"),
)


class Logins:
    """The endpoints that need no session yet, or are about one."""

    def __init__(
        self,
        config: JdeConfig,
        clock: Clock,
        sessions: Sessions,
        local_time: Callable[[], datetime],
    ):
        self._config = config
        self._clock = clock
        self._sessions = sessions
        self._local_time = local_time

    def add_routes(self, app: web.Application) -> None:
        router = app.router
        for base in (V1, V2):
            router.add_get(f"{base}/defaultconfig", self.default_config)
            router.add_post(f"{base}/defaultconfig", self.default_config)
            router.add_post(f"{base}/tokenrequest", self.log_in)
            router.add_post(f"{base}/tokenrequest/logout", self.log_out)
        router.add_post(f"{V2}/tokenrequest/validate", self.validate)

    async def default_config(self, request: web.Request) -> web.Response:
        """What the server is and can do; open to all."""
        check_accept(request)
        wanted = request.query.get("requiredCapabilities", "")
        known = {name for name, _, _ in CAPABILITIES}
        missing = [one for one in wanted.split(",") if one.strip() not in {*known, ""}]
        scheme, _, rest = JAS.partition("://")
        host, _, port = rest.partition(":")
        body: Body = {
            "jasHost": host,
            "jasPort": port,
            "jasProtocol": scheme,
            "defaultEnvironment": DEFAULT_ENVIRONMENT,
            "defaultRole": DEFAULT_ROLE,
            "displayEnvironment": True,
            "displayRole": True,
            "displayJasServer": True,
            "defaultJasServer": JAS,
            "ssoAllowed": False,
            "allowSelfSignedSsl": False,
            "sessionTimeout": _minutes(self._config.token_idle_s),
            "timeToLive": _minutes(self._config.token_ttl_s),
            "aisVersion": self._config.tools_release,
            "capabilityList": [_capability(*one) for one in CAPABILITIES],
            "requiredCapabilityMissing": bool(missing),
        }
        return _answered(request, body)

    async def log_in(self, request: web.Request) -> web.Response:
        """A token for user and password, in the body or a Basic header."""
        body = await read_body(request, may_be_empty="Authorization" in request.headers)
        name, password = self._credentials(request, body)
        user = self._sessions.authenticate(name, password)
        headers = request.headers
        session = self._sessions.open(
            user,
            device=device_of(request, body),
            address=request.remote or "",
            environment=_text(body, "environment")
            or headers.get("jde-AIS-Auth-Environment", ""),
            role=_text(body, "role") or headers.get("jde-AIS-Auth-Role", ""),
        )
        return _answered(request, self._login_answer(session, version_of(request)))

    async def validate(self, request: web.Request) -> web.Response:
        """Whether the token is alive; `touch` makes it a use."""
        body = await read_body(request)
        session = self._session(request, body, touch=body.get("touch") is True)
        return _answered(request, {"isValidSession": session is not None})

    async def log_out(self, request: web.Request) -> web.Response:
        """End the session of the token."""
        body = await read_body(request)
        self._sessions.close(self._session(request, body, touch=False))
        return _answered(request, {"message": "Logged out"})

    def _credentials(self, request: web.Request, body: Body) -> tuple[str, str]:
        found = credentials(request, body)
        by_header = "username" not in body and basic_header(request) is not None
        allowed = self._config.basic_login if by_header else self._config.password_login
        if found is None or not allowed:
            message = "Authorization Failure: this kind of login is not allowed"
            raise AisError(403, message, "AuthorizationException")
        return found

    def _session(self, request: web.Request, body: Body, *, touch: bool) -> Session:
        token = request.headers.get("jde-AIS-Auth") or body.get("token")
        if not isinstance(token, str):
            raise invalid_token()
        device, address = device_of(request, body), request.remote or ""
        return self._sessions.find(token, device=device, address=address, touch=touch)

    def _login_answer(self, session: Session, version: int) -> Body:
        user = session.user
        info: Body = {
            "token": session.token,
            "langPref": "  ",
            "locale": "en",
            "dateFormat": user.date_code,
            "dateSeperator": user.date_separator,
            "simpleDateFormat": user.date_pattern,
            "decimalFormat": user.decimal_separator,
            "addressNumber": user.number,
            "alphaName": user.full_name,
            "appsRelease": "E920",
            "country": "  ",
            "username": user.name,
        }
        if version > 1:
            info |= {"timeFormat": "HH:mm:ss", "longUserId": user.name}
            info |= {"timeZoneOffset": self._offset(), "dstRuleKey": "", "dstRule": ""}
        return {
            "username": user.name,
            "environment": session.environment,
            "role": session.role,
            "jasserver": JAS,
            "userInfo": info,
            "userAuthorized": False,
            "version": None,
            "poStringJSON": None,
            "altPoStringJSON": None,
            "aisSessionCookie": session.cookie,
            "adminAuthorized": False,
        }

    def _offset(self) -> str:
        text = f"{self._local_time():%z}"
        return f"UTC{text[:3]}:{text[3:5]}"


def _answered(request: web.Request, body: Body) -> web.Response:
    if version_of(request) == 1:
        body["deprecated"] = True
    return answer(to_json(body))


def _capability(name: str, short: str, long: str) -> dict[str, Any]:
    return {
        "name": name,
        "shortDescription": short,
        "longDescription": long,
        "asOfRelease": "9.2.0.0",
        "sinceVersion": "1.0",
    }


def _text(body: Body, name: str) -> str:
    found = body.get(name)
    return found if isinstance(found, str) else ""


def _minutes(seconds: float) -> str:
    return str(round(seconds / 60))
