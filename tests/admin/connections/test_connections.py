"""Connections in the console: the form, its refusals, the buttons, the secrets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connectors.models import CatalogueField, Connection, Health
from connectors.systems import registry
from tests.admin.scene import person, signed_in
from tests.admin.world import PASSWORD, SECRETS, World, page, press, said

LIST = "/admin/connectors/connection/"
ADD = f"{LIST}add/"
NEW_SECRET = "a-new-secret-that-must-not-show"


def jde_form(**changes: Any) -> dict[str, Any]:
    """The JDE form as the page would post it."""
    spec = registry.spec("jde")
    defaults = {f"setting_{n}": s.default for n, s in spec.settings.items()}
    return {
        **defaults,
        "name": "JDE test",
        "enabled": "on",
        "setting_base_url": "http://127.0.0.1:9",
        "setting_username": "someone",
        "setting_password": PASSWORD,
        **changes,
    }


# --- the form -----------------------------------------------------------------------


def test_the_system_is_chosen_first(boss: Client) -> None:
    html = boss.get(ADD).content.decode()
    for slug, spec in registry.specs().items():
        assert f"?system={slug}" in html
        assert spec.label in html
    assert "setting_" not in html


def test_an_unknown_system_leads_back_to_the_choice(boss: Client) -> None:
    assert "?system=jde" in boss.get(f"{ADD}?system=nothing").content.decode()


@pytest.mark.parametrize("slug", sorted(registry.SYSTEMS))
def test_the_form_is_the_spec(boss: Client, slug: str) -> None:
    html = boss.get(f"{ADD}?system={slug}").content.decode()
    folded = html.index("Rarely needed settings")
    for name, setting in registry.spec(slug).settings.items():
        place = html.index(f'name="setting_{name}"')
        assert (place > folded) == setting.advanced, name
        for option in setting.choices:
            assert f'value="{option.value}"' in html


def test_a_connection_is_saved_with_its_secret_encrypted(boss: Client) -> None:
    response = boss.post(f"{ADD}?system=jde", jde_form(), follow=True)
    assert "Test connection" in said(response)
    made = Connection.objects.get()
    assert made.system == "jde"
    assert made.secrets == {"password": PASSWORD}
    assert "password" not in made.settings
    assert made.settings["page_size"] == 1000
    with database.cursor() as cursor:
        cursor.execute("SELECT secrets, settings FROM connectors_connection")
        assert PASSWORD not in str(cursor.fetchone())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"setting_base_url": "ftp://erp.example.com"}, "Only http:// and https://"),
        ({"setting_base_url": "http://169.254.169.254/"}, "is reserved"),
        ({"setting_base_url": "http://10.0.0.7:9300"}, "private network"),
        ({"setting_base_url": "https://me:secret@erp.example.com"}, "user or password"),
        ({"setting_base_url": ""}, "This field is required"),
        ({"setting_password": ""}, "This field is required"),
        ({"setting_page_size": "3"}, "greater than or equal to 10"),
        ({"setting_page_size": "many"}, "Enter a whole number"),
        ({"setting_auth_mode": "magic"}, "magic is not one of the available choices"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_cannot_work_is_refused(
    boss: Client, change: dict[str, Any], problem: str
) -> None:
    response = boss.post(f"{ADD}?system=jde", jde_form(**change))
    assert response.status_code == 200
    assert problem in response.content.decode()
    assert not Connection.objects.exists()


def test_a_blank_secret_is_kept_and_a_new_one_replaces_it(
    boss: Client, world: World
) -> None:
    url = reverse("admin:connectors_connection_change", args=[world.jde.pk])
    kept = {**jde_form(name="JDE", setting_password=""), "setting_role": "*ALL"}
    boss.post(url, kept)
    world.jde.refresh_from_db()
    assert world.jde.settings["role"] == "*ALL"
    assert world.jde.secrets == {"password": PASSWORD}
    boss.post(url, jde_form(name="JDE", setting_password=NEW_SECRET))
    world.jde.refresh_from_db()
    assert world.jde.secrets == {"password": NEW_SECRET}


@pytest.fixture
def optional(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A JDE that could do without its password, and has a second, required secret."""
    spec = registry.spec("jde")
    given = {
        "password": replace(spec.settings["password"], required=False),
        "pin": replace(spec.settings["password"], name="pin", label="PIN"),
    }
    changed = replace(spec, settings={**spec.settings, **given})
    usual = registry.spec
    monkeypatch.setattr(
        registry, "spec", lambda slug: changed if slug == "jde" else usual(slug)
    )
    made = Connection(name="JDE", system="jde")
    made.set_values({"password": PASSWORD, "pin": NEW_SECRET, "username": "someone"})
    made.save()
    return made


