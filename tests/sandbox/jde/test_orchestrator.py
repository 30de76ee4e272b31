"""Checklist 44 and 45: the protocol of orchestrations, and writes that are not seen."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.jde.conftest import Ais
from tests.sandbox.jde.writing import balanced, created, invoice, rejected, run

INVOICE = "v3/orchestrator/MLC_AddInvoice"


def classic(inputs: dict[str, Any]) -> dict[str, Any]:
    """The same inputs in the older form."""
    lines = [
        {"inputs": [{"name": n, "value": v} for n, v in one.items()]}
        for one in inputs["Lines"]
    ]
    plain = {name: value for name, value in inputs.items() if name != "Lines"}
    return {
        "inputs": [{"name": n, "value": str(v)} for n, v in plain.items()],
        "detailInputs": [{"name": "Lines", "repeatingInputs": lines}],
    }


def count(ais: Ais) -> int:
    return int(ais.control.ledger(detail=False)["totals"]["created"])


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_each_version_runs_and_tells_its_state(fresh: Ais, version: str) -> None:
    found = run(fresh, "MLC_AddInvoice", invoice(fresh), version)
    assert found["CorrelationId"] == "test-1"
    assert {"jde__simpleMessage", "jde__startTimestamp", "jde__endTimestamp"} <= set(
        found
    )


def test_names_are_case_sensitive_and_unknown_ones_an_error(fresh: Ais) -> None:
    for name in ("mlc_addinvoice", "MLC_AddEverything"):
        answer = fresh.post(f"v3/orchestrator/{name}", invoice(fresh))
        assert answer.status_code == 500
        assert name in answer.json()["message"]
    assert count(fresh) == 0


@pytest.mark.parametrize("form", ["plain", "classic"])
def test_only_one_form_of_input_is_taken(fresh: Ais, form: str) -> None:
    fresh.control.config(orchestration_input=form)
    bodies = {"plain": invoice(fresh), "classic": classic(invoice(fresh))}
    for name, body in bodies.items():
        found = fresh.post(INVOICE, body).json()
        assert found["jde__status"] == ("SUCCESS" if name == form else "ERROR")
    assert count(fresh) == 1


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "change",
    [
        {"Company": None},
        {"CorrelationId": " "},
        {"Lines": []},
        {"Lines": [{"ObjectAccount": "5010"}]},
        {"InvoiceDate": "03/15/2026"},
        {"GrossAmount": "1,000.00"},
        {"GrossAmount": "NaN"},
        {"Lines": "none"},
        {"CustomerNumber": "12x"},
        {"Refrence": "HS-1"},
    ],
)
def test_inputs_that_do_not_fit_start_nothing(
    fresh: Ais, change: dict[str, Any], status: int
) -> None:
    fresh.control.config(missing_input_status=status)
    answer = fresh.post(INVOICE, invoice(fresh, **change))
    assert answer.status_code == status
    assert answer.json()["jde__status"] == "ERROR"
    assert count(fresh) == 0


def test_what_went_wrong_can_be_the_answer_of_a_form(fresh: Ais) -> None:
    fresh.control.config(continued_as_object=True)
    found = run(fresh, "MLC_AddInvoice", invoice(fresh, CustomerNumber=1))
    (step,) = found["continuedOnError"]
    assert step["message"]["errors"][0]["ERRORCONTROL"] == "AN8"


def test_a_dead_token_writes_nothing(fresh: Ais) -> None:
    body = invoice(fresh)
    fresh.control.faults({"times": 1, "do": {"pass": {"kill_sessions": True}}})
    assert fresh.post(INVOICE, body).status_code == 444
    assert count(fresh) == 0
    fresh.login()
    created(fresh, "MLC_AddInvoice", body)


def test_a_write_may_succeed_unseen(fresh: Ais) -> None:
    body = invoice(fresh)
    late = {"delay_s": 0.4, "after": True}
    fresh.control.faults({"times": 1, "do": late})
    with pytest.raises(requests.Timeout):
        fresh.post(INVOICE, body, timeout=0.1)
    assert count(fresh) == 1
    fresh.control.faults({"times": 1, "do": {"apply_then_drop": True}})
    with pytest.raises(requests.ConnectionError):
        fresh.post(INVOICE, body)
    assert count(fresh) == 2
    balanced(fresh)


@pytest.mark.parametrize("status", [502, 503])
def test_what_a_balancer_answers_wrote_nothing(fresh: Ais, status: int) -> None:
    page = {"status": status, "html": "<html>Bad Gateway</html>"}
    fresh.control.faults({"times": 1, "do": page})
    assert fresh.post(INVOICE, invoice(fresh)).status_code == status
    assert count(fresh) == 0


def test_an_error_can_come_with_200_and_nothing_else(fresh: Ais) -> None:
    fresh.control.config(orchestration_in_band_error="JAS is down")
    answer = fresh.post(INVOICE, invoice(fresh))
    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "exception", "timeStamp"}
    assert count(fresh) == 0


def customer(**more: Any) -> dict[str, Any]:
    return {"CorrelationId": "c", "LongAddressNumber": "HS-C-1", **more}


def test_a_customer_is_created_once_and_then_changed(fresh: Ais) -> None:
    wish = customer(Name="Foundry Ltd", City="Leeds", Country="GB", Email="a@b.example")
    found = created(fresh, "MLC_UpsertCustomer", wish)
    number = str(found["CustomerNumber"])
    records = fresh.control.records
    assert records("F0101", [number])[0]["DC"] == "FOUNDRYLTD"
    assert records("F0111", [number])[0]["MLNM"] == "Foundry Ltd"
    assert records("F0116", [number])[0]["CTY1"] == "Leeds"
    assert records("F01151", [number])[0]["EMAL"] == "a@b.example"
    assert records("F03012", [number])[0]["CO"] == "00000"
    fresh.control.clock(advance_s=60)
    change = customer(City="York", CreditLimit=900, ExpectedUpdated=found["Updated"])
    again = run(fresh, "MLC_UpsertCustomer", change)
    assert (again["Result"], str(again["CustomerNumber"])) == ("UPDATED", number)
    (place,) = records("F0116", [number])
    assert (place["CTY1"], place["CTR"]) == ("York", "GB")
    stale = run(fresh, "MLC_UpsertCustomer", change)
    assert stale["Result"] == "REJECTED"
    assert [one["Field"] for one in stale["Messages"]] == ["UPMJ"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Name": "x" * 41}, "ALPH"),
        ({"Name": ""}, "ALPH"),
        ({"BusinessUnit": "77"}, "MCU"),
        ({"PaymentTerms": "XXX"}, "PTC"),
        ({"CustomerNumber": 77}, "AN8"),
        ({"CreditLimit": "10" * 8}, "ACL"),
        ({"Email": f"{'x' * 256}@b.example"}, "EMAL"),
    ],
)
def test_a_customer_that_does_not_fit_is_refused(
    fresh: Ais, change: dict[str, Any], field: str
) -> None:
    wish = customer(Name="Foundry Ltd", City="Leeds") | change
    assert field in rejected(fresh, "MLC_UpsertCustomer", wish)


def test_people_are_added_and_changed(fresh: Ais) -> None:
    number = created(fresh, "MLC_UpsertCustomer", customer(Name="Foundry"))
    base = {"CorrelationId": "p", "CustomerNumber": number["CustomerNumber"]}
    person = {**base, "GivenName": "Ada", "Surname": "Mill", "Mobile": "555-1"}
    found = created(fresh, "MLC_UpsertContact", person)
    assert found["ContactLine"] == 1
    change = {**base, "ContactLine": 1, "Surname": "Lake", "Email": "a@b.example"}
    assert run(fresh, "MLC_UpsertContact", change)["Result"] == "UPDATED"
    key = [f"{number['CustomerNumber']}-1"]
    (row,) = fresh.control.records("F0111", key)
    assert (row["ALPH"], row["MLNM"]) == ("Lake, Ada", "Ada Lake")
    assert fresh.control.records("F0115", key)[0]["PHTP"] == "CAR"
    assert created(fresh, "MLC_UpsertContact", person)["ContactLine"] == 2


def test_items_and_accounts(fresh: Ais) -> None:
    item = {"CorrelationId": "i", "SecondItemNumber": "HS-P-1", "Description1": "Pump"}
    number = created(fresh, "MLC_UpsertItem", item)["ItemNumber"]
    again = run(fresh, "MLC_UpsertItem", {**item, "Description1": "Pump 2"})
    assert (again["Result"], again["ItemNumber"]) == ("UPDATED", number)
    (row,) = fresh.control.records("F4101", [str(number)])
    assert row["DSC1"] == "Pump 2"
    assert row["UPMJ"]
    account = {"CorrelationId": "a", "BusinessUnit": "1", "ObjectAccount": "8999"}
    found = created(fresh, "MLC_UpsertAccount", {**account, "Description": "Tests"})
    (row,) = fresh.control.records("F0901", [found["AccountId"]])
    assert (row["MCU"], row["CO"]) == ("           1", "00001")
    closed = run(fresh, "MLC_UpsertAccount", {**account, "PostingEdit": "I"})
    assert (closed["Result"], closed["AccountId"]) == ("UPDATED", found["AccountId"])
    wish = invoice(fresh)
    wish["Lines"][0]["Account"] = found["AccountId"]
    assert run(fresh, "MLC_AddInvoice", wish)["Result"] == "REJECTED"
