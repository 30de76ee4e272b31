"""What the writers of all objects share: the doors, look-ups, and how answers end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connectors.sdk.errors import NotFoundError, RejectedError, UncertainWriteError
from connectors.sdk.records import (
    Fields,
    SourceRecord,
    WriteItem,
    WriteOutcome,
    WriteResult,
)
from connectors.sdk.spec import ObjectSpec
from connectors.systems.jde.wire.link import Link
from connectors.systems.jde.writing.doors.answer import GUIDE, Answer
from connectors.systems.jde.writing.doors.orchestrations import Orchestrator
from connectors.systems.jde.writing.settings import Writing

_OUTCOMES: Mapping[str, WriteOutcome] = {"CREATED": "created", "UPDATED": "updated"}
_REFUSALS = ("REJECTED", "DUPLICATE")
_LINE_COLUMNS = {"ANI": "account", "AID": "account", "OBJ": "account", "SUB": "account"}


class Reading(Protocol):
    """The connector as the writers need it: it reads."""

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]: ...

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """One call of `write`. `columns` gives a JDE column the name of our field."""

    link: Link
    target: ObjectSpec
    reading: Reading
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def orchestrator(self) -> Orchestrator:
        """Runs orchestrations."""
        return Orchestrator(self.link)

    @property
    def writing(self) -> Writing:
        """The settings of writing."""
        return self.link.options.writing

    def by_key(
        self, items: Sequence[WriteItem], fields: Sequence[str] = ()
    ) -> dict[str, SourceRecord]:
        """The known records of a batch that are still there."""
        keys = [item.target_id for item in items if item.target_id]
        name = self.target.name
        found = self.reading.fetch(name, keys, fields=fields) if keys else []
        return {record.key: record for record in found}

    def by_reference(self, items: Sequence[WriteItem]) -> dict[str, list[SourceRecord]]:
        """What the target holds of the references of a batch, whatever their case."""
        field_name = self.target.reference_field
        asked = [reference_of(self.target, item) for item in items]
        asked = list(dict.fromkeys(one for one in asked if one))
        if not asked:
            return {}
        return self.reading.find(self.target.name, field_name, asked)

    def gone(self, item: WriteItem) -> NotFoundError:
        """The error for a known record that is no longer there."""
        return NotFoundError(
            f"{self.target.label} {item.target_id} is not in JD Edwards (any more).",
            advice="The flow's option for what was deleted in the target says what "
            "becomes of it.",
            field=self.target.key,
        )

    def finished(
        self,
        item: WriteItem,
        answer: Answer,
        key: str,
        assigned: Fields | None = None,
    ) -> WriteResult:
        """The result of an answer.

        Raises RejectedError for a refusal, UncertainWriteError for an answer that does
        not tell what was written.
        """
        if answer.result in _REFUSALS:
            raise self.refused(answer)
        outcome = _OUTCOMES.get(answer.result)
        if outcome is None or not key:
            raise UncertainWriteError(
                f"JD Edwards answered {answer.result} without the number of the record."
                if outcome
                else f"JD Edwards answered {answer.result}, which says nothing to us.",
                advice=f"Compare the outputs of the orchestration with {GUIDE}.",
                request_id=answer.call,
            )
        if answer.repeated and not item.target_id:
            outcome = "created"  # by the sending whose answer was lost
        given = dict(assigned or {})
        if answer.note and "message" in self.target.fields:
            given["message"] = answer.note
        return WriteResult(
            key=item.key,
            outcome=outcome,
            target_id=key,
            assigned=given,
            request_id=answer.call,
        )

    def refused(self, answer: Answer) -> RejectedError:
        """What a REJECTED or DUPLICATE answer says, in our field names."""
        said = answer.errors
        text = " ".join(one.text for one in said) or "It gave no reason."
        place = next((one.field for one in said if one.field), "")
        code = next((one.code for one in said if one.code), "")
        if answer.result == "DUPLICATE":
            return RejectedError(
                f"JD Edwards has it already: {text}",
                advice="Find the other one in JD Edwards; it was not written again.",
                field=self.field_of(place),
                code="DUPLICATE",
                request_id=answer.call,
            )
        return RejectedError(
            f"JD Edwards refused it: {text}",
            advice="Repair the value or the mapping, or the set-up in JD Edwards that "
            "the message names; then replay the record.",
            field=self.field_of(place) or self.target.key,
            code=code or answer.result,
            request_id=answer.call,
        )

    def field_of(self, column: str) -> str:
        """Our field for a JDE column; the column itself where we have none."""
        if column in self.columns:
            return self.columns[column]
        if column in self.target.fields:
            return column
        if column in self.target.lines:
            return f"lines.{column}"
        line = _LINE_COLUMNS.get(column, "")
        return f"lines.{line}" if line in self.target.lines else column


def reference_of(target: ObjectSpec, item: WriteItem) -> str:
    """Our own name of a record: the engine's, else what was mapped."""
    mapped = item.fields.get(target.reference_field) if target.reference_field else ""
    return (item.reference or str(mapped or "")).strip()
