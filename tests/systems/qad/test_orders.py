"""Sales orders in QAD: whole, exact, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.qad.standin import QadStandIn
from connectors.sdk.errors import (
    ConfigurationError,
    UnavailableError,
)
from connectors.systems.qad.faces.ordering import order_number
from tests.systems.qad.case import Qad, adaptive, enterprise, line, qad, site_box

__all__ = ["adaptive", "enterprise", "qad", "site_box"]

HEAD, CONFIRM = r"/salesOrderHeaders\?viewUri", r"salesOrderHeaders\?domainCode"
GRID, SOAP = r"/salesOrderLinesGrid", r"/QdocWebService"


def test_an_order_is_entered_with_exact_money_and_told_back(qad: Qad) -> None:
    reference = f"HU-1001-{qad.face[0]}"
    (done,) = qad.write(qad.order(reference))
    assert done.error is None
    assert done.outcome == "created"
    (order,) = qad.orders(reference)
    assert [one["netPrice"] for one in order["lines"]] == ["9.90000", "5.25000"]
    assert Decimal(order["totalAmount"]) == Decimal("25.05")
    assert done.target_id == f"10USA:order:{order['salesOrderNumber']}"
    assert done.assigned["salesOrderNumber"] == order["salesOrderNumber"]
    assert (done.assigned["orderStatus"], done.assigned["message"]) == ("open", "")
    assert order["isConfirmed"] is True
    assert order["currencyCode"] == "USD"


def test_the_same_order_twice_is_one(qad: Qad) -> None:
    reference = f"HU-1002-{qad.face[0]}"
    (first,) = qad.write(qad.order(reference))
    (again,) = qad.write(qad.order(reference))
    assert again.outcome == "unchanged"
    assert again.target_id == first.target_id
    assert len(qad.orders(reference)) == 1


@pytest.mark.parametrize("bad", ["NO-SUCH", "SENS-7"])
def test_one_bad_line_leaves_nothing_half_made(qad: Qad, bad: str) -> None:
    """An item that is not there, and one that may not be sold."""
    before = len(qad.orders())
    order = qad.order("HU-1003", line("00017", 1), line(bad, 1), line("FILT-3", 1))
    good = qad.order(f"HU-11{bad[:3]}-{qad.face[0]}")
    refused, other = qad.write(order, good, item_statuses="AC")
    assert refused.error is not None
    assert refused.error.error_class == "rejected"
    assert "lines." in refused.error.field
    assert bad in refused.error.message
    assert refused.error.advice
    assert other.outcome == "created"
    assert len(qad.orders()) == before + 1


@pytest.mark.parametrize("partial", [False, True])
def test_a_line_refused_at_the_end_is_completed_later(
    adaptive: Qad, *, partial: bool
) -> None:
    reference = f"HU-1004{int(partial)}"
    adaptive.control.config(refuse_line=2, partial_commit=partial)
    (refused,) = adaptive.write(adaptive.order(reference))
    assert refused.error is not None
    assert "unconfirmed" in refused.error.message
    assert adaptive.orders(reference) == [], "not found by its reference"
    (left,) = adaptive.orders(f"{reference} *")
    assert left["isConfirmed"] is False
    adaptive.control.config(refuse_line=0)
    (done,) = adaptive.write(adaptive.order(reference))
    assert done.outcome == "created"
    (order,) = adaptive.orders(reference)
    assert order["salesOrderNumber"] == left["salesOrderNumber"]
    assert [one["salesOrderLine"] for one in order["lines"]] == [1, 2]


@pytest.mark.parametrize(
    ("number", "path", "do"),
    [
        (1, HEAD, {"apply_then_drop": True}),
        (2, HEAD, {"drop": True}),
        (3, GRID, {"apply_then_drop": True}),
        (4, GRID, {"half_body": True}),
        (5, CONFIRM, {"apply_then_drop": True}),
        (6, CONFIRM, {"status": 504, "html": "<html>Gateway time-out</html>"}),
    ],
)
def test_a_lost_answer_makes_no_second_order(
    adaptive: Qad, number: int, path: str, do: dict[str, Any]
) -> None:
    reference = f"HU-200{number}"
    adaptive.fault(path, **do)
    first, second = adaptive.write(
        adaptive.order(reference), adaptive.order(f"{reference}9")
    )
    assert first.error is not None
    assert first.error.error_class == "uncertain"
    assert second.error is not None, "the next one would be lost as well"
    found = adaptive.open().find("sales_orders", "purchaseOrder", [reference])
    assert all(len(one.lines) == 2 for one in found[reference]), "whole, or not found"
    (done,) = adaptive.write(adaptive.order(reference))
    assert done.error is None
    (order,) = adaptive.orders(reference)
    assert len(order["lines"]) == 2
    assert adaptive.orders(f"{reference} *") == []


def test_a_time_out_after_storing_is_uncertain(enterprise: Qad) -> None:
    enterprise.control.config(time_out_after_store=True)
    (lost,) = enterprise.write(enterprise.order("HU-3001"))
    assert lost.error is not None
    assert lost.error.error_class == "uncertain"
    enterprise.control.config(time_out_after_store=False)
    (again,) = enterprise.write(enterprise.order("HU-3001"))
    assert again.outcome == "unchanged"
    assert len(enterprise.orders("HU-3001")) == 1


def test_an_order_that_was_closed_before_it_was_whole_is_left_alone(
    adaptive: Qad,
) -> None:
    """The answer to our last call is lost, and a clerk closes the order meanwhile."""
    adaptive.fault(CONFIRM, drop=True)
    item = adaptive.order("HU-3009")
    (lost,) = adaptive.write(item)
    assert lost.error is not None
    assert lost.error.error_class == "uncertain"
    (held,) = adaptive.orders("HU-3009 *")
    key, closed = held["salesOrderNumber"], {"orderStatus": "C"}
    adaptive.control.edit(type="orders", key=key, set=closed)
    (refused,) = adaptive.write(item)
    assert refused.error is not None
    assert "not allowed" in refused.error.message
    (order,) = [o for o in adaptive.orders() if o["salesOrderNumber"] == key]
    assert order["purchaseOrder"] == "HU-3009 *"
    assert not adaptive.orders("HU-3009")


def test_a_number_that_is_taken_is_left_alone(adaptive: Qad) -> None:
    number = order_number("H#######", "HU-4001", 0)
    other = {
        "salesOrderNumber": number, "soldToCustomerCode": "C1010",
        "purchaseOrder": "SOMEBODY ELSE", "currencyCode": "USD", "lines": [],
    }  # fmt: skip
    adaptive.control.edit(type="orders", action="insert", set=other)
    (done,) = adaptive.write(adaptive.order("HU-4001"))
    assert done.outcome == "created"
    assert done.assigned["salesOrderNumber"] != number
    assert [r["salesOrderNumber"] for r in adaptive.orders("SOMEBODY ELSE")] == [number]


def test_numbers_are_the_same_at_every_attempt() -> None:
    deals = range(39_000_000_000, 39_000_001_000)
    numbers = {order_number("H#######", f"HU-{n}", 0) for n in deals}
    assert len(numbers) == 1000, "two deals never meet"
    assert all(len(one) == 8 and one[0] == "H" for one in numbers)
    assert order_number("H##", "HU-77", 1) == order_number("H##", "HU-77", 1)


def test_a_header_changed_meanwhile_is_read_again(adaptive: Qad) -> None:
    stale = {
        "submitResult": {
            "success": False,
            "errors": [{"message": "The record was changed by another user"}],
        }
    }
    adaptive.fault(CONFIRM, status=200, json=stale)
    (done,) = adaptive.write(adaptive.order("HU-5001"))
    assert done.outcome == "created"
    posts = [one for one in adaptive.control.log() if one["method"] == "POST"]
    confirms = [one for one in posts if "salesOrderNumber=" in one["path"]]
    assert len(confirms) == 2
    adaptive.control.faults(
        {"match": {"path": CONFIRM, "method": "POST"},
         "do": {"status": 200, "json": stale}}
    )  # fmt: skip
    (refused,) = adaptive.write(adaptive.order("HU-5002"))
    assert refused.error is not None
    assert refused.error.error_class == "rejected"
    adaptive.control.clear_faults()
    (done,) = adaptive.write(adaptive.order("HU-5002"))
    assert done.outcome == "created"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fields": {"amount": Decimal(1)}}, "currencyCode"),
        ({"refs": {}}, "customer"),
        ({"lines": ()}, "lines.item"),
        ({"lines": ({"quantityOrdered": Decimal(1)},)}, "lines.item"),
        ({"lines": (line("00017", 0),)}, "lines.quantityOrdered"),
    ],
)
def test_what_is_missing_stops_before_sending(
    qad: Qad, change: dict[str, Any], field: str
) -> None:
    qad.control.clear_log()
    (refused,) = qad.write(qad.order("HU-6001", **change))
    assert refused.error is not None
    assert refused.error.field == field
    assert "Nothing was sent" in refused.error.message
    assert qad.control.log() == []


@pytest.mark.parametrize(
    ("customer", "said"), [("C1007", "inactive"), ("C1008", "10USA"), ("C0", "C0")]
)
def test_customers_that_cannot_buy_are_named(
    qad: Qad, customer: str, said: str
) -> None:
    before = len(qad.orders())
    refs = {"customer": f"{qad.context}:customer:{customer}"}
    (refused,) = qad.write(qad.order("HU-6002", refs=refs))
    assert refused.error is not None
    assert refused.error.field == "customer"
    assert said in refused.error.message
    assert len(qad.orders()) == before


def test_codes_as_sites_have_them(qad: Qad) -> None:
    """Leading zeros, a slash and an ampersand, letters that are not ASCII."""
    reference = f"HU-7001-Ø-{qad.face[0]}"
    refs = {"customer": f"{qad.context}:customer:A/B 7"}
    lines = (line("00017", 1, amount="1.00"), line("PUMP/10 Ø", 3, amount="10.00"))
    (done,) = qad.write(qad.order(reference, *lines, refs=refs))
    assert done.error is None
    (order,) = qad.orders(reference)
    assert order["soldToCustomerCode"] == "A/B 7"
    assert [one["itemCode"] for one in order["lines"]] == ["00017", "PUMP/10 Ø"]
    assert order["lines"][1]["netPrice"] == "3.33333"
    assert done.assigned["message"] == "QAD's total is 10.99999, and not 25.05."


def test_codes_with_blanks_behind_them(qad: Qad) -> None:
    """As a database with fields of fixed width keeps them."""
    customer = {
        "customerCode": "0077  ", "businessRelationName": "Fixed Width Ltd  ",
        "currencyCode": "USD", "creditTermsCode": "30", "customerContactV2s": [],
    }  # fmt: skip
    item = {
        "itemCode": "000-9 ", "description": "Bolt  ", "unitOfMeasure": "EA",
        "itemStatus": "AC", "listPrice": 1, "siteCode": "10-100",
    }  # fmt: skip
    qad.control.edit(type="customers", action="insert", set=customer)
    known = {"customerCode": "0077  ", "siteCode": "10-100"}
    qad.control.edit(type="mfg_customers", action="insert", set=known)
    qad.control.edit(type="items", action="insert", set=item)
    key = f"{qad.context}:customer:0077"
    (record,) = qad.open().fetch("customers", [key])
    assert (record.key, record.fields["businessRelationName"]) == (
        key,
        "Fixed Width Ltd",
    )
    assert key in qad.read("customers")
    lines = (line("000-9", 1, amount="1.00"),)
    reference = f"HU-7100-{qad.face[0]}"
    (done,) = qad.write(qad.order(reference, *lines, refs={"customer": key}))
    assert done.error is None
    (order,) = qad.orders(reference)
    assert order["lines"][0]["itemCode"].strip() == "000-9"
    assert order["soldToCustomerCode"].strip() == "0077"


def test_a_quantity_break_does_not_take_the_place_of_the_price(adaptive: Qad) -> None:
    lines = (line("00017", 200, netPrice=Decimal("7.77")),)
    (done,) = adaptive.write(adaptive.order("HU-7002", *lines))
    (order,) = adaptive.orders("HU-7002")
    assert order["lines"][0]["netPrice"] == "7.77"
    assert done.assigned["totalAmount"] == Decimal(1554)


def test_a_credit_hold_is_told(qad: Qad) -> None:
    reference = f"HU-8001-{qad.face[0]}"
    qad.control.config(credit_hold_over=10)
    (done,) = qad.write(qad.order(reference))
    assert done.assigned["orderStatus"] == "HD"
    if qad.face == "adaptive":
        assert "credit hold" in str(done.assigned["message"])


def test_a_user_without_the_role_is_told_so(qad: Qad) -> None:
    connector = qad.open(username="svc_short", password="sandbox-2")
    item = qad.order("HU-8002")
    try:
        (result,) = connector.write("sales_orders", [item], match_field="key")
    except Exception as error:  # noqa: BLE001 - any of ours, judged below
        said = str(error)
    else:
        said = str(result.error)
    assert "access" in said
    assert qad.orders("HU-8002") == []


def test_answers_without_a_result_are_understood(adaptive: Qad) -> None:
    adaptive.control.config(bare_answers=True)
    (done,) = adaptive.write(adaptive.order("HU-8003"))
    assert done.outcome == "created"
    assert len(adaptive.orders("HU-8003")) == 1


def test_an_answer_in_parts_is_understood(enterprise: Qad) -> None:
    enterprise.control.config(multipart=True)
    (done,) = enterprise.write(enterprise.order("HU-8004"))
    assert done.outcome == "created"


def test_a_pool_without_a_free_session_costs_no_order_and_makes_no_second(
    enterprise: Qad,
) -> None:
    item = enterprise.order("HU-8005")
    enterprise.control.config(sessions=1, session_wait_s=0.05)
    enterprise.control.edit(action="sessions", count=1)
    with pytest.raises(UnavailableError, match="ProcessException009"):
        enterprise.write(item)
    enterprise.control.edit(action="sessions", count=0)
    enterprise.control.config(sessions=1, session_wait_s=5, session_held_s=0.05)
    connectors = [enterprise.open() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        read = [
            pool.submit(one.fetch, "items", ["10USA:item:00017"]) for one in connectors
        ]
        (done,) = enterprise.write(item)
        assert all(job.result() for job in read), "calls wait for the one session"
    assert done.outcome == "created"
    assert len(enterprise.orders("HU-8005")) == 1


def test_a_wrong_field_of_the_reference_stops_at_one_header() -> None:
    """Without it nothing would tell whether an order has arrived."""
    with SandboxThread(QadStandIn()) as box:
        box.control("qad").seed(5)
        qad = Qad(box, "adaptive")
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="customerPo"):
                qad.write(qad.order("HU-9001"), order_reference_field="customerPo")
        (order,) = qad.orders()
        assert (order["isConfirmed"], order["lines"]) == (False, [])
        for connector in qad.opened:
            connector.close()
