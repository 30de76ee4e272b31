"""The forms of P0411 (version ZJDE0001) with their control ids.

Ids differ between releases and customers, so a client keeps its own in settings.

W0411G Work With Vouchers: 34 Add, 12 Close.
W0411A Enter Voucher: 28 supplier, 41 invoice number, 26 company, 30 invoice date,
32 G/L date, 55 payment terms; grid 1 with 20 gross amount, 21 due date, 22 remark;
2 OK, 12 Cancel.
W0411K G/L Distribution: 60 amount to distribute; grid 1 with 30 account
(unit.object[.subsidiary]), 31 amount, 32 explanation; 11 OK, 12 Cancel.
W0411B Confirmation: 9 document type, 10 document number, 11 document company; 4 OK.
"""

from __future__ import annotations

from dataclasses import dataclass, field

APPLICATION, VERSION = "P0411", "ZJDE0001"
BROWSE, HEADER, DISTRIBUTION, CONFIRMATION = "W0411G", "W0411A", "W0411K", "W0411B"
GRID = "1"


@dataclass(frozen=True, slots=True)
class Form:
    """Captions apart, all a client can touch: aliases and actions by control id."""

    title: str
    controls: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def id_of(self, alias: str) -> str:
        """The control or column id of an alias; empty where the form has none."""
        both = {**self.columns, **self.controls}
        return next((number for number, one in both.items() if one == alias), "")


FORMS: dict[str, Form] = {
    BROWSE: Form("Work With Vouchers", actions={"34": "add", "12": "cancel"}),
    HEADER: Form(
        "Enter Voucher - Payment Information",
        {
            "28": "AN8",
            "41": "VINV",
            "26": "CO",
            "30": "DIVJ",
            "32": "DGJ",
            "55": "PTC",
        },
        {"20": "AG", "21": "DDJ", "22": "RMK"},
        {"2": "ok", "12": "cancel"},
    ),
    DISTRIBUTION: Form(
        "Enter Voucher - G/L Distribution",
        {"60": "AG"},
        {"30": "ANI", "31": "AA", "32": "EXA"},
        {"11": "ok", "12": "cancel"},
        frozenset({"60"}),
    ),
    CONFIRMATION: Form(
        "Voucher Confirmation",
        {"9": "DCT", "10": "DOC", "11": "KCO"},
        actions={"4": "ok"},
        fixed=frozenset({"9", "10", "11"}),
    ),
}
