"""SYSPRO in the demo: one invoice is in a currency that HubSpot's account lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from connectors.management.demo.scenes.scene import Planted, Scene
from connectors.management.demo.verdict import Verdict, carried

CURRENCY = "CHF"


class SysproScene(Scene):
    """Customers, contacts and invoices, and what each company owes."""

    name: ClassVar[str] = "SYSPRO"

    def prepare(self) -> None:
        first = next(one for one in self._invoices() if _key(one).endswith("/I"))
        key = _key(first).split("/")
        values = {"PostCurrency": CURRENCY}
        self.erp.edit(table="ArInvoice", key=key, set=values)

    def customers(self) -> int:
        return len(self.erp.records("ArCustomer"))

    def left(self) -> list[Planted]:
        why = f"HubSpot's account does not have its currency, {CURRENCY}"
        return [
            Planted("syspro", "invoices", _key(one), why)
            for one in self._invoices()
            if one["PostCurrency"] == CURRENCY
        ]

    def check(self, verdict: Verdict, left: Sequence[Planted]) -> None:
        held = carried(self.hubspot.records("companies"), "syspro")
        companies = {
            key: _values(one, name="name", owes="erp_open_balance")
            for key, one in held.items()
        }
        verdict.compare("customers", self.name, self._customers(), companies)
        held = carried(self.hubspot.records("invoices"), "syspro")
        invoices = {
            key: _values(one, total="hs_amount_billed", due="hs_balance_due")
            for key, one in held.items()
        }
        said = {
            _key(one): {
                "total": Decimal(one["CurrencyValue"]),
                "due": Decimal(one["InvoiceBal1"]),
            }
            for one in self._invoices()
        }
        spared = {one.key for one in left}
        verdict.compare("invoices", self.name, said, invoices, spared)
        verdict.agreed.append(
            f"HubSpot agrees with SYSPRO: {len(companies):,} customers with what they "
            f"owe, {len(invoices):,} invoices with total and what is due, none twice."
        )

    def _invoices(self) -> list[dict[str, Any]]:
        return list(self.erp.records("ArInvoice"))

    def _customers(self) -> dict[str, dict[str, Any]]:
        balances = {
            row["Customer"]: Decimal(row["CurrentBalance1"])
            for row in self.erp.records("ArCustomerBal")
        }
        return {
            row["Customer"]: {"name": row["Name"], "owes": balances[row["Customer"]]}
            for row in self.erp.records("ArCustomer")
        }


def _key(invoice: Mapping[str, Any]) -> str:
    return "/".join(invoice[name] for name in ("Customer", "Invoice", "DocumentType"))


def _values(record: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """HubSpot's values under our names, amounts as such."""
    held = {name: record["properties"].get(there) for name, there in names.items()}
    return {
        name: value if name == "name" else Decimal(value or 0)
        for name, value in held.items()
    }
