"""Runs orchestrations: plain or classic inputs, one call id each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

from connectors.sdk.http import correlation
from connectors.systems.jde.wire.link import Link
from connectors.systems.jde.writing.doors.answer import Answer, answer_of
from connectors.systems.jde.writing.settings import Action

Inputs = Mapping[str, str]
Lists = Mapping[str, Sequence[Inputs]]
_CALL_LENGTH, _RANDOM = 40, 4


class Orchestrator:
    """The customer's orchestrations, called by what they do."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._writing = link.options.writing

    def run(
        self,
        action: Action,
        inputs: Inputs,
        lists: Lists | None = None,
        *,
        repeatable: bool,
    ) -> Answer:
        """Send it once, or again and again where that does no harm.

        Raises UncertainWriteError for a lost answer of what is not `repeatable`,
        ConfigurationError for an orchestration that is unknown or built otherwise.
        """
        call = call_id()
        body = self._body({"CorrelationId": call, **inputs}, lists or {})
        http = self._link.writer(repeatable=repeatable)
        path = f"{self._writing.service}/{self._writing.names[action]}"
        return answer_of(http.post(path, json=body, idempotent=repeatable), call)

    def _body(self, inputs: Inputs, lists: Lists) -> dict[str, Any]:
        if not self._writing.classic:
            return {**inputs, **lists}
        body: dict[str, Any] = {"inputs": _pairs(inputs)}
        if lists:
            body["detailInputs"] = [
                {
                    "name": name,
                    "repeatingInputs": [{"inputs": _pairs(row)} for row in rows],
                }
                for name, rows in lists.items()
            ]
        return body


def call_id() -> str:
    """Names one call, after the change that caused it."""
    tail = token_hex(_RANDOM)
    head = correlation.get()[: _CALL_LENGTH - len(tail) - 1]
    return f"{head}-{tail}" if head else tail


def _pairs(inputs: Inputs) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in inputs.items()]
