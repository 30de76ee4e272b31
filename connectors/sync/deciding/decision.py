"""What is to be done with one record, and what is to be asked about it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.models import Outcome
from connectors.sdk.errors import ConnectorError, DependencyMissingError
from connectors.sdk.records import Fields, WriteItem
from connectors.sync.deciding.known import Known
from connectors.sync.mapping.mapper import Mapped
from connectors.sync.outbox.claim import Claimed


@dataclass(slots=True)
class Question:
    """A review to open: see `Review`."""

    kind: str
    reason: str
    field: str = ""
    source_value: Any = None
    target_value: Any = None
    candidates: list[dict[str, Any]] = dataclasses.field(default_factory=list)


@dataclass(slots=True)
class Decision:
    """What is to be done with one record.

    With an `item` it is to be written. Otherwise `outcome` says why not, with an
    error where it is one. With `questions` it waits for a person when what can be
    written has been. `source` are the source's values. `agreed` are the values that
    both sides agree on from then on, the source's and the target's; `merged_at` is how
    old the target's record was then. `archive` archives the target's record instead.
    `lost` are the `refs` to records that are gone, which nothing can be made to refer
    to. `found` is what the target showed of a record that had arrived although nobody
    said so; `arrived` that it is to be bound, whatever becomes of this change.
    """

    record: Claimed
    known: Known | None = None
    mapped: Mapped = dataclasses.field(default_factory=Mapped)
    outcome: str = ""
    note: str = ""
    item: WriteItem | None = None
    error: ConnectorError | None = None
    source: Fields = dataclasses.field(default_factory=dict)
    target_id: str = ""
    target_fingerprint: str = ""
    values: Fields = dataclasses.field(default_factory=dict)
    refs: dict[str, str] = dataclasses.field(default_factory=dict)
    lost: dict[str, DependencyMissingError] = dataclasses.field(default_factory=dict)
    agreed: tuple[Fields, Fields] | None = None
    merged_at: datetime | None = None
    choices: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    questions: list[Question] = dataclasses.field(default_factory=list)
    archive: bool = False
    found: Fields = dataclasses.field(default_factory=dict)
    arrived: bool = False

    @property
    def made(self) -> bool:
        """Whether nothing is left to decide."""
        return bool(self.outcome or self.item or self.error)

    def end(self, outcome: Outcome, note: str = "") -> None:
        """Nothing is written."""
        self.item, self.outcome, self.note = None, outcome, note

    def fail(self, error: ConnectorError) -> None:
        """Nothing is written, because of an error."""
        self.item, self.outcome, self.error = None, Outcome.FAILED, error

    def wait(self, error: DependencyMissingError) -> None:
        """Nothing is written before what it refers to is there."""
        self.item, self.outcome, self.error = None, Outcome.WAITING, error

    def ask(self, *questions: Question) -> None:
        """A person is to say something before the rest of it can go."""
        self.questions += questions
        if self.item is None:
            self.outcome = Outcome.CONFLICT
            self.note = questions[0].reason
