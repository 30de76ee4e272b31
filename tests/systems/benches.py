"""What the contract suite has to know of each system to try its connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.core.client import ControlClient
from connectors.sdk.contract import Connector
from connectors.sdk.records import Fields, WriteItem

Rule = dict[str, Any]
_JDE_CUSTOMER = "6001"
_STOCK = 25


def _unstocked(_control: ControlClient) -> None:
    return None


def _unwritable(object_type: str, number: int) -> WriteItem:
    raise NotImplementedError(f"{object_type} {number}")


def _unspoilable(item: WriteItem) -> WriteItem:
    raise NotImplementedError(item.key)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One system's stand-in and how to drive it.

    `settings` are good ones but for the address; `wrong` are the ones that spoil
    them. `stock` adds records for reads of several pages, `counts` tells how many a
    whole read must then bring. `sample` makes the n-th item to write, `spoil` turns
    one into what the system refuses. `expire` is a fault rule that ends all sessions.
    `data` matches the paths of business calls, `writes` those that write, where they
    are others, with `writes_body` in their bodies where paths do not tell; `tables`
    names what the stand-in keeps an object in, likewise. `path` is what an address has
    behind its host.
    """

    settings: Mapping[str, Any]
    wrong: Mapping[str, Any]
    secrets: tuple[str, ...]
    data: str
    writes: str = ""
    writes_body: str = ""
    path: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    prepare: Callable[[ControlClient, Connector], None] | None = None
    stock: Callable[[ControlClient], None] = _unstocked
    counts: Callable[[ControlClient], Mapping[str, int]] = lambda _control: {}
    sample: Callable[[str, int], WriteItem] = _unwritable
    spoil: Callable[[WriteItem], WriteItem] = _unspoilable
    expire: Rule | None = None

    def loses_a_write(self) -> Rule:
        """A fault rule: the first write is carried out, and its answer is lost."""
        match = {"path": self.writes or self.data, "method": "POST"}
        if self.writes_body:
            match["body"] = self.writes_body
        return {"match": match, "times": 1, "do": {"apply_then_drop": True}}


def _hubspot_prepare(_control: ControlClient, connector: Connector) -> None:
    for name, target in connector.spec.objects.items():
        if target.can("ensure_fields"):
            ours = [one.name for one in target.fields.values() if one.managed]
            assert set(connector.ensure_fields(name, ours).values()) == {"created"}


_HUBSPOT_DAY = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("UTC"))
_HUBSPOT_LINES: tuple[Fields, ...] = (
    {"name": "Pump", "quantity": Decimal(2), "price": Decimal("180.50")},
    {"name": "Valve", "quantity": Decimal("1.5"), "price": Decimal(20)},
)
_HUBSPOT_SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "companies": {"name": "Company {n}", "city": "Basel"},
    "contacts": {"firstname": "Ann", "email": "ann.{n}@example.com"},
    "products": {"name": "Product {n}", "hs_sku": "P-{n}"},
    "line_items": {"name": "Line {n}", "price": Decimal("12.50")},
    "deals": {
        "dealname": "Deal {n}",
        "dealstage": "closedwon",
        "amount": Decimal("381.00"),
    },
    "orders": {"hs_order_name": "Order {n}", "hs_currency_code": "EUR"},
    "quotes": {"hs_title": "Quote {n}", "hs_expiration_date": _HUBSPOT_DAY},
    "invoices": {
        "hs_currency": "EUR",
        "hs_number": "RE-{n}",
        "hs_invoice_status": "open",
        "hs_amount_billed": Decimal("391.00"),
        "hs_due_date": _HUBSPOT_DAY,
    },
    "payments": {
        "hs_initial_amount": Decimal("391.00"),
        "hs_initiated_date": _HUBSPOT_DAY,
        "hs_reference_number": "R-{n}",
    },
}
_HUBSPOT_SPOILT: Mapping[str, Mapping[str, Any]] = {
    "line_items": {"price": Decimal(-1)},
    "deals": {"dealstage": "Closed Won"},
    "orders": {"hs_total_price": "a lot"},
    "quotes": {"hs_expiration_date": "the day before"},
    "invoices": {"hs_due_date": "the day before"},
    "payments": {"hs_latest_status": "Succeeded"},
}


def _hubspot_sample(object_type: str, number: int) -> WriteItem:
    key = f"erp:{object_type}:{number}"
    values = {
        name: value.replace("{n}", str(number)) if isinstance(value, str) else value
        for name, value in _HUBSPOT_SAMPLES[object_type].items()
    }
    documents = ("deals", "orders", "quotes", "invoices")
    lines = _HUBSPOT_LINES if object_type in documents else ()
    return WriteItem(key=key, fields={"erp_key": key, **values}, lines=lines)


