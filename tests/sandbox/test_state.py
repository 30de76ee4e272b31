"""What stand-ins keep over a restart."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import requests

from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.core.standin import StandIn
from connectors.sandbox.core.state import StateError, load, save
from connectors.sandbox.hubspot.standin import HubSpotStandIn
from connectors.sandbox.jde.standin import JdeStandIn
from connectors.sandbox.qad.standin import QadStandIn
from tests.sandbox.conftest import FULL, GROUP, Hub


def stand_ins() -> list[StandIn]:
    return [HubSpotStandIn(), JdeStandIn()]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A file of two stand-ins that were seeded, written to and edited."""
    path = tmp_path / "state"
    before = stand_ins()
    with SandboxThread(*before) as box, requests.Session() as session:
        hub = Hub(box.url["hubspot"], session, box.control("hubspot"))
        hub.control.seed(40)
        hub.add_key()
        hub.post(
            "/crm/properties/2026-09/companies",
            {
                "name": "mlc_class",
                "label": "Class",
                "type": "enumeration",
                "fieldType": "select",
                "groupName": GROUP,
                "options": [{"label": "A", "value": "a"}],
            },
        )
        hub.create("companies", name="Kept", mlc_erp_key="ECC-1", mlc_class="a")
        box.control("jde").seed(40)
        box.control("jde").edit(table="F0101", key={"AN8": 6001}, set={"ALPH": "New"})
        save(path, before)
    return path


def test_records_and_ledger_are_as_before(state: Path) -> None:
    hubspot, jde = stand_ins()
    assert load(state, [hubspot, jde])
    kept = [one["properties"] for one in hubspot.records("companies")]
    assert [one["mlc_class"] for one in kept if one["name"] == "Kept"] == ["a"]
    assert hubspot.ledger("companies")["types"]["companies"]["totals"]["created"] == 1
    assert jde.records("F0101", ["6001"])[0]["ALPH"] == "New"
    assert sum(row["AT1"] == "C" for row in jde.records("F0101")) == 40


def test_rules_hold_on(state: Path) -> None:
    after = stand_ins()
    load(state, after)
    with SandboxThread(*after) as box, requests.Session() as session:
        hub = Hub(box.url["hubspot"], session, box.control("hubspot"))
        hub.control.config(search_lag_s=0.0)
        path = "/crm/objects/2026-09/companies"
        double = hub.post(path, {"properties": {"name": "B", "mlc_erp_key": "ECC-1"}})
        assert double.status_code in (400, 409)
        wrong = hub.post(path, {"properties": {"name": "B", "mlc_class": "z"}})
        assert wrong.status_code == 400
        hub.create("companies", name="Next", mlc_erp_key="ECC-2", mlc_class="a")
        found = hub.search(
            "companies",
            {"propertyName": "mlc_erp_key", "operator": "EQ", "value": "ECC-2"},
        )
        assert found.json()["total"] == 1
        ids = [one["id"] for one in hub.control.records("companies")]
        assert len(set(ids)) == len(ids)


def test_knobs_and_clock_are_those_of_the_new_one(state: Path) -> None:
    hubspot, jde = stand_ins()
    hubspot.config.patch({"rate_limit": 1})
    load(state, [hubspot, jde])
    with SandboxThread(hubspot, jde) as box:
        header = {"Authorization": f"Bearer {FULL}"}
        url = f"{box.url['hubspot']}/crm/objects/2026-09/companies"
        seen = [requests.get(url, headers=header, timeout=10) for _ in range(2)]
        assert [one.status_code for one in seen] == [200, 429]


def test_without_a_file_there_is_nothing_to_load(tmp_path: Path) -> None:
    assert not load(tmp_path / "none", stand_ins())


def test_one_that_the_file_does_not_hold_is_empty(state: Path) -> None:
    qad = QadStandIn()
    assert load(state, [*stand_ins(), qad]) == {"hubspot", "jde"}
    assert qad.records("customers") == []


def test_a_file_of_others_is_refused(state: Path) -> None:
    with pytest.raises(StateError, match="holds hubspot, jde"):
        load(state, [HubSpotStandIn()])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x05]\x94."])
def test_a_spoiled_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(StateError, match="delete it"):
        load(path, stand_ins())


@pytest.mark.parametrize(("slug", "part"), [("jde", "numbers"), ("hubspot", "portals")])
def test_a_file_that_lacks_what_a_newer_version_keeps_is_refused(
    state: Path, slug: str, part: str
) -> None:
    held = pickle.loads(state.read_bytes())  # noqa: S301
    del held[slug][part]
    state.write_bytes(pickle.dumps(held))
    with pytest.raises(StateError, match="another version of the sandbox: delete it"):
        load(state, stand_ins())


def test_only_its_owner_can_read_it(state: Path) -> None:
    assert state.stat().st_mode & 0o077 == 0
