"""Rows of QAD as records: types, keys, people, and what several fields say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from connectors.sdk.records import FieldInfo, Scalar, SourceRecord
from connectors.sdk.spec import ObjectSpec
from connectors.systems.qad.faces.face import Row
from connectors.systems.qad.names import ITEM, OBJECTS, ORDER, key_of
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.link import number

# The fields that a field of ours is drawn from, where it is not one of QAD's own.
DRAWN: Mapping[str, tuple[str, ...]] = {
    "key": (), "customer": (), "supplier": (), "domain": ("webSite",),
    "name": ("description", "description2"), "sku": ("itemCode",),
    "active": ("itemStatus",), "changed_at": ("lastModifiedDate",), "message": (),
    "amount": (), "item": (),
}  # fmt: skip
# Of an order, the customer is read from the code.
_ORDER_DRAWN = {"customer": ("soldToCustomerCode",)}


class Records:
    """Makes records of one object type; safe for several threads."""

    def __init__(self, target: ObjectSpec, options: Options) -> None:
        self._target, self._options = target, options
        self.kind, self._owner = OBJECTS[target.name]
        self._context = options.context(self.kind.context)

    def needed(self, fields: Sequence[str]) -> list[str]:
        """QAD's own fields that these are made of; empty for all."""
        if not fields:
            return []
        if self._owner:
            return [self.kind.code, self.kind.people]
        found = [self.kind.code]
        for name in fields:
            if name.startswith("lines."):
                found.append("lines")
            elif self.kind is ORDER and name == "purchaseOrder":
                found.append(self._options.orders.reference)
            elif self.kind is ORDER and name in _ORDER_DRAWN:
                found += _ORDER_DRAWN[name]
            else:
                found += DRAWN.get(name, (name,))
        return list(dict.fromkeys(found))

    def of(self, row: Row) -> Iterator[SourceRecord]:
        """The record of a row, or those of its people."""
        code = str(row.get(self.kind.code) or "").rstrip()
        if not code:
            return
        modified = self._modified(row)
        if self._owner:
            yield from self._people(row, code, modified)
            return
        own = {**row, "changed_at": modified, "key": self._key(code)}
        self._draw(own)
        lines = [self._line(one) for one in row.get("lines") or ()]
        yield SourceRecord(
            key=str(own["key"]),
            fields=self._typed(own, self._target.fields),
            modified_at=modified,
            lines=lines,
        )

    def _key(self, code: str, person: str = "") -> str:
        return key_of(self._context, self.kind, code, person)

    def _draw(self, row: Row) -> None:
        if "webSite" in row:
            row["domain"] = _host(str(row["webSite"] or ""))
        if self.kind is ITEM:
            row["sku"] = row.get("itemCode")
            both = (row.get("description"), row.get("description2"))
            parts = [str(part or "").strip() for part in both]
            row["name"] = " ".join(part for part in parts if part)
            known = self._options.orders.statuses
            if known and "itemStatus" in row:
                row["active"] = str(row["itemStatus"] or "").strip().upper() in known
        if self.kind is ORDER:
            customer = str(row.get("soldToCustomerCode") or "").rstrip()
            kind = OBJECTS["customers"][0]
            context = self._options.context(kind.context)
            row["customer"] = key_of(context, kind, customer) if customer else None
            row["purchaseOrder"] = row.get(self._options.orders.reference)
            if "orderStatus" in row:
                row["orderStatus"] = str(row["orderStatus"] or "").strip() or "open"

    def _line(self, line: Row) -> Mapping[str, Scalar]:
        item = str(line.get("itemCode") or "").rstrip()
        own = {**line, "item": key_of(self._options.domain, ITEM, item)}
        return self._typed(own, self._target.lines)

    def _people(
        self, row: Row, code: str, modified: datetime | None
    ) -> Iterator[SourceRecord]:
        names = self._options.contact_fields
        taken: set[str] = set()
        for one in row.get(self.kind.people) or ():
            person = {
                **one,
                **{ours: one.get(theirs) for ours, theirs in names.items()},
            }
            name = str(person.get("contactName") or "").strip()
            parts = (person.get("firstName"), person.get("lastName"))
            name = name or " ".join(str(p).strip() for p in parts if p)
            key = self._key(code, name or str(person.get("EMail") or "").strip())
            if not name or key in taken:
                continue  # nothing tells this one from another
            taken.add(key)
            own = {
                **person, "key": key, "contactName": name, "changed_at": modified,
                self._owner: self._key(code),
            }  # fmt: skip
            yield SourceRecord(
                key=key,
                fields=self._typed(own, self._target.fields),
                modified_at=modified,
            )

    def _typed(self, row: Row, fields: Mapping[str, FieldInfo]) -> dict[str, Scalar]:
        return {
            name: self._value(row[name], info.type)
            for name, info in fields.items()
            if name in row
        }

    def _value(self, value: Any, kind: str) -> Scalar:
        if value is None or isinstance(value, datetime):
            return value
        if kind == "decimal":
            return self._decimal(value)
        if kind == "integer":
            found = self._decimal(value)
            return None if found is None else int(found)
        if kind == "boolean":
            return value if isinstance(value, bool) else _flag(str(value))
        if kind == "date":
            return _day(value)
        return str(value).rstrip()

    def _decimal(self, value: Any) -> Decimal | None:
        try:
            return number(value, self._options.separator)
        except InvalidOperation:
            return None

    def _modified(self, row: Row) -> datetime | None:
        """When a row changed, by the site's clock; None where only the day is known:
        a day would make two changes of it look like one."""
        day, clock = _day(row.get("lastModifiedDate")), row.get("lastModifiedTime")
        if day is None or not clock:
            return None
        try:
            moment = time.fromisoformat(str(clock)[:8])
        except ValueError:
            return None
        return datetime.combine(day, moment, self._options.zone)


def _day(value: Any) -> date | None:
    """The date part; never shifted by a time zone."""
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def _flag(text: str) -> bool | None:
    text = text.strip().lower()
    return text in ("true", "yes", "1") if text else None


def _host(address: str) -> str:
    address = address.strip()
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
