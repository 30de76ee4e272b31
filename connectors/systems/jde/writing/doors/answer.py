"""What an orchestration answers, and what its faults mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.http import Classify, Response
from connectors.systems.jde.wire.answers import invalid_token, said

GUIDE = "docs/jde-orchestrations.md"
_UNKNOWN = re.compile(
    r"orchestration .*(does not exist|not accessible|not found)", re.IGNORECASE
)
_INPUT = re.compile(r"\binputs?\b|not part of the request", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """One line of what JD Edwards says. `field` is the column it is about, if any."""

    text: str
    code: str = ""
    field: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The outputs by name. `call` is our name of the call, which JDE hands back.

    `repeated`: an earlier sending may have been carried out already.
    """

    result: str
    messages: Sequence[Message]
    outputs: Mapping[str, Any]
    call: str
    repeated: bool = False

    @property
    def errors(self) -> Sequence[Message]:
        """What refused it; all that was said where nothing is marked as an error."""
        return [one for one in self.messages if not one.warning] or self.messages

    def text(self, name: str) -> str:
        """An output as text."""
        value = self.outputs.get(name)
        return "" if value is None else str(value).strip()

    @property
    def note(self) -> str:
        """All messages in one line."""
        return " ".join(one.text for one in self.messages)


def answer_of(response: Response, call: str) -> Answer:
    """The answer of a call that `fault` found no fault with."""
    body = response.json()
    result = str(body.get("Result") or "REJECTED").strip().upper()
    listed = body.get("Messages")
    found = [_message(one) for one in listed] if isinstance(listed, list) else []
    found = found or _continued(body.get("continuedOnError"))
    safe = [
        Message(response.redact(one.text), one.code, one.field, one.warning)
        for one in found
    ]
    return Answer(result, safe, body, call, response.repeated)


def _message(given: Any) -> Message:
    if not isinstance(given, dict):
        return Message(str(given))
    return Message(
        str(given.get("Text") or given.get("text") or "no reason given"),
        str(given.get("Code") or ""),
        str(given.get("Field") or ""),
        str(given.get("Severity") or "").upper() == "WARNING",
    )


def _continued(steps: Any) -> list[Message]:
    """Steps that failed and were passed over: a text, or the answer of a form."""
    found: list[Message] = []
    for step in steps if isinstance(steps, list) else ():
        told = step.get("message") if isinstance(step, dict) else step
        errors = told.get("errors") if isinstance(told, dict) else None
        found += map(form_message, errors if isinstance(errors, list) else ())
        if not errors and told:
            text = told.get("message") if isinstance(told, dict) else told
            found.append(Message(str(text)))
    return found


def form_message(given: Any, *, warning: bool = False) -> Message:
    """One entry of a form's `errors` or `warnings`."""
    if not isinstance(given, dict):
        return Message(str(given), warning=warning)
    text = given.get("MOBILE") or given.get("TITLE") or given.get("DESC")
    return Message(
        str(text or "no reason given"),
        str(given.get("CODE") or ""),
        str(given.get("ERRORCONTROL") or ""),
        warning,
    )


def classify(*, repeatable: bool) -> Classify:
    """Finds the fault in an answer; `repeatable`: sending it again does no harm."""
    return partial(_fault, UnavailableError if repeatable else UncertainWriteError)


def _fault(lost: type[ConnectorError], response: Response) -> ConnectorError | None:
    body, message = response.json_or_none(), said(response)
    if response.ok and isinstance(body, dict) and _complete(body):
        return None
    if invalid_token(response):
        return AuthenticationError(
            f"JD Edwards refuses the session although it was just renewed. {message}",
            advice="Check that the device name is used by this installation alone, and "
            "the session time-outs of the AIS and HTML Servers.",
            status=response.status,
        )
    if response.status in (401, 403):
        return AuthenticationError(
            f"JD Edwards does not let this user do that. {message}".strip(),
            advice="Let the user run it: UDO security of orchestrations, application "
            "security of forms and batch programs.",
            status=response.status,
        )
    wrong = _set_up(response, message)
    if wrong:
        return wrong
    if not response.ok and not message:
        return None  # the general table knows
    what = message or f"{response.where} answered with {response.content_kind}."
    return lost(f"JD Edwards reports: {what}", status=response.status)


def _complete(body: Mapping[str, Any]) -> bool:
    """Whether it is what an orchestration, a form or a batch program answers."""
    if str(body.get("jde__status") or "SUCCESS").upper() == "ERROR":
        return False
    known = {"Result", "continuedOnError", "stackId", "jobNumber"}
    return not known.isdisjoint(body)


def _set_up(response: Response, message: str) -> ConfigurationError | None:
    """The call itself is wrong, so that nothing was carried out."""
    name = response.url.split("?")[0].rsplit("/", 1)[-1]
    orchestrated = "/orchestrator/" in response.url
    if orchestrated and (response.status == 404 or _UNKNOWN.search(message)):
        return ConfigurationError(
            f"JD Edwards has no orchestration {name}, or this user may not run it.",
            advice=f"Let it be built as {GUIDE} says, or enter its name (upper and "
            "lower case count) in the connection.",
            code="UNKNOWN_ORCHESTRATION",
            status=response.status,
        )
    refused = response.status in (400, 404, 406, 415)
    if refused or (orchestrated and _INPUT.search(message)):
        return ConfigurationError(
            f"JD Edwards cannot read what {name} was sent: {message or 'no reason'}",
            advice=f"Compare its inputs with {GUIDE}, and the setting Input format.",
            code="WRONG_INPUT",
            status=response.status,
        )
    return None
