"""Checklist 28, 29 and 31: counts, aggregates, faults in disguise, no writing."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.jde.conftest import CUSTOMERS, Ais, condition


@pytest.fixture(autouse=True)
def _logged_in(ais: Ais) -> None:
    ais.login()


def aggregated(ais: Ais, table: str, *conditions: Any, **aggregation: Any) -> Any:
    body = ais.body(table, *conditions, dataServiceType="AGGREGATION")
    body["aggregation"] = aggregation
    answer = ais.post("v2/dataservice", body)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_float=Decimal)[f"ds_{table}"]


def wish(column: str, function: str) -> dict[str, str]:
    return {"column": column, "aggregation": function}


def test_count_answers_under_the_tables_name(ais: Ais) -> None:
    customers = condition("F0101.AT1", "EQUAL", "C")
    body = ais.query("F0101", customers, dataServiceType="COUNT").json()
    assert body == {"ds_F0101": {"count": CUSTOMERS}}


def test_sums_per_customer_are_exact(ais: Ais) -> None:
    expected: dict[int, Decimal] = defaultdict(Decimal)
    for row in ais.control.records("F03B11"):
        expected[row["AN8"]] += Decimal(row["AAP"])
    result = aggregated(
        ais,
        "F03B11",
        aggregations=[wish("F03B11.AAP", "SUM")],
        groupBy=[{"column": "F03B11.AN8"}],
        orderBy=[{"column": "F03B11.AN8", "direction": "ASC"}],
    )
    found = [
        (one["groupBy"]["F03B11.AN8"], Decimal(one["F03B11.AAP_SUM"]))
        for one in result["output"]
    ]
    assert found == sorted(expected.items())
    assert "error" not in result


def test_the_other_functions(ais: Ais) -> None:
    names = ("COUNT", "COUNT_DISTINCT", "MIN", "MAX", "AVG", "SUM_DISTINCT")
    wishes = [wish("F03012.ACL", name) for name in names]
    days = [wish("F03012.UPMJ", "MAX"), wish("F03012.CO", "COUNT_DISTINCT")]
    (row,) = aggregated(ais, "F03012", aggregations=wishes + days)["output"]
    stored = ais.control.records("F03012")
    limits = [one["ACL"] for one in stored]
    assert row["F03012.ACL_COUNT"] == len(limits)
    assert row["F03012.ACL_COUNT_DISTINCT"] == len(set(limits))
    assert (row["F03012.ACL_MIN"], row["F03012.ACL_MAX"]) == (min(limits), max(limits))
    average = Decimal(sum(limits)) / len(limits)
    assert abs(row["F03012.ACL_AVG"] - average) < Decimal("0.00001")
    assert row["F03012.ACL_SUM_DISTINCT"] == sum(set(limits))
    assert row["F03012.UPMJ_MAX"] == max(one["UPMJ"] or "" for one in stored)
    assert row["F03012.CO_COUNT_DISTINCT"] == 4
    assert "groupBy" not in row


@pytest.mark.parametrize(
    ("column", "function"),
    [("F0101.ALPH", "SUM"), ("F0101.ALPH", "MAX"), ("F0101.UPMJ", "AVG")],
)
def test_an_aggregate_that_does_not_suit_the_column_is_an_error_inside_a_200(
    ais: Ais, column: str, function: str
) -> None:
    result = aggregated(ais, "F0101", aggregations=[wish(column, function)])
    assert result["output"] == []
    assert function in result["error"]["message"]


@pytest.mark.parametrize(
    "aggregation",
    [
        {},
        {"aggregations": [{"column": "F0101.AN8", "aggregation": "MEDIAN"}]},
        {"aggregations": [wish("F0101.XX", "SUM")]},
        {"aggregations": [wish("F0101.AN8", "SUM")], "groupBy": [{"column": "XX"}]},
        {
            "aggregations": [wish("F0101.AN8", "SUM")],
            "orderBy": [{"column": "F0101.AT1", "direction": "ASC"}],
        },
        {"aggregations": "AN8"},
    ],
)
def test_an_aggregation_that_makes_no_sense_is_refused(
    ais: Ais, aggregation: dict[str, Any]
) -> None:
    body = ais.body("F0101", dataServiceType="AGGREGATION")
    body["aggregation"] = aggregation
    assert ais.post("v2/dataservice", body).status_code == 400


def test_a_condition_on_aggregates_is_refused_rather_than_ignored(ais: Ais) -> None:
    body = ais.body("F0101", dataServiceType="AGGREGATION", having={"condition": []})
    body["aggregation"] = {"aggregations": [wish("F0101.AN8", "SUM")]}
    assert ais.post("v2/dataservice", body).status_code == 500


def test_refusals_may_come_with_status_200(ais: Ais) -> None:
    ais.control.config(errors_in_band=True)
    answer = ais.query("F0403")
    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "exception", "timeStamp"}
    assert ais.query("F0101", headers=None).status_code == 200
    ais.control.edit(action="kill_sessions")
    assert ais.query("F0101").status_code == 444


def test_every_answer_may_be_an_error_with_status_200(ais: Ais) -> None:
    ais.control.config(in_band_error="The JAS server did not answer")
    answer = ais.query("F0010")
    assert answer.status_code == 200
    assert answer.json()["message"] == "The JAS server did not answer"
    assert set(answer.json()) == {"message", "exception", "timeStamp"}


@pytest.mark.parametrize("status", [502, 503])
def test_a_balancer_may_answer_in_html(ais: Ais, status: int) -> None:
    page = "<html><body>Bad Gateway</body></html>"
    ais.control.faults(
        {
            "match": {"path": "/jderest"},
            "times": 1,
            "do": {"status": status, "html": page},
        }
    )
    answer = ais.query("F0010")
    assert (answer.status_code, answer.text) == (status, page)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ais.query("F0010").status_code == 200


def test_the_fault_plan_without_a_body_speaks_as_the_server_does(ais: Ais) -> None:
    ais.control.faults({"times": 1, "do": {"status": 500}})
    answer = ais.query("F0010")
    assert answer.status_code == 500
    assert set(answer.json()) == {"message", "exception", "timeStamp"}


def test_services_that_are_not_run_say_so(ais: Ais) -> None:
    before = ais.control.describe()["tables"]
    for service in ("poservice", "batchformservice", "file/list"):
        answer = ais.post(f"v2/{service}", {"formName": "P0411_W0411A"})
        assert answer.status_code == 500
        assert service in answer.json()["message"]
    assert ais.control.describe()["tables"] == before
    ais.control.edit(action="kill_sessions")
    assert ais.post("v2/poservice", {}).status_code == 444


def test_the_control_surface_is_no_part_of_the_service(ais: Ais) -> None:
    assert ais.get("__sandbox__/config").status_code == 404
    assert ais.http.get(f"{ais.url}/__sandbox__/config").status_code == 200
