"""Fields that only guards, match rules, write-backs, marks or lines name: their loss is
told like that of a mapped one, and holds just what it would spoil."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.models import (
    Alert,
    Flow,
    FlowStatus,
    GuardKind,
    MatchMethod,
    Outcome,
    RunStatus,
    SourceGone,
    SyncRecord,
    Told,
    WriteBack,
    WriteBackJob,
)
from connectors.sync import connect
from connectors.sync.drift import schedule
from connectors.sync.mapping.versions import save_version
from connectors.sync.sweep import sweep
from tests.sync.pair import Pair, Side
from tests.sync.pair import pair as pairs
from tests.sync.site import assert_counts_add_up

pytestmark = pytest.mark.faults
CLASS, STATUS = "erp_customer_class", "erp_account_status"


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    """Two accounts, the left one read by a single flow; their fields were read once."""
    with pairs() as made:
        made.back.delete()
        for side in (made.left, made.right):
            connect.ensure_fields(side.connection, "companies", [CLASS, STATUS])
            schedule.refresh(side.connection.pk)
        yield made


def lose(side: Side, name: str, kind: str = "companies") -> None:
    """A property is archived in the account, and the next reading finds that."""
    redefine(side, "archive_property", name, kind)


def give_back(side: Side, name: str, kind: str = "companies") -> None:
    redefine(side, "restore_property", name, kind)


def redefine(side: Side, action: str, name: str, kind: str, **how: object) -> None:
    side.control.edit(type=kind, action=action, property=name, **how)
    schedule.refresh(side.connection.pk)


def told() -> str:
    """The one open alert."""
    (alert,) = Alert.objects.filter(resolved_at=None)
    return f"{alert.title}\n{alert.advice}"


def assert_over() -> None:
    sweep()
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert_counts_add_up()


def there(pair: Pair) -> Flow:
    return Flow.objects.get(pk=pair.there.pk)


def test_a_guard_without_its_field_leaves_nobody_alone(pair: Pair) -> None:
    """Without the field nobody would be listed, and all be skipped without a word."""
    pair.there.guards.create(
        name="Class A", kind=GuardKind.ONLY, field=CLASS, argument="A"
    )
    pair.left.create(name="Wanted", **{CLASS: "A"})
    lose(pair.left, CLASS)
    run = pair.run(pair.there)
    assert (run.status, run.read) == (RunStatus.PARTIAL, 0)
    assert not SyncRecord.objects.exists()
    assert f"guard “Class A”: “ERP customer class” ({CLASS}) was removed" in told()
    assert "Choose another field in the guard" in told()
    give_back(pair.left, CLASS)
    assert pair.run(pair.there).created == 1
    assert_over()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_match_rule_without_its_field_makes_no_second_record(
    pair: Pair, side: str
) -> None:
    pair.there.match_rules.create(
        method=MatchMethod.EXACT, source_field=STATUS, target_field=STATUS
    )
    pair.left.create(name="One", **{STATUS: "X-1"})
    known = pair.right.create(name="One and the same", **{STATUS: "X-1"})
    broken: Side = getattr(pair, side)
    lose(broken, STATUS)
    pair.run(pair.there)
    assert list(pair.right.companies()) == [known]
    assert f"match rule {STATUS} = {STATUS}" in told()
    give_back(broken, STATUS)
    pair.run(pair.there)
    pair.run(pair.there)
    assert list(pair.right.companies()) == [known]
    assert pair.right.companies()[known]["name"] == "One"
    assert_over()


def test_a_write_back_waits_for_its_field_and_nothing_else_does(pair: Pair) -> None:
    for name in (STATUS, CLASS):
        WriteBack.objects.create(
            flow=pair.there, value=Told.TEXT, argument="Sent", source_field=name
        )
    lose(pair.left, STATUS)
    key = pair.left.create(name="Told later")
    assert pair.run(pair.there).created == 1
    job = WriteBackJob.objects.get()
    assert (job.attempts, job.held) == (0, False)
    assert f"write-back A fixed text → {STATUS}" in told()
    # To take it out of the flow mends it too: what waited for it is left out.
    pair.there.write_backs.get(source_field=STATUS).delete()
    pair.run(pair.there)
    assert not WriteBackJob.objects.exists()
    assert pair.left.companies()[key][CLASS] == "Sent"
    assert_over()


def test_only_deleted_records_wait_for_the_field_of_the_mark(pair: Pair) -> None:
    flow = pair.there
    flow.source_gone, flow.flag_field, flow.flag_value = SourceGone.FLAG, STATUS, "gone"
    flow.save()
    keys = [pair.left.create(name=f"Company {n}") for n in range(2)]
    pair.run(flow)
    lose(pair.right, STATUS)
    pair.left.control.edit(type="companies", action="delete", id=keys[0])
    pair.left.edit(keys[1], name="Renamed")
    pair.run(flow)
    waiting = SyncRecord.objects.get(outcome=Outcome.WAITING)
    assert (waiting.source_id, waiting.error_class) == (keys[0], "drift")
    assert waiting.attempts == 0
    names = {one["name"] for one in pair.right.companies().values()}
    assert names == {"Company 0", "Renamed"}
    assert "the mark of deleted records" in told()
    assert there(pair).status == FlowStatus.ACTIVE
    give_back(pair.right, STATUS)
    pair.run(flow)
    marks = {one["name"]: one.get(STATUS) for one in pair.right.companies().values()}
    assert marks == {"Company 0": "gone", "Renamed": None}
    assert_over()


def test_a_field_of_lines_is_one_of_the_documents(pair: Pair) -> None:
    """Read by schedule though no flow is of line items, and told with its row."""
    ends = (pair.left, pair.right)
    for kind in ("invoices", "line_items"):
        for side in ends:
            connect.ensure_fields(side.connection, kind, ["erp_key"])
    made = {"name": "colour", "label": "Colour", "type": "string"}
    for side in ends:
        connection = side.connection
        with connect.open_connector(connection) as connector:
            connector.http.post(  # type: ignore[attr-defined]
                "/crm/properties/2026-09/line_items",
                json={**made, "fieldType": "text", "groupName": "mlc_erp"},
                idempotent=True,
            )
    flow = Flow.objects.create(
        name="Invoices", source=pair.left.connection, source_object="invoices",
        target=pair.right.connection, target_object="invoices",
        status=FlowStatus.ACTIVE,
    )  # fmt: skip
    for name in ("hs_title", "hs_currency", "lines.name", "lines.colour"):
        flow.mappings.create(source_field=name, target_field=name)
    flow.mappings.create(
        source_field="hs_object_id", transform="template",
        argument="there:{value}", target_field="erp_key",
    )  # fmt: skip
    for side in ends:
        schedule.refresh(side.connection.pk)
    save_version(flow)
    control = pair.left.control
    invoice = control.edit(
        type="invoices", action="create", set={"hs_title": "I", "hs_currency": "USD"}
    )["id"]  # fmt: skip
    line = control.edit(
        type="line_items", action="create", set={"name": "L", "colour": "red"}
    )["id"]  # fmt: skip
    control.edit(
        type="invoices", action="associate", id=invoice,
        to_type="line_items", to_id=line,
    )  # fmt: skip
    lose(pair.right, "colour", "line_items")
    pair.run(flow)
    assert pair.right.control.records("invoices") == []
    assert "“Colour” (colour) was removed" in told()
    assert "row lines.colour → lines.colour" in told()
    give_back(pair.right, "colour", "line_items")
    pair.run(flow)
    (arrived,) = pair.right.control.records("line_items")
    assert arrived["properties"]["colour"] == "red"
    assert_over()
