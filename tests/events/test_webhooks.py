"""HubSpot tells of changes: all arrive once, whatever becomes of the telling."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from connectors.models import (
    Binding,
    ChangeEvent,
    Connection,
    Fate,
    Flow,
    FlowStatus,
    Outcome,
    RunKind,
    RunStatus,
    SourceGone,
    SyncRecord,
)
from connectors.sync import connect, runs
from connectors.sync.events import feeds, upkeep
from connectors.sync.sweep import sweep
from tests.events.live import SECRET, Live, event, left_waiting
from tests.sync.site import assert_counts_add_up, eventually

pytestmark = pytest.mark.faults
# A thousand rounds take minutes.
ROUNDS = 1000 if os.environ.get("MLC_THOROUGH") == "1" else 20


def test_a_change_that_is_told_arrives_without_a_poll(live: Live) -> None:
    key = live.left.create(name="Told", city="Basel")
    live.arrive()
    assert live.names() == ["Told"]
    live.left.edit(key, name="Told again")
    live.arrive()
    assert live.names() == ["Told again"]
    (run,) = live.runs()
    assert (run.status, run.created, run.updated) == (RunStatus.SUCCEEDED, 1, 1)
    polled = live.pair.run(live.there)
    assert polled.read == polled.unchanged, "what polling shows too arrives once"
    assert set(ChangeEvent.objects.values_list("fate", flat=True)) == {Fate.READ}
    assert_counts_add_up()


def test_duplicates_and_disorder_change_nothing(live: Live) -> None:
    live.left.control.config(
        webhook_repeat=5, webhook_reversed=True, webhook_gather_s=0.3
    )
    keys = [live.left.create(name=f"Company {n}", phone="1") for n in range(8)]
    for key in keys:
        live.left.edit(key, phone="2")
        live.left.edit(key, phone="3", name=f"Company {key}")
    told = live.posted()
    assert set(told["answers"]) == {"204"}
    live.work()
    assert live.names() == sorted(f"Company {key}" for key in keys)
    assert {c["phone"] for c in live.right.companies().values()} == {"3"}
    assert live.fresh_feed().received == 5 * ChangeEvent.objects.count()
    assert Binding.objects.count() == len(keys)
    assert left_waiting() == 0
    assert_counts_add_up()


def test_an_event_of_three_days_ago_only_makes_us_look(live: Live) -> None:
    key = live.left.create(name="Now")
    live.arrive()
    old = int((datetime.now(UTC) - timedelta(days=3)).timestamp() * 1000)
    live.tell(event(key, occurredAt=old, propertyValue="Three days ago"))
    live.work()
    assert live.names() == ["Now"]
    assert SyncRecord.objects.filter(flow=live.there).count() == 1


def test_what_the_secret_has_not_signed_is_refused(live: Live) -> None:
    live.left.control.config(webhook_secret="a stranger's", webhook_retries=1)
    live.left.create(name="Forged")
    told = live.posted(given_up=1)
    assert told["answers"] == {"401": 2}
    assert not ChangeEvent.objects.exists()
    feed = live.fresh_feed()
    assert (feed.received, feed.refused) == (0, 2)
    assert "v3 signature is wrong" in feed.refused_why


def test_the_app_of_the_connection_signs_where_no_other_is_named(live: Live) -> None:
    live.set(client_id="client-1", client_secret=SECRET)
    connection = Connection.objects.get(pk=live.left.connection.pk)
    del connection.secrets["app_client_secret"]
    connection.save()
    live.left.control.config(webhook_retries=0)
    live.left.create(name="By a token: another app may be meant")
    live.posted(given_up=1)
    live.set(authentication="oauth")
    live.left.create(name="By OAuth")
    live.posted(given_up=1)
    assert live.fresh_feed().refused == 1


def test_a_secret_is_exchanged_without_a_refusal(live: Live) -> None:
    live.set(app_client_secret="client-secret-2", app_client_secret_old="")
    live.left.control.config(webhook_retries=0)
    live.left.create(name="Too early")
    live.posted(given_up=1)
    live.set(app_client_secret_old="client-secret-1")
    live.left.create(name="Old secret")
    live.left.control.config(webhook_secret="client-secret-2")
    live.left.create(name="New secret")
    live.posted(given_up=1)
    assert live.fresh_feed().refused == 1


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_each_version_of_signatures_is_taken(live: Live, version: str) -> None:
    live.left.control.config(webhook_signatures=[version])
    live.left.create(name="Signed")
    assert set(live.posted()["answers"]) == {"204"}
    live.set(signatures="v3")
    live.left.control.config(webhook_retries=0)
    live.left.create(name="Signed later")
    expected = 0 if version == "v3" else 1
    live.posted(given_up=expected)
    assert live.fresh_feed().refused == expected


def test_a_clock_that_is_off_by_more_than_five_minutes_refuses(live: Live) -> None:
    live.left.control.config(webhook_retries=0, webhook_skew_s=-301.0)
    live.left.create(name="Late")
    live.posted(given_up=1)
    assert "300 s are allowed" in live.fresh_feed().refused_why
    live.left.control.config(webhook_skew_s=-290.0)
    live.left.create(name="In time")
    live.posted(given_up=1)
    assert live.fresh_feed().refused == 1


def test_a_flood_arrives_whole(live: Live) -> None:
    live.left.control.edit(
        type="companies",
        action="fill",
        count=400,
        set={"name": "F {n}", "city": "Bern"},
    )
    told = live.posted()
    assert set(told["answers"]) == {"204"}
    assert live.fresh_feed().received == 3 * 400
    live.work()
    assert len(live.names()) == 400
    (run,) = live.runs()
    assert (run.created, run.read) == (400, 400), "each record was read once"
    assert_counts_add_up()


def test_a_delivery_that_could_not_be_stored_is_sent_again(live: Live) -> None:
    """2xx only after commit: without an address there is nobody to store it."""
    address = live.fresh_feed().token
    feeds.close_address(live.left.connection)
    live.left.create(name="Patience")
    eventually(
        lambda: live.left.control.describe()["webhooks"]["answers"].get("404", 0) > 1
    )
    type(live.feed).objects.update(token=address)
    live.posted()
    live.work()
    assert live.names() == ["Patience"]
    assert ChangeEvent.objects.filter(attempt__gt=0).exists()


def test_our_own_writes_come_back_as_nothing(live: Live) -> None:
    """They are told as INTEGRATION and our app's id; by their values they are known."""
    key = live.right.create(name="From the right")
    live.pair.run(live.pair.back)
    live.pair.run(live.there)
    (made,) = live.left.companies()
    live.arrive()
    records = SyncRecord.objects.count()
    live.right.control.clear_log()
    for number in range(ROUNDS):
        live.right.edit(key, phone=str(number))
        live.pair.run(live.pair.back)
        live.arrive()
    assert live.left.companies()[made]["phone"] == str(ROUNDS - 1)
    sources = ChangeEvent.objects.values_list("source", flat=True)
    assert set(sources) == {"INTEGRATION 50000001"}
    assert live.right.writes() == 0
    assert SyncRecord.objects.count() == records + ROUNDS, "one for each of its changes"


