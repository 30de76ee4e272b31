"""Batch upsert by a unique property.

Records are recognised by the unique property even when the engine knows their id:
one request then serves known and new records alike, a record deleted in HubSpot
comes again instead of failing, and a merged record's new id is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from connectors.sdk.errors import ConnectorError, RejectedError, UnavailableError
from connectors.sdk.records import WriteItem
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.writing.batch import Batch
from connectors.systems.hubspot.writing.birth import BIRTH, born, grown
from connectors.systems.hubspot.writing.ledger import Input


class Upsert(Batch):
    """Creates and updates."""

    verb: ClassVar[str] = "upsert"

    def input(self, item: WriteItem) -> Input:
        """The item by its unique value, without which nothing is sent."""
        properties = self.codec.encode(item.fields, item.refs)
        value = properties.get(self.match_field, "")
        if not value:
            raise RejectedError(
                f"The record has no “{self.match_field}”, by which HubSpot would "
                "recognise it.",
                field=self.match_field,
                code="NO_KEY",
            )
        return Input(item.key, value, properties)

    def _inputs(self, items: Sequence[WriteItem]) -> list[Input]:
        """New records also with what is said of them only once."""
        inputs, name = super()._inputs(items), self.target.name
        if name not in BIRTH or not inputs:
            return inputs
        rows = self.reader.rows(
            name,
            [one.value for one in inputs],
            [self.match_field],
            id_property=self.match_field,
        )
        there = {self._value(row).lower() for row in rows}
        return [
            replace(
                one,
                properties=(grown if one.value.lower() in there else born)(
                    name, one.properties
                ),
            )
            for one in inputs
        ]

    def mended(self, one: Input, envelope: Envelope) -> Input | None:
        """What was sent as new is there already: made by a sending whose answer was
        lost, or by somebody else meanwhile."""
        once = BIRTH.get(self.target.name, {})
        blamed = {problem.property for problem in envelope.problems}
        if not blamed or not blamed <= once.keys() or blamed.isdisjoint(one.properties):
            return None
        return replace(one, properties=grown(self.target.name, one.properties))

    def unsaid(self, _one: Input, _held: bool, call: str) -> ConnectorError:  # noqa: FBT001
        """It may still come: try again."""
        return silence(call)


def silence(call: str) -> UnavailableError:
    """HubSpot said nothing, and what it holds is something else."""
    return UnavailableError(
        "HubSpot answered without saying what became of this record, and does not "
        "hold it as it was sent.",
        request_id=call,
    )
