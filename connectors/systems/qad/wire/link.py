"""What one connection needs to speak to its instance; made once, shared by threads."""

from __future__ import annotations

from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import msgspec

from connectors.sdk.contract import Context
from connectors.sdk.errors import UncertainWriteError
from connectors.sdk.http import Classify, HttpClient, RetryPolicy
from connectors.sdk.redact import Redactor
from connectors.sdk.shared.ports import Auth
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.answers import fault, no_json
from connectors.systems.qad.wire.auth import auth_of, log_in_fault

WORKSPACE = "x-qad-workspace-id"
_JSON = {"Content-Type": "application/json"}
# Decimals are JSON numbers with the digits they have.
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Link:
    """Log-in and clients. Nothing is sent before it is used."""

    def __init__(self, options: Options, context: Context, redact: Redactor) -> None:
        self.options = options
        self.redact = redact
        self._context = context
        self.auth = auth_of(options, self.open_door, redact)
        self.reader = self._authentic(fault(writes=False))
        self.writer = self._authentic(fault(writes=True))

    def close(self) -> None:
        """Release the sockets."""
        self.reader.close()
        self.writer.close()

    def open_door(self) -> HttpClient:
        """A client without log-in and retries."""
        return self.client(log_in_fault, RetryPolicy(attempts=1))

    def client(self, classify: Classify | None, retry: RetryPolicy) -> HttpClient:
        """A client of this connection's address, time-outs and network rules."""
        options = self.options
        return HttpClient(
            base_url=options.root,
            timeout=options.timeout,
            retry=retry,
            classify=classify,
            limiter=self._context.limiter,
            network=self._context.network,
            redact=self.redact,
            verify=options.verify,
            pool_size=options.parallel + 1,
        )

    def _authentic(self, classify: Classify) -> HttpClient:
        client = self.client(classify, RetryPolicy())
        auth: Auth = self.auth
        client.auth = auth
        client.headers = {WORKSPACE: self.options.workspace}
        # A session's cookie is sent by the log-in itself.
        client.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return client

    def get(self, path: str, params: Any) -> Any:
        """A read; raises what the answer means."""
        return self.reader.get(path, params=params).json()

    def post(self, path: str, params: Any, body: Any, request_id: str) -> Any:
        """A write, sent once. Raises UncertainWriteError for an answer that is lost."""
        headers = {**_JSON, "X-Request-ID": request_id}
        response = self.writer.post(
            path, params=params, content=_encode(body), headers=headers
        )
        answer = response.json_or_none()
        if answer is None:
            raise _unreadable(no_json(response).message, request_id)
        return answer

    def ask(self, path: str, params: Any, body: Any) -> Any:
        """A POST that stores nothing, and may be sent again."""
        response = self.reader.post(
            path, params=params, content=_encode(body), headers=_JSON, idempotent=True
        )
        return response.json()


def _unreadable(message: str, request_id: str) -> UncertainWriteError:
    return UncertainWriteError(
        f"{message} The write may have been applied.", request_id=request_id
    )


def number(value: Any, separator: str = ".") -> Decimal | None:
    """A decimal of QAD's: a JSON number, or a text with the site's separator."""
    if value is None or value == "":
        return None
    if isinstance(value, Decimal | int):
        return Decimal(value)
    text = str(value).strip()
    if separator != ".":
        text = text.replace(".", "").replace(separator, ".")
    return Decimal(text)
