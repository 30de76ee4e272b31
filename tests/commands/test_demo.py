"""The demo: both sides compared, ports, and the whole of it once and again."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.management.children import free_port, free_ports
from connectors.management.demo.scenes import SCENES
from connectors.management.demo.scenes.jde.mistyped import plant, planted
from connectors.management.demo.scenes.jde.verify import verify
from connectors.management.demo.systems import ERPS
from connectors.management.demo.verdict import Verdict
from connectors.sync import connect, recipes
from tests.commands.shell import ROOT, command
from tests.sync.site import TOKEN, Site


@pytest.fixture
def moved(site: Site) -> Site:
    """Customers and contacts moved by the recipe of the demo."""
    site.flow.delete()
    for flow in recipes.install("jde_hubspot", site.jde, site.hubspot):
        fields = site.hubspot.spec.object(flow.target_object).fields
        names = flow.mappings.values_list("target_field", flat=True)
        managed = [name for name in names if fields[name].managed]
        connect.ensure_fields(site.hubspot, flow.target_object, managed)
        site.run(flow=flow)
    return site


def compared(site: Site, *spared: str) -> Verdict:
    verdict = Verdict()
    verify(site.erp, site.crm, TOKEN, verdict, spared)
    return verdict


def test_both_sides_agree(moved: Site) -> None:
    found = compared(moved)
    assert found.problems == []
    assert "30 customers" in found.agreed[0]


def test_a_changed_credit_limit_is_noticed(moved: Site) -> None:
    number = sorted(moved.customers())[0]
    moved.crm.edit(
        type="companies",
        key=f"jde:{number}",
        key_property="erp_key",
        set={"erp_credit_limit": "1.5"},
    )
    assert len(compared(moved).problems) == 1
    assert f"1 customers that differ: {number} (credit" in compared(moved).problems[0]


def test_a_missing_company_is_noticed(moved: Site) -> None:
    number = sorted(moved.customers())[0]
    moved.crm.edit(
        type="companies",
        action="delete",
        key=f"jde:{number}",
        key_property="erp_key",
    )
    problems = compared(moved).problems
    assert f"1 customers missing in HubSpot: {number}" in problems


def test_a_stranger_is_noticed(moved: Site) -> None:
    moved.crm.edit(
        type="companies", action="create", set={"name": "X", "erp_key": "jde:1"}
    )
    problems = compared(moved).problems
    assert "1 customers in HubSpot that JD Edwards does not have: 1" in problems


def test_an_unmoved_contact_is_noticed_unless_spared(moved: Site) -> None:
    person = next(row for row in moved.erp.records("F0111") if row["IDLN"] == 1)
    moved.erp.edit(
        action="insert",
        table="F0111",
        set={**person, "AN8": int(sorted(moved.customers())[0]), "IDLN": 77},
    )
    key = f"{sorted(moved.customers())[0]}-77"
    assert compared(moved).problems == [f"1 contacts missing in HubSpot: {key}"]
    assert compared(moved, key).ok


def test_planted_contacts_are_customers_people(site: Site) -> None:
    before = {one.key: one.why for one in planted(site.erp)}
    plant(site.erp)
    after = {one.key: one.why for one in planted(site.erp)}
    assert len(after) == 2
    assert set(after) == set(before)
    assert all(after[key] != before[key] for key in after)


def test_a_taken_port_gives_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
        first, second = free_ports([port, port])
        assert len({port, first, second}) == 3


def test_it_is_not_for_another_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    done = command("demo")
    assert (done.code, "make demo" in done.error) == (2, True)


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The demo as make starts it, on a port of its own."""
    return subprocess.run(
        [sys.executable, "-m", "connectors.management.demo", "--folder", str(folder),
         "--once", "--port", str(free_port(0)), *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@192.0.2.1/production"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )  # fmt: skip


def rows(text: str) -> dict[str, list[int]]:
    """Read, created, updated, unchanged and failed of each flow in the table."""
    found = re.findall(r"^(\w[\w ]+: \w.*?)  +((?:[\d,]+ +){5})", text, re.MULTILINE)
    assert found, text
    return {
        name: [int(word.replace(",", "")) for word in numbers.split()]
        for name, numbers in found
    }


def test_one_demo_and_another(tmp_path: Path) -> None:
    first = demo(tmp_path, "--customers", "30", "--systems", "jde", "qad")
    assert first.returncode == 0, first.stdout + first.stderr
    moved = rows(first.stdout)
    assert moved["JD Edwards: Customers to companies"] == [30, 30, 0, 0, 0]
    read, created, *rest = moved["JD Edwards: Contacts to contacts"]
    assert rest == [0, 0, 2]
    assert created == read - 2
    assert moved["JD Edwards: Invoices to JD Edwards"] == [4, 3, 0, 0, 1]
    assert moved["JD Edwards: Payments to JD Edwards"] == [2, 2, 0, 0, 0]
    # The account has products of its own; ours is one more.
    assert moved["JD Edwards: Products back to items"][1] > 1
    assert moved["JD Edwards: Companies back to customers"][2] == 1
    assert moved["QAD: Won deals to sales orders"] == [5, 3, 0, 0, 1]
    told = " ".join(first.stdout.split())
    for said in (
        "3 invoices and 2 payments of HubSpot once each",
        "QAD has 3 orders of HubSpot's won deals once each",
        "is no e-mail address",
        "has a new phone number on both sides",
        "may be one of two customers",
        "lies in a closed period",
        "names no item",
    ):
        assert said in told
    assert re.search(r"^User +admin *$", first.stdout, re.MULTILINE)

    # All that were there go on, and what one has brought is no news to another.
    second = demo(tmp_path, "--customers", "30", "--systems", "syspro")
    assert second.returncode == 0, second.stdout + second.stderr
    again = rows(second.stdout)
    for name in moved:
        _, created, updated, _, failed = again.pop(name)
        assert (name, created, updated, failed) == (name, 0, 0, 0)
    assert again["SYSPRO: Customers to companies"] == [6, 6, 0, 0, 0]
    read, created, *rest = again["SYSPRO: Invoices to invoices"]
    assert (created, rest) == (read - 1, [0, 0, 1])
    assert "HubSpot agrees with SYSPRO: 6 customers" in second.stdout
    assert "does not have its currency" in second.stdout
    assert password(first.stdout) == password(second.stdout)


def test_a_demo_one_way(tmp_path: Path) -> None:
    done = demo(tmp_path, "--customers", "30", "--one-way", "--systems", "jde")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(rows(done.stdout)) == {
        "JD Edwards: Customers to companies",
        "JD Edwards: Contacts to contacts",
    }
    assert "2 records are left to you on purpose" in done.stdout


def test_each_erp_has_its_scene() -> None:
    assert set(SCENES) == set(ERPS)


def password(text: str) -> str:
    found = re.search(r"^Password +(\S+) *$", text, re.MULTILINE)
    assert found, text
    return found[1]


def test_two_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = demo(tmp_path)
    assert (done.returncode, "Another demo" in done.stderr) == (3, True)
