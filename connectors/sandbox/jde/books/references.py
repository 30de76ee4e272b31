"""Finding a document by the reference it was given."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.jde.books.entries import Document
from connectors.sandbox.jde.data.columns import Value
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.store import after


def known(
    database: Database, action: str, address: int, reference: str
) -> Document | None:
    """The document an action made before with this reference, if any.

    `action` is invoice, voucher, receipt, payment or journal.
    """
    text = reference.rstrip()
    if not text:
        return None
    if action in {"invoice", "voucher"}:
        table, alias = ("F03B11", "VR01") if action == "invoice" else ("F0411", "VINV")
        row = _row(database, table, ("AN8", address), (alias, text))
        return _document(row) if row else None
    if action == "receipt":
        row = _row(database, "F03B13", ("AN8", address), ("CKNU", text))
        head = {"KCO": row["CO"], "DCT": "RC", "DOC": row["PYID"]} if row else {}
        return _document({**row, **head}) if row else None
    if action == "journal":
        row = _row(database, "F0911", ("EXR", text[:30]), ("DCT", "JE"))
        return _document(row) if row else None
    details = database["F0414"]
    place = details.definition.position
    for one in details.rows:
        if (one[place["AN8"]], one[place["RMK"]]) == (address, text):
            found = database["F0413"].find((one[0],))
            values = database["F0413"].definition.plain(found) if found else {}
            head = {"KCO": values["CO"], "DCT": "PN", "DOC": values["DOCM"]}
            return _document({**values, **head})
    return None


def _row(
    database: Database, name: str, index: tuple[str, Value], wanted: tuple[str, str]
) -> dict[str, Any] | None:
    table = database[name]
    place = table.definition.position[wanted[0]]
    for bucket in table.index(index[0]).buckets([(index[1], after(index[1]))]):
        for row in bucket:
            if row[place] == wanted[1]:
                return table.definition.plain(row)
    return None


def _document(row: dict[str, Any]) -> Document:
    return Document(
        row["KCO"],
        row["DCT"],
        row["DOC"],
        row["ICUT"],
        row["ICU"],
        row.get("PYID", 0),
    )
