"""Items and accounts, by MLC_UpsertItem and MLC_UpsertAccount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import Scalar, SourceRecord, WriteItem, WriteResult
from connectors.systems.jde.writing.addresses import nothing
from connectors.systems.jde.writing.desk import Desk
from connectors.systems.jde.writing.sequence import one_by_one
from connectors.systems.jde.writing.values import Column, inputs, wrong

_ITEM = {
    "LITM": Column("SecondItemNumber", 25),
    "AITM": Column("ThirdItemNumber", 25),
    "DSC1": Column("Description1", 30),
    "DSC2": Column("Description2", 30),
    "SRTX": Column("SearchText", 30),
    "UOM1": Column("UnitOfMeasure", 2),
    "STKT": Column("StockingType", 1),
    "LNTY": Column("LineType", 2),
    "GLPT": Column("GLClass", 4),
    "UPCN": Column("UPC", 13),
}
_ACCOUNT = {
    "DL01": Column("Description", 30),
    "ANS": Column("ThirdAccountNumber", 25),
    "LDA": Column("LevelOfDetail", 1),
    "PEC": Column("PostingEdit", 1),
}
_PARTS = {
    "MCU": Column("BusinessUnit", 12, "unit"),
    "OBJ": Column("ObjectAccount", 6),
    "SUB": Column("Subsidiary", 8),
}


def write_items(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    """Known items by their short number, the others by their second number."""
    known = desk.by_key(items, ("ITM",))
    return one_by_one(items, lambda item: _item(desk, item, known))


def _item(
    desk: Desk, item: WriteItem, known: Mapping[str, SourceRecord]
) -> WriteResult:
    given = inputs(_ITEM, item.fields)
    if item.target_id:
        if item.target_id not in known:
            raise desk.gone(item)
        if not given.get("SecondItemNumber"):
            given.pop("SecondItemNumber", None)  # empty would clear its own number
        if not given:
            return nothing(item)
        given["ItemNumber"] = item.target_id
    elif not given.get("SecondItemNumber"):
        raise wrong("LITM", "a new item needs a second item number, to be known by.")
    answer = desk.orchestrator.run("item", given, repeatable=True)
    number = answer.text("ItemNumber")
    assigned: dict[str, Scalar] = {"ITM": int(number)} if number.isdecimal() else {}
    return desk.finished(item, answer, number, assigned)


def write_accounts(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    """By business unit, object and subsidiary, which make an account."""
    known = desk.by_key(items)
    return one_by_one(items, lambda item: _account(desk, item, known))


def _account(
    desk: Desk, item: WriteItem, known: Mapping[str, SourceRecord]
) -> WriteResult:
    if item.target_id and item.target_id not in known:
        raise desk.gone(item)
    said = inputs(_PARTS, _split(item))
    parts = said
    if item.target_id:
        stored = known[item.target_id].fields
        parts = inputs(_PARTS, stored)
        if any(value != parts.get(name, "") for name, value in said.items()):
            raise RejectedError(
                f"{said} is another account than {stored['account']}.",
                advice="JD Edwards would make a new account of it: leave business "
                "unit, object and subsidiary as they are.",
                field="account",
            )
    given = inputs(_ACCOUNT, item.fields)
    if item.target_id and not given:
        return nothing(item)
    if not parts.get("BusinessUnit") or not parts.get("ObjectAccount"):
        raise wrong("account", "a business unit and an object make an account.")
    answer = desk.orchestrator.run("account", {**parts, **given}, repeatable=True)
    number = answer.text("AccountId")
    return desk.finished(item, answer, number, {"AID": number})


def _split(item: WriteItem) -> dict[str, Scalar]:
    """The parts of an account, whether given as one text or one by one."""
    text = str(item.fields.get("account") or "").strip()
    if text:
        unit, _, rest = text.partition(".")
        main, _, sub = rest.partition(".")
        return {"MCU": unit, "OBJ": main, "SUB": sub}
    return {name: item.fields.get(name) for name in _PARTS}
