"""Users, groups, the queue's tables, and the navigation that leads to them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import async_task

from connectors.models import Alert, AlertKind, FlowStatus
from connectors.permissions import create_groups
from tests.admin import scene
from tests.admin.scene import person, signed_in

USERS = "/admin/auth/user/"
SCHEDULES = "/admin/django_q/schedule/"

pytestmark = pytest.mark.django_db


def member(group: str) -> Client:
    """Signed in as someone of one of the groups a new installation has."""
    user = person(name=group)
    user.groups.add(Group.objects.get(name=group))
    return signed_in(user)


# --- groups -------------------------------------------------------------------------


def test_the_groups_are_there_after_migration() -> None:
    names = set(Group.objects.values_list("name", flat=True))
    assert names == {"viewer", "operator", "mapper", "administrator"}


def test_migrating_again_gives_back_what_is_missing_and_keeps_the_rest() -> None:
    viewer = Group.objects.get(name="viewer")
    before = set(viewer.permissions.all())
    viewer.permissions.clear()
    create_groups()
    assert set(viewer.permissions.all()) == before


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        ("viewer", ["view_flow", "view_syncrecord"], ["run_flow", "check_connection"]),
        (
            "operator",
            ["run_flow", "backfill_flow", "check_connection", "replay_syncrecord"],
            ["map_flow", "change_flow", "change_connection", "edit_payload"],
        ),
        (
            "mapper",
            ["map_flow", "change_valuemap", "check_connection", "edit_payload"],
            ["run_flow", "change_connection", "delete_flow"],
        ),
        ("administrator", ["map_flow", "delete_connection", "run_flow"], []),
    ],
)
def test_groups_may_what_their_name_says(
    group: str, may: list[str], may_not: list[str]
) -> None:
    user = User.objects.create_user("someone")
    user.groups.add(Group.objects.get(name=group))
    assert all(user.has_perm(f"connectors.{name}") for name in may)
    assert not any(user.has_perm(f"connectors.{name}") for name in may_not)
    assert user.has_perm("auth.change_user") == (group == "administrator")


# --- users --------------------------------------------------------------------------


def test_users_are_added_and_given_groups(boss: Client) -> None:
    data = {
        "username": "ann",
        "usable_password": "true",
        "password1": "a long enough pass-phrase",
        "password2": "a long enough pass-phrase",
    }
    response = boss.post(f"{USERS}add/", data, follow=True)
    assert response.status_code == 200
    ann = User.objects.get(username="ann")
    html = boss.get(f"{USERS}{ann.pk}/change/").content.decode()
    assert "operator" in html
    assert "ann" in boss.get(USERS).content.decode()


def _user_form(user: User, **changes: Any) -> dict[str, Any]:
    return {
        "username": user.username,
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00:00",
        **changes,
    }


def test_nobody_makes_themselves_a_superuser() -> None:
    admin = member("administrator")
    me = User.objects.get(username="administrator")
    url = f"{USERS}{me.pk}/change/"
    groups = [group.pk for group in me.groups.all()]
    everything = [1, 2, 3]
    data = _user_form(me, is_superuser="on", user_permissions=everything, groups=groups)
    assert admin.post(url, data).status_code == 302
    me.refresh_from_db()
    assert not me.is_superuser
    assert not me.user_permissions.exists()


def test_a_superuser_is_edited_by_superusers_only(boss: Client) -> None:
    root = User.objects.get(is_superuser=True)
    url = f"{USERS}{root.pk}/"
    admin = member("administrator")
    assert admin.post(f"{url}change/", _user_form(root)).status_code == 403
    assert admin.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    new = {"password1": "another pass-phrase 1", "password2": "another pass-phrase 1"}
    assert admin.post(f"{url}password/", new).status_code == 403
    root.refresh_from_db()
    assert not root.check_password("another pass-phrase 1")
    assert boss.get(f"{url}change/").status_code == 200


@pytest.mark.parametrize("group", ["viewer", "operator", "mapper"])
def test_people_are_the_administrators_business(group: str) -> None:
    client = member(group)
    for url in (USERS, "/admin/auth/group/", SCHEDULES, "/admin/django_q/failure/"):
        assert client.get(url).status_code == 403
    assert client.post(f"{USERS}add/", {"username": "x"}).status_code == 403


def test_the_list_of_users_costs_the_same_at_any_size(boss: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as seen:
            assert boss.get(USERS).status_code == 200
        return len(seen)

    group = Group.objects.get(name="viewer")
    person().groups.add(group)
    boss.get(USERS)
    few = queries()
    for _ in range(15):
        person().groups.add(group)
    assert queries() == few


# --- the queue's tables -------------------------------------------------------------


def schedule(**changes: Any) -> dict[str, Any]:
    """The form of a schedule as it would be posted."""
    now = timezone.now()
    return {
        "name": "nightly",
        "func": "django.utils.timezone.now",
        "args": "",
        "kwargs": "",
        "schedule_type": Schedule.DAILY,
        "repeats": "-1",
        "next_run_0": now.date().isoformat(),
        "next_run_1": "03:00:00",
        **changes,
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"args": "1, daily"}, "no schedule at all would start"),
        ({"args": "open('x')"}, "no schedule at all would start"),
        ({"args": "1,, 2"}, "no schedule at all would start"),
        ({"kwargs": "x=daily"}, "no schedule at all would start"),
        ({"kwargs": "[1, 2]"}, "no schedule at all would start"),
        ({"kwargs": "1, 2"}, "no schedule at all would start"),
        ({"func": "connectors.nothing.here"}, "There is no function"),
        ({"func": "nothing"}, "There is no function"),
    ],
)
def test_a_schedule_that_would_stop_all_others_is_refused(
    boss: Client, change: dict[str, str], problem: str
) -> None:
    before = Schedule.objects.count()
    response = boss.post(f"{SCHEDULES}add/", schedule(**change))
    assert problem in response.content.decode()
    assert Schedule.objects.count() == before


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"args": "1, 'daily', None"},
        {"kwargs": "x=1, y='two'"},
        {"kwargs": "{'x': [1, 2]}"},
    ],
)
def test_a_schedule_that_can_be_read_is_saved(
    boss: Client, change: dict[str, str]
) -> None:
    before = Schedule.objects.count()
    response = boss.post(f"{SCHEDULES}add/", schedule(**change))
    assert response.status_code == 302, response.content.decode()
    assert Schedule.objects.count() == before + 1


def test_the_queues_pages_open(boss: Client) -> None:
    async_task("django.utils.timezone.now")
    for name in ("ormq", "success", "failure", "schedule"):
        assert boss.get(f"/admin/django_q/{name}/").status_code == 200
    assert boss.get("/admin/axes/accessattempt/").status_code == 200


# --- navigation ---------------------------------------------------------------------


def links(client: Client) -> dict[str, str]:
    """The side navigation: address and text, badges included."""
    html = client.get("/admin/connectors/flow/").content.decode()
    nav = html.partition('id="nav-sidebar-apps"')[2].partition("nav-sidebar-user")[0]
    found = re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', nav, re.S)
    return {url: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for url, text in found}


def test_the_navigation_shows_what_one_may_see(boss: Client) -> None:
    everything = links(boss)
    assert {"/admin/auth/user/", SCHEDULES, "/admin/connectors/flow/"} <= set(
        everything
    )
    seen = links(member("viewer"))
    assert "/admin/connectors/syncrecord/" in seen
    assert "/admin/auth/user/" not in seen


def test_the_navigation_counts_what_wants_a_look(boss: Client) -> None:
    assert not re.search(r"\d", " ".join(links(boss).values()))
    flow = scene.flow()
    flow.status = FlowStatus.STOPPED
    flow.save()
    for number in range(2):
        Alert.objects.create(kind=AlertKind.SILENT, subject=f"flow {number}", title="x")
    shown = links(boss)
    assert shown["/admin/connectors/alert/"].endswith("2")
    assert shown["/admin/connectors/flow/"].endswith("1")
