"""Documents of the ledgers: checked here first, then entered once.

Entering one twice makes two. So what carries our reference already is taken for the
one that was meant, as long as customer and amount are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from connectors.sdk.errors import RecordError, RejectedError
from connectors.sdk.records import Scalar, SourceRecord, WriteItem, WriteResult
from connectors.systems.jde.writing.bills import (
    document_fields,
    document_key,
    not_changed,
)
from connectors.systems.jde.writing.desk import Desk
from connectors.systems.jde.writing.doors.answer import Answer
from connectors.systems.jde.writing.sequence import failed, one_by_one
from connectors.systems.jde.writing.splits import Chart, Periods, Split


class Document(Protocol):
    """What is known of a document before it is sent."""

    @property
    def item(self) -> WriteItem: ...
    @property
    def party(self) -> str: ...
    @property
    def company(self) -> str: ...
    @property
    def gl_date(self) -> date: ...
    @property
    def gross(self) -> Decimal: ...
    @property
    def reference(self) -> str: ...
    @property
    def splits(self) -> tuple[Split, ...]: ...


_GIVEN = {"key", "DOC", "DCT", "KCO", "ICU", "PYID"}
Doc = TypeVar("Doc", bound=Document)
Enter = Callable[[Doc], Answer]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Doc]):
    """One object. `enter` makes, of a batch, what enters one document of it."""

    read: Callable[[Desk, WriteItem], Doc]
    enter: Callable[[Desk, Sequence[Doc]], Enter[Doc]]
    amount: str = "AG"
    key: str = ""


def write_documents(
    desk: Desk, items: Sequence[WriteItem], kind: Kind[Doc]
) -> list[WriteResult]:
    """Enter those that are not there yet, one result each."""
    results: dict[str, WriteResult] = {}
    documents = _read(desk, items, kind, results)
    if not documents:
        return [results[item.key] for item in items]
    alike = _alike(desk, documents) if desk.writing.look_first else {}
    new: dict[str, Doc] = {}
    for one in documents:
        try:
            there = _same(one, alike.get(one.reference, ()), kind)
        except RecordError as error:
            results[one.item.key] = failed(one.item, error)
            continue
        if there:
            results[one.item.key] = _unchanged(one, there)
        else:
            new[one.item.key] = one
    enter = kind.enter(desk, list(new.values()))

    def send(item: WriteItem) -> WriteResult:
        return _entered(desk, new[item.key], enter, kind)

    for result in one_by_one([one.item for one in new.values()], send):
        results[result.key] = result
    return [results[item.key] for item in items]


def _read(
    desk: Desk,
    items: Sequence[WriteItem],
    kind: Kind[Doc],
    results: dict[str, WriteResult],
) -> list[Doc]:
    """The documents that pass our own checks; the others have their result."""
    read: list[Doc] = []
    for item in items:
        try:
            if item.target_id:
                raise not_changed(desk, item)
            read.append(kind.read(desk, item))
        except RecordError as error:
            results[item.key] = failed(item, error)
    if not read:
        return []
    service = desk.link.service
    chart = Chart(service, [split for one in read for split in one.splits])
    periods = Periods(service) if desk.writing.check_period else None
    passed = []
    for one in read:
        try:
            chart.check(one.splits)
            if periods:
                periods.check(one.company, one.gl_date, "DGJ")
            passed.append(one)
        except RecordError as error:
            results[one.item.key] = failed(one.item, error)
    return passed


def _alike(desk: Desk, documents: Sequence[Doc]) -> dict[str, list[SourceRecord]]:
    asked = list(dict.fromkeys(one.reference for one in documents if one.reference))
    if not asked:
        return {}
    target = desk.target
    return desk.reading.find(target.name, target.reference_field, asked)


def _same(
    document: Doc, alike: Sequence[SourceRecord], kind: Kind[Doc]
) -> SourceRecord | None:
    """The one that is this document; raises RejectedError if it is another."""
    mine = [
        record
        for record in alike
        if not document.party or str(record.fields.get("AN8")) == document.party
    ]
    if not mine:
        return None
    for record in mine:
        if _amount(record, kind) in (None, document.gross):
            return record
    raise RejectedError(
        f"JD Edwards has {mine[0].key} with the reference {document.reference} and "
        f"another amount ({_amount(mine[0], kind)} instead of {document.gross}).",
        advice="It was not entered again. Correct the one in JD Edwards, or the "
        "reference here.",
        field="reference",
        code="DUPLICATE",
    )


def _amount(record: SourceRecord, kind: Kind[Doc]) -> Decimal | None:
    """What a record is about; None where that cannot be compared."""
    if record.fields.get("CRRM") == "F":
        return None  # the domestic amount, at a rate of JD Edwards' own
    if kind.amount:
        found: Scalar = record.fields.get(kind.amount)
        return found if isinstance(found, Decimal) else None
    amounts = [line.get("amount") for line in record.lines or ()]
    return sum((a for a in amounts if isinstance(a, Decimal) and a > 0), Decimal(0))


def _unchanged(document: Doc, record: SourceRecord) -> WriteResult:
    return WriteResult(
        key=document.item.key,
        outcome="unchanged",
        target_id=record.key,
        assigned={n: v for n, v in record.fields.items() if n in _GIVEN},
    )


def _entered(
    desk: Desk, document: Doc, enter: Enter[Doc], kind: Kind[Doc]
) -> WriteResult:
    answer = enter(document)
    if answer.result == "DUPLICATE" and document.reference:
        alike = _alike(desk, [document]).get(document.reference, ())
        there = _same(document, alike, kind)
        if there:
            return _unchanged(document, there)
    assigned = document_fields(answer)
    key = document_key(answer)
    if kind.key:
        key = answer.text(kind.key)
        assigned["PYID"] = int(key) if key.isdecimal() else ""
    known = desk.target.fields
    assigned = {name: value for name, value in assigned.items() if name in known}
    return desk.finished(document.item, answer, key, assigned)
