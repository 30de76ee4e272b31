"""Conditions and plans: every way to a result gives the rows a plain scan gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.jde.conftest import Ais, condition, special

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _logged_in(ais: Ais) -> None:
    ais.login()


CASES: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
    (condition("AN8", "EQUAL", "6001"), lambda r: r["AN8"] == 6001),
    (condition("AN8", "NOT_EQUAL", "6001"), lambda r: r["AN8"] != 6001),
    (condition("AN8", "LESS", "6050"), lambda r: r["AN8"] < 6050),
    (condition("AN8", "LESS_EQUAL", "6050.5"), lambda r: r["AN8"] <= 6050),
    (condition("AN8", "GREATER", "6100"), lambda r: r["AN8"] > 6100),
    (condition("AN8", "BETWEEN", "6010", "6090"), lambda r: 6010 <= r["AN8"] <= 6090),
    (condition("AN8", "BETWEEN", "6090", "6010"), lambda r: False),
    (
        condition("AN8", "LIST", "6120", "6001", "6001", "1"),
        lambda r: r["AN8"] in {1, 6001, 6120},
    ),
    (condition("ALPH", "STR_START_WITH", "K"), lambda r: r["ALPH"].startswith("K")),
    (condition("ALPH", "STR_END_WITH", "GmbH"), lambda r: r["ALPH"].endswith("GmbH")),
    (condition("ALPH", "STR_CONTAIN", "'"), lambda r: "'" in r["ALPH"]),
    (condition("TAX", "STR_BLANK"), lambda r: r["TAX"] == " "),
    (condition("TAX", "STR_NOT_BLANK"), lambda r: r["TAX"] != " "),
    (condition("TAX", "EQUAL", ""), lambda r: r["TAX"] == " "),
    (condition("UPMJ", "LESS", "01/01/2020"), lambda r: r["UPMJ"] is None),
    (condition("UPMT", "GREATER", "120000"), lambda r: r["UPMT"] > 120000),
    (condition("AT1", "LIST", "V", "E"), lambda r: r["AT1"] in {"V", "E"}),
]


@pytest.mark.parametrize(("asked", "expected"), CASES)
def test_every_operator(
    ais: Ais, asked: dict[str, Any], expected: Callable[[Row], bool]
) -> None:
    wanted = [row["AN8"] for row in ais.control.records("F0101") if expected(row)]
    for order in (["AN8"], ["-AN8"], ["UPMJ", "AN8"], ["ALPH"], None):
        found = [r["F0101_AN8"] for r in ais.rows("F0101", asked, order=order or ())]
        assert sorted(found) == wanted, order
    count = ais.query("F0101", asked, dataServiceType="COUNT").json()
    assert count["ds_F0101"]["count"] == len(wanted)


def test_incremental_by_date_and_key_agrees_with_a_scan(ais: Ais) -> None:
    """The index on UPMJ, the key index and both together."""
    since = special("UPMJ", "GREATER_EQUAL", "TODAY_MINUS_DAY", "90")
    stored = ais.control.records("F0115")
    newest = sorted({row["UPMJ"] for row in stored if row["UPMJ"]})
    days = {row["F0115_UPMJ"] for row in ais.rows("F0115", since)}
    cut = min(days)
    assert days == {one for one in newest if one >= cut}
    for low in ("0", "6080", "6200"):
        beyond = condition("AN8", "GREATER", low)
        order = ["AN8", "IDLN", "RCK7", "CNLN"]
        found = ais.rows("F0115", since, beyond, order=order)
        assert [(r["F0115_AN8"], r["F0115_IDLN"], r["F0115_RCK7"]) for r in found] == [
            (r["AN8"], r["IDLN"], r["RCK7"])
            for r in stored
            if (r["UPMJ"] or "") >= cut and r["AN8"] > int(low)
        ]


def test_match_any_and_nested_queries(ais: Ais) -> None:
    """The composite-key page: (K1 > a) OR (K1 = a AND K2 > b)."""
    stored = ais.control.records("F0115")
    edge = next(r for r in stored if r["IDLN"] == 1 and r["AN8"] > 6050)
    number, line = edge["AN8"], edge["IDLN"]
    later = {"condition": [condition("F0115.AN8", "GREATER", str(number))]}
    same = {
        "condition": [
            condition("F0115.AN8", "EQUAL", str(number)),
            condition("F0115.IDLN", "GREATER_EQUAL", str(line)),
        ]
    }
    either = {
        "complexQuery": [
            {"andOr": "AND", "query": later},
            {"andOr": "OR", "query": same},
        ]
    }
    fax = {"condition": [condition("F0115.PHTP", "EQUAL", "FAX")]}
    both = {
        "autoFind": True,
        **fax,
        "complexQuery": [{"andOr": "AND", "query": either}],
    }
    order = ["AN8", "IDLN", "RCK7"]

    def keys(query: dict[str, Any]) -> list[tuple[int, int, int]]:
        rows = ais.rows("F0115", query=query, order=order)
        return [tuple(r[f"F0115_{one}"] for one in order) for r in rows]

    expected = [r for r in stored if (r["AN8"], r["IDLN"]) >= (number, line)]
    assert keys(either) == [tuple(r[one] for one in order) for r in expected]
    assert keys(both) == [
        tuple(r[one] for one in order) for r in expected if r["PHTP"] == "FAX"
    ]


def test_match_any_joins_conditions_on_different_columns(ais: Ais) -> None:
    asked = [condition("AT1", "EQUAL", "V"), condition("AN8", "LESS", "6020")]
    found = {r["F0101_AN8"] for r in ais.rows("F0101", *asked, match="MATCH_ANY")}
    assert found == {
        r["AN8"]
        for r in ais.control.records("F0101")
        if r["AT1"] == "V" or r["AN8"] < 6020
    }


@pytest.mark.parametrize("complex_query", [[{"query": {}}], [{"andOr": "XOR"}], ["x"]])
def test_a_malformed_nesting_is_an_error(ais: Ais, complex_query: Any) -> None:
    answer = ais.query("F0101", query={"complexQuery": complex_query})
    assert answer.status_code == 400


def test_login_user_stands_for_the_callers_name(ais: Ais) -> None:
    key = {"AN8": 6001}
    ais.control.edit(table="F0101", key=key, set={"USER": "HSINTEG"})
    rows = ais.rows("F0101", special("USER", "EQUAL", "LOGIN_USER"))
    there = ais.control.records("F0101")
    # What other tests have written here is the caller's too.
    mine = {one["AN8"] for one in there if one["USER"].strip() == "HSINTEG"}
    assert {row["F0101_AN8"] for row in rows} == mine
    assert 6001 in mine
    assert len(mine) < len(there)


def test_invoices_by_customer_use_their_own_index(ais: Ais) -> None:
    stored = ais.control.records("F03B11")
    numbers = sorted({row["AN8"] for row in stored})[10:40]
    asked = condition("AN8", "LIST", *map(str, numbers))
    order = ["AN8", "DOC", "DCT", "KCO", "SFX"]
    found = ais.rows("F03B11", asked, fields=order, order=order)
    assert [tuple(row[f"F03B11_{one}"] for one in order) for row in found] == sorted(
        tuple(row[one] for one in order) for row in stored if row["AN8"] in numbers
    )
