"""A client that is told nonsense, or nothing, comes back in time."""

from __future__ import annotations

import pytest

from connectors.sdk.errors import (
    ConfigurationError,
    RateLimitedError,
    UnavailableError,
    UnsafeAddressError,
)
from connectors.sdk.http import HttpClient, Response, RetryPolicy
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.redact import Redactor
from connectors.sdk.response import retry_after
from connectors.sdk.shared.ports import Slot
from tests.sdk.server import Server, answer, slow

LOCAL = NetworkPolicy.from_cidrs(["127.0.0.0/8"])


def test_a_limit_that_says_not_to_wait_is_not_asked_for_ever() -> None:
    script = answer(429, headers={"Retry-After": "0"})
    retry = RetryPolicy(base=0.02, rate_limit_wait=0.1)
    with Server(script) as server:
        http = HttpClient(base_url=server.url, network=LOCAL, retry=retry)
        with pytest.raises(RateLimitedError):
            http.get("/x")
        assert 3 <= len(server.heard) <= 6


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("inf", 7), ("nan", 7), ("-5", 0), ("1e12", 86_400), ("", 7), ("x", 7)],
)
def test_what_retry_after_may_say(text: str, seconds: float) -> None:
    assert retry_after({"retry-after": text}, 7.0) == seconds


class Spent:
    """A budget that has nothing left."""

    penalties = 0

    def acquire(self, *_budgets: str) -> Slot:
        raise RateLimitedError("Used up.", retry_after=0.01)

    def answered(self, slot: Slot) -> None:
        raise AssertionError(f"request {slot} was never sent")

    def observe(self, status: int, headers: object) -> None:
        pass

    def penalise(self, seconds: float, _budget: str = "") -> None:
        self.penalties += 1


def test_a_spent_budget_is_told_at_once_and_blocks_nobody() -> None:
    spent = Spent()
    http = HttpClient(base_url="http://127.0.0.1:1", network=LOCAL, limiter=spent)
    with pytest.raises(RateLimitedError):
        http.get("/x")
    assert spent.penalties == 0


def test_a_system_that_never_answers_is_not_asked_beyond_patience() -> None:
    retry = RetryPolicy(attempts=50, base=0.01, cap=0.01, patience=0.3)
    with Server(slow(1.0, answer(200))) as server:
        http = HttpClient(
            base_url=server.url, network=LOCAL, retry=retry, timeout=(1.0, 0.2)
        )
        with pytest.raises(UnavailableError):
            http.get("/x")
        assert len(server.heard) <= 3


class Token:
    """Credentials."""

    def headers(self) -> dict[str, str]:
        return {"Authorization": "Bearer abcdef123456"}

    def expired(self, response: Response) -> bool:
        return False

    def renew(self) -> None:
        pass


def test_credentials_go_to_no_other_host() -> None:
    with Server(answer(200)) as server:
        http = HttpClient(base_url="http://127.0.0.1:1", network=LOCAL, auth=Token())
        with pytest.raises(ConfigurationError):
            http.get(f"{server.url}/x")
        assert server.heard == []


@pytest.mark.parametrize(
    "address", ["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:169.254.169.254"]
)
def test_metadata_is_not_reached_in_another_spelling(address: str) -> None:
    policy = NetworkPolicy.from_cidrs(["::/0", "0.0.0.0/0"])
    with pytest.raises(UnsafeAddressError):
        policy.check_address(address, "erp.example.com")


def test_the_machine_itself_is_reached_only_when_opened() -> None:
    assert NetworkPolicy().refusal("::1")
    assert not NetworkPolicy.from_cidrs(["::1/128"]).refusal("::1")
    assert not NetworkPolicy().refusal("2606:4700::1111")


@pytest.mark.parametrize(
    "text",
    [
        '{"accessToken": "sec, 12345"}',
        "api_key=sec12345",
        "{'client_secret': 'sec 12345'}",
        "(password=sec12345)",
    ],
)
def test_credentials_under_other_names_are_blanked(text: str) -> None:
    assert "12345" not in Redactor()(text)
