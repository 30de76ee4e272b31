"""How a call to Adaptive ERP proves who sends it."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.redact import Redactor
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.answers import log_in_page, said

CONTROL = "/api/qracore/securityControl"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_ADVICE = "Check user and password, and that the user is not locked in QAD."
# Renewed so long before its end, in seconds; a client of QAD's own does the same.
_EARLY, _EARLY_IDLE = 300.0, 10.0
OpenDoor = Callable[[], HttpClient]
"""Makes a client without authentication and without retries."""


def basic(options: Options) -> dict[str, str]:
    """The header of HTTP Basic."""
    text = f"{options.username}:{options.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(text).decode()}"}


@dataclass(frozen=True, slots=True)
class Token:
    """What is sent with each call, and until when it is good (monotonic seconds)."""

    headers: Mapping[str, str] = field(repr=False)
    refresh: str = field(default="", repr=False)
    until: float = float("inf")
    idle: float = float("inf")


class TokenAuth:
    """Logs in when first needed, renews before the end and when refused."""

    def __init__(self, options: Options, open_door: OpenDoor, redact: Redactor) -> None:
        self._options = options
        self._open_door = open_door
        self._redact = redact
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._used = 0.0
        self._refusal: ConnectorError | None = None
        self._sent = threading.local()
        self._client_id = options.client_id

    def headers(self) -> Mapping[str, str]:
        """See the port."""
        with self._lock:
            now = time.monotonic()
            token = self._token
            if not token or now > token.until or now - self._used > token.idle:
                self._token = token = self._opened()
            self._used = now
        self._sent.token = token
        return token.headers

    def expired(self, response: Response) -> bool:
        """A 401, or the way to the log-in page where there is a cookie."""
        return response.status == 401 or log_in_page(response)

    def renew(self) -> None:
        """See the port; another thread may have done it since this one's call."""
        with self._lock:
            if self._token is self._sent.token:
                self._token = self._opened()

    def _opened(self) -> Token:
        # A user is locked after a few wrong passwords: once refused, never again.
        if self._refusal:
            raise self._refusal
        door = self._open_door()
        try:
            if self._options.auth_mode == "form_session":
                return self._by_form(door)
            return self._by_oauth(door)
        except AuthenticationError as error:
            self._refusal = error
            raise
        finally:
            door.close()

    # ------------------------------------------------------------------- OAuth

    def _by_oauth(self, door: HttpClient) -> Token:
        refresh = self._token.refresh if self._token else ""
        if refresh:
            try:
                return self._granted(
                    door, grant_type="refresh_token", refresh_token=refresh
                )
            except AuthenticationError:
                pass  # it was used or is too old: the password is asked for once
        return self._granted(
            door,
            grant_type="password",
            username=self._options.username,
            password=self._options.password,
        )

    def _granted(self, door: HttpClient, **grant: str) -> Token:
        control: dict[str, Any] = {}
        if not self._client_id:
            control = security_control(door, self._options)
            self._client_id = str(control.get("clientId") or "")
        form = {**grant, "client_id": self._client_id}
        answer = door.post(
            "/oauth/token",
            content=urlencode(form).encode(),
            headers=FORM,
            idempotent=True,
        ).json()
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise AuthenticationError("QAD answered the log-in without a token.")
        self._redact.add(token)
        refresh = str(answer.get("refresh_token") or "")
        if refresh:
            self._redact.add(refresh)
        lasts = _seconds(answer.get("expires_in"))
        lasts = lasts or _seconds(control.get("sessionLength")) * 60
        idle = _seconds(control.get("timeoutMinutes")) * 60
        return Token(
            {"Authorization": f"Bearer {token}"},
            refresh,
            time.monotonic() + max(lasts - _EARLY, lasts / 2) if lasts else _FOREVER,
            max(idle - _EARLY_IDLE, 1.0) if idle else _FOREVER,
        )

    # -------------------------------------------------------------------- form

    def _by_form(self, door: HttpClient) -> Token:
        form = {
            "j_username": self._options.username,
            "j_password": self._options.password,
        }
        door.classify = _form_fault
        with suppress(_MovedError):
            door.post(
                "/j_spring_security_check",
                content=urlencode(form).encode(),
                headers=FORM,
                idempotent=True,
            )
        # Cookies stay in the client's jar; they are for our own header from here.
        held = {one.name: one.value or "" for one in door.session.cookies}
        if "JSESSIONID" not in held:
            raise AuthenticationError(
                "QAD answered the log-in without a session.", advice=_ADVICE
            )
        self._redact.add(held["JSESSIONID"])
        return Token({"Cookie": f"JSESSIONID={held['JSESSIONID']}"})


_FOREVER = float("inf")


def security_control(door: HttpClient, options: Options) -> dict[str, Any]:
    """What the instance says of its sessions, asked by Basic."""
    try:
        answer = door.get(CONTROL, headers=basic(options)).json()
    except AuthenticationError as error:
        raise AuthenticationError(
            error.message,
            advice=f"{_ADVICE} Where the instance takes no Basic, enter the OAuth "
            "client id in the connection.",
        ) from error
    data = answer.get("data") if isinstance(answer, dict) else None
    controls = data.get("securityControls") if isinstance(data, dict) else None
    if not isinstance(controls, list) or not controls:
        raise AuthenticationError(
            "QAD does not tell its OAuth client id.",
            advice="Ask for it, and enter it in the connection.",
        )
    found: dict[str, Any] = controls[0]
    return found


class FixedAuth:
    """The same header with each call: Basic, or a token that somebody has pasted."""

    def __init__(self, headers: Mapping[str, str], refusal: str, advice: str) -> None:
        self._headers = headers
        self._refused = False
        self._error = AuthenticationError(refusal, advice=advice)

    def headers(self) -> Mapping[str, str]:
        """See the port. Raises AuthenticationError once it was refused."""
        if self._refused:
            raise self._error
        return self._headers

    def expired(self, response: Response) -> bool:
        """Nothing new can be had; a refused one is not tried again."""
        if response.status == 401:
            self._refused = True
        return response.status == 401

    def renew(self) -> None:
        """See the port."""
        raise self._error


def auth_of(
    options: Options, open_door: OpenDoor, redact: Redactor
) -> TokenAuth | FixedAuth:
    """What the settings say."""
    if options.auth_mode == "static_bearer":
        headers = {"Authorization": f"Bearer {options.token}"}
        return FixedAuth(
            headers,
            "QAD refuses the pasted token: it has expired, or it is wrong.",
            "Paste a new one into the connection.",
        )
    if options.auth_mode == "basic":
        return FixedAuth(basic(options), "QAD refuses user or password.", _ADVICE)
    return TokenAuth(options, open_door, redact)


def log_in_fault(response: Response) -> ConnectorError | None:
    """A refused log-in, in its several shapes."""
    if response.status == 404:
        return ConfigurationError(
            f"{response.where} is not there.",
            advice="The address must include the context root, such as /clouderp.",
        )
    if log_in_page(response) or response.status in (400, 401, 403):
        text = said(response.json_or_none())
        told = f": {response.redact(text)}" if text else "."
        return AuthenticationError(f"QAD refuses the log-in{told}", advice=_ADVICE)
    return None


def _form_fault(response: Response) -> ConnectorError | None:
    place = response.headers.get("location", "")
    if response.status in (302, 303) and "login" not in place.lower():
        return _MovedError("")
    return log_in_fault(response)


class _MovedError(ConnectorError):
    """Never leaves this module: the form's answer to a right password."""


def _seconds(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
