"""A line that is changed is told: its document is read again, and only that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.models import ChangeEvent, Fate, Flow, FlowStatus, SyncRecord
from connectors.sync import connect, replay
from connectors.sync.mapping.versions import save_version
from tests.events.live import SUBSCRIPTIONS, Live, left_waiting
from tests.sync.site import assert_counts_add_up

pytestmark = pytest.mark.faults
OF_LINES = [
    "line_item.propertyChange:quantity", "line_item.deletion",
    "object.associationChange:0-53", "object.creation:0-53",
]  # fmt: skip
ROWS = (
    {"source_field": "hs_object_id", "transform": "template",
     "argument": "there:{value}", "target_field": "erp_key"},
    {"source_field": "hs_title", "target_field": "hs_title"},
    {"source_field": "hs_currency", "target_field": "hs_currency"},
    {"source_field": "lines.name", "target_field": "lines.name"},
    {"source_field": "lines.price", "target_field": "lines.price"},
    {"source_field": "lines.quantity", "target_field": "lines.quantity"},
)  # fmt: skip


class Billing:
    """Invoices of the left account, carried to the right one with their lines."""

    def __init__(self, live: Live) -> None:
        self.live, self.left, self.right = live, live.left.control, live.right.control
        right = live.right.connection
        connect.ensure_fields(right, "invoices", ["erp_key"])
        connect.ensure_fields(right, "line_items", ["erp_key"])
        self.flow = Flow.objects.create(
            name="Invoices", source=live.left.connection, source_object="invoices",
            target=right, target_object="invoices", status=FlowStatus.ACTIVE,
        )  # fmt: skip
        for row in ROWS:
            self.flow.mappings.create(**row)
        save_version(self.flow)
        live.pair.run(self.flow)
        self.left.config(webhook_subscriptions=[*SUBSCRIPTIONS, *OF_LINES])

    def made(self, kind: str, **properties: Any) -> str:
        return str(self.left.edit(type=kind, action="create", set=properties)["id"])

    def invoice(self, title: str, *quantities: str) -> tuple[str, list[str]]:
        """An invoice of a user with a line for each quantity; their ids."""
        invoice = self.made("invoices", hs_title=title, hs_currency="USD")
        lines = [
            self.made("line_items", name=f"Line {n}", price="10", quantity=quantity)
            for n, quantity in enumerate(quantities)
        ]
        for line in lines:
            self.left.edit(
                type="invoices", action="associate", id=invoice,
                to_type="line_items", to_id=line,
            )  # fmt: skip
        return invoice, lines

    def quantities(self) -> list[Decimal]:
        """Of all lines there are on the right."""
        rows = self.right.records("line_items")
        kept = [one["properties"] for one in rows if not one["archived"]]
        return sorted(Decimal(one["quantity"]) for one in kept)


@pytest.fixture
def billing(live: Live) -> Billing:
    return Billing(live)


def test_a_changed_line_arrives_with_its_document(billing: Billing) -> None:
    live = billing.live
    _, (line, _) = billing.invoice("One", "1", "2")
    billing.invoice("Other", "5")
    live.arrive()
    assert billing.quantities() == [1, 2, 5]
    live.left.control.clear_log()
    live.right.control.clear_log()
    billing.left.edit(type="line_items", id=line, set={"quantity": "7"})
    live.arrive()
    assert billing.quantities() == [2, 5, 7]
    asked = [one["path"] for one in live.left.control.log()]
    assert len([path for path in asked if "objects/2026-09/invoices" in path]) == 1
    last = ChangeEvent.objects.filter(flow=billing.flow).latest("pk")
    assert last.what == "line_item.propertyChange quantity"
    assert left_waiting() == 0
    assert_counts_add_up()


def test_a_line_and_a_document_with_one_number_are_told_apart(
    billing: Billing,
) -> None:
    """Ids are unique within an object type only."""
    live = billing.live
    invoice, (line,) = billing.invoice("One", "1")
    live.arrive()
    told = {
        "occurredAt": 1795168800000, "changeSource": "CRM_UI", "sourceId": "userId:1",
    }  # fmt: skip
    billing.left.edit(type="line_items", id=line, set={"quantity": "3"})
    live.tell(
        {"subscriptionType": "line_item.propertyChange", "objectId": int(invoice),
         "propertyName": "quantity", "propertyValue": "3", **told},
        {"subscriptionType": "object.creation", "objectTypeId": "0-53",
         "objectId": int(line), **told},
    )  # fmt: skip
    live.work()
    assert billing.quantities() == [3]
    assert left_waiting() == 0


def test_a_line_that_is_gone_takes_itself_off_its_document(billing: Billing) -> None:
    """The line itself leads nowhere any more; that it is taken off says enough."""
    live = billing.live
    invoice, (first, _) = billing.invoice("One", "1", "2")
    live.arrive()
    billing.left.edit(
        type="invoices", action="dissociate", id=invoice,
        to_type="line_items", to_id=first,
    )  # fmt: skip
    billing.left.edit(type="line_items", action="delete", id=first)
    live.arrive()
    assert billing.quantities() == [2]
    fates = ChangeEvent.objects.filter(key=first).values_list("fate", flat=True)
    assert Fate.LEFT in fates
    assert left_waiting() == 0


def test_a_document_without_lines_is_not_one_that_does_not_tell_them(
    billing: Billing,
) -> None:
    """An empty list takes the lines away; nothing said about them leaves them."""
    live = billing.live
    (invoice, (line,)), (other, _) = (
        billing.invoice("1", "1"),
        billing.invoice("2", "2"),
    )
    live.arrive()
    assert billing.quantities() == [1, 2]
    (astray,) = (
        one["id"]
        for one in billing.right.records("line_items")
        if one["properties"]["quantity"] == "1"
    )
    billing.right.edit(type="line_items", id=astray, set={"quantity": "9"})
    mine = SyncRecord.objects.filter(flow=billing.flow, source_id=invoice)
    (run,) = replay.replay(mine, None).runs
    assert live.pair.work(run).updated == 1
    assert billing.quantities() == [1, 2], "a replay repairs lines too"
    record = SyncRecord.objects.get(flow=billing.flow, source_id=other)
    payload = {n: value for n, value in record.payload.items() if n != "lines"}
    payload["hs_title"] = "As it was when nobody asked for lines"
    SyncRecord.objects.filter(pk=record.pk).update(payload=payload)
    (run,) = replay.replay(SyncRecord.objects.filter(pk=record.pk), None).runs
    assert live.pair.work(run).updated == 1
    assert billing.quantities() == [1, 2]
    billing.left.edit(
        type="invoices", action="dissociate", id=invoice,
        to_type="line_items", to_id=line,
    )  # fmt: skip
    live.arrive()
    assert billing.quantities() == [2]


def test_flows_without_lines_are_not_disturbed(billing: Billing) -> None:
    live = billing.live
    _, (line,) = billing.invoice("One", "1")
    live.arrive()
    billing.flow.mappings.filter(target_field__startswith="lines.").delete()
    save_version(billing.flow)
    before = ChangeEvent.objects.count()
    billing.left.edit(type="line_items", id=line, set={"quantity": "7"})
    live.arrive()
    assert ChangeEvent.objects.count() == before
    assert live.fresh_feed().dropped_why == "No flow reads line_items."
