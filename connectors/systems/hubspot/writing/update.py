"""Batch update of records that are there, by their id.

HubSpot passes over a merged record without a word, and names an archived one in an
error. Neither is written to the record that took its place: that one may be bound to
another record of the source, so a person decides.
"""

from __future__ import annotations

from typing import ClassVar

from connectors.sdk.errors import ConnectorError, NotFoundError, RejectedError
from connectors.sdk.records import WriteItem
from connectors.systems.hubspot.writing.batch import RECORD_ID, Batch
from connectors.systems.hubspot.writing.birth import grown
from connectors.systems.hubspot.writing.ledger import Input
from connectors.systems.hubspot.writing.upsert import silence


class Update(Batch):
    """Updates only."""

    verb: ClassVar[str] = "update"

    def input(self, item: WriteItem) -> Input:
        """The item by its id, without which nothing is sent."""
        known = grown(self.target.name, self.codec.encode(item.fields, item.refs))
        properties = dict(known)
        key = properties.pop(RECORD_ID, "")
        value = item.target_id or key
        if not value.isdigit():
            raise RejectedError(
                f"{self.target.label} are only updated here, never created, and this "
                "record does not say which one is meant.",
                advice=f"Map the id of HubSpot's record to “{RECORD_ID}”, or let a "
                "flow out of HubSpot write back.",
                field=RECORD_ID,
                code="NO_KEY",
            )
        return Input(item.key, value, properties)

    def unsaid(self, one: Input, held: bool, call: str) -> ConnectorError:  # noqa: FBT001
        """Gone, or not said: then it may be tried again."""
        if held:
            return silence(call)
        return NotFoundError(
            f"HubSpot has no record {one.value} any more: it was archived, or merged "
            f"into another of its {self.target.name}.",
            request_id=call,
        )
