"""Checklist 37 to 39 and 41: batch input tables and the programs behind them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.jde.standin import JdeStandIn
from tests.sandbox.jde.conftest import Ais
from tests.sandbox.jde.writing import (
    balanced,
    created,
    customer,
    invoice,
    run,
    supplier,
    today,
)

DONE_S = 20


def keys(number: str, line: int = 1000, **more: Any) -> dict[str, Any]:
    found = {"EDUS": "HSINTEG", "EDBT": "HS2026", "EDTN": number, "EDLN": line}
    return {**found, "EDTC": "A", "CO": "00001", **more}


def load(ais: Ais, table: str, *rows: dict[str, Any]) -> Any:
    wish = {"CorrelationId": "z", "Table": table, "Rows": list(rows)}
    return run(ais, "MLC_LoadZ", wish)


def voucher_rows(
    ais: Ais, number: str, *amounts: str, **more: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A pay item and a ledger line for each amount."""
    facts = {"AN8": supplier(ais), "DIVJ": today(ais), "DGJ": today(ais), **more}
    heads, lines = [], []
    for place, amount in enumerate(amounts, start=1):
        base = keys(number, place * 1000, EDTR="V", DGJ=today(ais))
        heads.append({**base, "AG": amount, "VINV": f"Z-{number}", **facts})
        lines.append({**base, "AA": amount, "MCU": "1", "OBJ": "8720", "LT": "AA"})
    return heads, lines


def load_voucher(ais: Ais, number: str, *amounts: str, **more: Any) -> None:
    heads, lines = voucher_rows(ais, number, *amounts, **more)
    assert load(ais, "F0411Z1", *heads)["Result"] == "LOADED"
    assert load(ais, "F0911Z1", *lines)["Result"] == "LOADED"


def submit(ais: Ais, report: str, batch: str = "HS2026") -> int:
    table = {"R04110ZA": "F0411Z1", "R03B11Z1A": "F03B11Z1"}.get(report, "F0911Z1")
    table = "F03B13Z1" if report == "R03B13Z1" else table
    criterion = {
        "subject": {"view": "V", "table": table, "dictItem": "EDBT"},
        "comparisonType": "EQUAL",
        "predicate": {"literalType": "SINGLE", "values": [batch]},
    }
    body = {"reportName": report, "reportVersion": "XJDE0001"}
    answer = ais.post(
        "v2/report/execute", {**body, "dataSelection": {"criteria": [criterion]}}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["jobStatus"] == "W"
    return int(answer.json()["jobNumber"])


def status(ais: Ais, job: int) -> str:
    answer = ais.post("v2/report/status", {"jobNumber": job, "executionServer": "e1"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["jobStatus"])


def process(ais: Ais, report: str) -> None:
    job = submit(ais, report)
    ais.control.clock(advance_s=DONE_S)
    assert status(ais, job) == "D"


def state(ais: Ais, table: str = "F0411Z1") -> dict[str, str]:
    return {row["EDTN"]: row["EDSP"].strip() for row in ais.control.records(table)}


def test_a_job_runs_by_the_clock_and_not_before(fresh: Ais) -> None:
    load_voucher(fresh, "1", "10.00", "5.00")
    job = submit(fresh, "R04110ZA")
    assert status(fresh, job) == "W"
    fresh.control.clock(advance_s=6)
    assert status(fresh, job) == "P"
    assert state(fresh) == {"1": ""}
    fresh.control.clock(advance_s=DONE_S)
    assert status(fresh, job) == "D"
    row, second = fresh.control.records("F0411Z1")
    assert (row["EDSP"], row["DCT"], row["KCO"]) == ("1", "PV", "00001")
    assert row["DOC"] == second["DOC"]
    items = fresh.control.records("F0411", [str(row["DOC"])])
    assert [(one["SFX"], one["AG"]) for one in items] == [
        ("001", "10.00"),
        ("002", "5.00"),
    ]
    balanced(fresh)


def test_a_job_can_run_by_the_calls_of_its_status(fresh: Ais) -> None:
    fresh.control.config(job_pace="calls")
    load_voucher(fresh, "1", "10.00")
    job = submit(fresh, "R04110ZA")
    assert [status(fresh, job) for _ in range(3)] == ["P", "D", "D"]
    assert state(fresh) == {"1": "1"}


def test_done_says_nothing_of_what_was_refused(fresh: Ais) -> None:
    load_voucher(fresh, "1", "10.00")
    load_voucher(fresh, "2", "10.00", AN8=1)
    load_voucher(fresh, "3", "10.00", DOC=31000)
    heads, _ = voucher_rows(fresh, "4", "10.00")
    assert load(fresh, "F0411Z1", *heads)["Result"] == "LOADED"
    process(fresh, "R04110ZA")
    assert state(fresh) == {"1": "1", "2": "", "3": "1", "4": ""}
    (job,) = fresh.control.edit(action="jobs")["jobs"]
    assert len(job["complaints"]) == 2
    before = fresh.control.records("F0411")
    process(fresh, "R04110ZA")
    assert fresh.control.records("F0411") == before
    balanced(fresh)


@pytest.mark.parametrize(
    "change", [{"EDTC": ""}, {"EDTR": ""}, {"EDTR": "I"}, {"EDSP": "2"}, {"EDTC": "C"}]
)
def test_a_row_without_its_marks_is_passed_over(
    fresh: Ais, change: dict[str, str]
) -> None:
    load_voucher(fresh, "1", "10.00", **change)
    before = fresh.control.records("F0411")
    process(fresh, "R04110ZA")
    assert fresh.control.records("F0411") == before
    assert fresh.control.edit(action="jobs")["jobs"][0]["complaints"] == []


def test_the_four_keys_are_unique(fresh: Ais) -> None:
    heads, _ = voucher_rows(fresh, "1", "10.00")
    assert load(fresh, "F0411Z1", *heads)["Result"] == "LOADED"
    more, _ = voucher_rows(fresh, "2", "10.00")
    assert load(fresh, "F0411Z1", *more, *heads)["Result"] == "DUPLICATE"
    assert load(fresh, "F0411Z1", *more, *more)["Result"] == "DUPLICATE"
    assert state(fresh) == {"1": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"EDTN": "x" * 23},
        {"EDBT": "x" * 16},
        {"VINV": "x" * 26},
        {"AG": "1.005"},
        {"DGJ": "03/15/2026"},
        {"NOPE": "1"},
        {"EDTN": " "},
    ],
)
def test_a_row_that_does_not_fit_is_not_loaded(
    fresh: Ais, change: dict[str, str]
) -> None:
    (head,), _ = voucher_rows(fresh, "1", "10.00")
    found = load(fresh, "F0411Z1", {**head, **change})
    assert found["Result"] == "REJECTED"
    assert fresh.control.records("F0411Z1") == []


