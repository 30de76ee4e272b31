"""One HubSpot account: schemas, records, associations, owners, pipelines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.hubspot.config import MAIN_PORTAL, HubSpotConfig
from connectors.sandbox.hubspot.crm import values
from connectors.sandbox.hubspot.crm.catalog import (
    ObjectType,
    data,
    object_types,
    option_list,
    spellings,
    type_names,
)
from connectors.sandbox.hubspot.crm.links import Links
from connectors.sandbox.hubspot.crm.pipelines import born_with
from connectors.sandbox.hubspot.crm.records import Record, RecordStore, Source, Stamp
from connectors.sandbox.hubspot.crm.schema import Schema
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.invoicing import paid

FIRST_NUMBER = 30_000_000_000
NUMBERS_APART = 1_000_000_000
LOCK_S = 2.0
BORN = "2020-01-01T00:00:00Z"
CODES = option_list("currency_codes")


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
        self.kinds: dict[str, ObjectType] = dict(object_types())
        self.currencies = {
            code: Decimal(rate) for code, rate in config.currencies.items()
        }
        self.home_currency = next(iter(self.currencies), "USD")
        self.pipelines: dict[str, dict[str, dict[str, Any]]] = {}
        self.schemas: dict[str, Schema] = {}
        self.stores: dict[str, RecordStore] = {}
        self.locks: dict[str, tuple[int, int, float]] = {}
        self.warnings: list[str] = []
        self.pipeline_ids = 0
        self.last_source: Source = ("CRM_UI", "")
        self.custom_types = 0
        for name in type_names():
            self.add_type(object_types()[name])
        self.links = Links(self)

    def __getstate__(self) -> dict[str, Any]:
        """What a saved state keeps: knobs and clock belong to the running stand-in."""
        left_out = ("config", "clock")
        return {k: v for k, v in vars(self).items() if k not in left_out}

    def attach(self, config: HubSpotConfig, clock: Clock) -> None:
        """Put a portal out of a saved state under these knobs and this clock."""
        self.config, self.clock = config, clock

    def add_type(self, one: ObjectType) -> None:
        """Make room for the records and definitions of an object type."""
        first = FIRST_NUMBER + len(self.stores) * NUMBERS_APART
        self.kinds |= spellings(one)
        self.pipelines[one.name] = born_with(one.name, BORN)
        self.stores[one.name] = RecordStore(one, first)
        self.schemas[one.name] = Schema(one, self)
        for found in self.schemas[one.name].live.values():
            if found.unique:
                self.stores[one.name].add_unique(found.name)

    def drop_type(self, one: ObjectType) -> None:
        """Forget an object type that has no records left."""
        for word in spellings(one):
            self.kinds.pop(word, None)
        for held in (self.pipelines, self.stores, self.schemas):
            held.pop(one.name, None)
        self.links.forget_type(one.name)

    def stamp(self) -> str:
        """The present time as the API writes it."""
        return values.iso(self.clock.now())

    def write_stamp(self, source: Source) -> Stamp:
        self.last_source = source
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

    def refuse_locked(self, key: str, stamp: Stamp) -> None:
        """423 when one record is written too often within a second."""
        second = int(stamp.seconds)
        last, count, until = self.locks.get(key, (second, 0, 0.0))
        count = count + 1 if last == second else 1
        if count > self.config.lock_writes_per_s:
            until = stamp.seconds + LOCK_S
        self.locks[key] = (second, count, until)
        if stamp.seconds < until:
            raise ApiError(423, "The record is locked by too many writes.")

    def pay(self, invoice_id: str) -> None:
        """Let an invoice follow its payments; HubSpot's own change, not in the book."""
        changes = paid(self, invoice_id)
        if changes:
            store = self.stores["invoices"]
            stamp = self.write_stamp(("CALCULATED", ""))
            changes[store.object_type.modified] = stamp.iso
            depth = self.config.history_depth
            store.replace(store.records[invoice_id], changes, stamp, depth)

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
