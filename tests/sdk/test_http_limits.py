"""The HTTP client against a real server: limits, sessions, safety, threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.http import (
    HttpClient,
    Response,
    RetryPolicy,
    retry_after,
)
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.redact import MASK, Redactor
from connectors.sdk.shared.ports import Slot
from tests.sdk.server import Server, Step, answer

LOCAL = NetworkPolicy.from_cidrs(["127.0.0.0/8"])
QUICK = RetryPolicy(attempts=3, base=0.001, cap=0.002, rate_limit_wait=0.5)


def client(server: Server, **options: Any) -> HttpClient:
    return HttpClient(
        base_url=server.url, **{"network": LOCAL, "retry": QUICK, **options}
    )


def ask(*script: Step, method: str = "GET", **options: Any) -> Response:
    with Server(*script) as server:
        http = client(server, **options)
        try:
            return http.request(method, "/x")
        finally:
            http.close()


# --------------------------------------------------------------------------- rate limit


class Ledger:
    """Counts what the client tells the shared budget."""

    def __init__(self) -> None:
        self.acquired = 0
        self.answers: list[int] = []
        self.observed: list[int] = []
        self.penalties: list[float] = []

    def acquire(self, *_budgets: str) -> Slot:
        self.acquired += 1
        return Slot(self.acquired)

    def answered(self, slot: Slot) -> None:
        self.answers.append(slot.at)

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        self.observed.append(status)

    def penalise(self, seconds: float, _budget: str = "") -> None:
        self.penalties.append(seconds)


def limited(seconds: str) -> Step:
    return answer(429, headers={"Retry-After": seconds})


def test_a_limit_is_waited_for_without_using_up_attempts() -> None:
    steps = [limited("0.01")] * 5 + [answer(200, {"n": 1})]
    assert ask(*steps).json() == {"n": 1}


def test_a_long_wait_is_handed_to_the_engine() -> None:
    with pytest.raises(RateLimitedError) as caught:
        ask(limited("3600"))
    assert caught.value.retry_after == 3600


def test_the_budget_is_asked_before_and_told_after_each_request() -> None:
    ledger = Ledger()
    ask(limited("0.01"), answer(), limiter=ledger)
    assert ledger.acquired == 2
    assert ledger.answers == [1, 2]
    assert ledger.observed == [429, 200]
    assert ledger.penalties == [0.01]


def test_the_budget_may_refuse() -> None:
    class Empty(Ledger):
        def acquire(self, *_budgets: str) -> Slot:
            raise RateLimitedError("used up", retry_after=900)

    with Server(answer()) as server:
        http = client(server, limiter=Empty())
        with pytest.raises(RateLimitedError):
            http.get("/x")
        http.close()
    assert not server.heard


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("7", 7, 7), ("", 5, 5), ("soon", 5, 5), ("-3", 0, 0), ("0.5", 0.5, 0.5)],
)
def test_retry_after_is_read_leniently(text: str, low: float, high: float) -> None:
    assert low <= retry_after({"retry-after": text}, 5.0) <= high


def test_retry_after_may_be_a_date() -> None:
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert retry_after(past, 5.0) == 0.0


# ------------------------------------------------------------------------------ session


class Login:
    """Sends a numbered session; the server decides which one is good."""

    def __init__(self) -> None:
        self.number = 1

    def headers(self) -> Mapping[str, str]:
        return {"X-Session": str(self.number)}

    def expired(self, response: Response) -> bool:
        return response.status == 401

    def renew(self) -> None:
        self.number += 1


def test_an_expired_session_is_renewed_once_and_the_call_repeated() -> None:
    auth = Login()
    with Server(answer(401), answer(200, {"in": True})) as server:
        http = client(server, auth=auth)
        assert http.post("/x", json={}).json() == {"in": True}
        http.close()
    assert [heard[2]["x-session"] for heard in server.heard] == ["1", "2"]


class Shaky(Login):
    """Its first renewal meets an outage."""

    def renew(self) -> None:
        super().renew()
        if self.number == 2:
            raise UnavailableError("Nobody is at the counter.")


def test_an_outage_of_the_renewal_is_no_refusal() -> None:
    auth = Shaky()
    with Server(answer(401), answer(401), answer(200, {"in": True})) as server:
        http = client(server, auth=auth)
        assert http.get("/x").json() == {"in": True}
        http.close()
    assert [heard[2]["x-session"] for heard in server.heard] == ["1", "2", "3"]


def test_a_second_refusal_is_an_error_of_the_credentials() -> None:
    with Server(answer(401)) as server:
        http = client(server, auth=Login())
        with pytest.raises(AuthenticationError):
            http.get("/x")
        http.close()
    assert len(server.heard) == 2


def test_a_call_may_go_without_credentials() -> None:
    with Server(answer()) as server:
        http = client(server, auth=Login())
        http.request("GET", "/login", authenticated=False)
        http.close()
    assert "x-session" not in server.heard[0][2]


# ------------------------------------------------------------------- safety and threads


def test_a_closed_network_is_not_reached() -> None:
    with Server(answer()) as server:
        http = client(server, network=NetworkPolicy())
        with pytest.raises(ConfigurationError, match="private network"):
            http.get("/x")
        http.close()
    assert not server.heard


def test_a_secret_in_an_answer_is_blanked_in_the_error() -> None:
    step = answer(400, {"message": "token s3cr3t-token is bad"})
    with pytest.raises(RejectedError) as caught:
        ask(step, redact=Redactor(["s3cr3t-token"]))
    assert "s3cr3t" not in str(caught.value)
    assert MASK in str(caught.value)


def test_threads_share_one_client() -> None:
    with Server(answer(200, {"n": 1})) as server:
        http = client(server, pool_size=2)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(10):
                    assert http.get("/x").json() == {"n": 1}
            except BaseException as error:  # noqa: BLE001 - reported by the main thread
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()
    assert not failures
    assert len(server.heard) == 60
