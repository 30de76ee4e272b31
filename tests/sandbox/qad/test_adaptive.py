"""Adaptive ERP's stand-in is as strict as the vendor, spoken to without a connector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.qad.standin import QadStandIn

CUSTOMERS = "urn:browse:bebrowse:com.qad.erp.base.customers"
VIEW = "urn:be:com.qad.sales.salesorder.ISalesOrderHeader"
CUSTOMER = "urn:be:com.qad.base.customer.ICustomerV2"
HEAD: dict[str, Any] = {
    "domainCode": "10USA", "salesOrderNumber": "H1", "soldToCustomerCode": "C1001",
    "siteCode": "10-100", "currencyCode": "USD", "creditTermsCode": "30",
    "daybookSetCode": "SLS", "purchaseOrder": "PO-1", "dataOperation": "C",
}  # fmt: skip


class Client:
    """Somebody with a token, in a workspace."""

    def __init__(self, box: SandboxThread) -> None:
        self.url = box.url["qad"] + "/clouderp"
        self.control: ControlClient = box.control("qad")
        self.headers = {"x-qad-workspace-id": "10USA_10USACO"}
        token = self.token().json()["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    def token(self, **changed: str) -> requests.Response:
        form = {"grant_type": "password", "client_id": "mlc-sandbox",
                "username": "svc_hub", "password": "sandbox-1", **changed}  # fmt: skip
        return requests.post(f"{self.url}/oauth/token", data=form, timeout=9)

    def get(self, path: str, **params: Any) -> requests.Response:
        url = f"{self.url}/api/{path}"
        return requests.get(
            url, params=params, headers=self.headers, timeout=9, allow_redirects=False
        )

    def post(self, path: str, body: Any, **params: str) -> requests.Response:
        url = f"{self.url}/api/erp/{path}"
        return requests.post(
            url, json=body, params=params, headers=self.headers, timeout=9
        )

    def browse(self, **params: Any) -> Any:
        usual = {"browseId": CUSTOMERS, "page": 1, "pageAction": "first"}
        return self.get("qracore/browses", **{**usual, **params}).json()

    def head(self, **changed: Any) -> Any:
        body = {"salesOrderHeaders": [{**HEAD, **changed}]}
        return self.post("salesOrderHeaders", body, viewUri=VIEW).json()


@pytest.fixture
def client() -> Iterator[Client]:
    with SandboxThread(QadStandIn()) as box:
        box.control("qad").seed(12)
        yield Client(box)


def test_everything_lives_below_the_context_root(client: Client) -> None:
    host = client.url.removesuffix("/clouderp")
    for path in ("/api/qracore/securityControl", "/qad-central/oauth/token"):
        assert requests.get(host + path, timeout=9).status_code == 404


def test_tokens_die_of_age_and_of_idleness(client: Client) -> None:
    client.control.clock(advance_s=1000)
    answer = client.get("qracore/securityControl")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    first = client.token().json()
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert client.token(**refresh).status_code == 200
    assert client.token(**refresh).status_code == 400, "single use"
    assert client.token(client_id="x").status_code == 401


def test_a_user_is_locked_after_wrong_passwords(client: Client) -> None:
    for _ in range(3):
        assert client.token(password="wrong").json()["error"] == "invalid_grant"
    assert client.token().status_code == 400, "locked, though it is the right one"


def test_without_a_workspace_other_data_comes(client: Client) -> None:
    mine = client.browse(pageSize=50)["data"]
    del client.headers["x-qad-workspace-id"]
    others = client.browse(pageSize=50)["data"]
    assert {row["customerV2.sharedSetCode"] for row in others} == {"SHARED20"}
    assert len(mine) == 12
    client.headers["x-qad-workspace-id"] = "NO_SUCH"
    assert client.get("qracore/browses", browseId=CUSTOMERS).status_code == 403


def test_browses_need_their_page_and_their_grammar(client: Client) -> None:
    assert client.get("qracore/browses", browseId=CUSTOMERS).json()["data"] == []
    first, again = client.browse(pageSize=5), client.browse(pageSize=5, page=2)
    assert first == again, "pageAction=first is page 1"
    assert first["auxillaryData"] == {"HasMoreParams": "true"}
    full = client.browse(pageSize=12)
    assert (len(full["data"]), full["auxillaryData"]["HasMoreParams"]) == (12, "false")
    bad = "customerV2.customerCode,like,C,literal"
    assert "not supported" in client.browse(filter=bad)["message"]
    assert "not in the browse" in client.browse(filter="x.y,eq,1,literal")["message"]
    assert client.get("qracore/browses", browseId=CUSTOMERS, page=1,
                      pageAction="first", pageSize=5000).status_code == 504  # fmt: skip


def test_headers_are_refused_with_everything_that_is_wrong(client: Client) -> None:
    wrong = {
        "siteCode": "X", "currencyCode": "XXX", "soldToCustomerCode": "C1008",
        "salesOrderNumber": "TOO-LONG-A-NUMBER", "daybookSetCode": "",
    }  # fmt: skip
    said = client.head(**wrong)
    assert said["submitResult"]["success"] is False
    names = {one["fieldName"] for one in said["submitResult"]["errors"]}
    assert names == set(wrong)
    assert client.control.records("orders") == []
    assert client.head()["submitResult"]["success"] is True
    assert "already exists" in str(client.head())


def test_updates_need_the_hash_and_clear_what_is_left_out(client: Client) -> None:
    keys = {"sharedSetCode": "SHARED10", "customerCode": "C1001", "viewUri": CUSTOMER}
    (row,) = client.get("erp/customerV2s", **keys).json()["data"]["customerV2s"]
    part = {
        name: row[name]
        for name in ("customerCode", "businessRelationCode", "currencyCode")
    }
    change = {**part, "concurrencyHash": row["concurrencyHash"], "dataOperation": "U"}
    assert client.post("customerV2s", {"customerV2s": [change]}, **keys).json()[
        "submitResult"
    ]["success"]
    (now,) = client.get("erp/customerV2s", **keys).json()["data"]["customerV2s"]
    assert (now["city"], now["EMail"]) == (None, None)
    stale = client.post("customerV2s", {"customerV2s": [change]}, **keys).json()
    assert "changed by another user" in str(stale)
    bare = client.get("erp/customerV2s", **{**keys, "viewUri": "urn:be:x"})
    assert (bare.status_code, "errors" in bare.json()) == (400, True)


def test_lines_come_only_by_their_conversation(client: Client) -> None:
    client.head()
    grid = {"initialize": "true", "domainCode": "10USA", "salesOrderNumber": "H1"}
    (line,) = client.get("erp/salesOrderLinesGrid", **grid).json()["data"][
        "salesOrderLines"
    ]
    line["salesOrderLine"] = 1
    bare = client.post("salesOrderLinesGrid", {"salesOrderLines": [line]}).json()
    assert "Field is mandatory" in str(bare)

    def change(row: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
        body = {"salesOrderLines": [{**row, name: value}]}
        answer = client.post(
            "salesOrderLines/fieldChange", body, fieldName=name, dataOperation="CREATE"
        )
        found: dict[str, Any] = answer.json()["data"]["salesOrderLines"][0]
        return found

    priced = change(change(line, "itemCode", "00017"), "netPrice", 7.5)
    broken = change(priced, "quantityOrdered", 100)
    assert broken["netPrice"] == 0.91, "the quantity takes the price's place"
    stale = change(line, "quantityOrdered", 5)
    assert stale["itemCode"] == "", "an old object has lost its item"
    kept = client.post("salesOrderLinesGrid", {"salesOrderLines": [broken]}).json()
    assert kept["submitResult"]["success"] is True
    (order,) = client.control.records("orders")
    assert order["totalAmount"] == "91.00"
    assert client.control.ledger("orders")["types"]["orders"]["created_twice"] == []