def test_invoices_receipts_and_journals_come_in_the_same_way(fresh: Ais) -> None:
    day = today(fresh)
    who = {"AN8": customer(fresh), "DGJ": day, "DIVJ": day, "VR01": "HS-9"}
    base = keys("9", EDTR="I")
    load(fresh, "F03B11Z1", {**base, **who, "AG": "40.00"})
    credit = {"AA": "-40.00", "MCU": "1", "OBJ": "5010", "DGJ": day}
    load(fresh, "F0911Z1", {**base, **credit})
    process(fresh, "R03B11Z1A")
    (row,) = fresh.control.records("F03B11Z1")
    assert row["EDSP"] == "1"
    match = {"ADOC": row["DOC"], "ADCT": "RI", "AKCO": "00001", "PAAP": "40.00"}
    money = {"AN8": who["AN8"], "CKNU": "R-9", "CKAM": "40.00", "DMTJ": day}
    load(fresh, "F03B13Z1", {**keys("9", EDTR="R"), **match, **money, "DGJ": day})
    process(fresh, "R03B13Z1")
    (paid,) = fresh.control.records("F03B11", [str(row["DOC"])])
    assert (paid["AAP"], paid["PST"]) == ("0.00", "P")
    lines = [
        {**keys("10", n, EDTR="J"), "AA": amount, "MCU": "1", "OBJ": obj, "DGJ": day}
        for n, (amount, obj) in enumerate([("7.00", "8720"), ("-7.00", "1110")], 1)
    ]
    load(fresh, "F0911Z1", *lines)
    process(fresh, "R09110Z")
    assert state(fresh, "F0911Z1") == {"9": "1", "10": "1"}
    balanced(fresh)


def test_posting_closes_the_batch(fresh: Ais) -> None:
    found = created(fresh, "MLC_AddInvoice", invoice(fresh))
    wish = {"CorrelationId": "b", "Report": "R09801", "Version": "XJDE0001"}
    run(fresh, "MLC_RunBatch", {**wish, "Batch": str(found["BatchNumber"])})
    fresh.control.clock(advance_s=DONE_S)
    (batch,) = fresh.control.records("F0011", [f"IB-{found['BatchNumber']}"])
    (row,) = fresh.control.records("F03B11", [str(found["DocumentNumber"])])
    assert (batch["IST"], row["POST"]) == ("D", "D")
    balanced(fresh)


def test_an_unknown_program_or_job_is_an_error(fresh: Ais) -> None:
    body = {"reportName": "R999", "reportVersion": "XJDE0001"}
    assert fresh.post("v2/report/execute", body).status_code == 500
    assert fresh.post("v2/report/status", {"jobNumber": 1}).status_code == 500


def test_numbers_batches_and_jobs_survive_a_restart(fresh: Ais, box: Any) -> None:
    number = created(fresh, "MLC_AddInvoice", invoice(fresh))["DocumentNumber"]
    load_voucher(fresh, "1", "10.00")
    submit(fresh, "R04110ZA")
    other = JdeStandIn()
    other.restore(box.standin["jde"].state())
    assert other.edit({"action": "books"})["balances"]
    assert other.books.numbers.last["F03B11"] == number
    assert [one["status"] for one in other.edit({"action": "jobs"})["jobs"]] == ["W"]
