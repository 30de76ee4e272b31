"""What Adaptive ERP's answers mean, by what must happen next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.http import Response

_LOG_IN = "A page for people came instead of data: the log-in is not accepted."
_CHECK = "Check user, log-in and address of the connection, and test it."
_STALE = re.compile(r"concurren|changed by another|modified by another", re.IGNORECASE)
_EXISTS = re.compile(r"already exists", re.IGNORECASE)


class StaleError(RejectedError):
    """The record was changed since it was read; reading it again helps."""


class ExistsError(RejectedError):
    """A record with this key is there already."""


def log_in_page(response: Response) -> bool:
    """Whether a dead session was answered with the way to the log-in page."""
    html = "html" in response.headers.get("content-type", "")
    moved = response.status in (301, 302, 303) and response.status != 304
    return moved or (response.ok and html)


def fault(*, writes: bool) -> Callable[[Response], ConnectorError | None]:
    """What classes an answer before the general table of statuses does.

    `writes` tells that the call may have been carried out when its answer is none.
    """

    def classify(response: Response) -> ConnectorError | None:
        if log_in_page(response):
            return AuthenticationError(_LOG_IN, advice=_CHECK)
        if response.ok or response.status in (429, 500, 502, 503, 504):
            return None
        text = said(response.json_or_none()) or response.excerpt
        return _refused(response, response.redact(text), writes=writes)

    return classify


def _refused(response: Response, text: str, *, writes: bool) -> ConnectorError | None:
    status = response.status
    if status == 401:
        return AuthenticationError(f"QAD refuses the log-in: {text}", advice=_CHECK)
    if status == 403:
        return AuthenticationError(
            f"QAD does not allow it: {text}",
            advice="Give the user the role and the workspace that this needs.",
            status=status,
        )
    if status == 404 and not writes:
        return ConfigurationError(
            f"{response.where} is not there.",
            advice="The address must include the context root, and the paths must be "
            "those of your release: test the connection.",
            status=status,
        )
    if status in (400, 405, 415):
        kind = RejectedError if writes else ConfigurationError
        return kind(
            f"QAD refuses the call: {text}",
            advice="Compare browse, path, view and fields in the connection with your "
            "release.",
            status=status,
        )
    return None


def said(body: Any) -> str:
    """The words of an error, in whichever of its shapes."""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    if isinstance(errors, list) and errors:
        texts = [str(e.get("message", e)) if isinstance(e, dict) else str(e)
                 for e in errors]  # fmt: skip
        return " ".join(texts)
    for name in ("error_description", "message", "error"):
        if body.get(name):
            return str(body[name])
    return ""


def records(body: Any, path: str) -> list[dict[str, Any]] | None:
    """The records of an entity's answer, below `data` or not; None where none are."""
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        return None
    data = body.get("data")
    for held in (data, body):
        if isinstance(held, dict) and isinstance(held.get(path), list):
            found: list[dict[str, Any]] = held[path]
            return found
    return data if isinstance(data, list) else None


def accepted(
    body: Any, path: str, names: Mapping[str, str], request_id: str = ""
) -> list[dict[str, Any]]:
    """The records of a write that QAD took.

    Raises RejectedError for what it refused, with our name of the field; an
    UncertainWriteError for an answer that tells neither.
    """
    result = body.get("submitResult") if isinstance(body, dict) else None
    found = records(body, path)
    if isinstance(result, dict) and result.get("success") is True and found is not None:
        return found
    errors = _errors(body, result)
    if errors:
        raise refusal(errors, names, request_id)
    if result is None and found:
        return found
    raise UncertainWriteError(
        "QAD answered the write without telling what became of it.",
        request_id=request_id,
    )


def _errors(body: Any, result: Any) -> list[dict[str, Any]]:
    for held in (result, body):
        errors = held.get("errors") if isinstance(held, dict) else None
        if isinstance(errors, list) and errors:
            return [e if isinstance(e, dict) else {"message": str(e)} for e in errors]
    if isinstance(result, dict) and result.get("success") is False:
        return [{"message": "It gave no reason."}]
    text = said(body)
    return [{"message": text}] if text else []


def refusal(
    errors: Sequence[Mapping[str, Any]], names: Mapping[str, str], request_id: str = ""
) -> RejectedError:
    """All that QAD says against a record, and the first field that it names."""
    texts = [_one(error) for error in errors]
    fields = [str(e.get("fieldName") or "") for e in errors]
    place = next((one for one in fields if one), "")
    text = " ".join(dict.fromkeys(texts))
    kind = RejectedError
    if _STALE.search(text):
        kind = StaleError
    elif _EXISTS.search(text):
        kind = ExistsError
    return kind(
        f"QAD refused it: {text}",
        advice="Repair the value or the mapping, or what the message names in QAD; "
        "then replay the record.",
        field=names.get(place, place),
        code=next((str(e["code"]) for e in errors if e.get("code")), ""),
        request_id=request_id,
    )


def _one(error: Mapping[str, Any]) -> str:
    text = str(error.get("message") or "It gave no reason.").strip()
    value = str(error.get("fieldValue") or "")
    text = text if text.endswith((".", ")")) else f"{text}."
    return f"{text} ({error['fieldName']}: {value})" if value else text


def none_there(error: ConnectorError) -> bool:
    """Whether a refused read only means that there is no such record."""
    if isinstance(error, NotFoundError):
        return True
    text = error.message.lower()
    return "not found" in text or "does not exist" in text


def no_json(response: Response) -> UnavailableError:
    """The error for an answer that is no JSON object."""
    return UnavailableError(
        f"{response.where} answered with {response.content_kind} instead of JSON."
    )
