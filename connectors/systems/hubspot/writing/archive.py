"""Archiving by id, a hundred to a request.

HubSpot answers 204 whatever the ids, so it is asked first which of them are there. An
id that was merged away leads to the record that took its place, which must stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.sdk.errors import ConnectorError, RejectedError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import WriteResult
from connectors.systems.hubspot.reader import Reader
from connectors.systems.hubspot.wire.answers import chunks, unique
from connectors.systems.hubspot.wire.faults import RefusedError, request_id
from connectors.systems.hubspot.wire.paths import Paths

RECORD_ID = "hs_object_id"


@dataclass(slots=True)
class Archive:
    """One call of `archive`."""

    http: HttpClient
    paths: Paths
    object_type: str
    results: dict[str, WriteResult] = field(default_factory=dict)

    def send(self, keys: Sequence[str]) -> list[WriteResult]:
        """Archive what is there. Raises when nothing was done for a passing reason."""
        waiting = [list(part) for part in chunks(unique(keys))]
        while waiting:
            group = waiting.pop(0)
            try:
                waiting[:0] = self._attempt(group)
            except ConnectorError as error:
                if not self.results:
                    raise
                for key in (one for part in (group, *waiting) for one in part):
                    self._fail(key, error)
                break
        return [self.results[key] for key in keys]

    def _attempt(self, group: list[str]) -> list[list[str]]:
        """One request; hands back what is to be tried apart."""
        there = self._there(group)
        if there:
            body = {"inputs": [{"id": key} for key in there]}
            path = self.paths.batch(self.object_type, "archive")
            try:
                response = self.http.post(path, json=body, idempotent=True)
            except RefusedError as refusal:
                return self._refused(there, group, refusal)
            for key in there:
                self.results[key] = WriteResult(
                    key=key,
                    outcome="updated",
                    target_id=key,
                    request_id=request_id(response),
                )
        for key in group:
            gone = WriteResult(key=key, outcome="unchanged", target_id=key)
            self.results.setdefault(key, gone)
        return []

    def _there(self, group: Sequence[str]) -> list[str]:
        asked = [key for key in group if key.isdigit()]
        rows = Reader(self.http, self.paths).rows(self.object_type, asked, [RECORD_ID])
        held = {row.id for row in rows}
        return [key for key in asked if key in held]

    def _refused(
        self, there: Sequence[str], group: list[str], refusal: RefusedError
    ) -> list[list[str]]:
        if len(there) > 1:
            return [[key] for key in group]
        self._fail(there[0], _rejected(refusal))
        return [[key for key in group if key != there[0]]] if len(group) > 1 else []

    def _fail(self, key: str, error: ConnectorError) -> None:
        self.results.setdefault(
            key,
            WriteResult(
                key=key, outcome="failed", error=error, request_id=error.request_id
            ),
        )


def _rejected(refusal: RefusedError) -> RejectedError:
    return RejectedError(
        f"HubSpot does not archive the record: {refusal.message}",
        code=refusal.code,
        request_id=refusal.request_id,
    )