_HUBSPOT_STOCK: Mapping[str, Mapping[str, str]] = {
    "companies": {"name": "Stock {n}", "erp_key": "stock:{n}"},
    "contacts": {"email": "s{n}@example.com", "erp_key": "stock:{n}"},
    "products": {"name": "Stock {n}", "erp_key": "stock:{n}"},
    "line_items": {"name": "Stock {n}", "erp_key": "stock:{n}"},
    "deals": {
        "dealname": "Stock {n}",
        "dealstage": "closedwon",
        "erp_key": "stock:{n}",
    },
    "orders": {"hs_order_name": "Stock {n}", "erp_key": "stock:{n}"},
    "quotes": {
        "hs_title": "Stock {n}",
        "hs_expiration_date": "2026-12-24",
        "erp_key": "stock:{n}",
    },
    "invoices": {
        "hs_currency": "USD",
        "hs_number": "INV-{n}",
        "erp_key": "stock:{n}",
    },
    "commerce_payments": {
        "hs_initial_amount": "{n}",
        "hs_initiated_date": "2026-11-20",
        "hs_reference_number": "R-{n}",
        "erp_key": "stock:{n}",
    },
}


def _hubspot_stock(control: ControlClient) -> None:
    for name, values in _HUBSPOT_STOCK.items():
        control.edit(type=name, action="fill", count=_STOCK, set=values)


def _hubspot_counts(_control: ControlClient) -> Mapping[str, int]:
    return dict.fromkeys(_HUBSPOT_SAMPLES, _STOCK)


def _hubspot_spoil(item: WriteItem) -> WriteItem:
    spoilt = _HUBSPOT_SPOILT.get(
        item.key.split(":")[1], {"erp_changed_at": "the day before"}
    )
    return replace(item, fields={**item.fields, **spoilt})


def _jde_stock(control: ControlClient) -> None:
    for number in range(900, 900 + _STOCK):
        values = {"PYID": number, "CKNU": f"STOCK-{number}", "AN8": _JDE_CUSTOMER}
        control.edit(action="insert", table="F03B13", set=values)


def _jde_sample(object_type: str, number: int) -> WriteItem:
    day = datetime.now(ZoneInfo("America/New_York")).date()
    amount = Decimal(10) + number
    fields: dict[str, Mapping[str, Any]] = {
        "customers": {"ALPH": f"Sample {number}", "city": "Leeds"},
        "contacts": {"first_name": "Ann", "last_name": f"Sample {number}"},
        "items": {"LITM": f"SAMPLE-{number}", "DSC1": f"Sample {number}"},
        "accounts": {"account": f"1.{9000 + number}", "DL01": f"Sample {number}"},
        "invoices": {"DIVJ": day, "AG": amount},
        "payments": {"DMTJ": day, "amount": amount},
        "journals": {"DGJ": day},
    }
    credit: Fields = {"amount": amount, "account": "1.5010"}
    debit: Fields = {"amount": -amount, "account": "1.8720"}
    lines: dict[str, list[Fields]] = {"invoices": [credit], "journals": [credit, debit]}
    return WriteItem(
        key=f"{object_type}:{number}",
        fields=fields[object_type],
        refs={"AN8": _JDE_CUSTOMER},
        reference=f"S-{number}",
        lines=lines.get(object_type, ()),
    )


def _jde_spoil(item: WriteItem) -> WriteItem:
    name = "STKT" if "LITM" in item.fields else "PEC"
    return replace(item, fields={**item.fields, name: "Z"})


def _jde_counts(control: ControlClient) -> Mapping[str, int]:
    documents = {(one["DOC"], one["KCO"]) for one in control.records("F03B11")}
    counts = {"invoices": len(documents), "payments": len(control.records("F03B13"))}
    return counts | {"customers": 25, "items": control.describe()["tables"]["F4101"]}


def _qad_stock(control: ControlClient) -> None:
    for number in range(_STOCK):
        order = {
            "salesOrderNumber": f"X{number:05d}", "soldToCustomerCode": "C1001",
            "purchaseOrder": f"STOCK-{number}", "currencyCode": "USD", "lines": [],
            "totalAmount": 0, "orderStatus": "", "isConfirmed": True,
        }  # fmt: skip
        control.edit(type="orders", action="insert", set=order)


def _qad_counts(control: ControlClient) -> Mapping[str, int]:
    def people(table: str, name: str) -> int:
        rows = [one for one in control.records(table) if _QAD_SET in one.values()]
        return sum(len(one[name]) for one in rows)

    return {
        "customers": 40,
        "suppliers": 14,
        "items": 80,
        "sales_orders": _STOCK,
        "contacts": people("customers", "customerContactV2s"),
        "supplier_contacts": people("suppliers", "supplierContactV2s"),
    }


