"""Log, faults, clock and knobs, which every stand-in shares."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import requests

import connectors.sandbox
from connectors.sandbox.core.client import ControlError
from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.core.world import business
from connectors.sandbox.hubspot.standin import HubSpotStandIn
from connectors.sandbox.registry import stand_in_class
from tests.sandbox.conftest import Hub, objects

COMPANIES = objects("companies")
SANDBOX = Path(connectors.sandbox.__file__).parent


def rule(**do: object) -> dict[str, object]:
    return {"match": {"path": "/crm/objects"}, "times": 1, "do": do}


def test_log_has_request_without_credentials(hub: Hub) -> None:
    hub.control.config(log_bodies=True)
    answer = hub.post(COMPANIES, {"properties": {"name": "Acme"}})
    (entry,) = hub.control.log()
    assert entry["method"] == "POST"
    assert entry["path"] == COMPANIES
    assert entry["status"] == 201
    assert entry["headers"]["Authorization"] == "[blanked]"
    assert entry["correlation"] == answer.headers["x-hubspot-correlation-id"]
    assert entry["request_bytes"] == len(entry["request_body"])
    assert '"name":"Acme"' in entry["response_body"]
    assert "pat-na1" not in str(entry)


def test_log_is_a_ring(hub: Hub) -> None:
    hub.control.config(log_size=3)
    for _ in range(5):
        hub.get(COMPANIES)
    assert [entry["number"] for entry in hub.control.log()][1:] == [
        hub.control.log()[0]["number"] + 1,
        hub.control.log()[0]["number"] + 2,
    ]
    assert hub.control.stats()["requests"] == 5
    hub.control.clear_log()
    assert hub.control.log() == []


def test_drop_applies_nothing(hub: Hub) -> None:
    hub.control.faults(rule(drop=True))
    with pytest.raises(requests.ConnectionError):
        hub.create("companies", name="Acme")
    assert hub.control.records("companies") == []
    assert hub.control.stats()["by_class"] == {"dropped": 1}


def test_apply_then_drop_has_written(hub: Hub) -> None:
    hub.control.faults(rule(apply_then_drop=True))
    with pytest.raises(requests.ConnectionError):
        hub.create("companies", name="Acme")
    assert len(hub.control.records("companies")) == 1


def test_half_body_has_written_and_is_cut(hub: Hub) -> None:
    hub.control.faults(rule(half_body=True))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        hub.create("companies", name="Acme")
    assert len(hub.control.records("companies")) == 1


@pytest.mark.parametrize("status", [423, 429, 500, 502, 503, 504, 521, 524])
def test_scripted_status_has_the_vendors_shape(hub: Hub, status: int) -> None:
    hub.control.faults(rule(status=status, headers={"Retry-After": "7"}))
    answer = hub.get(COMPANIES)
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["correlationId"] == answer.headers["x-hubspot-correlation-id"]
    assert hub.get(COMPANIES).status_code == 200


def test_html_body(hub: Hub) -> None:
    hub.control.faults(rule(status=502, html="<h1>Bad gateway</h1>"))
    answer = hub.get(COMPANIES)
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


def test_delay_before_and_after(hub: Hub) -> None:
    hub.control.faults(rule(delay_s=0.05), rule(delay_s=0.05, after=True))
    assert hub.get(COMPANIES).status_code == 200
    assert hub.get(COMPANIES).status_code == 200
    assert all(entry["ms"] >= 50 for entry in hub.control.log())


def test_rule_matches_method_body_skip_and_counts(hub: Hub) -> None:
    match = {"method": "POST", "path": "/companies$", "body": "Poison"}
    hub.control.faults(
        {"name": "x", "match": match, "skip": 1, "times": 1, "do": {"status": 503}}
    )
    statuses = [
        hub.post(COMPANIES, {"properties": {"name": name}}).status_code
        for name in ("Good", "Poison 1", "Poison 2", "Poison 3")
    ]
    assert statuses == [201, 201, 503, 201]
    assert hub.get(COMPANIES).status_code == 200
    (seen,) = hub.control.faults()
    assert (seen["name"], seen["matched"], seen["hits"]) == ("x", 3, 1)
    assert hub.control.clear_faults() == []


def test_probability_is_repeatable(hub: Hub) -> None:
    plan = {"match": {}, "probability": 0.5, "seed": 3, "do": {"status": 503}}
    rounds = []
    for _ in range(2):
        hub.control.faults(plan)
        rounds.append([hub.get(COMPANIES).status_code for _ in range(20)])
    assert rounds[0] == rounds[1]
    assert set(rounds[0]) == {200, 503}


@pytest.mark.parametrize(
    "bad",
    [
        {"do": {}},
        {"do": {"stauts": 500}},
        {"match": {"path": "("}, "do": {"drop": True}},
        {"when": 1, "do": {"drop": True}},
        {"do": {"drop": "tomorrow"}, "times": "x"},
    ],
)
def test_wrong_fault_plan_is_refused(hub: Hub, bad: dict[str, object]) -> None:
    with pytest.raises(ControlError):
        hub.control.faults(bad)
    assert hub.control.faults() == []


def test_knobs_are_checked_all_or_none(hub: Hub) -> None:
    with pytest.raises(ControlError, match="latency_ms must be float"):
        hub.control.config(rate_limit=7, latency_ms="fast")
    with pytest.raises(ControlError, match="no setting 'speed'"):
        hub.control.config(speed=1)
    knobs = hub.control.config(latency_ms=2)
    assert (knobs["latency_ms"], knobs["rate_limit"]) == (2.0, 10_000)
    hub.get(COMPANIES)
    assert hub.control.log()[0]["ms"] >= 2


def test_clock_moves_stands_and_returns(hub: Hub) -> None:
    hub.control.clock(now="2026-11-20T10:00:00+00:00", frozen=True)
    first = hub.control.clock()["now"]
    assert first.startswith("2026-11-20T10:00:00")
    assert hub.control.clock(advance_s=90)["now"].startswith("2026-11-20T10:01:30")
    record = hub.get(f"{COMPANIES}/{hub.create('companies', name='Acme')}").json()
    assert record["createdAt"].startswith("2026-11-20T10:01:30")
    with pytest.raises(ControlError):
        hub.control.clock(now="2026-11-20T10:00:00")
    hub.control.reset()
    assert abs(hub.control.clock()["offset_s"]) < 1


def test_clock_runs_on_after_freezing() -> None:
    clock = Clock()
    clock.freeze()
    clock.advance(3600)
    frozen = clock.time()
    clock.resume()
    assert frozen <= clock.time() < frozen + 60


def test_crash_of_the_stand_in_is_a_500(hub: Hub) -> None:
    answer = hub.post(f"{COMPANIES}/batch/archive", {"inputs": [{"id": ["x"]}]})
    assert answer.status_code == 204
    hub.control.config(time_zone="Nowhere/Nothing")
    hub.control.clock(advance_s=200_000)
    answer = hub.get(COMPANIES)
    assert answer.status_code == 500
    assert answer.json()["status"] == "error"


def test_two_boxes_live_side_by_side() -> None:
    with SandboxThread(HubSpotStandIn()) as one, SandboxThread(HubSpotStandIn()) as two:
        assert one.url["hubspot"] != two.url["hubspot"]
        one.control("hubspot").edit(
            type="companies", action="create", set={"name": "Acme"}
        )
        assert two.control("hubspot").records("companies") == []
        assert one.call(lambda: len(one.standin["hubspot"].records("companies"))) == 1


def test_world_is_the_same_everywhere() -> None:
    assert business(17, 1) == business(17, 1)
    assert business(17, 1) != business(17, 2)
    assert len({business(n, 1).domain for n in range(1, 12_000)}) == 11_999


def test_registry_names_the_class() -> None:
    assert stand_in_class("hubspot") is HubSpotStandIn
    with pytest.raises(KeyError):
        stand_in_class("nothing")


def test_sandbox_imports_nothing_of_the_product() -> None:
    for path in SANDBOX.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in getattr(node, "names", [])]
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            found = (
                [module] if module else names if isinstance(node, ast.Import) else []
            )
            for name in found:
                assert not name.startswith("django"), f"{path} imports {name}"
                ours = name.startswith("connectors")
                assert not ours or name.startswith("connectors.sandbox"), path
