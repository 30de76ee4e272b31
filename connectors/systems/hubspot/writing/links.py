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
    OrphanError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.records import WriteItem
from connectors.systems.hubspot.catalogue.labels import (
    Label,
    Labels,
    Target,
    target_of,
)
from connectors.systems.hubspot.reading.associations import Associations
from connectors.systems.hubspot.wire.answers import chunks
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.wire.faults import RefusedError, request_id
from connectors.systems.hubspot.wire.kinds import DEFINED, PRIMARY
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.ledger import Book

MAX_PAIRS = 2000
_ID_KEYS = ("objectId", "ids")


@dataclass(frozen=True, slots=True)
class Link:
    """A pair to associate, for the item `key`."""

    key: str
    source: str
    target: str


class Linker:
    """Associates records of one type with records of another.

    With a `label` it is added to those that a pair has: HubSpot replaces all labels of
    a pair by those it is sent.
    """

    def __init__(
        self,
        http: HttpClient,
        paths: Paths,
        from_type: str,
        to_type: str,
        *,
        label: Label | None = None,
    ) -> None:
        self.http = http
        self.from_type = from_type
        self.to_type = to_type
        self.label = label
        self.held = Associations(http, paths)
        verb = "create" if label else "associate/default"
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
        pairs = list(dict.fromkeys((link.source, link.target) for link in group))
        inputs = (
            self._labelled(pairs) if self.label else [_input(*one) for one in pairs]
        )
        try:
            response = self.http.post(
                self.path, json={"inputs": inputs}, idempotent=True
            )
        except RefusedError as refusal:
            return self._blame(group, refusal.envelope, refusal.request_id)
        return self._account(group, response)

    def _labelled(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """The inputs with our label and those that are there already."""
        sources = [source for source, _ in pairs]
        ends = self.held.ends(self.from_type, self.to_type, sources)
        there = {
            (source, end.id): end.types for source, held in ends.items() for end in held
        }
        label = self.label or Label(0, "", "")
        inputs = []
        for pair in pairs:
            kept = [
                Label(one.type_id, one.category, "").body
                for one in there.get(pair, ())
                if one.label and one.type_id != label.id
            ]
            inputs.append({**_input(*pair), "types": [label.body, *kept]})
        return inputs

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
            return OrphanError(
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


@dataclass(frozen=True, slots=True)
class Ways:
    """In what way the references of an object type associate its records."""

    labels: Labels
    object_type: str
    references: Mapping[str, str]
    primary: bool

    def of(self, items: Sequence[WriteItem]) -> dict[str, tuple[str, Label | None]]:
        """The far object type and the label, by the items' reference fields.

        Raises ConfigurationError for a label that is not of this direction.
        """
        names = dict.fromkeys(name for item in items for name in item.refs)
        targets = {name: target_of(name, self.references) for name in names}
        return {
            name: (target.object_type, self._label(target))
            for name, target in targets.items()
            if target is not None
        }

    def _label(self, target: Target) -> Label | None:
        if target.label:
            return self.labels.named(self.object_type, target)
        type_id = PRIMARY.get((self.object_type, target.object_type))
        return Label(type_id, DEFINED, "Primary") if type_id and self.primary else None


def link_all(linker: Linker, items: Sequence[WriteItem], name: str, book: Book) -> None:
    """Associate what was written with the records its reference `name` points to."""
    links = [
        Link(item.key, book.results[item.key].target_id, item.refs[name])
        for item in items
        if item.refs.get(name) and book.results[item.key].error is None
    ]
    for key, error in (linker.link(links) if links else {}).items():
        book.fail_written(key, error)


def _input(source: str, target: str) -> dict[str, Any]:
    return {"from": {"id": source}, "to": {"id": target}}


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
