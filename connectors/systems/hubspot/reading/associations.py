"""Which records are associated with which. Source: vendor sheet, section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from connectors.sdk.errors import UnavailableError
from connectors.sdk.http import HttpClient
from connectors.systems.hubspot.wire.answers import (
    Linked,
    LinkType,
    chunks,
    link_answer,
)
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.wire.faults import request_id
from connectors.systems.hubspot.wire.kinds import PRIMARY
from connectors.systems.hubspot.wire.paths import Paths

MAX_READ = 1000


@dataclass(frozen=True, slots=True)
class End:
    """One associated record and all the ways in which it is."""

    id: str
    types: tuple[LinkType, ...]

    def has(self, type_id: int | None) -> bool:
        """Whether it is associated in this way."""
        return any(one.type_id == type_id for one in self.types)

    def labelled(self, word: str) -> bool:
        """Whether it has the label of this id or text; any will do for ""."""
        return not word or any(
            word == str(one.type_id) or word.lower() == (one.label or "").lower()
            for one in self.types
        )


@dataclass(frozen=True, slots=True)
class Associations:
    """Reads associations, a thousand records to a request."""

    http: HttpClient
    paths: Paths

    def of(
        self, from_type: str, to_type: str, ids: Sequence[str]
    ) -> Mapping[str, list[str]]:
        """The far ids of each record: the primary one first, then by age."""
        ends = self.ends(from_type, to_type, ids)
        return {one: [end.id for end in held] for one, held in ends.items()}

    def ends(
        self, from_type: str, to_type: str, ids: Sequence[str]
    ) -> Mapping[str, list[End]]:
        """The far ends of each record: the primary one first, then by age.

        Ids grow, so the smallest is the oldest.
        """
        held: dict[str, dict[str, End]] = {}
        path = self.paths.links(from_type, to_type, "read")
        primary = PRIMARY.get((from_type, to_type))
        waiting = [{"id": one} for one in dict.fromkeys(ids)]
        while waiting:
            answers = [self._page(path, part) for part in chunks(waiting, MAX_READ)]
            waiting = []
            for one in chain.from_iterable(answers):
                far = held.setdefault(one.near.id, {})
                for end in one.to:
                    far_id = str(end.to_object_id)
                    far[far_id] = End(far_id, tuple(end.association_types))
                if one.paging and one.paging.next:
                    more = {"id": one.near.id, "after": one.paging.next.after}
                    waiting.append(more)
        return {
            one: sorted(
                far.values(), key=lambda end: (not end.has(primary), int(end.id))
            )
            for one, far in held.items()
        }

    def _page(self, path: str, inputs: Sequence[Mapping[str, str]]) -> list[Linked]:
        response = self.http.post(path, json={"inputs": list(inputs)}, idempotent=True)
        answer = link_answer(response)
        for body in answer.errors or ():
            _raise_unless_empty(Envelope.of(body), request_id(response))
        return answer.results


def _raise_unless_empty(envelope: Envelope, call: str) -> None:
    """A record without associations is told as an error, and is none."""
    if (
        envelope.category == "OBJECT_NOT_FOUND"
        or "NO_ASSOCIATIONS_FOUND" in envelope.sub_category
    ):
        return
    raise UnavailableError(
        f"HubSpot did not tell what a record is associated with: {envelope.message}",
        request_id=envelope.correlation_id or call,
    )
