"""Invoices and payments that users of HubSpot have made, and what has to be in the
books of JD Edwards for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from connectors.models import Binding
from tests.sync.ledgers.erp.world import ErpWorld
from tests.sync.pairs.documents import books, documents_of, invoice, payment, properties

NIL = Decimal(0)


@dataclass(slots=True)
class Paper:
    """An invoice: whose it is, the amounts of its lines, what was paid of it."""

    company: str
    amounts: list[Decimal]
    paid: Decimal = NIL
    merged: bool = False

    @property
    def open(self) -> Decimal:
        """What is still owed."""
        return sum(self.amounts, NIL) - self.paid


class Papers:
    """All that users have made since the world began."""

    def __init__(self, world: ErpWorld) -> None:
        self.site = world.site
        self.flows = world.flows
        self.invoices: dict[str, Paper] = {}
        # By id: what is paid, and how much.
        self.payments: dict[str, tuple[str, Decimal]] = {}
        self.moved = world.moved
        self._before = len(self.site.erp.records("F03B11"))

    def bill(self, company: str, person: str, amounts: list[Decimal]) -> None:
        """An open invoice with a line for each amount."""
        key = invoice(self.site, company, *map(str, amounts), person=person)
        self.invoices[key] = Paper(company, amounts)

    def pay(self, key: str, share: Decimal) -> None:
        """A payment of this share of what is still owed."""
        paper = self.invoices[key]
        amount = (paper.open * share).quantize(Decimal("0.01"))
        if amount > 0:
            made = payment(self.site, paper.company, key, str(amount))
            self.payments[made] = (key, amount)
            paper.paid += amount

    def unpaid(self) -> list[str]:
        """Invoices of which something is owed."""
        return [
            key
            for key, paper in self.invoices.items()
            if paper.open and not paper.merged
        ]

    def unposted(self, companies: set[str]) -> bool:
        """Whether payments of theirs are not in the books yet."""
        posted = {
            one["CKNU"].strip().removeprefix("HU-")
            for one in self.site.erp.records("F03B13")
        }
        theirs = [key for key, one in self.invoices.items() if one.company in companies]
        return any(self.payments[key][0] in theirs for key in {*self.payments} - posted)

    def merged(self, gone: set[str], survivor: str) -> None:
        """HubSpot has given the survivor what belonged to these companies; nobody
        pays it, for it may be the bill of another customer now."""
        for key, paper in self.invoices.items():
            if paper.company in gone:
                paper.company, paper.merged = survivor, True
                self.moved.add(key)
                self.moved |= {k for k, one in self.payments.items() if one[0] == key}

    def touch(self) -> None:
        """A field of each that nobody maps."""
        for kind, field, keys in (
            ("invoices", "hs_title", self.invoices),
            ("commerce_payments", "hs_reference_number", self.payments),
        ):
            for key in keys:
                self.site.crm.edit(type=kind, id=key, set={field: "touched"})

    def compare(self) -> None:
        """One document for each, of the right amount, told back; books that agree."""
        for key, paper in self.invoices.items():
            (bill,) = documents_of(self.site, "F03B11", VR01=f"HU-{key}")
            amounts = (Decimal(str(bill["AG"])), Decimal(str(bill["AAP"])))
            assert amounts == (sum(paper.amounts), paper.open), key
        for key, (_, amount) in self.payments.items():
            (receipt,) = documents_of(self.site, "F03B13", CKNU=f"HU-{key}")
            assert abs(Decimal(str(receipt["CKAM"]))) == amount, key
        assert len(self.site.erp.records("F03B11")) == self._before + len(self.invoices)
        assert len(self.site.erp.records("F03B13")) == len(self.payments)
        self._told("invoices", "invoices", self.invoices)
        self._told("payments", "commerce_payments", self.payments)
        assert books(self.site)["balances"]

    def _told(self, flow: str, kind: str, keys: Collection[str]) -> None:
        told = properties(self.site, kind)
        pair = self.flows[flow].pair
        bound = dict(
            Binding.objects.filter(pair=pair).values_list("left_id", "right_id")
        )
        assert bound.keys() == {*keys}
        for key in keys:
            assert told[key].get("erp_document") == bound[key], key
