"""Who is asking: OAuth2 tokens, Basic, the form's cookie; and in which workspace."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.seed import DEFAULT_WORKSPACE, WORKSPACES
from connectors.sandbox.qad.errors import LogInAgain, RestError
from connectors.sandbox.qad.rest.http import answer


@dataclass(frozen=True, slots=True)
class User:
    """`denied` are the entities that the user's role does not allow."""

    name: str
    password: str
    note: str = ""
    denied: frozenset[str] = frozenset()


USERS = {
    user.name: user
    for user in (
        User("svc_hub", "sandbox-1", "may do all we need"),
        User("svc_short", "sandbox-2", "may not read suppliers nor enter orders",
             frozenset({"supplierV2", "salesOrderHeader"})),
    )
}  # fmt: skip


@dataclass
class Session:
    """A token or cookie that somebody holds."""

    user: User
    made: float
    used: float


@dataclass
class Logins:
    """Sessions, refresh tokens and the count of wrong passwords."""

    config: QadConfig
    clock: Clock
    sessions: dict[str, Session] = field(default_factory=dict)
    refreshes: dict[str, tuple[User, float]] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)

    def clear(self) -> None:
        """End all sessions."""
        self.sessions.clear()
        self.refreshes.clear()
        self.wrong.clear()

    # ------------------------------------------------------------------ logging in

    async def token(self, request: web.Request) -> web.Response:
        """POST /oauth/token with a form."""
        form = await request.post()
        if form.get("client_id") != self.config.client_id:
            raise RestError(401, "Bad client credentials", code="invalid_client")
        if form.get("grant_type") == "password":
            name, password = str(form.get("username")), str(form.get("password"))
            user = self._user(name, password)
            if not user:
                raise RestError(400, "Bad credentials", code="invalid_grant")
        elif form.get("grant_type") == "refresh_token":
            user = self._refreshed(str(form.get("refresh_token")))
        else:
            raise RestError(400, "Unsupported grant", code="unsupported_grant_type")
        token, refresh = self._open(user, "eyJ"), f"eyJr{secrets.token_urlsafe(24)}"
        self.refreshes[refresh] = (user, self.clock.time() + self.config.refresh_s)
        body: dict[str, Any] = {
            "access_token": token,
            "token_type": "bearer",
            "refresh_token": refresh,
        }
        if self.config.tell_expiry:
            body["expires_in"] = int(self.config.session_length_s) - 1
        return answer(body | {"scope": "read write"})

    async def form(self, request: web.Request) -> web.Response:
        """POST /j_spring_security_check: a cookie, or back to the log-in page."""
        form = await request.post()
        user = self._user(str(form.get("j_username")), str(form.get("j_password")))
        if not user:
            raise LogInAgain
        response = web.Response(status=302, headers={"Location": self.root + "/"})
        response.set_cookie("JSESSIONID", self._open(user, "s"), path=self.root)
        return response

    @property
    def root(self) -> str:
        return self.config.context_root.rstrip("/")

    def _user(self, name: str, password: str) -> User | None:
        user = USERS.get(name)
        if user and self.wrong.get(name, 0) < self.config.lock_after:
            if secrets.compare_digest(user.password.encode(), password.encode()):
                self.wrong.pop(name, None)
                return user
            self.wrong[name] = self.wrong.get(name, 0) + 1
        return None

    def _refreshed(self, token: str) -> User:
        user, until = self.refreshes.pop(token, (None, 0.0))
        if user is None or until < self.clock.time():
            raise RestError(400, "Invalid refresh token", code="invalid_grant")
        return user

    def _open(self, user: User, prefix: str) -> str:
        token = prefix + secrets.token_urlsafe(32)
        now = self.clock.time()
        self.sessions[token] = Session(user, now, now)
        return token

    # ------------------------------------------------------------------ each call

    def who(self, request: web.Request) -> User:
        """The user of a call. Raises RestError 401, LogInAgain."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            return self._alive(value, RestError(401, "Token expired or unknown",
                                                code="invalid_token"))  # fmt: skip
        if scheme == "Basic" and self.config.basic:
            return self._basic(value)
        if "JSESSIONID" in request.cookies:
            return self._alive(request.cookies["JSESSIONID"], LogInAgain())
        raise RestError(401, "Full authentication is required", code="unauthorized")

    def _alive(self, token: str, refusal: Exception) -> User:
        session, now = self.sessions.get(token), self.clock.time()
        if session is None:
            raise refusal
        old = now - session.made > self.config.session_length_s
        if old or now - session.used > self.config.idle_s:
            del self.sessions[token]
            raise refusal
        session.used = now
        return session.user

    def _basic(self, value: str) -> User:
        try:
            name, _, password = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, password = "", ""
        user = self._user(name, password)
        if not user:
            raise RestError(401, "Bad credentials", code="unauthorized")
        return user


def workspace(request: web.Request) -> tuple[str, str]:
    """Domain and shared set of a call: the user's own where none is named."""
    name = request.headers.get("x-qad-workspace-id", DEFAULT_WORKSPACE)
    if name not in WORKSPACES:
        raise RestError(403, f"Workspace {name} is not accessible")
    return WORKSPACES[name]


def security_control(config: QadConfig) -> web.Response:
    """GET /api/qracore/securityControl."""
    control = {
        "clientId": config.client_id,
        "sessionLength": int(config.session_length_s // 60),
        "timeoutMinutes": int(config.idle_s // 60),
    }
    return answer({"data": {"securityControls": [control]}})
