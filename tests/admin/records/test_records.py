"""The record list: finding among many, by index, without ever counting them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import CatalogueField, Outcome, SyncRecord
from connectors.sync.watch import selection, tally
from tests.admin import scene

pytestmark = pytest.mark.django_db
LIST = "/admin/connectors/syncrecord/"


def shown(query: str) -> set[str]:
    """The source ids that the list shows."""
    response = scene.superuser().get(LIST + query)
    assert response.status_code == 200
    return {record.source_id for record in response.context["cl"].result_list}


@pytest.fixture
def every_outcome() -> dict[str, SyncRecord]:
    run = scene.run(scene.flow())
    return {o.value: scene.record(run, o.value, outcome=o.value) for o in Outcome}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("needs-me", {"conflict", "failed", "dead"}),
        ("waiting", {"waiting"}),
        ("on-its-way", {"pending"}),
        ("done", {"created", "updated", "unchanged", "skipped"}),
        *((outcome.value, {outcome.value}) for outcome in Outcome),
        ("nonsense", set()),
    ],
)
def test_each_outcome_and_group_is_found(
    every_outcome: dict[str, SyncRecord], value: str, expected: set[str]
) -> None:
    assert shown(f"?outcome={value}") == expected


def test_flow_run_error_and_group_narrow_the_list() -> None:
    first, second = scene.flow("First"), scene.flow("Second")
    run = scene.run(first)
    scene.record(run, "a", error_class="rejected", error_fingerprint="r" * 32)
    scene.record(run, "b", error_class="mapping", error_fingerprint="m" * 32)
    scene.record(scene.run(first), "c", outcome=Outcome.CREATED)
    scene.record(scene.run(second), "d", error_class="rejected")
    assert shown(f"?flow={first.pk}") == {"a", "b", "c"}
    assert shown(f"?run={run.pk}") == {"a", "b"}
    assert shown("?error=rejected") == {"a", "d"}
    assert shown(f"?error_fingerprint={'m' * 32}") == {"b"}
    assert shown(f"?flow={first.pk}&outcome=needs-me&error=rejected") == {"a"}
    assert shown("?flow=0x1") == set()


def test_ages() -> None:
    run = scene.run(scene.flow())
    now = timezone.now()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for name, at in (
        ("month", now - timedelta(days=30)),
        ("week", now - timedelta(days=6)),
        ("yesterday", midnight - timedelta(minutes=1)),
        ("new", now),
    ):
        scene.record(run, name, created_at=at)
    assert shown("?age=7d") == {"week", "yesterday", "new"}
    assert shown("?age=older") == {"month"}
    assert shown("?age=today") == {"new"}
    assert "month" not in shown("?age=24h")
    assert "new" in shown("?age=24h")


def test_the_place_of_a_moment_is_found_among_many_ids_with_gaps() -> None:
    run = scene.run(scene.flow())
    start = timezone.now() - timedelta(days=10)
    rows = scene.records(run, 3000)
    for n, row in enumerate(rows):
        row.created_at = start + timedelta(minutes=n)
    SyncRecord.objects.bulk_update(rows, ["created_at"], batch_size=500)
    SyncRecord.objects.filter(pk__in=[row.pk for row in rows[::3]]).delete()
    moment = start + timedelta(minutes=1500)
    low, high = tally.first_pk_since(moment), tally.last_pk_before(moment)
    assert rows[1485].pk <= low <= rows[1501].pk
    assert rows[1499].pk <= high <= rows[1515].pk


def test_each_id_finds_its_record() -> None:
    flow = scene.flow()
    run = scene.run(flow)
    scene.record(run, "CUST-4711", target_id="987654", correlation_id="corr-1")
    scene.record(run, "CUST-9", target_id="111", correlation_id="corr-2")
    scene.binding(flow, "CUST-4711", "987654")
    scene.binding(flow, "CUST-9", "111")
    assert shown("?q=CUST-4711") == {"CUST-4711"}
    assert shown("?q=CUST-47") == {"CUST-4711"}
    assert shown("?q=987654") == {"CUST-4711"}
    assert shown("?q=corr-1") == {"CUST-4711"}
    assert shown("?q=%20corr-2%20") == {"CUST-9"}
    assert shown("?q=4711") == set()
    assert shown("?q=9876") == set()
    assert shown("?q=cust-9&outcome=done") == set()


def test_the_list_costs_the_same_at_any_size_and_counts_nothing() -> None:
    client = scene.superuser()
    run = scene.run(scene.flow())
    scene.records(run, 3)
    few = scene.queries(client, LIST)
    scene.records(run, 300)
    assert scene.queries(client, LIST) == few
    with CaptureQueriesContext(database) as caught:
        client.get(LIST)
    rows = [q["sql"] for q in caught if '"payload"' in q["sql"]]
    assert rows == [], "the list reads the large columns"
    counts = [
        q["sql"]
        for q in caught
        if "COUNT(" in q["sql"] and "connectors_syncrecord" in q["sql"]
    ]
    assert all("LIMIT" in sql for sql in counts), "the list counts the table"


@pytest.mark.parametrize("age", ["today", "24h", "7d", "older"])
def test_an_age_costs_the_same_at_any_size(age: str) -> None:
    client = scene.superuser()
    run = scene.run(scene.flow())
    scene.records(run, 3)
    few = scene.queries(client, f"{LIST}?age={age}")
    scene.records(run, 300)
    assert scene.queries(client, f"{LIST}?age={age}") == few


@pytest.mark.skipif(database.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize("value", ["needs-me", "failed", "waiting", "on-its-way"])
def test_what_is_open_is_found_by_outcome_not_by_walking_the_flow(value: str) -> None:
    flow = scene.flow()
    found = selection.with_outcome(SyncRecord.objects.filter(flow=flow), value)
    assert "INDEX record_outcome (outcome=?)" in found.explain()


@pytest.mark.skipif(database.vendor != "sqlite", reason="reads SQLite's plan")
def test_open_runs_are_found_by_their_partial_index() -> None:
    assert "run_open" in tally.open_runs().explain()


@pytest.mark.skipif(database.vendor != "sqlite", reason="reads SQLite's plan")
def test_a_search_is_held_by_indexes() -> None:
    plan = selection.search(SyncRecord.objects.order_by("-pk"), "4711").explain()
    for index in ("record_source", "record_correlation"):
        assert index in plan
    assert "SCAN connectors_syncrecord" not in plan


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nobody_edits_the_audit_by_hand(page: str) -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    before = SyncRecord.objects.values().get()
    client = scene.superuser()
    url = LIST + page.format(pk=record.pk)
    answer = client.post(url, {"source_id": "2", "outcome": "updated", "post": "yes"})
    assert answer.status_code in (403, 405)
    assert SyncRecord.objects.values().get() == before


def test_the_list_offers_no_deletion() -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    data = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
    scene.superuser().post(LIST, data)
    assert SyncRecord.objects.count() == 1


@pytest.mark.parametrize("page", ["", "{pk}/change/", "{pk}/state/"])
def test_seeing_records_takes_a_permission(page: str) -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    url = LIST + page.format(pk=record.pk)
    assert scene.signed_in(scene.person("view_syncrun")).get(url).status_code == 403
    may = scene.signed_in(scene.person("view_syncrecord"))
    assert may.get(url).status_code == 200


def test_a_record_that_is_not_there() -> None:
    for pk in ("0", "abc", "99999999"):
        url = f"{LIST}{pk}/change/"
        assert scene.superuser().get(url).status_code == 404


def test_the_page_of_a_moving_record_asks_until_it_has_an_outcome() -> None:
    record = scene.record(scene.run(scene.flow()), "1", outcome=Outcome.PENDING)
    client = scene.superuser()
    url = reverse("admin:connectors_syncrecord_state", args=[record.pk])
    assert url in client.get(f"{LIST}{record.pk}/change/").content.decode()
    assert client.get(url).status_code == 204
    SyncRecord.objects.update(outcome=Outcome.UPDATED)
    assert client.get(url)["HX-Refresh"] == "true"
    assert url not in client.get(f"{LIST}{record.pk}/change/").content.decode()


def test_values_are_shown_as_text_not_as_markup() -> None:
    nasty = "<script>alert(1)</script>"
    payload: dict[str, Any] = {"ALPH": nasty}
    record = scene.record(
        scene.run(scene.flow()), nasty, payload=payload, error_message=nasty,
        mapped={"name": nasty}, response={"id": nasty},
    )  # fmt: skip
    client = scene.superuser()
    for url in (LIST, f"{LIST}{record.pk}/change/", f"{LIST}replay/", "/admin/"):
        assert nasty not in client.get(url).content.decode(), url


def test_an_error_names_the_field_as_people_call_it() -> None:
    flow = scene.flow()
    labels = {"erp_credit_limit": "ERP credit limit", "unheard_of": ""}
    CatalogueField.objects.create(
        connection=flow.target, object_type="companies", type="decimal",
        name="erp_credit_limit", label=labels["erp_credit_limit"],
    )  # fmt: skip
    client, run = scene.superuser(), scene.run(flow)
    for number, (name, label) in enumerate(labels.items()):
        record = scene.record(run, str(number), error_field=name)
        page = client.get(f"{LIST}{record.pk}/change/").content.decode()
        assert f"<code>{name}</code>" in page
        assert (f"<strong>{label}</strong>" in page) == bool(label)
        listed = client.get(f"{LIST}?q={number}").content.decode()
        assert f"<strong>{label or name}</strong>:" in listed
