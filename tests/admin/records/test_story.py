"""The page of a record tells what happened, in order, without asking any system."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.models import (
    Attempt,
    FieldMapping,
    Flow,
    Outcome,
    SyncRecord,
    SyncRun,
    ValueMap,
)
from connectors.sync.mapping.versions import save_version
from connectors.sync.replay import edit_and_replay, replay
from connectors.sync.watch.story import load, story
from tests.admin import scene

pytestmark = pytest.mark.django_db


def loaded(record: SyncRecord) -> SyncRecord:
    found = load(record.pk)
    assert found is not None
    return found


def failed() -> SyncRecord:
    """A record that was tried once and refused."""
    run = scene.run(scene.flow())
    record = scene.record(
        run, "4711", version=timezone.now() - timedelta(hours=2), attempts=1
    )
    Attempt.objects.create(
        record=record,
        number=1,
        at=record.created_at,
        outcome=Outcome.FAILED,
        error_class="rejected",
        error_message=record.error_message,
    )
    return record


def test_a_record_that_failed_and_was_replayed() -> None:
    record = failed()
    user = scene.person(name="night.shift")
    assert replay(SyncRecord.objects.all(), user).taken == 1
    scene.settle(Outcome.UPDATED)
    SyncRecord.objects.update(target_id="9001")
    told = story(loaded(record))
    assert [(event.title, event.by) for event in told.events] == [
        ("Changed in JDE", ""),
        ("Read from JDE", ""),
        ("Attempt 1: failed", ""),
        ("Replayed", "night.shift"),
        ("Updated in HubSpot", ""),
    ]
    assert told.events[-1].detail == "as 9001"
    assert [attempt.by for attempt in told.attempts] == [None, user]


def test_a_failure_is_told_once() -> None:
    titles = [event.title for event in story(loaded(failed())).events]
    assert titles == ["Changed in JDE", "Read from JDE", "Attempt 1: failed"]


def test_mappings_are_told_as_they_were_at_the_time() -> None:
    record = failed()
    mapping = FieldMapping.objects.get(target_field="name")
    mapping.transform = "upper"
    mapping.save()
    save_version(record.flow)
    row = story(loaded(record)).mapping_rows[0]
    assert (row.source_value, row.result) == ("Example Foods Ltd", "Example Foods Ltd")
    SyncRecord.objects.update(mapping_version=2)
    assert story(loaded(record)).mapping_rows[0].result == "EXAMPLE FOODS LTD"


def test_a_row_that_cannot_be_applied_says_so_beside_it() -> None:
    record = failed()
    terms = ValueMap.objects.create(name="Terms", entries={"N30": "30 days"})
    FieldMapping.objects.create(
        flow=record.flow, source_field="AN8", target_field="city", value_map=terms
    )
    save_version(record.flow)
    SyncRecord.objects.update(mapping_version=2)
    rows = {row.target_field: row for row in story(loaded(record)).mapping_rows}
    assert "does not list “4711”" in rows["city"].error
    assert rows["name"].error == ""


def test_a_flow_without_mappings_still_has_a_page() -> None:
    record = failed()
    record.flow.versions.all().delete()
    told = story(loaded(record))
    assert told.mapping_rows == []
    assert "has no mappings" in told.mapping_error
    url = f"/admin/connectors/syncrecord/{record.pk}/change/"
    assert scene.superuser().get(url).status_code == 200


def test_a_flow_whose_object_type_is_gone_still_has_a_page() -> None:
    record = failed()
    Flow.objects.update(source_object="gone", target_object="gone_too")
    told = story(loaded(record))
    assert [value.label for value in told.source_values] == ["ACL", "ALPH", "AN8"]
    assert "gone" in told.mapping_error


def test_an_edit_by_hand_shows_both_values() -> None:
    record = failed()
    edit_and_replay(record, {**scene.PAYLOAD, "ALPH": "Example Drinks Ltd"}, None)
    values = {value.name: value for value in story(loaded(record)).source_values}
    assert values["ALPH"].original == "Example Foods Ltd"
    assert values["ALPH"].value == "Example Drinks Ltd"
    assert values["ACL"].original is None


def test_lines_of_a_document_are_told_with_their_labels() -> None:
    flow = scene.flow()
    Flow.objects.filter(pk=flow.pk).update(
        source=flow.target, source_object="invoices",
        target=flow.source, target_object="invoices",
    )  # fmt: skip
    lines = [{"amount": "48.00", "name": "Service"}, {"amount": "2.00", "name": ""}]
    told = story(
        loaded(scene.record(scene.run(flow), payload={"lines": lines}, mapped={}))
    )
    (value,) = told.source_values
    assert (value.label, value.value.splitlines()) == (
        "Lines",
        ["1. Net price 48.00, Name Service", "2. Net price 2.00"],
    )


def test_before_and_after_come_from_the_last_change_that_was_written() -> None:
    flow = scene.flow()
    run = scene.run(flow)
    scene.record(
        run, "4711", outcome=Outcome.UPDATED, mapped={"name": "Old", "city": "Same"}
    )
    scene.record(run, "4711", outcome=Outcome.FAILED, mapped={"name": "Never sent"})
    newest = scene.record(
        run, "4711", mapped={"name": "New", "city": "Same", "zip": "1"}
    )
    sent = {v.name: (v.before, v.after, v.changed) for v in _sent(newest)}
    assert sent == {
        "city": ("Same", "Same", False),
        "name": ("Old", "New", True),
        "zip": (None, "1", False),
    }


def _sent(record: SyncRecord):  # type: ignore[no-untyped-def]
    return story(loaded(record)).sent_values


def test_the_binding_knows_what_was_written_before_the_changes_shown() -> None:
    flow = scene.flow()
    run = scene.run(flow)
    wrote = scene.record(run, "4711", outcome=Outcome.UPDATED, mapped={"name": "Old"})
    for _ in range(20):
        scene.record(run, "4711")
    newest = scene.record(run, "4711", mapped={"name": "New"})
    binding = scene.binding(flow, "4711", "9001", by=wrote)
    told = story(loaded(newest))
    assert told.binding == binding
    assert [(v.before, v.after) for v in told.sent_values] == [("Old", "New")]
    itself = story(loaded(wrote))
    assert [(v.before, v.after) for v in itself.sent_values] == [(None, "Old")]


def test_the_same_change_elsewhere_and_earlier_changes() -> None:
    one, two = scene.flow("One"), scene.flow("Two")
    earlier = scene.record(scene.run(one), "4711")
    record = scene.record(scene.run(one), "4711", correlation_id="same")
    other = scene.record(scene.run(two), "77", correlation_id="same")
    scene.record(scene.run(two), "4711")
    told = story(loaded(record))
    assert told.related == [other]
    assert told.earlier == [earlier]


def test_the_page_costs_the_same_however_much_happened() -> None:
    record = failed()
    client = scene.superuser()
    url = f"/admin/connectors/syncrecord/{record.pk}/change/"
    few = scene.queries(client, url)
    Attempt.objects.bulk_create(
        Attempt(record=record, number=n, outcome=Outcome.FAILED) for n in range(40)
    )
    run = SyncRun.objects.get()
    scene.records(run, 40, correlation_id=record.correlation_id)
    assert scene.queries(client, url) == few


def test_a_connection_whose_secrets_cannot_be_read_still_has_pages() -> None:
    record = failed()
    from django.db import connection  # noqa: PLC0415 - only here

    with connection.cursor() as cursor:
        cursor.execute("UPDATE connectors_connection SET secrets = %s", [b"spoilt"])
    client = scene.superuser()
    for url in (
        f"/admin/connectors/syncrecord/{record.pk}/change/",
        f"/admin/connectors/syncrun/{record.run_id}/change/",
        "/admin/connectors/syncrecord/",
        "/admin/",
    ):
        assert client.get(url).status_code == 200, url
