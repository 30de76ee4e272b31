"""QAD in the demo: HubSpot's users win deals, one with a line that names no item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from connectors.management.demo.scenes.scene import Planted, Scene
from connectors.management.demo.verdict import Verdict, carried

SET, DOMAIN = "SHARED10", "10USA"
WON, UNDER_WAY = "closedwon", "contractsent"
# Won deals, each over so many of the items that QAD sells; one more is under way.
DEALS = (("2", "1"), ("5",), ("1", "1", "3"))
STOPPED = "Deal with a line of its own"
CUSTOM = {"name": "Bracket, made to measure", "price": "35.50", "quantity": "1"}
# Our name of a HubSpot deal in QAD.
REFERENCE = "HU-{}"


class QadScene(Scene):
    """Customers, suppliers, their people and items; won deals back."""

    name: ClassVar[str] = "QAD"

    def prepare(self) -> None:
        """Everybody gets a mailbox of their own: HubSpot allows an address once."""
        seen: set[str] = set()
        for kind in ("customer", "supplier"):
            people = f"{kind}ContactV2s"
            for row in self._here(f"{kind}s"):
                mails = [one["EMail"] for one in row[people]]
                for number, person in enumerate(row[people]):
                    if person["EMail"] in seen:
                        person["EMail"] = f"desk{number}.{person['EMail']}"
                    seen |= {person["EMail"]} - {""}
                if mails != [one["EMail"] for one in row[people]]:
                    self._enter(kind, row, people)

    def _enter(self, kind: str, row: Mapping[str, Any], name: str) -> None:
        """As a load does, which leaves the day of change alone."""
        self.erp.edit(
            type=f"{kind}s",
            key=row[f"{kind}Code"],
            set={name: row[name]},
            touch=False,
        )

    def act(self) -> None:
        if not self.both_ways or self.hubspot.records("deals"):
            return
        lines = [_line(one) for one in self._sold()]
        for number, quantities in enumerate(DEALS):
            sold = [
                {**lines[n + number], "quantity": q} for n, q in enumerate(quantities)
            ]
            self._deal(f"Deal {number + 1}", number, sold, WON)
        self._deal("Deal under way", 0, lines[:1], UNDER_WAY)
        self._deal(STOPPED, 1, [lines[1], CUSTOM], WON)

    def customers(self) -> int:
        return len(self._here("customers"))

    def left(self) -> list[Planted]:
        why = f"its line “{CUSTOM['name']}” names no item"
        return [
            Planted("hubspot", "deals", one["id"], why)
            for one in self.hubspot.records("deals")
            if one["properties"]["dealname"] == STOPPED
        ]

    def check(self, verdict: Verdict, left: Sequence[Planted]) -> None:
        held = carried(self.hubspot.records("companies"), "qad")
        companies = {
            key: {"name": one["properties"].get("name")} for key, one in held.items()
        }
        verdict.compare("companies", self.name, self._companies(), companies)
        held = carried(self.hubspot.records("products"), "qad")
        products = {
            key: {"price": Decimal(one["properties"].get("price") or 0)}
            for key, one in held.items()
        }
        items = {
            f"{DOMAIN}:item:{row['itemCode']}": {"price": Decimal(row["listPrice"])}
            for row in self.erp.records("items")
            if row["domainCode"] == DOMAIN
        }
        verdict.compare("items", self.name, items, products)
        verdict.agreed.append(
            f"HubSpot agrees with QAD: {len(companies):,} customers and suppliers, "
            f"{len(products):,} items with their prices, none twice."
        )
        if self.both_ways:
            self._check_orders(verdict, {one.key for one in left})

    def _check_orders(self, verdict: Verdict, left: set[str]) -> None:
        """Each won deal is one order over its amount, and was told its number."""
        orders = self.erp.records("orders")
        count = 0
        for deal in self.hubspot.records("deals"):
            said, key = deal["properties"], deal["id"]
            reference = REFERENCE.format(key)
            mine = [one for one in orders if one["purchaseOrder"] == reference]
            wanted = said["dealstage"] == WON and key not in left
            totals = [Decimal(one["totalAmount"]) for one in mine]
            if totals != ([Decimal(said["amount"])] if wanted else []):
                verdict.problems.append(
                    f"Deal {key} of {said['amount']} has orders of "
                    f"{', '.join(map(str, totals)) or 'nothing'} in QAD"
                )
            elif wanted and said.get("erp_number") != mine[0]["salesOrderNumber"]:
                verdict.problems.append(f"Deal {key} was not told its number in QAD")
            count += len(mine)
        verdict.agreed.append(
            f"QAD has {count:,} orders of HubSpot's won deals once each, and HubSpot "
            "was told their numbers."
        )

    def _here(self, table: str) -> list[dict[str, Any]]:
        rows = self.erp.records(table)
        return [row for row in rows if row["sharedSetCode"] == SET]

    def _companies(self) -> dict[str, dict[str, Any]]:
        return {
            f"{SET}:{kind}:{row[f'{kind}Code']}": {
                "name": row["businessRelationName"].strip()
            }
            for kind in ("customer", "supplier")
            for row in self._here(f"{kind}s")
        }

    def _sold(self) -> list[Mapping[str, Any]]:
        """HubSpot's products that are items of QAD with a price."""
        held = carried(self.hubspot.records("products"), "qad").values()
        return [one for one in held if Decimal(one["properties"].get("price") or 0)]

    def _deal(
        self, name: str, customer: int, lines: Sequence[Mapping[str, str]], stage: str
    ) -> None:
        """A deal with its lines, of one of the first customers."""
        amounts = [Decimal(one["price"]) * Decimal(one["quantity"]) for one in lines]
        held = carried(self.hubspot.records("companies"), "qad")
        companies = sorted(key for key in held if key.startswith(f"{SET}:customer:C"))
        deal = self._create(
            "deals",
            dealname=name,
            dealstage="appointmentscheduled",
            amount=str(sum(amounts, Decimal())),
            deal_currency_code="USD",
        )
        linked = [("companies", held[companies[customer]]["id"])]
        linked += [("line_items", self._create("line_items", **one)) for one in lines]
        for kind, key in linked:
            self.hubspot.edit(
                type="deals", action="associate", id=deal, to_type=kind, to_id=key
            )
        # Won once all of it is there.
        self.hubspot.edit(type="deals", id=deal, set={"dealstage": stage})

    def _create(self, kind: str, **values: str) -> str:
        made = self.hubspot.edit(type=kind, action="create", set=values)
        return str(made["id"])


def _line(product: Mapping[str, Any]) -> dict[str, str]:
    """One of a product, at its price."""
    said = product["properties"]
    return {
        "name": said["name"],
        "price": said["price"],
        "quantity": "1",
        "hs_product_id": product["id"],
    }
