"""Stored credentials: one renews for all, and nothing new is ever lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from connectors.models import Connection, Credential
from connectors.sdk.errors import AuthenticationError, UnavailableError
from connectors.sdk.shared.credentials import Credentials, Renew
from connectors.sync.access import store as stores
from connectors.sync.access.store import StoredCredentials

NAME = "session"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def issued(text: str) -> Credentials:
    return Credentials(values={"token": text}, issued_at=timezone.now())


def gives(text: str) -> Renew:
    """A renewal that brings this."""
    return lambda _stored: issued(text)


def refuses(_stored: Any) -> Credentials:
    raise AuthenticationError("No longer.", advice="Connect again.")


def must_not_ask(_stored: Any) -> Credentials:
    raise AssertionError


@pytest.fixture
def connection(transactional_db: None) -> Connection:
    return Connection.objects.create(name="one", system="hubspot")


@pytest.fixture
def store(connection: Connection) -> Iterator[StoredCredentials]:
    made = StoredCredentials(connection.pk)
    yield made
    made.close()


@pytest.fixture
def other(connection: Connection) -> Iterator[StoredCredentials]:
    """The same credentials, seen by another process."""
    made = StoredCredentials(connection.pk)
    yield made
    made.close()


def token(store: StoredCredentials) -> str | None:
    kept = store.read(NAME)
    return str(kept.values["token"]) if kept else None


@pytest.mark.parametrize(
    ("lifetime", "age", "due"),
    [(1800, 1499, False), (1800, 1500, True), (60, 47, False), (60, 48, True)],
)
def test_they_are_due_a_little_before_they_end(
    lifetime: int, age: int, due: bool
) -> None:
    ends = NOW + timedelta(seconds=lifetime)
    one = Credentials(values={}, issued_at=NOW, expires_at=ends)
    now = NOW + timedelta(seconds=age)
    assert (one.due(now), one.expired(now)) == (due, False)


def test_they_are_encrypted_and_never_shown(store: StoredCredentials) -> None:
    kept = store.keep(NAME, issued("very-secret"))
    assert "very-secret" not in repr(kept)
    assert "very-secret" not in repr(vars(Credential.objects.get()).get("refusal"))
    with database.cursor() as cursor:
        cursor.execute("SELECT value FROM connectors_credential")
        assert b"very-secret" not in bytes(cursor.fetchone()[0])


def test_whoever_comes_later_gets_what_the_first_has_got(
    store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))
    assert store.renew(NAME, old, gives("new")).values == {"token": "new"}
    assert other.renew(NAME, old, must_not_ask).values == {"token": "new"}


def test_the_first_ones_are_got_by_one_of_many(connection: Connection) -> None:
    asked: list[int] = []

    def slowly(_stored: Credentials | None) -> Credentials:
        asked.append(1)
        threading.Event().wait(0.4)
        return issued("first")

    def get(_number: int) -> str:
        mine = StoredCredentials(connection.pk)
        try:
            return str(mine.renew(NAME, None, slowly).values["token"])
        finally:
            mine.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(get, range(4))) == ["first"] * 4
    assert len(asked) == 1


def test_a_lease_of_a_dead_process_ends(
    store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))
    assert store._leased(NAME, old.version, "dead")
    Credential.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert other.renew(NAME, old, gives("new")).values == {"token": "new"}


def test_a_lease_that_is_held_too_long_is_an_outage(
    store: StoredCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "PATIENCE_SECONDS", 0.3)
    old = store.keep(NAME, issued("old"))
    assert store._leased(NAME, old.version, "somebody")
    with pytest.raises(UnavailableError, match="Another process"):
        store.renew(NAME, old, must_not_ask)


def test_who_oversleeps_does_not_overwrite_newer_ones(
    store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))

    def overtaken(_stored: Credentials | None) -> Credentials:
        other.keep(NAME, issued("by a person"))
        return issued("late")

    assert store.renew(NAME, old, overtaken).values == {"token": "by a person"}
    assert token(other) == "by a person"


def test_a_refusal_of_what_others_have_renewed_is_void(
    store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))

    def too_late(_stored: Credentials | None) -> Credentials:
        other.keep(NAME, issued("by a person"))
        return refuses(None)

    assert store.renew(NAME, old, too_late).values == {"token": "by a person"}
    assert other.renew(NAME, old, must_not_ask).values == {"token": "by a person"}


def test_a_refusal_is_remembered_until_a_person_asks(
    connection: Connection, store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))
    with pytest.raises(AuthenticationError, match="No longer"):
        store.renew(NAME, old, refuses)
    with pytest.raises(AuthenticationError, match="No longer") as caught:
        other.renew(NAME, old, must_not_ask)
    assert caught.value.advice == "Connect again."
    person = StoredCredentials(connection.pk, insist=True)
    assert person.renew(NAME, old, gives("new")).values == {"token": "new"}
    person.close()
    assert other.renew(NAME, old, must_not_ask).values == {"token": "new"}


def test_an_outage_lets_the_next_one_try_at_once(
    store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))

    def down(_stored: Credentials | None) -> Credentials:
        raise UnavailableError("Down.")

    with pytest.raises(UnavailableError, match="Down"):
        store.renew(NAME, old, down)
    assert other.renew(NAME, old, gives("new")).values == {"token": "new"}


def test_what_was_dropped_is_gone_for_all(
    store: StoredCredentials, other: StoredCredentials
) -> None:
    old = store.keep(NAME, issued("old"))
    other.drop(NAME)
    assert token(store) is None
    seen: list[Credentials | None] = []

    def looks(stored: Credentials | None) -> Credentials:
        seen.append(stored)
        return issued("anew")

    assert store.renew(NAME, old, looks).values == {"token": "anew"}
    assert seen == [None]
