"""replay_records: what fits, what is taken up, what is not."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import Outcome, RunKind, SyncRecord, SyncRun
from connectors.sync import runs
from tests.commands.shell import command, database_url, ended, process
from tests.sync.site import Site, assert_exact


@pytest.fixture
def failed(site: Site) -> Site:
    """Thirty failed records, whose mapping has been repaired since."""
    site.remap(target_field="erp_credit_limit", source_field="ALPH")
    site.run()
    site.remap(target_field="erp_credit_limit", source_field="ACL")
    return site


def replays() -> Any:
    return SyncRun.objects.filter(kind=RunKind.REPLAY)


def test_a_dry_run_shows_the_groups(failed: Site) -> None:
    done = command("replay_records", "--flow", "Customers", "--dry-run", "--json")
    assert done.code == 0
    assert done.json["fit"] == 30
    assert sum(one["records"] for one in done.json["groups"]) == 30
    group = done.json["groups"][0]
    assert (group["flow"], group["outcome"]) == ("Customers", "Failed")
    assert "is not a number" in group["error"]
    assert done.json["taken"] == 0
    assert not replays().exists()


def test_a_replay_takes_them_all(failed: Site) -> None:
    done = command("replay_records", "--flow", "Customers", "--yes", "--json")
    assert (done.code, done.json["taken"], done.json["refused"]) == (0, 30, 0)
    failed.work(replays().get())
    assert_exact(failed)


def test_a_second_replay_finds_nothing(failed: Site) -> None:
    command("replay_records", "--flow", "Customers", "--yes")
    done = command("replay_records", "--flow", "Customers", "--yes")
    assert (done.code, "0 records fit" in done.out) == (0, True)
    assert replays().count() == 1


def test_one_record_by_its_number(failed: Site) -> None:
    number = sorted(failed.customers())[0]
    found = command("replay_records", "--source-id", number, "--yes", "--json").json
    assert found["taken"] == 1
    assert SyncRecord.objects.get(outcome=Outcome.PENDING).source_id == number


def test_records_by_id_whatever_their_outcome(site: Site) -> None:
    site.run()
    pks = list(SyncRecord.objects.values_list("pk", flat=True)[:2])
    wanted = [str(pk) for pk in pks]
    done = command("replay_records", "--id", *wanted, "--yes", "--json")
    assert done.json["taken"] == 2
    assert set(replays().get().records.values_list("pk", flat=True)) == set(pks)


def test_a_fresh_replay_reads_the_source(failed: Site) -> None:
    number = sorted(failed.customers())[0]
    failed.edit(number, ALPH="Renamed Ltd")
    command("replay_records", "--source-id", number, "--fresh", "--yes")
    failed.work(replays().get())
    assert failed.companies()[f"jde:{number}"]["name"] == "Renamed Ltd"


def test_what_cannot_run_is_refused_with_a_reason(failed: Site) -> None:
    failed.hubspot.enabled = False
    failed.hubspot.save()
    done = command("replay_records", "--error-class", "mapping", "--yes", "--json")
    assert done.code == 1
    assert done.json["refused"] == 30
    assert "switched off" in done.json["reasons"][0]


def test_done_records_are_left_alone_unless_named(failed: Site) -> None:
    command("replay_records", "--flow", "Customers", "--yes")
    failed.work(replays().get())
    assert command("replay_records", "--flow", "Customers", "--dry-run").out.startswith(
        "0 records"
    )
    found = command("replay_records", "--outcome", "created", "--dry-run", "--json")
    assert found.json["fit"] == 30


@pytest.mark.django_db
def test_without_a_filter_nothing_happens() -> None:
    assert command("replay_records", "--yes").code == 2


def test_without_a_person_it_needs_yes(failed: Site) -> None:
    done = ended(
        process("replay_records", "--flow", "Customers", DATABASE_URL=database_url())
    )
    assert (done.code, "--yes" in done.error) == (2, True)
    assert not replays().exists()


def test_paused_flows_replay_too(failed: Site) -> None:
    runs.pause(failed.flow)
    found = command("replay_records", "--flow", "Customers", "--yes", "--json").json
    assert found["taken"] == 30
