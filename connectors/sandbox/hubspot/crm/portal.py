"""One HubSpot account: schemas, records, associations, owners, pipelines."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.hubspot.config import MAIN_PORTAL, HubSpotConfig
from connectors.sandbox.hubspot.crm import values
from connectors.sandbox.hubspot.crm.catalog import data, object_types, type_names
from connectors.sandbox.hubspot.crm.links import Links
from connectors.sandbox.hubspot.crm.pipelines import born_with
from connectors.sandbox.hubspot.crm.records import Record, RecordStore, Source, Stamp
from connectors.sandbox.hubspot.crm.schema import Schema

FIRST_NUMBER = 30_000_000_000
NUMBERS_APART = 1_000_000_000
BORN = "2020-01-01T00:00:00Z"


class Portal:
    """All state of one account; tokens of another account never see it."""

    def __init__(
        self, portal_id: int, config: HubSpotConfig, clock: Clock, book: Ledger
    ):
        self.id = portal_id
        self.config = config
        self.clock = clock
        self.book = book
        self.owners = {row["id"]: row for row in _owners()}
        self.pipelines = {name: born_with(name, BORN) for name in type_names()}
        self.schemas: dict[str, Schema] = {}
        self.stores: dict[str, RecordStore] = {}
        self.locks: dict[str, tuple[int, int, float]] = {}
        self.warnings: list[str] = []
        self.pipeline_ids = 0
        for position, name in enumerate(type_names()):
            one = object_types()[name]
            first = FIRST_NUMBER + position * NUMBERS_APART
            self.stores[name] = RecordStore(one, first)
            self.schemas[name] = Schema(one, self)
            for found in self.schemas[name].live.values():
                if found.unique:
                    self.stores[name].add_unique(found.name)
        self.links = Links(self)

    def __getstate__(self) -> dict[str, Any]:
        """What a saved state keeps: knobs and clock belong to the running stand-in."""
        left_out = ("config", "clock")
        return {k: v for k, v in vars(self).items() if k not in left_out}

    def attach(self, config: HubSpotConfig, clock: Clock) -> None:
        """Put a portal out of a saved state under these knobs and this clock."""
        self.config, self.clock = config, clock

    def stamp(self) -> str:
        """The present time as the API writes it."""
        return values.iso(self.clock.now())

    def write_stamp(self, source: Source) -> Stamp:
        seconds = self.clock.time()
        moment = Clock.at(seconds)
        return Stamp(seconds, values.epoch_ms(moment), values.iso(moment), source)

    def settle(self) -> None:
        """Let new definitions become visible; called once per request."""
        now = self.clock.time()
        for schema in self.schemas.values():
            schema.settle(now)

    def settle_index(self, store: RecordStore) -> None:
        """Let the search index catch up to its lag."""
        store.settle_index(self.clock.time() - self.config.search_lag_s)

    def book_type(self, store: RecordStore) -> str:
        """The ledger's name of an object type: other portals are kept apart."""
        name = store.object_type.name
        return name if self.id == MAIN_PORTAL else f"{self.id}:{name}"

    def book_key(
        self, store: RecordStore, props: dict[str, str], record_id: str
    ) -> str:
        """What writes of a record are counted by: its business key if it has one."""
        chosen = self.config.ledger_key.get(store.object_type.name)
        if chosen is not None:
            return props.get(chosen) or record_id
        # Our own unique property comes after the built-in one, and says more.
        for name in reversed(store.unique):
            value = props.get(name)
            if value:
                return value
        return record_id

    def record_url(self, store: RecordStore, record: Record) -> str:
        type_id = store.object_type.type_id
        return (
            f"https://app.hubspot.com/contacts/{self.id}/record/{type_id}/{record.id}"
        )


def _owners() -> list[dict[str, Any]]:
    return [_owner(*row) for row in data("owners")["owners"]]


def _owner(
    owner_id: str, user_id: int, first: str, last: str, team: str
) -> dict[str, Any]:
    teams = [{"id": str(360000 + len(team)), "name": team, "primary": True}]
    return {
        "id": owner_id,
        "email": f"{first}.{last}@example.com".lower(),
        "type": "PERSON",
        "firstName": first,
        "lastName": last,
        "userId": user_id or None,
        "userIdIncludingInactive": user_id or 9500000,
        "createdAt": BORN,
        "updatedAt": BORN,
        "archived": not user_id,
        "teams": teams if team else [],
    }
