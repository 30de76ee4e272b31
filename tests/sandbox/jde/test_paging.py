"""Checklist 15 and 25 to 27: page sizes, caps, and the links to next pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.jde.conftest import DEVICE, TOKEN, Ais, condition, special

GRID = ("fs_DATABROWSE_F0101", "data", "gridData")


@pytest.fixture(autouse=True)
def _logged_in(ais: Ais) -> None:
    ais.login()


def grid_of(body: dict[str, Any]) -> dict[str, Any]:
    found: Any = body
    for name in GRID:
        found = found[name]
    return dict(found)


def numbers(body: dict[str, Any]) -> list[int]:
    return [row["F0101_AN8"] for row in grid_of(body)["rowset"]]


def first_page(ais: Ais, size: str = "50", **more: Any) -> dict[str, Any]:
    more = {"order": ["AN8"], "enableNextPageProcessing": True, **more}
    answer = ais.query("F0101", fields=["AN8", "ALPH"], maxPageSize=size, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def href(body: dict[str, Any]) -> str:
    return str(body["links"][0]["href"])


def all_keys(ais: Ais) -> list[int]:
    return [row["AN8"] for row in ais.control.records("F0101")]


def test_a_page_is_one_hundred_rows_unless_said_otherwise(ais: Ais) -> None:
    assert ais.grid("F0101", maxPageSize=None)["summary"]["records"] == 100


@pytest.mark.parametrize("size", ["2000", "No Max", "No max"])
def test_the_fetch_limit_wins_over_any_page_size(ais: Ais, size: str) -> None:
    ais.control.config(db_fetch_limit=120)
    summary = ais.grid("F0101", maxPageSize=size)["summary"]
    assert summary == {"records": 120, "moreRecords": True}


@pytest.mark.parametrize("size", ["0", "-5", "ten", "", "1.5", 50, True])
def test_a_page_size_that_is_no_positive_number_as_text_is_refused(
    ais: Ais, size: Any
) -> None:
    assert ais.query("F0101", maxPageSize=size).status_code == 400


def test_links_lead_through_all_rows_once(ais: Ais) -> None:
    body = first_page(ais)
    found = numbers(body)
    state = body["stateId"]
    while body.get("links"):
        body = ais.http.post(href(body)).json()
        state += 1
        assert body["stateId"] == state
        found += numbers(body)
    assert found == all_keys(ais)
    assert "links" not in body


@pytest.mark.parametrize(
    "order", [[], ["AN8"], ["-AN8"], ["UPMJ", "-UPMT"], ["-UPMJ"], ["SIC", "AN8"]]
)
@pytest.mark.parametrize(("size", "days"), [("50", None), ("50", 150), ("3", 20)])
def test_links_lead_through_all_rows_once_by_every_plan(
    ais: Ais, size: str, order: list[str], days: int | None
) -> None:
    """With and without an index on the date, in key order, another, or none."""
    conditions = [special("F0101.UPMJ", "GREATER", "TODAY_MINUS_DAY", str(days))]
    query = {"autoFind": True, "condition": conditions if days else []}
    body = first_page(ais, size=size, order=order, query=query)
    found = numbers(body)
    while body.get("links"):
        body = ais.http.get(href(body)).json()
        found += numbers(body)
    whole = first_page(ais, size="2000", order=order, query=query)
    assert found == numbers(whole)
    assert len(found) == len(set(found))
    everything = all_keys(ais)
    assert 3 < len(found) < len(everything) if days else sorted(found) == everything


@pytest.mark.parametrize("wish", [None, False, "false"])
def test_no_links_unless_asked_for(ais: Ais, wish: Any) -> None:
    body = first_page(ais, enableNextPageProcessing=wish)
    assert "links" not in body
    assert grid_of(body)["summary"]["moreRecords"] is True


def test_no_links_when_all_rows_are_given(ais: Ais) -> None:
    assert "links" not in first_page(ais, size="2000")


def test_the_text_true_asks_for_links_as_well(ais: Ais) -> None:
    assert href(first_page(ais, enableNextPageProcessing="true"))


def test_the_link_carries_all_that_is_needed_and_the_token(ais: Ais) -> None:
    token = ais.login(device="d2")
    parts = urlsplit(href(first_page(ais)))
    query = parse_qs(parts.query, keep_blank_values=True)
    assert query["token"] == [token]
    assert query["deviceName"] == ["d2"]
    assert query["nextPageTimeInterval"] == ["5000"]
    assert set(query) == {
        "deviceName",
        "formOID",
        "fullGridId",
        "nextPageTimeInterval",
        "outputType",
        "returnControlIDs",
        "rid",
        "stackId",
        "stateId",
        "token",
    }


def test_the_token_of_the_link_is_enough(ais: Ais) -> None:
    link = href(first_page(ais))
    del ais.http.headers[TOKEN], ais.http.headers[DEVICE]
    assert ais.http.get(link).status_code == 200


@pytest.mark.parametrize("body", [b"", b"null"])
def test_next_takes_an_empty_body_or_null(ais: Ais, body: bytes) -> None:
    headers = {"Content-Type": "application/json"} if body else {}
    answer = ais.http.post(href(first_page(ais)), data=body, headers=headers)
    assert answer.status_code == 200


def test_the_link_may_name_a_host_nobody_can_reach_and_double_slashes(ais: Ais) -> None:
    ais.control.config(link_host="ais.invalid:9300", link_double_slash=True)
    parts = urlsplit(href(first_page(ais)))
    assert parts.netloc == "ais.invalid:9300"
    assert parts.path == "//jderest/v2/dataservice/next"
    for path in (parts.path, parts.path[1:]):
        repaired = f"{ais.url}{path}?{urlsplit(href(first_page(ais))).query}"
        assert ais.http.post(repaired).status_code == 200


def gone(answer: requests.Response) -> bool:
    return answer.status_code == 500 and bool(answer.json()["sysErrors"])


def test_a_late_next_call_is_500_with_system_errors(ais: Ais) -> None:
    ais.control.config(result_set_timeout_s=60)
    body = first_page(ais)
    ais.control.clock(advance_s=59)
    body = ais.http.post(href(body)).json()
    ais.control.clock(advance_s=61)
    assert gone(ais.http.post(href(body)))
    # Restarting the whole query is the only way on.
    assert ais.http.post(href(first_page(ais))).status_code == 200


def test_a_state_id_serves_once(ais: Ais) -> None:
    first = href(first_page(ais))
    second = href(ais.http.post(first).json())
    assert gone(ais.http.post(first))
    assert ais.http.post(second).status_code == 200
    assert gone(ais.http.post(second))


def test_the_last_page_closes_the_result_set(ais: Ais) -> None:
    body = first_page(ais, size="150")
    link = href(body)
    while body.get("links"):
        link = href(body)
        body = ais.http.post(link).json()
    assert gone(ais.http.post(link))


def test_a_result_set_belongs_to_its_session(ais: Ais) -> None:
    link = href(first_page(ais))
    ais.login()
    assert gone(ais.http.post(link, headers={TOKEN: ais.http.headers[TOKEN]}))
    ais.control.edit(action="kill_sessions")
    assert ais.http.post(link).status_code == 444


def test_rows_changed_between_pages_appear_and_disappear(fresh: Ais) -> None:
    body = first_page(fresh)
    stored = all_keys(fresh)
    gone_key, new_key = stored[70], stored[-1] + 1
    fresh.control.edit(action="delete", table="F0101", key={"AN8": gone_key})
    values = {"AN8": new_key, "ALPH": "Latecomer", "AT1": "C"}
    fresh.control.edit(action="insert", table="F0101", set=values)
    found = numbers(body)
    while body.get("links"):
        body = fresh.http.post(href(body)).json()
        found += numbers(body)
    assert gone_key not in found
    assert found[-1] == new_key


def test_paging_by_key_reads_everything_without_links(ais: Ais) -> None:
    last, found = 0, []
    while True:
        body = first_page(
            ais,
            query={
                "autoFind": True,
                "condition": [condition("F0101.AN8", "GREATER", str(last))],
            },
            enableNextPageProcessing=None,
        )
        found += numbers(body)
        if not grid_of(body)["summary"]["moreRecords"]:
            break
        last = found[-1]
    assert found == all_keys(ais)


def test_credentials_per_request_leave_no_result_set(ais: Ais) -> None:
    del ais.http.headers[TOKEN], ais.http.headers[DEVICE]
    ais.control.config(basic_per_request=True)
    ais.http.auth = ("HSINTEG", "sandbox-1")
    body = first_page(ais)
    assert grid_of(body)["summary"]["moreRecords"] is True
    assert "links" not in body
