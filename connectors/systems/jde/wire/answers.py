"""What the AIS Server says beside rows: counts, links, faults in all their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    UnavailableError,
)
from connectors.sdk.http import Response

# A body that is only an error is short; a page of rows need not be read twice.
_SHORT = 8192
_TOKEN = re.compile(r"\btoken\b", re.IGNORECASE)
_INVALID_TOKEN = re.compile(r"\b(invalid|expired) token\b", re.IGNORECASE)
# Saves the retries where the text is plain; `service` finds out without it as well.
_NO_TABLE = re.compile(r"not a valid table|no access|not authori[sz]ed", re.IGNORECASE)


def said(response: Response) -> str:
    """The message of an error body, safe to show; "" when it has none."""
    body = response.json_or_none() if len(response.body) <= _SHORT else None
    if not isinstance(body, dict):
        return ""
    message = body.get("message") or body.get("errorText") or body.get("exception")
    return response.redact(str(message)) if message else ""


def invalid_token(response: Response) -> bool:
    """Whether the token is refused: 444, or the same meaning behind a proxy."""
    if response.status == 444:
        return True
    if response.ok and not _only_an_error(response):
        return False
    pattern = _TOKEN if response.status in (401, 403) else _INVALID_TOKEN
    return bool(pattern.search(said(response)))


def basic_fault(response: Response) -> ConnectorError | None:
    """As `fault`, where each call carries user and password."""
    if response.status in (401, 403, 444):
        return AuthenticationError(
            f"JD Edwards refused user and password. {said(response)}".strip(),
            advice="Check them, and that this AIS Server takes them with each call; "
            "else choose one session as login.",
            status=response.status,
        )
    return fault(response)


def fault(response: Response) -> ConnectorError | None:
    """The error in an answer of the data service, for whatever status it has."""
    if response.ok:
        return _fault_in_success(response)
    message, status = said(response), response.status
    if invalid_token(response):
        return AuthenticationError(
            "JD Edwards refuses the session although it was just renewed. "
            f"{message}".strip(),
            advice="Check that the device name is used by this installation alone, and "
            "the session time-outs of the AIS and HTML Servers.",
            status=status,
        )
    if status in (400, 406, 415) or _NO_TABLE.search(message):
        return _refused(message, status)
    if status >= 500 and message:
        return UnavailableError(f"JD Edwards reports: {message}", status=status)
    return None


def _fault_in_success(response: Response) -> ConnectorError | None:
    if response.body[-1:] != b"}" and response.body.rstrip()[-1:] != b"}":
        return UnavailableError(
            f"{response.where} answered with {response.content_kind} instead of JSON.",
            advice="Check the address of the connection if this stays.",
            status=response.status,
        )
    if not _only_an_error(response):
        return None
    message = said(response)
    if invalid_token(response):
        return AuthenticationError(f"JD Edwards refuses the session. {message}")
    if _NO_TABLE.search(message):
        return _refused(message, response.status)
    return UnavailableError(f"JD Edwards reports: {message}", status=response.status)


def _refused(message: str, status: int) -> ConfigurationError:
    return ConfigurationError(
        f"JD Edwards refused the query: {message or status}",
        advice="Check the name of the table and what the user may read.",
        status=status,
    )


def _only_an_error(response: Response) -> bool:
    """A 200 with `exception` or `message` and no data: it happens."""
    if len(response.body) > _SHORT:
        return False
    body = response.json_or_none()
    if not isinstance(body, dict) or not {"exception", "message"} & body.keys():
        return False
    return not any(name.startswith(("fs_", "ds_")) for name in body)


def count_of(answer: Any) -> int | None:
    """The number in a COUNT answer: any integer under a `ds_` member."""
    if not isinstance(answer, Mapping):
        return None
    for name, value in answer.items():
        if name.startswith("ds_"):
            return _integer_in(value)
    return None


def _integer_in(value: Any) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(inner, str):
        return int(inner) if inner.strip().isdigit() else None
    if not hasattr(inner, "__iter__"):
        return None
    return next((n for n in map(_integer_in, inner) if n is not None), None)


def next_link(links: Any) -> str:
    """The address of the next page; "" when there is none."""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            return str(link.get("href") or "")
    return ""


def raise_for_errors(system: Any, query: Any, response: Response, table: str) -> None:
    """Raise for the error lists of an answer: the server's, and the query's."""
    if system:
        text, code = _first(system)
        message = response.redact(f"JD Edwards failed on {table}: {text}")
        raise UnavailableError(message, code=code)
    if query:
        text, code = _first(query)
        message = response.redact(f"JD Edwards finds fault on {table}: {text}")
        raise ConfigurationError(message, code=code)


def _first(errors: Any) -> tuple[str, str]:
    """Text and code of the first entry."""
    first = errors[0] if isinstance(errors, list) else errors
    if not isinstance(first, dict):
        return str(first), ""
    text = first.get("MOBILE") or first.get("TITLE") or first.get("DESC")
    return str(text or "no reason given"), str(first.get("CODE") or "")