def _qad_sample(context: str) -> Callable[[str, int], WriteItem]:
    def sample(object_type: str, number: int) -> WriteItem:
        line: Fields = {
            "item": "10USA:item:00017",
            "quantityOrdered": Decimal(2 + number),
            "netPrice": Decimal("9.90"),
        }
        return WriteItem(
            key=f"{object_type}:{number}",
            fields={"currencyCode": "USD"},
            refs={"customer": f"{context}:customer:C1001"},
            reference=f"S-{number}",
            lines=[line],
        )

    return sample


_QAD_SET = "SHARED10"
_QAD = {
    "username": "svc_hub", "password": "sandbox-1", "domain": "10USA",
    "entity": "10USACO", "time_zone": "America/Chicago", "default_site": "10-100",
    "page_size": 10,
}  # fmt: skip


def _syspro_stock(control: ControlClient) -> None:
    """More codes than fit on a page, too."""
    for number in range(_STOCK):
        for table, key in (("TblArTerms", "TermsCode"), ("TblCustomerClass", "Class")):
            values = {key: f"{number + 65:02d}", "Description": f"Code {number}"}
            control.edit(action="insert", table=table, set=values)


def _syspro_counts(control: ControlClient) -> Mapping[str, int]:
    customers = control.records("ArCustomer")
    contacts = [one for one in customers if one["Contact"] or one["Email"]]
    tables = control.describe()["tables"]
    return {
        "customers": len(customers),
        "contacts": len(contacts),
        "invoices": tables["ArInvoice"],
        "terms": tables["TblArTerms"],
        "classes": tables["TblCustomerClass"],
    }


BENCHES: dict[str, Bench] = {
    "hubspot": Bench(
        settings={
            "access_token": "pat-na1-sandbox-full",
            "page_size": 10,
            "searches_per_second": 1000,
        },
        wrong={"access_token": "pat-na1-nobody-knows-this"},
        secrets=("pat-na1-sandbox-full", "pat-na1-nobody-knows-this"),
        data=r"/objects/",
        knobs={
            "property_lag_s": 0.0,
            "search_lag_s": 0.0,
            "search_per_second": 100_000,
            "rate_limit": 100_000,
        },
        prepare=_hubspot_prepare,
        stock=_hubspot_stock,
        counts=_hubspot_counts,
        sample=_hubspot_sample,
        spoil=_hubspot_spoil,
        tables={"payments": "commerce_payments"},
    ),
    "jde": Bench(
        settings={
            "username": "HSINTEG",
            "password": "sandbox-1",
            "page_size": 10,
            "document_company": "1",
        },
        wrong={"password": "not-the-password"},
        secrets=("sandbox-1", "not-the-password"),
        data=r"/dataservice",
        writes=r"/orchestrator/",
        tables={"items": "F4101", "accounts": "F0901"},
        seed=25,
        stock=_jde_stock,
        counts=_jde_counts,
        sample=_jde_sample,
        spoil=_jde_spoil,
        expire={
            "match": {"path": r"/dataservice"},
            "times": 1,
            "do": {"pass": {"kill_sessions": True}},
        },
    ),
    "qad": Bench(
        settings={**_QAD, "shared_set": _QAD_SET},
        wrong={"password": "not-the-password"},
        secrets=("sandbox-1", "not-the-password"),
        path="/clouderp",
        data=r"/api/(erp|qracore/browses)",
        # The last call of an order, after which it carries our reference.
        writes=r"/salesOrderHeaders\?.*salesOrderNumber=",
        seed=40,
        stock=_qad_stock,
        counts=_qad_counts,
        sample=_qad_sample(_QAD_SET),
        expire={
            "match": {"path": r"/api/"},
            "times": 1,
            "do": {"pass": {"kill_sessions": True}},
        },
    ),
    "qad enterprise": Bench(
        settings={**_QAD, "face": "enterprise"},
        wrong={"password": "not-the-password"},
        secrets=("sandbox-1", "not-the-password"),
        path="/qxi/services/QdocWebService",
        data=r"/QdocWebService",
        writes_body="maintainSalesOrder",
        seed=40,
        stock=_qad_stock,
        counts=_qad_counts,
        sample=_qad_sample("10USA"),
    ),
    "syspro": Bench(
        settings={
            "operator": "HSYNC",
            "operator_password": "enet-secret-1",
            "company_id": "EDU1",
            "company_password": "company-secret-1",
            "odata_password": "odata-secret-1",
            "time_zone": "America/Chicago",
            "company_currency": "USD",
            "page_size": 10,
            "class_object": "ARSSCL",
            "terms_object": "ARSSTC",
            "due_days_column": "DueDays",
        },
        wrong={"operator_password": "not-this-one", "odata_password": "nor-this-one"},
        secrets=(
            "enet-secret-1",
            "company-secret-1",
            "odata-secret-1",
            "not-this-one",
            "nor-this-one",
            "SYS800-",
        ),
        data=r"/SYSPROOData/",
        seed=25,
        stock=_syspro_stock,
        counts=_syspro_counts,
    ),
}
