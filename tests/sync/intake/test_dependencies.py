"""Children wait for their parents and are released by them; rings are told."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from connectors.models import (
    Binding,
    ErrorAction,
    ErrorPolicy,
    Flow,
    FlowStatus,
    Outcome,
    RunKind,
    SyncRecord,
    TargetGone,
)
from connectors.sdk.errors import DependencyMissingError
from connectors.sdk.records import FieldInfo
from connectors.sync import connect
from connectors.sync.deciding import cycles
from connectors.sync.deciding.decision import Decision
from connectors.sync.deciding.references import Parents, lost_of, refs_of, resolve
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox.claim import Claimed
from tests.sync import rows
from tests.sync.site import Site, assert_counts_add_up, outcomes

pytestmark = pytest.mark.django_db


def contacts(site: Site) -> Flow:
    connect.ensure_fields(site.hubspot, "contacts", ["erp_key"])
    connect.refresh_catalogue(site.jde, "contacts")
    flow = site.make_flow(
        "Contacts", source_object="contacts", target_object="contacts"
    )
    site.map(
        {
            "source_field": "key",
            "transform": "template",
            "argument": "jde:{value}",
            "target_field": "erp_key",
        },
        {"source_field": "name", "target_field": "lastname"},
        {"source_field": "AN8", "target_field": "associatedcompany"},
        flow=flow,
    )
    return flow


def test_children_are_released_by_their_parents_at_once(site: Site) -> None:
    flow = contacts(site)
    run = site.run(flow=flow)
    assert run.waiting == run.read > 0
    waiting = SyncRecord.objects.filter(flow=flow)
    assert all(one.blocked_by.startswith("customers:") for one in waiting)
    assert not waiting.filter(due_at__lte=timezone.now()).exists()
    site.run()
    assert waiting.filter(due_at__lte=timezone.now()).count() == run.read
    site.push(flow)
    assert outcomes(flow) == {"created": run.read}
    assert not waiting.exclude(blocked_by="").exists()
    assert_counts_add_up()


def test_what_refers_to_a_deleted_record_waits_and_nothing_is_sent(
    site: Site,
) -> None:
    flow = contacts(site)
    site.run()
    site.run(flow=flow)
    record = flow.records.first()
    assert record is not None
    number, _, line = record.source_id.partition("-")
    site.crm.edit(
        type="companies", action="delete", key=f"jde:{number}", key_property="erp_key"
    )
    site.edit(number, ALPH="Changed later")
    site.run()
    site.crm.clear_log()
    key = {"AN8": int(number), "IDLN": int(line)}
    site.erp.edit(table="F0111", key=key, set={"MLNM": "Changed too"})
    site.run(flow=flow)
    waiting = flow.records.get(source_id=record.source_id, outcome=Outcome.WAITING)
    assert waiting.blocked_by == f"customers:{number}"
    assert "was deleted in the target" in waiting.error_message
    assert not [one for one in site.crm.log() if "/contacts/batch" in one["path"]]
    site.flow.target_gone = TargetGone.RECREATE
    site.flow.save()
    site.edit(number, ALPH="Made again")
    site.run()
    site.push(flow)
    waiting.refresh_from_db()
    assert waiting.outcome == Outcome.UPDATED
    assert_counts_add_up()


def test_a_reference_for_new_records_only_is_left_alone_afterwards(site: Site) -> None:
    """A user of HubSpot moves a person to another company; JD Edwards moves nobody, and
    does not take that for a change of its own."""
    flow = contacts(site)
    site.run()
    site.run(flow=flow)
    connect.refresh_catalogue(site.hubspot, "contacts")
    back = site.make_flow(
        "Back", source=site.hubspot, source_object="contacts",
        target=site.jde, target_object="contacts",
    )  # fmt: skip
    whose = {"source_field": "associatedcompany", "target_field": "AN8"}
    site.map({**whose, "update_mode": "create_only"}, flow=back)
    site.run(flow=back)
    person = site.crm.records("contacts")[0]["id"]
    (one,) = Binding.objects.filter(pair=flow.pair, right_id=person)
    number = one.left_id.partition("-")[0]
    (old,) = Binding.objects.filter(pair=site.flow.pair, left_id=number)
    companies = [one["id"] for one in site.crm.records("companies")]
    company = next(one for one in companies if one != old.right_id)
    move = {"type": "contacts", "id": person, "to_type": "companies"}
    site.crm.edit(action="dissociate", to_id=old.right_id, **move)
    site.crm.edit(action="associate", to_id=company, **move)
    site.crm.edit(type="contacts", id=person, set={"phone": "555"})
    site.run(flow=back)
    site.crm.clear_log()
    site.run(RunKind.BACKFILL, flow=flow)
    sent = [one["path"] for one in site.crm.log() if "associations" in one["path"]]
    assert not [path for path in sent if not path.endswith("/read")]
    one.refresh_from_db()
    assert (one.left_values or {}).get("AN8") in (None, number)
    assert_counts_add_up()


def test_a_parent_that_was_passed_by_is_read_again(site: Site) -> None:
    """An adopt-only run has left all customers alone; their contacts bring them."""
    adopted = site.run(RunKind.ADOPT)
    assert adopted.skipped == adopted.read == len(site.customers())
    people = contacts(site)
    waiting = site.run(flow=people).waiting
    parents = set(people.records.values_list("blocked_by", flat=True))
    assert 0 < len(parents) <= len(site.customers())
    again = site.run()
    assert again.created == len(parents)
    site.push(people)
    assert outcomes(people) == {"created": waiting}
    assert not site.run().created
    assert_counts_add_up()


def test_a_parent_that_a_person_left_out_is_asked_for_once(site: Site) -> None:
    Flow.objects.filter(pk=site.flow.pk).update(creates=False)
    site.run()
    people = contacts(site)
    site.run(flow=people)
    parents = set(people.records.values_list("blocked_by", flat=True))
    assert site.run().skipped == len(parents)
    assert site.run().skipped == 0
    assert set(outcomes(people)) == {"waiting"}
    site.pass_time(hours=1)
    site.push(people)
    said = people.records.values_list("error_message", flat=True)[0]
    assert "left it out: Nothing matches it, and the flow creates nothing" in said
    site.pass_time(hours=24)
    site.push(people)
    assert set(outcomes(people)) == {"failed"}
    Flow.objects.filter(pk=site.flow.pk).update(creates=True)
    site.run(RunKind.BACKFILL)
    site.push(people)
    assert set(outcomes(people)) == {"created"}
    assert_counts_add_up()


def orphan(site: Site) -> tuple[Flow, SyncRecord, str]:
    """A person whose customer JD Edwards did not show any more when it was its turn."""
    people = contacts(site)
    site.run(flow=people)
    number = people_of(site)[0]
    site.erp.edit(table="F0101", key={"AN8": int(number)}, set={"AT1": "O"})
    site.run()
    site.push(people)
    of = people.records.filter(blocked_by=f"customers:{number}")
    record = of.first()
    assert record is not None
    site.pass_time(hours=1)
    site.push(people)
    record.refresh_from_db()
    return people, record, number


def people_of(site: Site) -> list[str]:
    """The numbers of customers that have people."""
    numbers = {str(r["AN8"]) for r in site.erp.records("F0111") if int(r["IDLN"])}
    return sorted(numbers & site.customers())


def test_whose_parent_nobody_has_is_given_up_and_follows_when_it_comes(
    site: Site,
) -> None:
    people, record, number = orphan(site)
    assert record.error_class == "orphan"
    assert f"The customers record {number} it refers to" in record.error_message
    assert "“Customers” does not find it in JDE" in record.error_message
    for hours, outcome in ((12, "waiting"), (11, "failed")):
        site.pass_time(hours=hours)
        site.run()
        site.push(people)
        record.refresh_from_db()
        assert record.outcome == outcome
    assert record.blocked_by == f"customers:{number}"
    assert_counts_add_up()
    site.erp.edit(table="F0101", key={"AN8": int(number)}, set={"AT1": "C"})
    assert site.run().created == 1
    site.push(people)
    assert set(outcomes(people)) == {"created"}
    assert_counts_add_up()


def test_how_long_it_is_waited_for_is_a_policy(site: Site) -> None:
    ErrorPolicy.objects.create(error_class="orphan", action=ErrorAction.HOLD)
    _, record, number = orphan(site)
    assert (record.outcome, record.blocked_by) == ("failed", f"customers:{number}")


@pytest.mark.parametrize("gone", [False, True])
def test_lines_refer_to_records_too(gone: bool) -> None:
    ends = {
        "source": rows.connection("JDE", "jde"),
        "target": rows.connection("HubSpot", "hubspot"),
    }
    back = Flow(name="Back", source=ends["target"], target=ends["source"])
    back.source_object = back.target_object = "invoices"
    items = Flow(name="Items", source_object="items", target_object="products", **ends)
    for flow in (items, back):
        flow.save()
    there = {"left_id": "60001", "right_id": "34001"}
    at = timezone.now() if gone else None
    assert items.pair is not None
    times = {"created_at": timezone.now(), "updated_at": timezone.now()}
    Binding.objects.create(pair=items.pair, **there, **times, left_gone_at=at)
    product, item = (
        FieldInfo(name=name, label=name, type="reference", references=of)
        for name, of in (("lines.product", "products"), ("lines.item", "items"))
    )
    row = {"source_field": product.name, "target_field": item.name}
    mapping = CompiledMapping([row], {product.name: product}, {item.name: item})
    said: Any = {"lines": [{"product": "34001"}, {"product": ""}]}
    mapped = mapping.apply(said)
    known = resolve(back, [mapped])
    absent = Parents(back, [mapped], known).missing
    assert refs_of(mapped, known, absent) == {}
    assert mapped.lines == [{"item": "60001"}, {}]
    assert set(lost_of(mapped, known)) == ({"lines.item"} if gone else set())
    said = {"lines": [{}, {"product": "34999"}]}
    stranger = mapping.apply(said)
    known = resolve(back, [stranger])
    absent = Parents(back, [stranger], known).missing
    with pytest.raises(DependencyMissingError) as missing:
        refs_of(stranger, known, absent)
    assert missing.value.missing == "products:34999"


def test_who_waits_says_when_nobody_brings_its_parent(site: Site) -> None:
    people = contacts(site)
    for status, said in (
        (FlowStatus.ACTIVE, "It is sent by itself once"),
        (FlowStatus.PAUSED, "Resume the flow “Customers”, which brings it"),
    ):
        Flow.objects.filter(pk=site.flow.pk).update(status=status)
        site.run(flow=people)
        site.pass_time(hours=1)
        site.push(people)
        assert said in people.records.values_list("error_message", flat=True)[0]
    Flow.objects.filter(pk=site.flow.pk).delete()
    site.pass_time(hours=1)
    site.push(people)
    told = people.records.values_list("error_message", flat=True)[0]
    assert "No flow brings Customers of JDE to HubSpot. Add one" in told


def blocked(flow: Flow, key: int, by: str) -> Decision:
    """A record that has waited once, and waits again."""
    record = rows.record(
        rows.run(flow), key, outcome=Outcome.WAITING, blocked_by=by,
        error_class="dependency",
    )  # fmt: skip
    error = DependencyMissingError("It is not there yet.")
    error.missing = by
    claimed = Claimed(
        record.pk, record.run_id, record.source_id, record.correlation_id, None,
        record.fingerprint, record.payload, 1, 0, record.outcome, "",
    )  # fmt: skip
    return Decision(claimed, outcome=Outcome.WAITING, error=error)


def test_a_ring_is_told_with_all_who_are_in_it() -> None:
    flow = rows.flow()
    ring = [blocked(flow, n, f"customers:{n % 3 + 1}") for n in (1, 2, 3)]
    beside = blocked(flow, 7, "customers:1")
    alone = blocked(flow, 8, "customers:99")
    cycles.report(flow, [*ring, beside, alone])
    assert [d.outcome for d in ring] == [Outcome.FAILED] * 3
    assert str(ring[0].error).startswith(
        "These wait for each other: customers 1 → customers 2 → customers 3 → "
        "customers 1."
    )
    assert beside.outcome == alone.outcome == Outcome.WAITING
