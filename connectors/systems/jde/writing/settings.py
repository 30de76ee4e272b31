"""The settings of writing, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from connectors.sdk.setting import Given
from connectors.systems.jde.wire.codecs import encode

Action = Literal[
    "customer",
    "contact",
    "item",
    "account",
    "invoice",
    "voucher",
    "receipt",
    "payment",
    "journal",
    "load",
    "batch",
]
ACTIONS: tuple[Action, ...] = (
    "customer",
    "contact",
    "item",
    "account",
    "invoice",
    "voucher",
    "receipt",
    "payment",
    "journal",
    "load",
    "batch",
)
# By name in the setting; they differ between releases and customers.
CONTROLS: Mapping[str, str] = {
    "ADD": "34",
    "SUPPLIER": "28",
    "INVOICE": "41",
    "COMPANY": "26",
    "DATE": "30",
    "GLDATE": "32",
    "TERMS": "55",
    "GRID": "1",
    "AMOUNT": "20",
    "DUE": "21",
    "REMARK": "22",
    "OK": "2",
    "ACCOUNT": "30",
    "LINEAMOUNT": "31",
    "EXPLANATION": "32",
    "LINEOK": "11",
    "NUMBER": "10",
    "TYPE": "9",
    "DOCCOMPANY": "11",
}
_EDUS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What spec.toml explains, as the code wants it.

    `payable`: invoices go to accounts payable. `timeout` and `batch_wait` are seconds.
    No `bill_types` or `journal_types` are all types.
    """

    payable: bool
    path: str
    service: str
    classic: bool
    names: Mapping[Action, str]
    bill_types: tuple[str, ...]
    journal_types: tuple[str, ...]
    company: str
    look_first: bool
    check_period: bool
    timeout: int
    form_version: str
    controls: Mapping[str, str]
    batch_user: str
    batch_program: str
    batch_version: str
    batch_by_report: bool
    batch_wait: int


def parse_writing(given: Given) -> Writing:
    """Raises ConfigurationError that names the setting."""
    payable = given.text("invoice_target") == "AP"
    company = given.text("document_company")
    program = given.text("batch_program")
    return Writing(
        payable=payable,
        path=given.text("write_path"),
        service=f"/jderest/{given.text('orchestrator_version')}/orchestrator",
        classic=given.text("orchestration_input") == "classic",
        names={one: given.text(f"orchestration_{one}") for one in ACTIONS},
        bill_types=tuple(given.codes("voucher_types" if payable else "invoice_types")),
        journal_types=tuple(given.codes("journal_types")),
        company=encode("company", company) if company else "",
        look_first=given.flag("look_before_write"),
        check_period=given.flag("check_period"),
        timeout=given.number("write_timeout"),
        form_version=given.text("voucher_form_version"),
        controls=_controls(given),
        batch_user=(given.text("batch_user") or given.text("username"))[:_EDUS].upper(),
        batch_program=program or ("R04110ZA" if payable else "R03B11Z1A"),
        batch_version=given.text("batch_version"),
        batch_by_report=given.text("batch_start") == "report",
        batch_wait=given.number("batch_wait"),
    )


def _controls(given: Given) -> dict[str, str]:
    found = dict(CONTROLS)
    for entry in given.codes("voucher_form_controls"):
        name, _, number = entry.partition("=")
        if name not in CONTROLS or not number.isdecimal():
            raise given.wrong(
                "voucher_form_controls", "must read like SUPPLIER=28, INVOICE=41"
            )
        found[name] = number
    return found
