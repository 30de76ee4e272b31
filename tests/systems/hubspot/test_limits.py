"""HubSpot's limits and moods: how long we wait, and when we stop waiting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.sdk.contract import Context
from connectors.sdk.errors import RateLimitedError, TransientError, UnavailableError
from connectors.sdk.http import Response
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.redact import Redactor
from connectors.sdk.shared.ports import Slot
from connectors.systems.hubspot.connector import HubSpotConnector
from connectors.systems.hubspot.wire.faults import Classifier
from tests.systems.conftest import FULL, UPSERTS, Hub, company


def limited(
    status: int = 429, body: str = "{}", headers: Mapping[str, str] | None = None
) -> RateLimitedError:
    """What the classifier makes of an answer that asks us to wait."""
    response = Response("POST", "u", status, headers or {}, body.encode(), Redactor())
    error = Classifier(lambda: None)(response)
    assert isinstance(error, RateLimitedError)
    return error


def policy(name: str) -> str:
    return f'{{"policyName": "{name}", "message": "You have reached your limit."}}'


# ------------------------------------------------------------------- how long is waited


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (policy("SECONDLY"), {}, 1.0),
        ('{"message": "You have reached your secondly limit."}', {}, 1.0),
        (policy("TEN_SECONDLY_ROLLING"), {}, 10.0),
        ('{"message": "You have reached your ten_secondly_rolling limit."}', {}, 10.0),
        (
            policy("TEN_SECONDLY_ROLLING"),
            {"x-hubspot-ratelimit-interval-milliseconds": "5000"},
            5.0,
        ),
        (policy("TEN_SECONDLY_ROLLING"), {"retry-after": "3"}, 3.0),
        (policy("SECONDLY"), {"retry-after": "2"}, 2.0),
        ("<html>busy</html>", {}, 10.0),
        (policy("DAILY"), {}, 3600.0),
        (policy("DAILY"), {"retry-after": "77"}, 77.0),
    ],
)
def test_a_limit_is_waited_out(
    body: str, headers: dict[str, str], seconds: float
) -> None:
    assert limited(429, body, headers).retry_after == seconds


def test_a_locked_record_is_left_alone_for_two_seconds() -> None:
    assert 2.0 <= limited(423).retry_after <= 2.5


def test_a_moving_account_says_how_long() -> None:
    assert limited(477, headers={"retry-after": "86400"}).retry_after == 86_400
    assert limited(477).retry_after == 3600


# -------------------------------------------------------------------------- on the wire


def test_a_short_limit_is_waited_for_and_everything_arrives(hub: Hub) -> None:
    hub.fault(UPSERTS, times=2, status=429, headers={"Retry-After": "0.05"})
    assert hub.write([company(1)])["JDE:1"].outcome == "created"


def test_the_day_ends_at_midnight_of_the_account(hub: Hub) -> None:
    hub.control.config(time_zone="Asia/Tokyo")
    hub.connector.check()
    hub.control.config(daily_limit=1)
    with pytest.raises(RateLimitedError) as caught:
        hub.write([company(1)])
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    midnight = datetime.combine(
        (now + timedelta(days=1)).date(), datetime.min.time(), now.tzinfo
    )
    left = (midnight - now).total_seconds()
    assert abs(caught.value.retry_after - left) < 60
    assert caught.value.code == "DAILY"


def test_the_zone_is_learned_by_the_first_write(hub: Hub) -> None:
    hub.control.config(time_zone="Asia/Tokyo")
    connector = hub.open(access_token="pat-na1-sandbox-second-app")
    connector.write("companies", [company(1)], match_field="erp_key")
    zone = connector.guard.zone()
    assert zone is not None
    assert zone.key == "Asia/Tokyo"


def test_a_record_that_is_locked_is_tried_later_and_its_neighbours_go_on(
    hub: Hub,
) -> None:
    hub.control.clock(frozen=True)
    hub.write([company(1)])
    hub.control.config(lock_writes_per_s=1)
    hub.write([company(1)])
    results = hub.write([company(1), company(2)])
    assert isinstance(results["JDE:1"].error, TransientError)
    assert results["JDE:2"].outcome == "created"


def test_an_account_that_moves_pauses_the_connection(hub: Hub) -> None:
    hub.fault(UPSERTS, times=None, status=477)
    with pytest.raises(RateLimitedError, match="data centre") as caught:
        hub.write([company(1)])
    assert caught.value.retry_after == 60
    assert caught.value.status == 477


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521, 523, 524])
def test_a_hiccup_is_tried_again(hub: Hub, status: int) -> None:
    hub.fault(UPSERTS, status=status)
    assert hub.write([company(1)])["JDE:1"].outcome == "created"


@pytest.mark.parametrize("status", [522, 525, 526])
def test_trouble_between_their_machines_says_so(hub: Hub, status: int) -> None:
    hub.fault(UPSERTS, times=None, status=status)
    with pytest.raises(UnavailableError, match="network"):
        hub.write([company(1)])


def test_a_web_page_in_place_of_an_answer_is_trouble_not_data(hub: Hub) -> None:
    hub.fault(UPSERTS, times=None, status=200, html="<html>Sorry</html>")
    with pytest.raises(TransientError, match="a web page"):
        hub.write([company(1)])


# ------------------------------------------------------------------ the shared budget


class Ledger:
    """A budget that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def acquire(self, *_budgets: str) -> Slot:
        self.told.append(("acquire", None))
        return Slot(len(self.told))

    def answered(self, slot: Slot) -> None:
        self.told.append(("answered", slot.at))

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        self.told.append(("observe", headers.get("x-hubspot-ratelimit-max")))

    def penalise(self, seconds: float, _budget: str = "") -> None:
        self.told.append(("penalise", seconds))


def test_each_request_passes_the_shared_budget(hub: Hub) -> None:
    ledger = Ledger()
    context = Context(limiter=ledger, network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))
    settings = {"access_token": FULL, "base_url": hub.box.url["hubspot"]}
    hub.fault(UPSERTS, status=429, headers={"Retry-After": "0.05"})
    with HubSpotConnector(settings, context) as connector:
        connector.write("companies", [company(1)], match_field="erp_key")
    assert ledger.told.count(("acquire", None)) == len(hub.control.log())
    assert ("penalise", 0.05) in ledger.told
    assert ("observe", "100000") in ledger.told