def test_changes_of_our_app_are_not_read_where_it_is_named(live: Live) -> None:
    live.set(app_id="50000001")
    live.right.create(name="From the right")
    live.pair.run(live.pair.back)
    live.arrive()
    assert set(ChangeEvent.objects.values_list("fate", flat=True)) == {Fate.OURS}
    assert live.runs() == []


def test_a_delete_that_is_told_is_carried_over(live: Live) -> None:
    Flow.objects.filter(pk=live.there.pk).update(source_gone=SourceGone.ARCHIVE)
    key, kept = live.left.create(name="Leaves"), live.left.create(name="Stays")
    live.arrive()
    live.left.control.edit(type="companies", action="delete", id=key)
    live.left.edit(kept, city="Bern")
    live.arrive()
    assert live.names() == ["Stays"]
    gone = Binding.objects.get(left_id=key)
    assert gone.left_gone_at is not None


def test_a_delete_told_after_the_record_was_restored_deletes_nothing(
    live: Live,
) -> None:
    Flow.objects.filter(pk=live.there.pk).update(source_gone=SourceGone.ARCHIVE)
    key = live.left.create(name="Back again")
    live.arrive()
    live.left.control.config(webhook_gather_s=0.3, webhook_reversed=True)
    live.left.control.edit(type="companies", action="delete", id=key)
    live.left.control.edit(type="companies", action="restore", id=key)
    live.arrive()
    assert live.names() == ["Back again"]


@pytest.mark.parametrize("new_id", [True, False], ids=["new id", "id stays"])
def test_a_merge_that_is_told_moves_the_binding(live: Live, *, new_id: bool) -> None:
    live.left.control.config(merge_new_id=new_id)
    lost, kept = live.left.create(name="Lost"), live.left.create(name="Kept")
    live.arrive()
    made = live.left.control.edit(type="companies", action="merge", id=lost, into=kept)
    survivor = str(made["id"])
    # Late news of the ids that are gone must bring none of them back.
    live.tell(event(lost), event(kept))
    live.work()
    bound = {b.left_id: b.left_gone_at for b in Binding.objects.all()}
    assert bound[survivor] is None
    assert live.there.records.filter(source_id=lost, change="deleted").exists()
    live.left.edit(survivor, city="Zug")
    live.arrive()
    assert len(live.right.companies()) == 2, "the flow leaves what was merged away"
    assert live.left.companies().keys() == {survivor}
    assert "Zug" in {c.get("city") for c in live.right.companies().values()}
    assert SyncRecord.objects.filter(outcome=Outcome.FAILED).count() == 0
    assert_counts_add_up()


def test_what_no_flow_reads_is_counted_and_dropped(live: Live) -> None:
    connect.check(live.left.connection)
    key = live.left.create(name="Mine")
    live.arrive()
    stored = ChangeEvent.objects.count()
    live.tell(
        event("7", subscriptionType="contact.propertyChange"),
        event("8", subscriptionType="object.creation", objectTypeId="2-77"),
        event(key, portalId=20000002),
        event(key, name="phone"),
    )
    assert ChangeEvent.objects.count() == stored + 1
    feed = live.fresh_feed()
    assert feed.dropped == 3
    live.work()
    assert left_waiting() == 0


