"""The one HTTP client; every connector that speaks HTTP speaks through it.

It pools connections, always has time-outs, limits the size of an answer, blanks
secrets, carries the correlation id, renews an expired session once, waits for the
rate ledger before each call, and turns every fault into the class of error that says
what must happen next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from requests.exceptions import (
    ConnectionError as RequestsConnectionError,
)
from requests.exceptions import (
    ConnectTimeout,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    RequestException,
    SSLError,
)
from urllib3.exceptions import NewConnectionError

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    RateLimitedError,
    TransientError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.network import NetworkPolicy, guarded_adapter
from connectors.sdk.redact import Redactor
from connectors.sdk.response import Response, by_status, retry_after
from connectors.sdk.shared.ports import Auth, Limiter, RetryPolicy, Slot
from connectors.sdk.values import encoded

__all__ = [
    "Auth",
    "HttpClient",
    "Limiter",
    "Response",
    "RetryPolicy",
    "correlation",
    "retry_after",
]

log = structlog.get_logger(__name__)

CORRELATION_HEADER = "X-Correlation-ID"
correlation: ContextVar[str] = ContextVar("correlation", default="")

_CHUNK = 256 * 1024


Classify = Callable[[Response], ConnectorError | None]


@dataclass(kw_only=True)
class HttpClient:
    """See the module. One per connector; safe for several threads.

    `timeout` is (connect, read) in seconds. `classify` may turn an answer of any
    status into an error, for systems that report faults in their own way; it runs
    before the general table of statuses.
    """

    base_url: str
    auth: Auth | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: tuple[float, float] = (10.0, 60.0)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    classify: Classify | None = None
    limiter: Limiter | None = None
    network: NetworkPolicy = field(default_factory=NetworkPolicy)
    redact: Redactor = field(default_factory=Redactor)
    verify: bool | str = True
    pool_size: int = 16
    max_bytes: int = 64 * 1024 * 1024
    session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        self.session = requests.Session()
        self.session.trust_env = False
        adapter = guarded_adapter(self.network, self.pool_size)
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)

    def close(self) -> None:
        """Release the connections."""
        self.session.close()

    def get(self, path: str, **options: Any) -> Response:
        """Send a GET; see `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        """Send a POST; see `request`."""
        return self.request("POST", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        authenticated: bool = True,
        budgets: tuple[str, ...] = (),
    ) -> Response:
        """Send one request with a body of JSON, a form or bytes; return its 2xx answer.

        What the bytes of `content` are is said by a header of the caller's own.
        `params` is a mapping, or pairs where a name comes more than once.
        `idempotent` says that sending it twice does no harm (default: everything
        but POST); `budgets` are the named budgets of the system that it counts in.
        Raises a ConnectorError for every other ending.
        """
        repeatable = method != "POST" if idempotent is None else idempotent
        body, kind = encoded(json, form) if content is None else (content, {})
        call = _Call(
            method=method,
            url=self._url(path, authenticated=authenticated),
            body=body,
            params=params,
            headers={**kind, **(headers or {})},
            repeatable=repeatable,
            auth=self.auth if authenticated else None,
            budgets=budgets,
        )
        return self._with_retries(call)

    def _url(self, path: str, *, authenticated: bool) -> str:
        """The whole address; credentials go to no other host than ours."""
        if "://" not in path:
            return self.base_url + path
        trusted = authenticated and self.auth is not None
        if trusted and urlsplit(path)[:2] != urlsplit(self.base_url)[:2]:
            raise ConfigurationError(
                f"{urlsplit(self.base_url).netloc} sends us on to "
                f"{self.redact(urlsplit(path).netloc)}, which is another system.",
                advice="Enter that address in the connection if it is right.",
            )
        return path

    def _with_retries(self, call: _Call) -> Response:
        waited, attempt, renewed = 0.0, 0, False
        give_up = time.monotonic() + self.retry.patience
        while True:
            # Not within the try: a wait that is too long here is the engine's.
            slot = self.limiter.acquire(*call.budgets) if self.limiter else None
            try:
                response = self._send(call, slot)
                if call.auth and not renewed and call.auth.expired(response):
                    call.auth.renew()
                    renewed = True
                    continue
                return replace(self._checked(response, call), repeated=attempt > 0)
            except RateLimitedError as error:
                # A refused request was not applied, so it may always be repeated,
                # and waiting for the limit is no failure: it uses up no attempt.
                if self.limiter:
                    self.limiter.penalise(error.retry_after, error.budget)
                wait = max(error.retry_after, self.retry.base)
                waited += wait
                if waited > self.retry.rate_limit_wait:
                    raise
                if not self.limiter or error.retry_after < wait:
                    time.sleep(wait)
            except TransientError:
                attempt += 1
                if attempt >= self.retry.attempts or time.monotonic() > give_up:
                    raise
                time.sleep(self.retry.delay(attempt - 1))

    def _send(self, call: _Call, slot: Slot | None) -> Response:
        started = time.monotonic()
        try:
            with self.session.request(
                call.method,
                call.url,
                params=call.params,
                data=call.body,
                headers=self._headers(call),
                timeout=self.timeout,
                verify=self.verify,
                stream=True,
                allow_redirects=False,
            ) as raw:
                response = Response(
                    call.method,
                    call.url,
                    raw.status_code,
                    {name.lower(): value for name, value in raw.headers.items()},
                    self._body(raw),
                    self.redact,
                )
        except RequestException as error:
            # Its text names the whole address, and queries may hold secrets.
            raise self._transport_error(call, error) from None
        finally:
            if self.limiter and slot:
                self.limiter.answered(slot)
        log.debug(
            "request",
            where=response.where,
            status=response.status,
            ms=round((time.monotonic() - started) * 1000),
            size=len(response.body),
        )
        if self.limiter:
            self.limiter.observe(response.status, response.headers)
        return response

    def _headers(self, call: _Call) -> dict[str, str]:
        headers = {"Accept": "application/json", **self.headers, **call.headers}
        if correlation.get():
            headers[CORRELATION_HEADER] = correlation.get()
        if call.auth:
            headers.update(call.auth.headers())
        return headers

    def _body(self, raw: requests.Response) -> bytes:
        chunks, size = [], 0
        for chunk in raw.iter_content(_CHUNK):
            size += len(chunk)
            if size > self.max_bytes:
                raise UnavailableError(
                    f"The answer is larger than {self.max_bytes // 2**20} MiB.",
                    advice="Lower the page size of the connection.",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _transport_error(self, call: _Call, error: RequestException) -> ConnectorError:
        host = urlsplit(call.url).netloc
        if isinstance(error, SSLError) and "certificate" not in str(error).lower():
            return ConfigurationError(
                f"{host} does not speak https.",
                advice="Check the port, or write http:// if that is really meant.",
            )
        if isinstance(error, SSLError):
            return ConfigurationError(
                f"The certificate of {host} is not trusted.",
                advice="Install its CA, or name it in the connection's TLS setting.",
            )
        if isinstance(error, (InvalidSchema, InvalidURL, MissingSchema)):
            return ConfigurationError(f"{host or 'The address'} is not a web address.")
        if _never_sent(error):
            return UnavailableError(
                f"{host} cannot be reached.",
                advice="Check the address, and that the system is running.",
            )
        what = self.redact(f"The connection to {host} broke: {type(error).__name__}.")
        if call.repeatable:
            return UnavailableError(what)
        return UncertainWriteError(f"{what} The write may have been applied.")

    def _checked(self, response: Response, call: _Call) -> Response:
        error = self.classify(response) if self.classify else None
        error = error or by_status(response, repeatable=call.repeatable)
        if error:
            raise error
        return response


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    body: bytes | None
    params: Any
    headers: dict[str, str]
    repeatable: bool
    auth: Auth | None
    budgets: tuple[str, ...] = ()


def _never_sent(error: RequestException) -> bool:
    if isinstance(error, ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, RequestsConnectionError) and isinstance(
        reason, NewConnectionError
    )
