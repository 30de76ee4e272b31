"""Associations between records, a batch of pairs to a request.

Source: vendor sheet, section 6. Associating is repeatable: a pair that is already
linked stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sdk.errors import (
    ConnectorError,
    DependencyMissingError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.systems.hubspot.wire.answers import chunks
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.wire.faults import RefusedError, request_id
from connectors.systems.hubspot.wire.paths import Paths

MAX_PAIRS = 2000
# HubSpot's own type ids of a primary link; the plain ones need no id.
PRIMARY = {("contacts", "companies"): 1}
_ID_KEYS = ("objectId", "ids")


@dataclass(frozen=True, slots=True)
class Link:
    """A pair to associate, for the item `key`."""

    key: str
    source: str
    target: str


class Linker:
    """Associates records of one type with records of another."""

    def __init__(
        self,
        http: HttpClient,
        paths: Paths,
        from_type: str,
        to_type: str,
        *,
        primary: bool = False,
    ) -> None:
        self.http = http
        self.to_type = to_type
        self.type_id = PRIMARY.get((from_type, to_type)) if primary else None
        verb = "create" if self.type_id else "associate/default"
        self.path = paths.links(from_type, to_type, verb)
        self.errors: dict[str, ConnectorError] = {}
        self._done: set[str] = set()

    def link(self, links: Sequence[Link]) -> dict[str, ConnectorError]:
        """Associate all; returns the error of each item whose link failed."""
        waiting = [list(part) for part in chunks(links, MAX_PAIRS)]
        while waiting:
            group = waiting.pop()
            try:
                waiting.extend(self._attempt(group))
            except ConnectorError as error:
                for part in (group, *waiting):
                    self._fail(part, error)
                break
        return self.errors

    def _attempt(self, group: list[Link]) -> list[list[Link]]:
        pairs = dict.fromkeys((link.source, link.target) for link in group)
        body = {"inputs": [self._input(*pair) for pair in pairs]}
        try:
            response = self.http.post(self.path, json=body, idempotent=True)
        except RefusedError as refusal:
            return self._blame(group, refusal.envelope, refusal.request_id)
        return self._account(group, response)

    def _input(self, source: str, target: str) -> dict[str, Any]:
        pair: dict[str, Any] = {"from": {"id": source}, "to": {"id": target}}
        if self.type_id:
            pair["types"] = [
                {
                    "associationCategory": "HUBSPOT_DEFINED",
                    "associationTypeId": self.type_id,
                }
            ]
        return pair

    def _account(self, group: list[Link], response: Response) -> list[list[Link]]:
        answer = response.json()
        made = {_pair(result) for result in answer.get("results", ())}
        self._done |= {link.key for link in group if (link.source, link.target) in made}
        again: list[list[Link]] = []
        for error in answer.get("errors", ()):
            left = self._open(group)
            if left:
                again = self._blame(left, Envelope.of(error), request_id(response))
        if not again:
            self._fail(self._open(group), _unsaid(request_id(response)))
        return again

    def _blame(
        self, group: list[Link], envelope: Envelope, call: str
    ) -> list[list[Link]]:
        """Fail the pairs an error names; hand back those to try again."""
        ids = {text for key in _ID_KEYS for text in envelope.texts(key)}
        named = _named(group, envelope, ids)
        if not named and len(group) > 1:
            middle = len(group) // 2
            return [group[:middle], group[middle:]]
        self._fail(named or group, self._error(envelope, ids, named or group, call))
        left = self._open(group)
        return [left] if left else []

    def _error(
        self, envelope: Envelope, ids: set[str], links: Sequence[Link], call: str
    ) -> ConnectorError:
        said = self.http.redact(envelope.message)
        call = envelope.correlation_id or call
        if any(link.target in ids for link in links):
            return DependencyMissingError(
                f"HubSpot cannot link the record with its {self.to_type}: {said}",
                code=envelope.category,
                request_id=call,
            )
        return RejectedError(
            f"HubSpot refused to link the record: {said}",
            code=envelope.category,
            request_id=call,
        )

    def _open(self, group: Sequence[Link]) -> list[Link]:
        return [
            link
            for link in group
            if link.key not in self._done and link.key not in self.errors
        ]

    def _fail(self, links: Sequence[Link], error: ConnectorError) -> None:
        for link in links:
            if link.key not in self._done:
                self.errors.setdefault(link.key, error)


def _named(group: Sequence[Link], envelope: Envelope, ids: set[str]) -> list[Link]:
    """The links an error is about: named as a pair, or by the record it misses."""
    pair = (envelope.texts("fromObjectId"), envelope.texts("toObjectId"))
    if all(pair):
        return [one for one in group if one.source in pair[0] and one.target in pair[1]]
    # Ids are unique within an object type only, and it is the far end that may be
    # gone: ours was written a moment ago.
    named = [one for one in group if one.target in ids]
    return named or [one for one in group if one.source in ids]


def _pair(result: Mapping[str, Any]) -> tuple[str, str]:
    """The two ids of a result, which has one shape by default and one with labels."""
    source, target = result.get("from"), result.get("to")
    if isinstance(source, Mapping) and isinstance(target, Mapping):
        return str(source.get("id")), str(target.get("id"))
    return str(result.get("fromObjectId")), str(result.get("toObjectId"))


def _unsaid(call: str) -> UnavailableError:
    return UnavailableError(
        "HubSpot did not say whether it linked the record.", request_id=call
    )