def test_a_secret_that_is_not_needed_can_be_removed(
    boss: Client, optional: Connection
) -> None:
    url = reverse("admin:connectors_connection_change", args=[optional.pk])
    html = boss.get(url).content.decode()
    assert "Password: remove the stored value" in html
    assert 'name="remove_pin"' not in html, "it cannot work without"
    form = jde_form(name="JDE", setting_password="", remove_password="on")
    looker = signed_in(person("view_connection"))
    assert looker.post(url, form).status_code == 403
    both = boss.post(url, {**form, "setting_password": NEW_SECRET})
    assert "not both" in both.content.decode()
    boss.post(url, {**form, "remove_pin": "on"})
    optional.refresh_from_db()
    assert optional.secrets == {"pin": NEW_SECRET}
    history = boss.get(f"{LIST}{optional.pk}/history/").content.decode()
    assert "Secrets removed: Password" in history
    assert PASSWORD not in history
    assert 'name="remove_password"' not in boss.get(url).content.decode()


def test_changed_settings_make_the_last_test_void(boss: Client, world: World) -> None:
    Connection.objects.update(
        health=Health.OK, findings=[{"level": "ok", "title": "x"}]
    )
    url = reverse("admin:connectors_connection_change", args=[world.jde.pk])
    boss.post(url, jde_form(name="JDE"))
    world.jde.refresh_from_db()
    assert world.jde.health == Health.UNKNOWN
    assert world.jde.findings == []


def test_the_history_tells_settings_and_only_that_secrets_changed(
    boss: Client, world: World
) -> None:
    url = reverse("admin:connectors_connection_change", args=[world.jde.pk])
    boss.post(url, jde_form(name="JDE", setting_password=NEW_SECRET, setting_role="R7"))
    history = boss.get(f"{LIST}{world.jde.pk}/history/").content.decode()
    assert "Secrets changed: Password" in history
    assert re.search(r"<strong>Role</strong>: <del>.*</del> → <ins>R7</ins>", history)
    assert NEW_SECRET not in history
    assert PASSWORD not in history


# --- the buttons ----------------------------------------------------------------------


def test_the_test_says_what_works_and_what_does_not(boss: Client, world: World) -> None:
    response = press(boss, world.jde, "test_connection")
    world.jde.refresh_from_db()
    assert world.jde.health in (Health.OK, Health.WARNING)
    assert "works" in said(response)
    html = response.content.decode()
    for finding in world.jde.findings:
        assert finding["title"].split("'")[0] in html
    assert "named-user licence" in html
    assert LogEntry.objects.filter(change_message__contains="works").exists()


def test_a_system_that_does_not_answer_is_unreachable_and_not_refused(
    boss: Client, world: World
) -> None:
    world.jde.set_values({**world.jde.settings, "base_url": "http://127.0.0.1:1"})
    world.jde.save()
    press(boss, world.jde, "test_connection")
    world.jde.refresh_from_db()
    assert world.jde.health == Health.UNREACHABLE
    assert "127.0.0.1:1 cannot be reached" in boss.get(LIST).content.decode()


def test_a_wrong_password_is_explained(boss: Client, world: World) -> None:
    world.jde.set_values({**world.jde.settings, "password": NEW_SECRET})
    world.jde.save()
    response = press(boss, world.jde, "test_connection")
    world.jde.refresh_from_db()
    assert world.jde.health == Health.REFUSED
    assert "Test connection:" in said(response)
    assert NEW_SECRET not in response.content.decode()
    listed = boss.get(LIST).content.decode()
    assert "Refused" in listed
    errors = [f for f in world.jde.findings if f["level"] == "error"]
    assert errors[0]["title"][:40].split("'")[0] in listed


def test_reading_fields_fills_the_catalogue(boss: Client, world: World) -> None:
    response = press(boss, world.hubspot, "read_fields")
    assert "Fields read." in said(response)
    read = CatalogueField.objects.filter(connection=world.hubspot)
    assert set(read.values_list("object_type", flat=True)) == set(
        world.hubspot.spec.objects
    )
    assert f"{read.filter(object_type='companies').count()} fields known" in (
        response.content.decode()
    )


def test_reading_fields_of_a_system_that_is_away_says_so(
    boss: Client, world: World
) -> None:
    # A port that nobody listens on.
    world.jde.set_values({**world.jde.settings, "base_url": "http://127.0.0.1:9"})
    world.jde.save()
    response = press(boss, world.jde, "read_fields")
    assert "Read fields: Customers:" in said(response)
    assert not CatalogueField.objects.exists()


@pytest.mark.parametrize("name", ["test_connection", "read_fields"])
def test_buttons_ask_for_their_permission(world: World, name: str) -> None:
    label = {"test_connection": "Test connection", "read_fields": "Read fields"}[name]
    url = reverse(f"admin:connectors_connection_{name}", args=[world.jde.pk])
    looker = signed_in(person("view_connection"))
    assert f"{name}/" not in page(looker, world.jde).content.decode()
    assert looker.post(url).status_code == 403
    blind = signed_in(person("check_connection"))
    assert blind.post(url).status_code == 403
    assert Client().post(url).status_code == 302
    assert not world.requests("jde")

    tester = signed_in(person("view_connection", "check_connection"))
    assert label in page(tester, world.jde).content.decode()
    assert tester.get(url).status_code == 405
    assert not world.requests("jde")
    assert tester.post(url).status_code == 302
    assert world.requests("jde")


