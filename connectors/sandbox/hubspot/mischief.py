"""Misbehaviour of batches by knob: refused rows, poisoned batches, lost results."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import orjson

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.config import HubSpotConfig

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.api.batches import Batch, Item

FULL_BATCH = 100


class Mischief:
    """All of it seeded; a row's fate depends on its key alone, so it is repeatable."""

    def __init__(self, config: HubSpotConfig):
        self.config = config
        self.clear()

    def clear(self) -> None:
        # Repeatable on purpose; nothing here needs to be unpredictable.
        self._random = random.Random(self.config.knob_seed)

    def poison(self, batch: Batch) -> None:
        """400 for the whole batch when it holds a poisoned row, trace ids or not."""
        share = self.config.poison_share
        if share <= 0:
            return
        row_share = 1 - (1 - min(share, 1.0)) ** (1 / FULL_BATCH)
        for position, item in enumerate(batch.inputs):
            if self._share_of(self._key(batch, item), "poison") < row_share:
                # Says nothing about which row: a client has to halve the batch.
                raise errors.bad_json(
                    1, 100 * (position + 1), "Cannot deserialize value of type `Map`"
                )

    def reject(self, batch: Batch, item: Item) -> None:
        """Refuse one row as if an admin's validation rule did."""
        share = self.config.reject_share
        if share > 0 and self._share_of(self._key(batch, item), "reject") < share:
            problem = {
                "name": "name",
                "code": "INVALID_VALUE",
                "message": "The value was refused by a validation rule",
            }
            raise errors.bad_properties([problem], batch.call.portal.id)

    def reorder(self, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Results in another order, some left out, as the knobs say."""
        if self.config.omit_share > 0:
            keep = 1 - self.config.omit_share
            results = [one for one in results if self._random.random() < keep]
        if self.config.shuffle:
            self._random.shuffle(results)
        return results

    def _key(self, batch: Batch, item: Item) -> str:
        """The row's business key: the same whichever batch carries it."""
        if item.get("idProperty"):
            return str(item.get("id"))
        record = batch.store.by_id(str(item["id"])) if "id" in item else None
        props = record.props if record else item.get("properties") or {}
        for name in reversed(batch.store.unique):
            if props.get(name):
                return str(props[name])
        return record.id if record else orjson.dumps(props).decode()

    def _share_of(self, key: str, use: str) -> float:
        """A number from 0 to 1, spread evenly over keys."""
        text = f"{self.config.knob_seed}:{use}:{key}".encode()
        digest = hashlib.blake2b(text, digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64
