"""An answer of another system, and what its status says must happen next."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import msgspec

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.redact import Redactor

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_EXCERPT = 300
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whole and within the size limit. Header names are lower case.

    `repeated` says that an earlier sending of the same request may have been applied
    although its answer never came.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    redact: Redactor
    repeated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as Python values, fractions as Decimal.

        Raises UnavailableError when it is not JSON: a proxy's page, half an answer.
        """
        try:
            return _decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnavailableError(
                f"{self.where} answered {self.status} with {self.content_kind} "
                "instead of JSON.",
                advice="Check the address of the connection if this stays.",
                status=self.status,
            ) from error

    def json_or_none(self) -> Any:
        """The body as Python values, or None when it is not JSON."""
        try:
            return _decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    @property
    def where(self) -> str:
        """Method and address without its query, safe to show."""
        return self.redact(f"{self.method} {self.url.split('?')[0]}")

    @property
    def content_kind(self) -> str:
        """What the body looks like, for messages."""
        kind = self.headers.get("content-type", "").split(";")[0]
        if "html" in kind or self.body[:200].lstrip()[:1] == b"<":
            return "a web page"
        return "half an answer" if self.body[:1] in b"{[" and self.body else "text"

    @property
    def excerpt(self) -> str:
        """The start of the body, redacted, for messages."""
        return self.redact(self.body[:_EXCERPT].decode("utf-8", "replace"))


def retry_after(headers: Mapping[str, str], default: float) -> float:
    """Seconds the answer asks us to wait: a number or an HTTP date, else `default`.

    A day at most: nobody means more, and a record would wait for it.
    """
    text = headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            seconds = default
    return min(max(0.0, seconds), _DAY) if isfinite(seconds) else default


def by_status(response: Response, *, repeatable: bool) -> ConnectorError | None:
    """The general table of statuses; None for a 2xx.

    `repeatable` says that sending the request again would do no harm.
    """
    if response.ok:
        return None
    if response.status < 400:
        return _moved(response)
    if response.status < 500:
        return _refused(response)
    what = f"{response.where} answered {response.status}."
    if repeatable:
        return UnavailableError(what, status=response.status)
    return UncertainWriteError(
        f"{what} The write may have been applied.", status=response.status
    )


def _moved(response: Response) -> ConnectorError:
    target = response.redact(response.headers.get("location", "elsewhere"))
    return ConfigurationError(
        f"{response.where} answered {response.status}: it sends us on to {target}.",
        advice="Enter that address in the connection if it is right.",
        status=response.status,
    )


def _refused(response: Response) -> ConnectorError:
    status = response.status
    what = f"{response.where} answered {status}"
    if status == 429:
        wait = retry_after(response.headers, 1.0)
        return RateLimitedError(
            f"{what}: too many requests.", retry_after=wait, status=status
        )
    if status in (408, 423, 425):
        return UnavailableError(f"{what}.", status=status)
    kinds: dict[int, type[ConnectorError]] = {
        401: AuthenticationError,
        403: AuthenticationError,
        407: AuthenticationError,
        404: NotFoundError,
        410: NotFoundError,
    }
    kind = kinds.get(status, RejectedError)
    return kind(f"{what}: {response.excerpt}", status=status)
