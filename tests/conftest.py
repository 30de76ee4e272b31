"""Fixtures that the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from connectors.sdk.http import RetryPolicy
from tests.emptying import Emptying
from tests.sync import site as sites

# On a busy machine the first example of texts takes seconds, because the tables of
# Unicode are built for it; that says nothing about what is tested.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database, migrated; tests that commit are cleared away quickly."""
    with django_db_blocker.unblock():
        emptying = Emptying.prepared()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TransactionTestCase, "_fixture_teardown", lambda _case: emptying.restore()
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def impatient() -> Iterator[None]:
    """What is tried again inside one call is tried as often, but soon: a stand-in that
    is told to fail does not recover by being waited for."""
    usual = RetryPolicy.delay
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            RetryPolicy, "delay", lambda one, attempt: min(usual(one, attempt), 0.05)
        )
        yield


@pytest.fixture
def site(transactional_db: None) -> Iterator[sites.Site]:
    """Both systems, thirty customers, one flow. Not in a transaction: the rate ledger
    and worker processes look at the database themselves."""
    with sites.site(30) as made:
        yield made
