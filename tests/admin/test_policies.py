"""Error policies: every class told, overrides checked, kept with their history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connectors.admin.policies.words import classes
from connectors.models import ErrorAction, ErrorPolicy
from connectors.sdk import errors
from connectors.sync.outbox.retry import POLICIES
from tests.admin.scene import person, signed_in
from tests.admin.world import said

pytestmark = pytest.mark.django_db
PAGE = "/admin/connectors/errorpolicy/"


def say(client: Client, **overrides: dict[str, Any]) -> Any:
    """Post the page with these classes overridden."""
    data: dict[str, Any] = {}
    for name in classes():
        usual = {"action": "", "attempts": 8, "base": 15, "cap": 3600}
        for key, value in {**usual, **overrides.get(name, {})}.items():
            data[f"{name}-{key}"] = value
    return client.post(PAGE, data, follow=True)


def _tree(kind: type[errors.ConnectorError]) -> Iterator[str]:
    if kind.__module__ == errors.__name__:
        yield kind.error_class
    for lower in kind.__subclasses__():
        yield from _tree(lower)


def test_every_class_is_told_with_what_is_built_in(boss: Client) -> None:
    assert set(_tree(errors.ConnectorError)) | set(POLICIES) <= set(classes())
    html = boss.get(PAGE).content.decode()
    for name in classes():
        assert f'name="{name}-action"' in html
    assert "Waits and tries again up to 8 times, after 15 seconds to 1 hour" in html
    assert "Holds the record for a person" in html
    assert "Stops the connection" in html
    assert "until it works" in html


def test_an_override_is_kept_changed_and_dropped(boss: Client) -> None:
    wait = {"action": "back_off", "attempts": 3, "base": 5, "cap": 60}
    response = say(boss, rejected=wait)
    assert "Refused by the target: wait and try again" in said(response)
    one = ErrorPolicy.objects.get()
    assert (one.error_class, one.action) == ("rejected", ErrorAction.BACK_OFF)
    assert (one.attempts, one.base, one.cap) == (3, 5, 60)

    assert "Nothing was changed." in said(say(boss, rejected=wait))
    assert ErrorPolicy.history.count() == 1
    say(boss, rejected={**wait, "attempts": 4})
    html = boss.get(PAGE).content.decode()
    assert "<del>3</del> → <ins>4</ins>" in html
    assert "as built in" in said(say(boss))
    assert not ErrorPolicy.objects.exists()
    assert ErrorPolicy.history.count() == 3
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"base": 60, "cap": 59}, "The longest wait is shorter than the first."),
        ({"attempts": 0}, "greater than or equal to 1"),
        ({"attempts": 101}, "less than or equal to 100"),
        ({"attempts": ""}, "Write a whole number."),
        ({"base": "soon"}, "Enter a whole number."),
        ({"action": "explode"}, "explode is not one of the available choices"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_row(
    boss: Client, override: dict[str, Any], problem: str
) -> None:
    good = {"action": "hold"}
    wrong = {"action": "back_off", **override}
    response = say(boss, mapping=good, unavailable=wrong)
    assert problem in response.content.decode()
    assert not ErrorPolicy.objects.exists(), "the good row is not saved without it"


def test_what_does_not_wait_needs_no_numbers(boss: Client) -> None:
    numbers = {"attempts": "", "base": "", "cap": ""}
    say(boss, authentication={"action": "hold", **numbers})
    assert ErrorPolicy.objects.get().action == ErrorAction.HOLD


def test_changing_takes_its_permission() -> None:
    looker = signed_in(person("view_errorpolicy", "change_flow", "map_flow"))
    html = looker.get(PAGE).content.decode()
    assert "Refused by the target" in html
    assert "rejected-action" not in html
    assert say(looker, rejected={"action": "hold"}).status_code == 403
    assert signed_in(person("view_flow")).get(PAGE).status_code == 403
    assert not ErrorPolicy.objects.exists()
    may = signed_in(person("view_errorpolicy", "change_errorpolicy"))
    say(may, rejected={"action": "hold"})
    assert ErrorPolicy.objects.count() == 1
