"""The GET form of table and view queries."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.jde.conftest import DEVICE, TOKEN, Ais

Pairs = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _logged_in(ais: Ais) -> None:
    ais.login()


def ask(ais: Ais, target: str, *pairs: tuple[str, str]) -> requests.Response:
    return ais.get(f"v2/dataservice/{target}", params=list(pairs))


def rows(answer: requests.Response, name: str) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()[f"fs_DATABROWSE_{name}"]["data"]["gridData"]["rowset"]


def test_fields_filters_sort_and_limit(ais: Ais) -> None:
    answer = ask(
        ais,
        "table/F0101",
        ("$field", "F0101.AN8"),
        ("$field", "F0101.ALPH"),
        ("$filter", "F0101.AT1 EQ C"),
        ("$filter", "F0101.AN8 GT 6050"),
        ("$sort", "F0101.AN8 DESC"),
        ("$limit", "5"),
    )
    found = rows(answer, "F0101")
    stored = [
        {"F0101_AN8": row["AN8"], "F0101_ALPH": row["ALPH"]}
        for row in ais.control.records("F0101")
        if row["AT1"] == "C" and row["AN8"] > 6050
    ]
    assert found == stored[::-1][:5]
    assert "links" not in answer.json()


def test_values_keep_their_blanks_and_special_values_follow(ais: Ais) -> None:
    (unit,) = rows(ask(ais, "table/F0006", ("$filter", "MCU EQ           30")), "F0006")
    assert unit["F0006_MCU"] == "          30"
    recent = rows(
        ask(
            ais,
            "table/F0101",
            ("$filter", "F0101.UPMJ GE 400 TODAY_MINUS_DAY"),
            ("$limit", "2000"),
        ),
        "F0101",
    )
    assert 0 < len(recent) < len(ais.control.records("F0101"))
    name = ais.control.records("F0101")[4]["ALPH"]
    assert rows(ask(ais, "table/F0101", ("$filter", f"ALPH EQ {name}")), "F0101")


def test_any_filter_and_a_view(ais: Ais) -> None:
    found = rows(
        ask(
            ais,
            "view/V0101E",
            ("$filter", "F0101.AN8 LE 100"),
            ("$filter", "F0101.AN8 EQ 200"),
            ("$filterType", "MATCH_ANY"),
            ("$field", "F0101.AN8"),
            ("$sort", "F0101.AN8"),
        ),
        "V0101E",
    )
    assert [row["F0101_AN8"] for row in found] == [1, 100, 200]


@pytest.mark.parametrize(
    "pair",
    [
        ("$filter", "F0101.AN8 LIKE 6"),
        ("$filter", "F0101.AN8"),
        ("$order", "F0101.AN8"),
        ("$limit", "0"),
        ("$sort", "F0101.AN8 UP"),
    ],
)
def test_what_cannot_be_read_is_refused(ais: Ais, pair: tuple[str, str]) -> None:
    assert ask(ais, "table/F0101", pair).status_code == 400


def test_the_token_may_come_in_the_query_string(ais: Ais) -> None:
    token = str(ais.http.headers.pop(TOKEN))
    device = str(ais.http.headers.pop(DEVICE))
    assert ask(ais, "table/F0010").status_code == 444
    pairs: Pairs = [("$token", token), ("$device", device)]
    assert ask(ais, "table/F0010", *pairs).status_code == 200


def test_the_old_version_has_no_get_query(ais: Ais) -> None:
    assert ais.get("dataservice/table/F0010").status_code in {404, 405}
