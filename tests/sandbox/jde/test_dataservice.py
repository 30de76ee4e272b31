"""Checklist 13, 14 and 16 to 24: what may be asked, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.jde.conftest import CUSTOMERS, Ais, condition, special

CUSTOMER = condition("F0101.AT1", "EQUAL", "C")


@pytest.fixture(autouse=True)
def _logged_in(ais: Ais) -> None:
    ais.login()


def refused(ais: Ais, *arguments: Any, **more: Any) -> str:
    """The message of a refusal, which is never a 200."""
    answer = ais.query(*arguments, **more)
    assert answer.status_code in {400, 500}, answer.text
    return str(answer.json()["message"])


@pytest.mark.parametrize("name", ["ABAN8", "F0101.ABAN8", "F0101_AN8", "F0111.AN8"])
def test_only_table_and_alias_name_a_column(ais: Ais, name: str) -> None:
    assert name in refused(ais, "F0101", condition(name, "EQUAL", "6001"))
    assert name in refused(ais, "F0101", returnControlIDs=name)


def test_a_bare_alias_is_enough_for_a_table_but_not_for_a_view(ais: Ais) -> None:
    assert ais.rows("F0101", condition("AN8", "GREATER", "0"), returnControlIDs="AN8")
    view = {"targetType": "view", "findOnEntry": "TRUE"}
    asked = "F0101.AN8|F0101.ALPH"
    found = ais.rows("V0101E", returnControlIDs=asked, **view)
    assert set(found[0]) == {"F0101_AN8", "F0101_ALPH"}
    assert refused(ais, "V0101E", returnControlIDs="AN8", **view)
    assert "V9999" in refused(ais, "V9999", **view)


def test_rows_and_envelope_are_named_after_the_table(ais: Ais) -> None:
    fields = ["AN8", "CO", "ACL"]
    body = ais.query("F03012", fields=fields, maxPageSize="3").json()
    form = body["fs_DATABROWSE_F03012"]
    assert body["currentApp"] == "DATABROWSE_F03012"
    assert form["title"].startswith("Data Browser - F03012 [")
    assert (form["errors"], form["warnings"], body["sysErrors"]) == ([], [], [])
    grid = form["data"]["gridData"]
    names = {f"F03012_{one}" for one in fields}
    assert set(grid["columns"]) == names
    assert all(set(row) == names for row in grid["rowset"])
    assert grid["columns"]["F03012_CO"] == "Company         "


def test_all_columns_come_when_none_are_named(ais: Ais) -> None:
    (row,) = ais.rows("F0010", condition("CO", "EQUAL", "00100"))
    assert set(row) == {f"F0010_{one}" for one in ("CO", "NAME", "CRCD", "PNC", "DFYJ")}


def test_summary_counts_this_page_and_tells_if_rows_remain(ais: Ais) -> None:
    page = ais.grid("F0101", CUSTOMER, maxPageSize="60", order=["AN8"])
    assert page["summary"] == {"records": 60, "moreRecords": True}
    whole = ais.grid("F0101", CUSTOMER)
    assert whole["summary"] == {"records": CUSTOMERS, "moreRecords": False}
    exact = ais.grid("F0101", CUSTOMER, maxPageSize=str(CUSTOMERS))
    assert exact["summary"] == {"records": CUSTOMERS, "moreRecords": False}


def test_an_empty_result_is_a_200_with_no_rows(ais: Ais) -> None:
    grid = ais.grid("F0101", condition("AN8", "EQUAL", "99999999"))
    assert grid["rowset"] == []
    assert grid["summary"] == {"records": 0, "moreRecords": False}


def test_values_look_as_the_server_sends_them(ais: Ais) -> None:
    rows = ais.rows("F0101", order=["AN8"])
    dates = {row["F0101_UPMJ"] for row in rows}
    assert None in dates
    assert all(len(one) == 8 and one.isdigit() for one in dates - {None})
    assert all(isinstance(row["F0101_UPMT"], int) for row in rows)
    assert any(0 < row["F0101_UPMT"] < 100000 for row in rows)
    assert {row["F0101_AN82"] for row in rows} == {0}
    texts = [value for row in rows for value in row.values() if isinstance(value, str)]
    assert "" not in texts
    assert " " in texts
    assert not [one for one in texts if one != " " and one.endswith(" ")]
    assert any(row["F0101_MCU"] == "          30" for row in rows)
    assert {len(row["F0101_MCU"]) for row in rows} == {12}


def test_amounts_are_json_numbers_with_their_point_and_unscaled_on_demand(
    ais: Ais,
) -> None:
    asked = {"fields": ["DOC", "AG", "ADSC"], "order": ["DOC", "DCT", "KCO", "SFX"]}
    text = ais.query("F03B11", **asked).text
    assert '"F03B11_ADSC":0,' in text or '"F03B11_ADSC":0}' in text
    stored = {row["DOC"]: row["AG"] for row in ais.control.records("F03B11")}
    row = ais.rows("F03B11", **asked)[0]
    document = row["F03B11_DOC"]
    assert f"{row['F03B11_AG']:.2f}" == stored[document]
    ais.control.config(amounts_unscaled=True)
    raw = ais.rows("F03B11", **asked)[0]["F03B11_AG"]
    assert raw == int(stored[document].replace(".", ""))


def test_business_units_and_companies_compare_padded(ais: Ais) -> None:
    assert ais.rows("F0006", condition("MCU", "EQUAL", "30")) == []
    assert len(ais.rows("F0006", condition("MCU", "EQUAL", "          30"))) == 1
    assert ais.rows("F0010", condition("CO", "EQUAL", "1")) == []
    assert len(ais.rows("F0010", condition("CO", "EQUAL", "00001"))) == 1
    # Blanks behind are padding and count for nothing.
    assert len(ais.rows("F0010", condition("CO", "EQUAL", "00001   "))) == 1


@pytest.mark.parametrize(
    "literal",
    ["2025-01-31", "20250131", "125031", "31.01.2025", "1/31/2025", "02/30/2025"],
)
def test_a_date_literal_must_be_in_the_users_format(ais: Ais, literal: str) -> None:
    message = refused(ais, "F0101", condition("UPMJ", "GREATER", literal))
    assert literal in message
    assert "UPMJ" in message


def test_date_literals_of_the_user_and_of_a_lenient_server(ais: Ais) -> None:
    def newer(literal: str) -> int:
        return len(ais.rows("F0101", condition("UPMJ", "GREATER_EQUAL", literal)))

    everything = [row["UPMJ"] or "" for row in ais.control.records("F0101")]
    cut = sorted(everything)[len(everything) // 2]
    year, month, day = cut[:4], cut[4:6], cut[6:]
    expected = sum(one >= cut for one in everything)
    assert newer(f"{month}/{day}/{year}") == expected
    ais.control.config(date_literals="any")
    assert newer(f"{year}-{month}-{day}") == expected
    ais.login("HSCOLUMN")
    assert newer(f"{day}.{month}.{year}") == expected


def test_today_is_the_servers_local_day(ais: Ais) -> None:
    """At 02:30 UTC it is still the evening before in New York."""
    ais.control.clock(now="2031-07-02T02:30:00+00:00")
    ais.login()
    key = {"AN8": ais.control.records("F0101")[5]["AN8"]}
    ais.control.edit(table="F0101", key=key, set={"RMK": "evening"})
    (row,) = ais.control.records("F0101", [str(key["AN8"])])
    assert (row["UPMJ"], row["UPMT"]) == ("20310701", 223000)

    def found(name: str, content: str = "") -> bool:
        rows = ais.rows("F0101", special("UPMJ", "EQUAL", name, content))
        return any(one["F0101_AN8"] == key["AN8"] for one in rows)

    assert found("TODAY")
    ais.control.clock(now="2031-07-04T02:30:00+00:00")
    ais.login()
    assert not found("TODAY")
    assert found("TODAY_MINUS_DAY", "2")
    ais.control.clock(now="2032-08-02T02:30:00+00:00")
    ais.login()
    assert found("TODAY_MINUS_MONTH", "13")
    ais.control.clock(now="2030-07-02T02:30:00+00:00")
    ais.login()
    assert found("TODAY_PLUS_YEAR", "1")


def test_a_month_back_from_its_31st_is_the_last_day_of_the_month_before(
    ais: Ais,
) -> None:
    key = {"AN8": 6001}
    ais.control.edit(table="F0101", key=key, set={"UPMJ": "20310430"}, touch=False)
    ais.control.clock(now="2031-05-31T15:00:00+00:00")
    ais.login()
    rows = ais.rows("F0101", special("UPMJ", "EQUAL", "TODAY_MINUS_MONTH", "1"))
    assert [row["F0101_AN8"] for row in rows] == [6001]


@pytest.mark.parametrize(
    "bad",
    [
        special("UPMJ", "EQUAL", "YESTERDAY"),
        special("UPMJ", "EQUAL", "TODAY_MINUS_DAY", "two"),
        special("AN8", "EQUAL", "TODAY"),
        condition("UPMJ", "STR_BLANK"),
        condition("AN8", "EQUAL", "many"),
        condition("AN8", "EQUAL", "NaN"),
        condition("ALPH", "LIKE", "North*"),
        condition("ALPH", "EQUAL"),
        condition("ALPH", "EQUAL", "a", "b"),
        condition("AN8", "BETWEEN", "1"),
        condition("AN8", "LIST"),
        {"controlId": "AN8", "operator": "EQUAL", "value": [{"content": 6001}]},
        {"operator": "EQUAL", "value": [{"content": "6001"}]},
    ],
)
def test_what_a_condition_cannot_say_is_an_error(ais: Ais, bad: dict[str, Any]) -> None:
    assert refused(ais, "F0101", bad)


@pytest.mark.parametrize("name", ["F0403", "f0101", "F0301", "", "F9999"])
def test_an_unknown_table_is_an_error_never_an_empty_answer(
    ais: Ais, name: str
) -> None:
    answer = ais.query(name)
    assert answer.status_code == 500
    assert "not a valid table" in answer.json()["message"]


def test_the_older_customer_master_exists_where_switched_on(ais: Ais) -> None:
    ais.control.config(legacy_customer_master=True)
    rows = ais.rows("F0301", fields=["AN8", "ACL"], order=["AN8"])
    general = [one for one in ais.control.records("F03012") if one["CO"] == "00000"]
    assert [(one["F0301_AN8"], one["F0301_ACL"]) for one in rows] == [
        (one["AN8"], one["ACL"]) for one in general
    ]


def test_old_releases_lack_the_audit_columns_of_some_tables(ais: Ais) -> None:
    assert "F0115_UPMT" in ais.rows("F0115")[0]
    ais.control.config(missing_audit_tables=["F0115"])
    assert "F0115_UPMT" not in ais.rows("F0115")[0]
    assert "UPMJ" in refused(ais, "F0115", fields=["AN8", "UPMJ"])


@pytest.mark.parametrize(
    "members",
    [
        {"targetType": "TABLE"},
        {"targetType": None},
        {"dataServiceType": None},
        {"dataServiceType": "DELETE"},
        {"dataServiceType": "INSERT"},
        {"returnControlIDs": "F0101.AN8|"},
        {"returnControlIDs": ["F0101.AN8"]},
        {"outputType": "CSV"},
        {"findOnEntry": True},
        {"returnControlIds": "F0101.AN8"},
        {"query": {"matchType": "MATCH_SOME"}},
        {"query": {"conditions": []}},
        {"aggregation": {"orderBy": [{"column": "F0101.AN8"}]}},
        {"aggregation": {"orderBy": [{"column": "F0101.XX", "direction": "ASC"}]}},
    ],
)
def test_a_malformed_request_is_an_error(ais: Ais, members: dict[str, Any]) -> None:
    assert refused(ais, "F0101", **members)


def test_without_find_on_entry_or_auto_find_no_rows_come(ais: Ais) -> None:
    silent = {"findOnEntry": None, "query": {"condition": [CUSTOMER]}}
    assert ais.grid("F0101", **silent)["summary"]["records"] == 0
    for lively in (
        {"findOnEntry": "true", "query": None},
        {"findOnEntry": None, "query": {"autoFind": True}},
    ):
        assert ais.grid("F0101", **lively)["summary"]["records"] > 0


def test_without_order_by_rows_come_in_a_fixed_order_that_is_not_the_keys(
    ais: Ais,
) -> None:
    def keys(*conditions: dict[str, Any], **more: Any) -> list[int]:
        return [row["F0101_AN8"] for row in ais.rows("F0101", *conditions, **more)]

    shuffled = keys()
    assert shuffled == keys()
    assert shuffled != sorted(shuffled)
    assert shuffled != sorted(shuffled, reverse=True)
    assert keys(order=["AN8"]) == sorted(shuffled)
    # Taking the last row of a page for its highest key loses rows, as it would there.
    page = keys(maxPageSize="50")
    assert page[-1] != max(page)
    assert page == shuffled[:50]
    few = keys(condition("AN8", "LIST", *map(str, sorted(shuffled)[20:40])))
    assert len(few) == 20
    assert few not in (sorted(few), sorted(few, reverse=True))


def test_order_by_several_columns_and_directions(ais: Ais) -> None:
    rows = ais.rows("F0101", fields=["AT1", "SIC", "AN8"], order=["AT1", "-SIC", "AN8"])
    keys = [(row["F0101_AT1"], row["F0101_SIC"], row["F0101_AN8"]) for row in rows]
    expected = sorted(keys, key=lambda one: one[2])
    expected.sort(key=lambda one: one[1], reverse=True)
    expected.sort(key=lambda one: one[0])
    assert keys == expected


def test_column_security_drops_columns_silently(ais: Ais) -> None:
    ais.login("HSCOLUMN")
    grid = ais.grid("F0101", fields=["AN8", "TAX"])
    assert set(grid["columns"]) == {"F0101_AN8"}
    assert all(set(row) == {"F0101_AN8"} for row in grid["rowset"])
    assert "F0101_TAX" not in ais.rows("F0101")[0]
    assert refused(ais, "F0101", condition("TAX", "GREATER", "DE"))


def test_row_security_hides_companies(ais: Ais) -> None:
    def companies() -> set[str]:
        return {row["F03012_CO"] for row in ais.rows("F03012", fields=["AN8", "CO"])}

    assert companies() == {"00000", "00001", "00100", "00200"}
    ais.login("HSROW")
    assert companies() == {"00000", "00001"}
    hidden = condition("CO", "EQUAL", "00100")
    assert ais.rows("F03012", hidden) == []
    either = ais.rows(
        "F03012", hidden, condition("AN8", "GREATER", "0"), match="MATCH_ANY"
    )
    assert {row["F03012_CO"] for row in either} == {"00000", "00001"}
    count = ais.query("F03012", hidden, dataServiceType="COUNT").json()
    assert count == {"ds_F03012": {"count": 0}}


def test_version2_and_display_values_follow_the_users_formats(ais: Ais) -> None:
    ais.login("HSCOLUMN")
    asked = {"fields": ["DOC", "AG", "DIVJ"], "outputType": "VERSION2"}
    grid = ais.grid("F03B11", **asked, order=["DOC", "DCT", "KCO", "SFX"])
    assert grid["columnInfo"]["F03B11_DIVJ"]["dataType"] == 11
    row = grid["rowset"][0]
    day = row["F03B11_DIVJ"]
    written = day["internalValue"]
    assert day["value"] == f"{written[6:]}.{written[4:6]}.{written[:4]}"
    assert "," in row["F03B11_AG"]["value"]


def test_a_batch_answers_each_request_under_its_number(ais: Ais) -> None:
    parts = [
        ais.body("F0010", fields=["CO"]),
        ais.body("F0101", CUSTOMER, dataServiceType="COUNT"),
    ]
    body = {"batchDataRequest": True, "dataRequests": parts}
    found = ais.post("v2/dataservice", body).json()
    assert set(found) == {"fs_0_DATABROWSE_F0010", "ds_1_F0101"}
    assert found["ds_1_F0101"] == {"count": CUSTOMERS}
    parts.append(ais.body("F0403"))
    assert ais.post("v2/dataservice", body).status_code == 500
