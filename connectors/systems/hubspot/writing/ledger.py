"""The book of one write: every item, and exactly one outcome for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import WriteItem, WriteOutcome, WriteResult
from connectors.systems.hubspot.codec import moment
from connectors.systems.hubspot.wire.answers import Row, Written


@dataclass(frozen=True, slots=True)
class Input:
    """One item as it goes out: its key, its unique value, its encoded properties."""

    key: str
    value: str
    properties: Mapping[str, str]

    def body(self, match_field: str) -> dict[str, object]:
        """The input of a batch; without a unique property, `value` is the id."""
        named = {"idProperty": match_field} if match_field else {}
        return {
            **named,
            "id": self.value,
            "objectWriteTraceId": self.key,
            "properties": self.properties,
        }


@dataclass(slots=True)
class Part:
    """Inputs to send together; `spoilt` when they were refused whole and nobody said
    which of them is to blame."""

    inputs: list[Input]
    spoilt: bool = False


Attempt = Callable[[Part], list[Part]]


@dataclass(slots=True)
class Book:
    """Outcomes by item key; the first one said of an item stays."""

    results: dict[str, WriteResult] = field(default_factory=dict)

    def settle(
        self, key: str, outcome: WriteOutcome, row: Written | Row, request_id: str
    ) -> None:
        """The item was written, and this is its record now."""
        result = WriteResult(
            key=key,
            outcome=outcome,
            target_id=row.id,
            modified_at=moment(row.updated_at) if row.updated_at else None,
            request_id=request_id,
        )
        self.results.setdefault(key, result)

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


def halves(inputs: list[Input]) -> tuple[list[Input], list[Input]]:
    """Two groups to try apart; the first is never the smaller one."""
    middle = (len(inputs) + 1) // 2
    return inputs[:middle], inputs[middle:]


def single_out(group: list[Input], attempt: Attempt) -> list[Part]:
    """Find the one that spoils a group which was refused whole; what is left to send.

    A half that goes through leaves the other to blame, which is then not sent whole.
    What is not looked at is sent together in the end: eight requests or so for a
    hundred, and not two for every cut.
    """
    left: list[Part] = []
    rest: list[Input] = []
    while len(group) > 1:
        first, second = halves(group)
        part = Part(first)
        left += attempt(part)
        if part.spoilt:
            rest += second
            group = first
        else:
            group = second
    left += attempt(Part(group))
    return [*left, Part(rest)] if rest else left


def work_off(groups: Sequence[Part], attempt: Attempt, book: Book) -> None:
    """Try group after group; what an attempt hands back is tried before the rest.

    When a fault stops everything, it is raised if nothing was written yet; otherwise
    it becomes the outcome of all that is still open.
    """
    waiting = list(reversed(groups))
    while waiting:
        group = waiting.pop()
        try:
            more = attempt(group)
            if group.spoilt and len(group.inputs) > 1:
                more = single_out(group.inputs, attempt)
            waiting.extend(reversed(more))
        except ConnectorError as error:
            if not book.any_written:
                raise
            parts = (group, *waiting)
            for left in book.open([one for part in parts for one in part.inputs]):
                book.fail(left.key, error)
            return