def test_a_button_cannot_be_pressed_from_elsewhere(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    user = person("view_connection", "check_connection")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"{LIST}{world.jde.pk}/test_connection/").status_code == 403
    assert not world.requests("jde")


@pytest.mark.parametrize(
    ("state", "said_in_list"),
    [
        ({"health": Health.UNREACHABLE}, "did not answer the last run"),
        ({"health": Health.REFUSED, "stopped": True}, "refused the last run"),
    ],
)
def test_the_list_tells_what_happened_after_the_test(
    boss: Client, world: World, state: dict[str, Any], said_in_list: str
) -> None:
    press(boss, world.jde, "test_connection")
    Connection.objects.filter(pk=world.jde.pk).update(**state)
    assert said_in_list in boss.get(LIST).content.decode()


def test_a_button_of_what_is_not_there_is_not_found(boss: Client) -> None:
    assert boss.post(f"{LIST}4711/test_connection/").status_code == 404


def test_pages_ask_no_system(boss: Client, world: World) -> None:
    for system in ("jde", "hubspot"):
        world.requests(system)
    flow = world.flow()
    for url in (LIST, f"{ADD}?system=jde", "/admin/connectors/flow/"):
        assert boss.get(url).status_code == 200
    for obj in (world.jde, world.hubspot, flow):
        assert page(boss, obj).status_code == 200
    assert page(boss, flow, "?suggested=1").status_code == 200
    assert not world.requests("jde")
    assert not world.requests("hubspot")


# --- who sees what --------------------------------------------------------------------


def test_view_and_change_are_told_apart(world: World) -> None:
    url = reverse("admin:connectors_connection_change", args=[world.jde.pk])
    looker = signed_in(person("view_connection"))
    html = looker.get(url).content.decode()
    assert "AIS Server address: http" in html
    assert "Password: set" in html
    assert 'name="setting_' not in html
    assert looker.post(url, jde_form(name="Other")).status_code == 403
    assert looker.get(f"{ADD}?system=jde").status_code == 403
    assert looker.post(f"{ADD}?system=jde", jde_form()).status_code == 403
    editor = signed_in(person("view_connection", "change_connection"))
    assert editor.post(url, jde_form(name="Other")).status_code == 302
    stranger = signed_in(person())
    assert stranger.get(LIST).status_code == 403


def test_no_page_shows_a_secret(boss: Client, world: World) -> None:
    press(boss, world.jde, "test_connection")
    flow = world.flow()
    url = reverse("admin:connectors_connection_change", args=[world.jde.pk])
    wrong = boss.post(url, jde_form(name="", setting_password=NEW_SECRET))
    assert wrong.status_code == 200
    pages = [
        wrong,
        boss.get("/admin/search/?s=jde&extended"),
        *(boss.get(p) for p in _pages(world, flow)),
    ]
    for response in pages:
        assert response.status_code == 200, response.request["PATH_INFO"]
        for secret in (*SECRETS, NEW_SECRET):
            assert secret not in response.content.decode(), response.request[
                "PATH_INFO"
            ]


def _pages(world: World, flow: Any) -> list[str]:
    found = [LIST, f"{LIST}?q=jde", ADD, f"{ADD}?system=jde", f"{ADD}?system=hubspot"]
    for obj in (world.jde, world.hubspot):
        found += [
            f"{LIST}{obj.pk}/{tail}" for tail in ("change/", "history/", "delete/")
        ]
    flows = "/admin/connectors/flow/"
    return [
        *found,
        flows,
        f"{flows}add/",
        *(f"{flows}{flow.pk}/{tail}" for tail in ("change/", "history/", "delete/")),
    ]


@pytest.mark.parametrize(
    "query", ["secrets__contains=sandbox", "secrets=x", "secrets__isnull=0"]
)
def test_secrets_cannot_be_guessed_by_filtering(
    boss: Client, world: World, query: str
) -> None:
    assert boss.get(f"{LIST}?{query}").status_code == 400
    assert boss.get(f"/admin/connectors/flow/?source__{query}").status_code == 400


# --- lists --------------------------------------------------------------------------


def test_the_list_costs_the_same_at_any_size(boss: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as seen:
            assert boss.get(LIST).status_code == 200
        assert not any('"secrets"' in q["sql"] for q in seen.captured_queries)
        return len(seen)

    _some_connections(2)
    boss.get(LIST)
    few = queries()
    _some_connections(20)
    assert queries() == few


def _some_connections(count: int) -> None:
    start = Connection.objects.count()
    for number in range(start, start + count):
        made = Connection(name=f"C{number}", system="jde")
        made.set_values({"password": PASSWORD})
        made.save()
