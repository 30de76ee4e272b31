"""The HTTP client against a real server: what is sent, what comes back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.http import (
    CORRELATION_HEADER,
    HttpClient,
    Response,
    RetryPolicy,
    correlation,
)
from connectors.sdk.network import NetworkPolicy
from tests.sdk.server import Server, Step, answer, drop, half_body, slow

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


# ------------------------------------------------------------------ request and answer


def test_a_body_is_sent_as_json_with_the_correlation_id() -> None:
    token = correlation.set("corr-1")
    try:
        with Server(answer(200, {"a": 1})) as server:
            http = client(server, headers={"X-Fixed": "1"})
            response = http.post(
                "/path", json={"n": Decimal("1.50")}, params={"q": "ä"}
            )
            http.close()
    finally:
        correlation.reset(token)
    method, path, headers, body = server.heard[0]
    assert (method, path, body) == ("POST", "/path?q=%C3%A4", b'{"n":"1.50"}')
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers[CORRELATION_HEADER.lower()] == "corr-1"
    assert headers["x-fixed"] == "1"
    assert response.json() == {"a": 1}
    assert response.where == f"POST {server.url}/path"
    assert not response.repeated


def test_a_form_is_sent_as_one() -> None:
    with Server(answer(200, {})) as server:
        http = client(server)
        http.post("/token", form={"code": "a b&c", "kind": "x"})
        http.close()
    _, _, headers, body = server.heard[0]
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert body == b"code=a+b%26c&kind=x"


def test_fractions_arrive_exact() -> None:
    response = ask(answer(raw=b'{"price": 0.10, "count": 3}'))
    assert response.json() == {"price": Decimal("0.10"), "count": 3}


def test_header_names_are_lower_case() -> None:
    assert ask(answer(headers={"X-Some-ID": "7"})).headers["x-some-id"] == "7"


def test_an_absolute_address_is_taken_as_it_is() -> None:
    with Server(answer()) as server:
        http = HttpClient(base_url="http://127.0.0.1:1", network=LOCAL, retry=QUICK)
        assert http.get(f"{server.url}/abs").ok
        http.close()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>login</html>", "a web page"),
        (b'{"half": ', "half an answer"),
        (b"gateway", "text"),
    ],
)
def test_what_is_not_json_is_said_in_plain_words(body: bytes, kind: str) -> None:
    response = ask(answer(raw=body))
    assert response.json_or_none() is None
    with pytest.raises(UnavailableError, match=kind):
        response.json()


# ------------------------------------------------------------------- table of statuses


@pytest.mark.parametrize(
    ("status", "method", "kind"),
    [
        (400, "GET", RejectedError),
        (401, "GET", AuthenticationError),
        (403, "GET", AuthenticationError),
        (404, "GET", NotFoundError),
        (410, "GET", NotFoundError),
        (409, "POST", RejectedError),
        (423, "POST", UnavailableError),
        (500, "GET", UnavailableError),
        (503, "PUT", UnavailableError),
        (500, "POST", UncertainWriteError),
    ],
)
def test_a_status_becomes_the_class_that_says_what_to_do(
    status: int, method: str, kind: type[ConnectorError]
) -> None:
    with pytest.raises(kind) as caught:
        ask(answer(status, {"message": "because"}), method=method)
    assert type(caught.value) is kind
    assert caught.value.status == status


def test_a_redirect_is_not_followed_and_names_the_other_address() -> None:
    step = answer(302, headers={"Location": "https://login.example.com/"})
    with pytest.raises(ConfigurationError, match=r"login\.example\.com"):
        ask(step)


def test_a_connector_may_judge_an_answer_first() -> None:
    def classify(response: Response) -> ConnectorError | None:
        if response.json()["ok"]:
            return None
        return RejectedError("The body says no.")

    assert ask(answer(200, {"ok": True}), classify=classify).ok
    with pytest.raises(RejectedError, match="body says no"):
        ask(answer(200, {"ok": False}), classify=classify)


# ------------------------------------------------------------------------------ faults


@pytest.mark.parametrize("fault", [drop(), half_body(), answer(503)])
def test_a_repeatable_request_is_sent_again(fault: Step) -> None:
    response = ask(fault, fault, answer(200, {"n": 3}))
    assert response.json() == {"n": 3}
    assert response.repeated


@pytest.mark.parametrize("fault", [drop(), half_body()])
def test_a_write_that_may_have_been_applied_is_not_sent_again(fault: Step) -> None:
    with Server(fault) as server:
        http = client(server)
        with pytest.raises(UncertainWriteError, match="may have been applied"):
            http.post("/x", json={})
        http.close()
    assert len(server.heard) == 1


def test_a_write_said_to_be_repeatable_is_sent_again() -> None:
    with Server(drop(), answer(200, {"n": 2})) as server:
        http = client(server)
        assert http.post("/x", json={}, idempotent=True).json() == {"n": 2}
        http.close()
    assert len(server.heard) == 2


def test_it_gives_up_after_the_last_attempt() -> None:
    with Server(answer(502)) as server:
        http = client(server)
        with pytest.raises(UnavailableError):
            http.get("/x")
        http.close()
    assert len(server.heard) == QUICK.attempts


def test_silence_ends_with_the_time_out() -> None:
    once = RetryPolicy(attempts=1)
    with pytest.raises(UnavailableError, match="ReadTimeout"):
        ask(slow(0.5, answer()), timeout=(1.0, 0.05), retry=once)


def test_an_address_where_nobody_listens_was_never_sent() -> None:
    with Server(answer()) as server:
        url = server.url
    http = HttpClient(base_url=url, network=LOCAL, retry=QUICK)
    with pytest.raises(UnavailableError, match="cannot be reached"):
        http.post("/x", json={})
    http.close()


def test_an_unknown_host_cannot_be_reached() -> None:
    http = HttpClient(base_url="http://nowhere.invalid", network=LOCAL, retry=QUICK)
    with pytest.raises(UnavailableError, match="cannot be reached"):
        http.get("/x")
    http.close()


def test_plain_http_behind_https_is_a_matter_of_configuration() -> None:
    with Server(answer()) as server:
        http = HttpClient(
            base_url=server.url.replace("http:", "https:"), network=LOCAL, retry=QUICK
        )
        with pytest.raises(ConfigurationError, match="does not speak https"):
            http.get("/x")
        http.close()


def test_what_is_no_address_is_a_matter_of_configuration() -> None:
    http = HttpClient(base_url="nonsense", network=LOCAL, retry=QUICK)
    with pytest.raises(ConfigurationError, match="not a web address"):
        http.get("/x")
    http.close()


def test_an_answer_without_end_is_cut_off() -> None:
    with pytest.raises(UnavailableError, match="larger than"):
        ask(answer(raw=b" " * 5000), max_bytes=1000, retry=RetryPolicy(attempts=1))
