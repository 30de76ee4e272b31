"""The journal: read from where we stood; when that is gone, polling finds the rest."""

from __future__ import annotations

import time

import pytest

from connectors.models import (
    Alert,
    AlertKind,
    ChangeEvent,
    EventFeed,
    RunKind,
    Via,
)
from connectors.sync import connect
from connectors.sync.events import feeds, journals, upkeep
from tests.events.live import SECRET, Live

pytestmark = pytest.mark.faults


@pytest.fixture
def pulled(live: Live) -> Live:
    """No webhooks: the journal alone tells."""
    live.left.control.config(
        webhook_url="", journal_objects=["companies"], webhook_client_id="client-1"
    )
    live.set(journal=True, app_client_id="client-1", app_client_secret=SECRET)
    look(live)
    return live


def look(live: Live) -> None:
    """What the sweeper does when the journal is due again."""
    time.sleep(0.05)
    EventFeed.objects.update(journal_due_at=None)
    upkeep.sweep()
    live.work()


def alert() -> Alert | None:
    return Alert.objects.filter(kind=AlertKind.EVENTS, resolved_at=None).first()


def test_what_the_journal_tells_arrives(pulled: Live) -> None:
    key = pulled.left.create(name="Written down")
    look(pulled)
    assert pulled.names() == ["Written down"]
    pulled.left.edit(key, name="Written again")
    look(pulled)
    assert pulled.names() == ["Written again"]
    assert set(ChangeEvent.objects.values_list("via", flat=True)) == {Via.JOURNAL}
    feed = pulled.fresh_feed()
    assert (feed.received, feed.journal_problem) == (2, "")
    look(pulled)
    assert pulled.fresh_feed().received == 2, "nothing is read twice"
    asked = [one["path"] for one in pulled.left.control.log()]
    assert sum(path.endswith("/token") for path in asked) == 1


def test_webhooks_journal_and_polling_together_bring_a_change_once(
    pulled: Live,
) -> None:
    pulled.left.control.config(webhook_url=feeds.url(pulled.feed))
    pulled.left.create(name="Three ways")
    pulled.arrive()
    look(pulled)
    run = pulled.pair.run(pulled.there)
    assert run.read == run.unchanged
    assert pulled.names() == ["Three ways"]
    assert pulled.there.records.count() == 1
    assert set(ChangeEvent.objects.values_list("via", flat=True)) == set(Via.values)


def test_an_offset_that_has_expired_falls_back_to_polling_and_says_so(
    pulled: Live,
) -> None:
    pulled.left.create(name="Known")
    look(pulled)
    pulled.left.create(name="Missed")
    time.sleep(0.05)
    pulled.left.control.config(journal_keep_s=0.0)
    pulled.left.control.log()
    EventFeed.objects.update(journal_due_at=None)
    upkeep.sweep()
    # The task alone: what it starts is still to run.
    assert journals.read(pulled.feed.pk)
    opened = alert()
    assert opened is not None
    assert "does not know the place where we stood" in opened.title
    assert pulled.fresh_feed().lost_at is not None
    pulled.left.control.config(journal_keep_s=259_200.0)
    pulled.work()
    assert pulled.names() == ["Known", "Missed"]
    upkeep.sweep()
    assert alert() is None
    assert pulled.fresh_feed().lost_at is None
    polls = pulled.there.runs.filter(kind=RunKind.SYNC).count()
    upkeep.sweep()
    assert pulled.there.runs.filter(kind=RunKind.SYNC).count() == polls
    pulled.left.create(name="Told again")
    look(pulled)
    assert "Told again" in pulled.names()


def test_a_journal_that_refuses_us_leaves_polling_alone(pulled: Live) -> None:
    pulled.set(app_client_id="another")
    look(pulled)
    opened = alert()
    assert opened is not None
    assert "journal" in opened.title
    assert SECRET not in f"{opened.title}{pulled.fresh_feed().journal_problem}"
    pulled.left.create(name="Polled")
    pulled.pair.run(pulled.there)
    assert pulled.names() == ["Polled"]
    pulled.set(app_client_id="client-1")
    look(pulled)
    assert alert() is None


def test_two_workers_read_each_entry_once(pulled: Live) -> None:
    pulled.left.create(name="Once")
    time.sleep(0.05)
    stale = EventFeed.objects.select_related("connection").get(pk=pulled.feed.pk)
    journals.read(pulled.feed.pk)
    received = pulled.fresh_feed().received
    with connect.open_connector(stale.connection) as connector:
        page = connector.journal(stale.journal_offset)
    assert page.told
    assert not journals._stored(stale, page)
    assert pulled.fresh_feed().received == received
    assert pulled.fresh_feed().journal_read_at is not None