def test_events_do_not_wait_for_a_read_that_is_under_way(live: Live) -> None:
    """A backfill has the flow's lease; what is told arrives all the same, once."""
    live.left.control.edit(
        type="companies", action="fill", count=5, set={"name": "Old {n}"}
    )
    live.posted()
    backfill = runs.start(Flow.objects.get(pk=live.there.pk), RunKind.BACKFILL)
    # Before the first page of a backfill nothing is known of it: events wait for it.
    live.work()
    states = type(live.there.state).objects
    token = states.claim(live.there.pk, seconds=60)
    assert token is not None
    live.left.create(name="Meanwhile")
    live.arrive()
    assert "Meanwhile" in live.names()
    states.release(live.there.pk, token)
    backfill.refresh_from_db()
    assert backfill.final
    assert Binding.objects.count() == 6


def test_a_poll_of_what_was_before_does_not_replace_what_was_told(live: Live) -> None:
    """The search still shows the old name; the new one waits to be sent."""
    key = live.left.create(name="Before")
    live.arrive()
    live.pair.run(live.there)
    live.left.control.config(search_lag_s=3600.0)
    live.left.edit(key, name="After")
    live.posted()
    live.right.control.faults(
        {"match": {"path": "/batch/"}, "times": 4, "do": {"status": 503}}
    )
    live.work()
    live.set(overlap_seconds=3600)
    live.pair.run(live.there)
    assert SyncRecord.objects.filter(flow=live.there, outcome="skipped").count() == 0
    live.right.control.clear_faults()
    SyncRecord.objects.update(due_at=datetime.now(UTC))
    live.pair.run(live.there)
    assert live.names() == ["After"]


def test_events_of_a_flow_that_is_paused_wait(live: Live) -> None:
    Flow.objects.filter(pk=live.there.pk).update(status=FlowStatus.PAUSED)
    live.left.create(name="Later")
    live.arrive()
    assert left_waiting() == 2
    assert live.runs() == []
    runs.resume(Flow.objects.get(pk=live.there.pk))
    sweep()
    live.work()
    assert live.names() == ["Later"]


def test_a_source_that_is_away_keeps_the_events(live: Live) -> None:
    live.left.create(name="Survives")
    live.posted()
    live.left.control.faults({"match": {"path": "/batch/read"}, "do": {"drop": True}})
    live.work()
    (failed,) = live.runs()
    assert failed.status == RunStatus.FAILED
    assert left_waiting() == 2
    sweep()
    assert len(live.runs()) == 1, "it rests after a failure"
    live.left.control.clear_faults()
    type(failed).objects.update(finished_at=datetime.now(UTC) - timedelta(hours=1))
    sweep()
    live.work()
    assert live.names() == ["Survives"]


def test_a_trickle_is_gathered_in_one_run(live: Live) -> None:
    key = live.left.create(name="0")
    live.arrive()
    for number in range(1, 6):
        live.left.edit(key, name=str(number))
        live.arrive()
    (run,) = live.runs()
    assert run.updated == 5
    type(run).objects.update(queued_at=datetime.now(UTC) - timedelta(hours=2))
    live.left.edit(key, name="Next hour")
    live.arrive()
    assert len(live.runs()) == 2


def test_old_events_are_forgotten_and_waiting_ones_are_not(live: Live) -> None:
    live.left.create(name="Old")
    live.arrive()
    Flow.objects.filter(pk=live.there.pk).update(status=FlowStatus.PAUSED)
    live.left.create(name="Waits")
    live.posted()
    ChangeEvent.objects.update(received_at=datetime.now(UTC) - timedelta(days=13))
    upkeep.sweep()
    assert ChangeEvent.objects.count() == 4
    long_ago = datetime.now(UTC) - timedelta(days=15)
    ChangeEvent.objects.update(received_at=long_ago)
    ChangeEvent.objects.filter(taken_at__isnull=False).update(taken_at=long_ago)
    upkeep.sweep()
    assert set(ChangeEvent.objects.values_list("fate", flat=True)) == {Fate.LEFT}


def test_what_waits_for_a_retry_is_sent_although_events_never_end(live: Live) -> None:
    Flow.objects.update(interval=None)
    key = live.left.create(name="Retried")
    live.right.control.faults(
        {"match": {"path": "/batch/"}, "times": 4, "do": {"status": 503}}
    )
    live.arrive()
    assert SyncRecord.objects.get(source_id=key).outcome == Outcome.WAITING
    (run,) = live.runs()
    type(run).objects.filter(pk=run.pk).update(
        status=RunStatus.RUNNING, read_done_at=None, heartbeat_at=datetime.now(UTC)
    )
    SyncRecord.objects.update(due_at=datetime.now(UTC))
    assert sweep().pushed == 1
    live.work()
    assert live.names() == ["Retried"]
