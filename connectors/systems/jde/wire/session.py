"""How a call proves who sends it: one token for all calls, or Basic with each."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.redact import Redactor
from connectors.systems.jde.options import Options
from connectors.systems.jde.wire.answers import invalid_token, said

CAPABILITIES = "dataservice,outputType"
OpenDoor = Callable[[], HttpClient]
"""Makes a client without authentication and without retries, with its own cookies."""


@dataclass(frozen=True, slots=True)
class Session:
    """A live login. `about` is the whole answer; `door` keeps its cookies."""

    token: str
    cookies: str
    about: Mapping[str, Any]
    door: HttpClient

    @property
    def user(self) -> Mapping[str, Any]:
        """userInfo: formats, time zone, names."""
        found = self.about.get("userInfo")
        return found if isinstance(found, dict) else {}


class TokenAuth:
    """Logs in when first needed, again when the token has died, out at the end."""

    def __init__(self, options: Options, open_door: OpenDoor, redact: Redactor) -> None:
        self._options = options
        self._open_door = open_door
        self._redact = redact
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._refusal: ConnectorError | None = None
        self._sent = threading.local()

    def session(self) -> Session:
        """The present session. Raises AuthenticationError when login is refused."""
        with self._lock:
            if not self._session:
                self._session = self._login()
            return self._session

    def headers(self) -> Mapping[str, str]:
        """Token, device and the cookies that came with the token."""
        session = self.session()
        self._sent.token = session.token
        headers = {"jde-AIS-Auth": session.token}
        if self._options.device:
            headers["jde-AIS-Auth-Device"] = self._options.device
        if session.cookies:
            headers["Cookie"] = session.cookies
        return headers

    def expired(self, response: Response) -> bool:
        """Whether the server no longer knows the token."""
        return invalid_token(response)

    def renew(self) -> None:
        """Log in again, unless another thread has done so since this one's call."""
        with self._lock:
            if self._session and self._session.token != self._sent.token:
                return
            self._forget()
            self._session = self._login()

    def close(self) -> None:
        """Log out, so that the seat is free at once; never raises."""
        with self._lock:
            session = self._session
            if session:
                with suppress(ConnectorError):
                    session.door.post(
                        f"{self._options.service}/tokenrequest/logout",
                        json=self._with_device({"token": session.token}),
                        idempotent=True,
                    )
            self._forget()

    def _forget(self) -> None:
        if self._session:
            self._session.door.close()
        self._session = None

    def _login(self) -> Session:
        # A user is locked after a few wrong passwords: once refused, never again.
        if self._refusal:
            raise self._refusal
        door = self._open_door()
        try:
            return self._opened(door)
        except (AuthenticationError, ConfigurationError) as error:
            self._refusal = error
            door.close()
            raise
        except ConnectorError:
            door.close()
            raise

    def _opened(self, door: HttpClient) -> Session:
        answer = door.post(
            f"{self._options.service}/tokenrequest",
            json=self._credentials(),
            idempotent=True,
        ).json()
        about = answer if isinstance(answer, dict) else {}
        user = about.get("userInfo")
        token = user.get("token") if isinstance(user, dict) else None
        if not isinstance(token, str) or not token:
            raise AuthenticationError("JD Edwards answered the login without a token.")
        self._redact.add(token)
        cookies = "; ".join(f"{c.name}={c.value}" for c in door.session.cookies)
        return Session(token, cookies, about, door)

    def _credentials(self) -> dict[str, str]:
        options = self._options
        body = {
            "username": options.username,
            "password": options.password,
            "requiredCapabilities": CAPABILITIES,
        }
        if options.environment:
            body["environment"] = options.environment
        if options.role:
            body["role"] = options.role
        return self._with_device(body)

    def _with_device(self, body: dict[str, str]) -> dict[str, str]:
        device = self._options.device
        return body | {"deviceName": device} if device else body


class BasicAuth:
    """User and password with each call; the server logs in and out every time."""

    def __init__(self, options: Options) -> None:
        pair = f"{options.username}:{options.password}".encode()
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        for name, value in (
            ("Environment", options.environment),
            ("Role", options.role),
            ("Device", options.device),
        ):
            if value:
                self._headers[f"jde-AIS-Auth-{name}"] = value

    def headers(self) -> Mapping[str, str]:
        """The same for each call."""
        return self._headers

    def expired(self, response: Response) -> bool:
        """Never: there is no session that could end."""
        return False

    def renew(self) -> None:
        """Nothing to renew."""

    def close(self) -> None:
        """Nothing to give back."""


_SINGLE_SIGN_ON = {
    445: "Mobile single sign-on failed.",
    446: "It expects single sign-on, which is not set up.",
}


def login_fault(response: Response) -> ConnectorError | None:
    """What a login's answer means; the statuses are AIS's own."""
    message, status = said(response), response.status
    if status in (403, 444, 445, 446):
        return AuthenticationError(
            f"JD Edwards refused the login. {_SINGLE_SIGN_ON.get(status, message)}",
            advice="Check user, password, environment and role, and that the user is "
            "not locked or disabled.",
            status=status,
        )
    if status == 405:
        return ConfigurationError(
            f"JD Edwards takes no logins through this AIS Server. {message}",
            advice="Add the AIS Server to the allowed hosts of the HTML Server.",
            status=status,
        )
    return address_fault(response)


def address_fault(response: Response) -> ConnectorError | None:
    """An error when nothing like an AIS Server answered, else None."""
    unreadable = response.ok and response.json_or_none() is None
    if response.status in (404, 410) or unreadable:
        what = response.content_kind if response.ok else f"status {response.status}"
        return ConfigurationError(
            f"{response.where} answered with {what}: this is not an AIS Server.",
            advice="Enter scheme, host and port of the AIS Server, for example "
            "https://ais.example.com:9300.",
            field="base_url",
            status=response.status,
        )
    return None
