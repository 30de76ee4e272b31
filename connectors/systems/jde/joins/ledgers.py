"""The tables of the ledgers, on the receivables or the payables side."""

from __future__ import annotations

from connectors.systems.jde.joins.tables import Part
from connectors.systems.jde.wire.query import Condition, one_of
from connectors.systems.jde.writing.settings import Writing

_DOCUMENT = ("DOC", "DCT", "KCO")


def _same(*aliases: str) -> dict[str, str]:
    return {alias: alias for alias in aliases}


_BILL = _same(
    *_DOCUMENT,
    *("AN8", "CO", "DIVJ", "DGJ", "CRCD", "CRRM", "PTC", "MCU", "RMK", "PO"),
    *("POST", "ICU"),
)
_LINE = {"account_id": "AID", "MCU": "MCU", "OBJ": "OBJ", "SUB": "SUB"}
_ACCOUNT = ("AID", "CO", "MCU", "OBJ", "SUB", "ANS", "DL01", "LDA", "PEC")


def bills(writing: Writing) -> tuple[Part, Part]:
    """The documents with what their pay items share, and the pay items."""
    table = "F0411" if writing.payable else "F03B11"
    own = (
        {"reference": "VINV", "supplier": "AN8"}
        if writing.payable
        else {"reference": "VR01"}
    )
    where = _types(writing.bill_types)
    head = Part(
        table=table,
        group=_DOCUMENT,
        fields=_BILL | own,
        where=where,
        then=("SFX",),
        always=True,
    )
    items = Part(
        table=table,
        group=_DOCUMENT,
        unique=("SFX", "SFXE") if writing.payable else ("SFX",),
        fields=_same("AG", "AAP", "DDJ", "PST"),
        where=where,
    )
    return head, items


def payments(writing: Writing) -> tuple[Part, Part]:
    """Money with its reference, and the documents it pays."""
    head = (
        Part(
            table="F0413",
            group=("PYID",),
            fields=_same("PYID", "CO", "DMTJ", "CRCD", "GLBA", "ICU")
            | {"AN8": "PYE", "amount": "PAAP"},
            always=True,
        )
        if writing.payable
        else Part(
            table="F03B13",
            group=("PYID",),
            fields=_same("PYID", "AN8", "CO", "DMTJ", "DGJ", "CRCD", "GLBA", "ICU")
            | {"amount": "CKAM", "remark": "EXR", "reference": "CKNU", "POST": "POST"},
            always=True,
        )
    )
    details = Part(
        table="F0414" if writing.payable else "F03B14",
        group=("PYID",),
        fields={"reference": "RMK"} if writing.payable else {},
        columns=_DOCUMENT,
        gives={"invoice": "DOC"},
        then=("RC5",),
    )
    return head, details


def journals(writing: Writing) -> tuple[Part, Part]:
    """Journal entries, and their lines in the ledger of actual amounts."""
    where = (*_types(writing.journal_types), one_of("LT", ("AA",)))
    head = Part(
        table="F0911",
        group=_DOCUMENT,
        fields=_same(*_DOCUMENT, "CO", "DGJ", "CRCD", "POST", "ICU")
        | {"reference": "EXR"},
        where=where,
        then=("DGJ", "JELN"),
        always=True,
    )
    lines = Part(
        table="F0911",
        group=_DOCUMENT,
        unique=("DGJ", "JELN", "LT", "EXTL"),
        fields=_LINE | _same("SBL", "SBLT") | {"amount": "AA", "explanation": "EXA"},
        where=where,
        always=True,
    )
    return head, lines


ACCOUNTS = Part(
    table="F0901",
    group=("AID",),
    fields=_same(*_ACCOUNT),
    columns=("MCU", "OBJ", "SUB"),
    always=True,
)


def _types(types: tuple[str, ...]) -> tuple[Condition, ...]:
    return (one_of("DCT", types),) if types else ()
