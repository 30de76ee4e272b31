"""Requests that write, with values that fit the seeded books."""

from __future__ import annotations

from typing import Any

from tests.sandbox.jde.conftest import Ais


def customer(ais: Ais) -> int:
    """A customer of all companies."""
    rows = ais.control.records("F03012")
    return next(int(row["AN8"]) for row in rows if row["CO"] == "00000")


def supplier(ais: Ais) -> int:
    return int(ais.control.records("F0401")[0]["AN8"])


def today(ais: Ais) -> str:
    """The server's day as orchestrations take it."""
    return str(ais.control.describe()["local_time"])[:10]


def line(amount: str, account: str = "5010", **more: str) -> dict[str, str]:
    return {"Amount": amount, "BusinessUnit": "1", "ObjectAccount": account, **more}


def invoice(ais: Ais, amount: str = "125.50", **more: Any) -> dict[str, Any]:
    """The inputs of MLC_AddInvoice."""
    found = {
        "CorrelationId": "test-1",
        "CustomerNumber": customer(ais),
        "Company": "00001",
        "InvoiceDate": today(ais),
        "GrossAmount": amount,
        "Reference": "HS-1",
        "Lines": [line(amount)],
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def voucher(ais: Ais, amount: str = "80.00", **more: Any) -> dict[str, Any]:
    """The inputs of MLC_AddVoucher."""
    return {
        "CorrelationId": "test-1",
        "SupplierNumber": supplier(ais),
        "Company": "00001",
        "InvoiceDate": today(ais),
        "GrossAmount": amount,
        "SupplierInvoice": "S-77",
        "Lines": [line(amount, "8720")],
        **more,
    }


def run(ais: Ais, name: str, inputs: dict[str, Any], version: str = "v3") -> Any:
    """The answer of an orchestration that got as far as its form."""
    answer = ais.post(f"{version}/orchestrator/{name}", inputs)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["jde__status"] == "SUCCESS", found
    return found


def created(ais: Ais, name: str, inputs: dict[str, Any]) -> Any:
    found = run(ais, name, inputs)
    assert found["Result"] == "CREATED", found
    return found


def rejected(ais: Ais, name: str, inputs: dict[str, Any]) -> set[str]:
    """The columns complained of, after a refusal that left nothing behind."""
    before = ais.control.describe()["tables"]
    found = run(ais, name, inputs)
    assert found["Result"] == "REJECTED", found
    assert found["continuedOnError"][0]["message"]
    assert ais.control.describe()["tables"] == before
    assert ais.control.ledger()["totals"]["keys"] == 0
    return {one["Field"] for one in found["Messages"]}


def balanced(ais: Ais) -> Any:
    """The trial balance, which must agree."""
    found = ais.control.edit(action="books")
    assert found["balances"], found
    for one in found["companies"].values():
        assert set(one["ledgers"].values()) == {"0.00"}
    return found["companies"]


def lines_of(ais: Ais, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The general ledger lines of a document just entered."""
    key = "{DocumentType}-{DocumentNumber}-{DocumentCompany}".format(**answer)
    return list(ais.control.records("F0911", [key]))
