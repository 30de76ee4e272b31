"""rotate_keys: keys come and go, secrets stay readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import connection

from connectors.management.rotation import Column, Rotation, encrypted_columns
from connectors.models import Connection, KeyCanary
from tests.commands.shell import command

pytestmark = pytest.mark.django_db
CACHED = ("keys", "fernet_keys", "fernet")


class Keys:
    """Changes FERNET_KEYS as a restart with other settings does."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    def set(self, *keys: str) -> None:
        self.settings.FERNET_KEYS = list(keys)
        forget()


def forget() -> None:
    """The fields keep derived keys for the life of a process."""
    for column in encrypted_columns():
        for name in CACHED:
            column.field.__dict__.pop(name, None)


@pytest.fixture
def keys(settings: Any) -> Iterator[Keys]:
    made = Keys(settings)
    made.set("old")
    for number in range(3):
        made_connection = Connection(name=f"c{number}", system="hubspot")
        made_connection.set_values({"access_token": f"secret {number}"})
        made_connection.save()
    KeyCanary.objects.all().delete()
    KeyCanary.objects.create()
    yield made
    forget()


def secrets() -> list[str]:
    return [one.secrets["access_token"] for one in Connection.objects.order_by("name")]


def counts(*arguments: str) -> dict[str, dict[str, Any]]:
    done = command("rotate_keys", "--json", *arguments)
    return {one["secrets"]: one for one in done.json}


def tokens() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM connectors_connection ORDER BY id")
        return [bytes(row[0]) for row in cursor.fetchall()]


def column() -> Column:
    return next(one for one in encrypted_columns() if one.model is Connection)


def test_a_new_key_takes_over_and_the_old_one_can_go(keys: Keys) -> None:
    keys.set("new", "old")
    found = counts("--batch", "2")
    assert found["connectors.Connection.secrets"]["rotated"] == 3
    assert found["connectors.KeyCanary.value"]["rotated"] == 1
    keys.set("new")
    assert secrets() == ["secret 0", "secret 1", "secret 2"]
    assert KeyCanary.objects.get().value == KeyCanary.TEXT


def test_a_second_time_there_is_nothing_to_rotate(keys: Keys) -> None:
    keys.set("new", "old")
    counts()
    before = tokens()
    again = counts()["connectors.Connection.secrets"]
    assert (again["current"], again["rotated"]) == (3, 0)
    assert tokens() == before


def test_a_dry_run_counts_and_changes_nothing(keys: Keys) -> None:
    keys.set("new", "old")
    before = tokens()
    assert counts("--dry-run")["connectors.Connection.secrets"]["rotated"] == 3
    assert tokens() == before


def test_a_dropped_key_leaves_secrets_unreadable(keys: Keys) -> None:
    keys.set("new")
    done = command("rotate_keys", "--json")
    assert done.code == 1
    found = {one["secrets"]: one for one in done.json}
    lost = found["connectors.Connection.secrets"]["unreadable"]
    assert lost == list(Connection.objects.order_by("pk").values_list("pk", flat=True))
    assert "4 secrets cannot be read" in done.error


def test_one_unreadable_secret_does_not_hold_up_the_others(keys: Keys) -> None:
    first = Connection.objects.order_by("pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE connectors_connection SET secrets = %s WHERE id = %s",
            [b"not a token", first],
        )
    keys.set("new", "old")
    done = command("rotate_keys")
    assert done.code == 1
    assert f"Unreadable in connectors.Connection.secrets: {first}" in done.out
    keys.set("new")
    rest = Connection.objects.exclude(pk=first).order_by("pk")
    assert [one.secrets["access_token"] for one in rest] == ["secret 1", "secret 2"]


def test_what_somebody_saves_meanwhile_wins(keys: Keys) -> None:
    (token, *_), pk = tokens(), Connection.objects.order_by("pk")[0].pk
    keys.set("new", "old")
    saved = Connection.objects.get(pk=pk)
    saved.set_values({"access_token": "saved meanwhile"})
    saved.save()
    ring = [Fernet(key) for key in column().field.fernet_keys]
    rotation = Rotation(column(), dry_run=False, batch=500)
    rotation._one(pk, token, ring[0], MultiFernet(ring))
    assert (rotation.raced, rotation.rotated) == (1, 0)
    assert Connection.objects.get(pk=pk).secrets["access_token"] == "saved meanwhile"


def test_without_rotating_the_old_key_is_needed(keys: Keys) -> None:
    keys.set("new")
    with pytest.raises(InvalidToken):
        secrets()


def test_a_batch_of_nothing_is_wrong_usage(keys: Keys) -> None:
    assert command("rotate_keys", "--batch", "0").code == 2
