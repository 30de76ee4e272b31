"""QXtend's stand-in is as strict as the vendor, spoken to without a connector."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.qad.standin import QadStandIn

ENVELOPE = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns="{space}" xmlns:q="urn:schemas-qad-com:xml-services:common"
 xmlns:w="http://www.w3.org/2005/08/addressing"><s:Header>
 <w:To>urn:services-qad-com:{to}</w:To></s:Header><s:Body><maintainSalesOrder>
 <q:dsSessionContext>{context}</q:dsSessionContext>
 <dsSalesOrder>{orders}</dsSalesOrder></maintainSalesOrder></s:Body></s:Envelope>"""
SPACE = "urn:schemas-qad-com:xml-services"
GOOD = {"version": "eB2_2", "domain": "10USA", "username": "svc_hub",
        "password": "sandbox-1", "scopeTransaction": "true"}  # fmt: skip
LINE = """<salesOrderDetail><operation>A</operation><line>1</line>
 <sodPart>{item}</sodPart><sodQtyOrd>2</sodQtyOrd></salesOrderDetail>"""


def order(number: str = "", item: str = "00017", operation: str = "A") -> str:
    """One order of the message."""
    return f"""<salesOrder><operation>{operation}</operation><soNbr>{number}</soNbr>
     <soCust>C1001</soCust><soDueDate>2026-12-01</soDueDate><soPo>PO</soPo>
     <soCurr>USD</soCurr><soSite>10-100</soSite>{LINE.format(item=item)}</salesOrder>"""


class Qxi:
    """Sends messages and keeps the last status."""

    def __init__(self, box: SandboxThread) -> None:
        self.url = box.url["qad"] + "/qxi/services/QdocWebService"
        self.control = box.control("qad")

    def send(
        self,
        orders: str,
        *,
        to: str = "QADERP",
        action: bool = True,
        space: str = SPACE,
        template: str = ENVELOPE,
        **context: str,
    ) -> str:
        """The text of the answer, after its status."""
        rows = "".join(
            f"<q:ttContext><q:propertyQualifier>QAD</q:propertyQualifier>"
            f"<q:propertyName>{name}</q:propertyName>"
            f"<q:propertyValue>{value}</q:propertyValue></q:ttContext>"
            for name, value in {**GOOD, **context}.items()
        )
        body = template.format(space=space, to=to, context=rows, orders=orders)
        headers = {"Content-Type": "text/xml", **({"SOAPAction": ""} if action else {})}
        answer = requests.post(self.url, body.encode(), headers=headers, timeout=9)
        return f"{answer.status_code} {answer.text}"

    def numbers(self) -> list[str]:
        return [row["salesOrderNumber"] for row in self.control.records("orders")]


@pytest.fixture
def qxi() -> Iterator[Qxi]:
    with SandboxThread(QadStandIn()) as box:
        box.control("qad").seed(10)
        yield Qxi(box)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"action": False}, "500 "),
        ({"to": "NOBODY"}, "TransactionException002"),
        ({"version": ""}, "TransactionException002"),
        ({"password": "wrong"}, "ProcessException001"),
        ({"domain": "NOSUCH"}, "ProcessException001"),
        ({"space": "urn:none"}, "EventException"),
    ],
)
def test_what_is_wrong_before_the_qdoc_runs_is_a_fault(
    qxi: Qxi, changed: dict[str, str], said: str
) -> None:
    answer = qxi.send(order("H1"), **changed)  # type: ignore[arg-type]
    assert answer.startswith("500 ")
    assert said in answer
    assert "Fault" in answer
    assert qxi.numbers() == []


def test_operations_have_their_existence_errors(qxi: Qxi) -> None:
    assert "200 " in qxi.send(order("H1", operation="A"))
    assert "already exists" in qxi.send(order("H1", operation="A"))
    assert "does not exist" in qxi.send(order("H2", operation="M"))
    assert "not valid" in qxi.send(order("H2", operation="a"))
    assert "success" in qxi.send(order("H1", operation="S"))
    assert qxi.numbers() == ["H1"]


def test_a_transaction_is_whole_or_not(qxi: Qxi) -> None:
    both = order("H1") + order("H2", item="NO-SUCH")
    answer = qxi.send(both)
    assert "TransactionException001" in answer
    assert "salesOrderDetail#1(line-1) field(sodPart)" in answer
    assert qxi.numbers() == []
    assert "TransactionException007" in qxi.send(both, scopeTransaction="false")
    assert qxi.numbers() == ["H1"]


def test_elements_stand_in_the_order_of_the_schema(qxi: Qxi) -> None:
    late = order("H1").replace("<soCust>C1001</soCust>", "").replace(
        "</soSite>", "</soSite><soCust>C1001</soCust>"
    )  # fmt: skip
    assert "comes too late" in qxi.send(late)
    qxi.control.config(strict_order=False)
    assert "success" in qxi.send(late)


def test_long_texts_are_cut_with_a_warning(qxi: Qxi) -> None:
    long = order("H1").replace("<soPo>PO</soPo>", f"<soPo>{'9' * 30}</soPo>")
    answer = qxi.send(long)
    assert "<result>warning</result>" in answer
    assert "truncated" in answer
    assert qxi.control.records("orders")[0]["purchaseOrder"] == "9" * 22


def test_a_message_sent_twice_without_a_number_makes_two(qxi: Qxi) -> None:
    qxi.control.config(time_out_after_store=True)
    assert "ProcessException009" in qxi.send(order())
    qxi.control.config(time_out_after_store=False)
    qxi.send(order())
    assert len(qxi.numbers()) == 2


def test_the_pool_of_sessions_makes_callers_wait_and_gives_them_up(qxi: Qxi) -> None:
    qxi.control.config(sessions=1, session_held_s=0.2)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(qxi.send, (order(f"H{n}") for n in range(3))))
    assert all("success" in one for one in answers), "they have waited for each other"
    qxi.control.config(session_wait_s=0.1)
    qxi.control.edit(action="sessions", count=1)
    assert "ProcessException009" in qxi.send(order("H9"))
    assert sorted(qxi.numbers()) == ["H0", "H1", "H2"]
    qxi.control.edit(action="sessions", count=0)
    assert "success" in qxi.send(order("H9"))


def test_without_detail_the_number_that_was_given_is_not_told(qxi: Qxi) -> None:
    assert "<soNbr>" in qxi.send(order())
    brief = (
        "<w:ReferenceParameters><q:suppressResponseDetail>true"
        "</q:suppressResponseDetail></w:ReferenceParameters></s:Header>"
    )
    answer = qxi.send(order(), template=ENVELOPE.replace("</s:Header>", brief))
    assert "<result>success</result>" in answer
    assert "soNbr" not in answer
    assert len(qxi.numbers()) == 2


def test_document_types_are_refused(qxi: Qxi) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'
    headers = {"Content-Type": "text/xml", "SOAPAction": ""}
    answer = requests.post(qxi.url, bomb, headers=headers, timeout=9)
    assert (answer.status_code, "DOCTYPE" in answer.text) == (500, True)
