"""The book of one write: every item, and exactly one outcome for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import WriteItem, WriteOutcome, WriteResult


@dataclass(frozen=True, slots=True)
class Input:
    """One item as it goes out: its key, its unique value, its encoded properties."""

    key: str
    value: str
    properties: Mapping[str, str]

    def for_upsert(self, match_field: str) -> dict[str, object]:
        """The input of a batch upsert."""
        return {
            "idProperty": match_field,
            "id": self.value,
            "objectWriteTraceId": self.key,
            "properties": self.properties,
        }


Attempt = Callable[[list[Input]], list[list[Input]]]


@dataclass(slots=True)
class Book:
    """Outcomes by item key; the first one said of an item stays."""

    results: dict[str, WriteResult] = field(default_factory=dict)

    def settle(
        self, key: str, outcome: WriteOutcome, target_id: str, request_id: str
    ) -> None:
        """The item was written."""
        self.results.setdefault(
            key,
            WriteResult(
                key=key, outcome=outcome, target_id=target_id, request_id=request_id
            ),
        )

    def fail(self, key: str, error: ConnectorError) -> None:
        """The item was not written."""
        self.results.setdefault(
            key,
            WriteResult(
                key=key, outcome="failed", error=error, request_id=error.request_id
            ),
        )

    def fail_written(self, key: str, error: ConnectorError) -> None:
        """The item was written, but a link of it failed; its id is kept."""
        self.results[key] = replace(
            self.results[key],
            outcome="failed",
            error=error,
            request_id=error.request_id or self.results[key].request_id,
        )

    def open(self, inputs: Sequence[Input]) -> list[Input]:
        """Those without an outcome yet."""
        return [one for one in inputs if one.key not in self.results]

    @property
    def any_written(self) -> bool:
        """Whether anything has reached the target."""
        return any(result.target_id for result in self.results.values())

    def in_order(self, items: Sequence[WriteItem]) -> list[WriteResult]:
        """The outcomes in the order of the items."""
        return [self.results[item.key] for item in items]


def waves(inputs: Sequence[Input]) -> list[list[Input]]:
    """Split so that no unique value is twice in one request, keeping their order.

    HubSpot refuses a whole batch that names a record twice. Case counts as equal,
    because for e-mail addresses it is.
    """
    seen: dict[str, int] = {}
    found: list[list[Input]] = []
    for one in inputs:
        value = one.value.lower()
        turn = seen.get(value, 0)
        seen[value] = turn + 1
        if turn == len(found):
            found.append([])
        found[turn].append(one)
    return found


def halves(inputs: list[Input]) -> list[list[Input]]:
    """Two groups to try apart, to close in on the one that spoils the rest."""
    middle = (len(inputs) + 1) // 2
    return [part for part in (inputs[:middle], inputs[middle:]) if part]


def work_off(groups: Sequence[list[Input]], attempt: Attempt, book: Book) -> None:
    """Try group after group; what an attempt hands back is tried before the rest.

    When a fault stops everything, it is raised if nothing was written yet; otherwise
    it becomes the outcome of all that is still open.
    """
    waiting = list(reversed(groups))
    while waiting:
        group = waiting.pop()
        try:
            waiting.extend(reversed(attempt(group)))
        except ConnectorError as error:
            if not book.any_written:
                raise
            for left in book.open([one for part in (group, *waiting) for one in part]):
                book.fail(left.key, error)
            return
