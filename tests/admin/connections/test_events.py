"""Live changes in the console: the address, what came, who may see and press what."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import ChangeEvent, EventFeed, SyncRecord, Via
from connectors.sync.events import feeds
from tests.admin.world import World, page, press, said
from tests.events.live import Live, event

LIST = "admin:connectors_changeevent_changelist"


def member(group: str) -> Client:
    user = User.objects.create_user(group, password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_an_address_is_opened_renewed_and_ended(world: World, boss: Client) -> None:
    text = page(boss, world.hubspot).content.decode()
    assert "Receive webhooks" in text
    assert "/hooks/" not in text
    assert "address is open" in said(press(boss, world.hubspot, "open_webhooks"))
    first = feeds.url(EventFeed.objects.get())
    text = page(boss, world.hubspot).content.decode()
    assert first in text
    assert "Nothing has come yet" in text
    assert "posts to https:// addresses only" in text
    press(boss, world.hubspot, "renew_webhooks")
    second = feeds.url(EventFeed.objects.get())
    assert second != first
    press(boss, world.hubspot, "close_webhooks")
    for address in (first, second):
        path = address.removeprefix("http://127.0.0.1:8000")
        assert Client().post(path, b"[]", "application/json").status_code == 404


def test_a_system_that_tells_nothing_has_no_such_part(
    world: World, boss: Client
) -> None:
    text = page(boss, world.jde).content.decode()
    assert "Live changes" not in text
    assert "Receive webhooks" not in text


@pytest.mark.parametrize("group", ["viewer", "operator", "mapper"])
def test_only_who_may_change_a_connection_opens_one(world: World, group: str) -> None:
    client = member(group)
    feed = feeds.open_address(world.hubspot)
    text = page(client, world.hubspot).content.decode()
    assert "Live changes" in text
    assert str(feed.token) not in text
    assert "_webhooks/" not in text
    feeds.close_address(world.hubspot)
    assert press(client, world.hubspot, "open_webhooks").status_code == 403
    assert EventFeed.objects.get().token is None
    assert client.get(reverse(LIST)).status_code == 403


def test_the_door_takes_posts_of_a_size_and_nothing_else(world: World) -> None:
    feed = feeds.open_address(world.hubspot)
    path = f"/hooks/{feed.token}/"
    door = Client(enforce_csrf_checks=True)
    assert door.get(path).status_code == 405
    assert door.post("/hooks/no-such/", b"[]", "application/json").status_code == 404
    assert door.post(path, b"x" * 1_000_001, "application/json").status_code == 413
    answer = door.post(path, b"[]", "application/json")
    assert (answer.status_code, answer.content) == (401, b"")
    assert "sessionid" not in answer.cookies
    feed.refresh_from_db()
    assert (feed.refused, "No client secret" in feed.refused_why) == (1, True)


def test_the_page_says_what_came(live: Live, boss: Client) -> None:
    key = live.left.create(name="Seen")
    live.posted()
    text = page(boss, live.left.connection).content.decode()
    assert "Arriving" in text
    assert "the oldest" in text
    live.work()
    live.tell(event("7", subscriptionType="ticket.creation"))
    live.left.control.config(webhook_secret="other", webhook_retries=0)
    live.left.edit(key, name="Refused")
    live.posted(given_up=1)
    text = page(boss, live.left.connection).content.decode()
    assert "The last delivery was refused" in text
    assert "signature is wrong" in text
    assert "No flow reads ticket." in text
    assert "client-secret-1" not in text


def test_a_record_tells_that_it_was_told(live: Live, boss: Client) -> None:
    live.left.create(name="Told")
    live.arrive()
    record = SyncRecord.objects.get()
    text = page(boss, record).content.decode()
    assert "Left told us of it" in text
    assert " by CRM_UI userId:9500004, and 1 more." in text
    polled = live.right.create(name="Polled")
    live.pair.run(live.pair.back)
    text = page(boss, SyncRecord.objects.get(source_id=polled)).content.decode()
    assert "told us of it" not in text


def stored(live: Live, count: int) -> None:
    ChangeEvent.objects.bulk_create(
        ChangeEvent(
            flow=live.there, identity=str(n), key=str(n), via=Via.WEBHOOK,
            what="company.propertyChange " + "long_" * 15, source="CRM_UI userId:1",
            taken_at=timezone.now() if n % 2 else None, fate="read" if n % 2 else "",
        )
        for n in range(count)
    )  # fmt: skip


def test_the_list_costs_the_same_however_long(
    live: Live, boss: Client, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for number in (2, 60):
        ChangeEvent.objects.all().delete()
        stored(live, number)
        with django_assert_max_num_queries(20) as seen:
            assert boss.get(reverse(LIST)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_list_is_filtered(live: Live, boss: Client) -> None:
    stored(live, 4)
    pk = live.left.connection.pk
    shown = boss.get(reverse(LIST), {"state": "waiting", "connection": str(pk)})
    assert shown.content.decode().count("record-id event-key") == 2
    assert boss.get(reverse(LIST), {"q": "3"}).content.decode().count("record-id") == 1
    assert "Waiting" in shown.content.decode()
    row = ChangeEvent.objects.first()
    assert row is not None
    change = reverse("admin:connectors_changeevent_change", args=[row.pk])
    assert boss.post(change, {"key": "x"}).status_code == 405
