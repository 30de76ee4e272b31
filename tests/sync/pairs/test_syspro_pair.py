"""SYSPRO into HubSpot: companies, then contacts linked to them, by the ready recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection as database

from connectors.models import (
    Connection,
    Credential,
    Flow,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sync import connect, execution, recipes, replay, runs
from connectors.sync.connect import open_connector
from tests.sync.site import assert_counts_add_up, pass_time
from tests.systems.syspro.case import GOOD, term, write

RECIPE = "syspro_hubspot"
CUSTOMER = "000000000000013"


class Pair:
    """Both stand-ins, connected, with the recipe's flows."""

    def __init__(self, box: SandboxThread) -> None:
        self.erp: ControlClient = box.control("syspro")
        self.crm: ControlClient = box.control("hubspot")
        self.crm.config(property_lag_s=0.0, search_lag_s=0.0, rate_limit=100_000)
        self.erp.seed(30)
        token = {"access_token": "pat-na1-sandbox-full"}
        self.hubspot = self._connection("hubspot", box, token)
        self.syspro = self._connection("syspro", box, {**GOOD, "page_size": 10})
        recipes.read_fields(RECIPE, self.syspro, self.hubspot)
        made = recipes.install(RECIPE, self.syspro, self.hubspot)
        self.flows = {flow.source_object: flow for flow in made}
        for name in ("customers", "contacts"):
            assert recipes.ensure_fields(self.flows[name]) == {}

    def _connection(
        self, slug: str, box: SandboxThread, values: Mapping[str, Any]
    ) -> Connection:
        made = Connection(name=slug, system=slug)
        made.set_values({"base_url": box.url[slug], **values})
        made.save()
        return made

    def run(self, name: str) -> SyncRun:
        """One run of a flow, carried out here."""
        flow = Flow.objects.select_related("source", "target")
        run = runs.start(flow.get(pk=self.flows[name].pk), RunKind.SYNC)
        for _ in range(20):
            if execution.execute(run.pk):
                break
        run.refresh_from_db()
        return run

    def held(self, object_type: str) -> dict[str, dict[str, Any]]:
        """HubSpot's records by ERP key."""
        return {
            one["properties"]["erp_key"]: one
            for one in self.crm.records(object_type)
            if one["properties"].get("erp_key")
        }

    def outcomes(self, name: str) -> set[str]:
        """What became of a flow's records."""
        records = SyncRecord.objects.filter(flow=self.flows[name])
        return set(records.values_list("outcome", flat=True))


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    made = [stand_in_class(slug)() for slug in ("syspro", "hubspot")]
    with SandboxThread(*made) as box:
        yield Pair(box)


def test_customers_become_companies_with_balance_and_status(pair: Pair) -> None:
    pair.erp.edit(table="ArCustomer", key=[CUSTOMER], set={"CustomerOnHold": "Y"})
    values = {"CurrentBalance1": "1234567890.05"}
    pair.erp.edit(table="ArCustomerBal", key=[CUSTOMER], set=values)
    pair.run("customers")
    held = pair.held("companies")
    assert len(held) == 30
    company = held[f"syspro:{CUSTOMER}"]["properties"]
    assert company["name"] == "Café René “Étoile” 13"
    assert company["erp_open_balance"] == "1234567890.05"
    assert company["erp_account_status"] == "On hold"
    assert company["erp_number"] == CUSTOMER
    stored = pair.erp.records("ArCustomer", [CUSTOMER])[0]
    terms = pair.erp.records("TblArTerms", [stored["TermsCode"]])[0]
    assert company["erp_payment_terms"] == terms["Description"]
    assert_counts_add_up()


def test_what_says_nothing_new_is_read_and_not_sent(pair: Pair) -> None:
    pair.run("customers")
    pair.crm.clear_log()
    again = pair.run("customers")
    assert again.read == 0 or not again.records.exists()
    assert not [one for one in pair.crm.log() if "/batch/" in one["path"]]
    values = {"CurrentBalance1": "17.50"}
    pair.erp.edit(table="ArCustomerBal", key=[CUSTOMER], set=values)
    changed = pair.run("customers")
    assert [one.source_id for one in changed.records.all()] == [CUSTOMER]
    company = pair.held("companies")[f"syspro:{CUSTOMER}"]["properties"]
    assert company["erp_open_balance"] == "17.50"


def test_contacts_wait_for_their_company_and_are_linked_to_it(pair: Pair) -> None:
    pair.run("contacts")
    assert pair.outcomes("contacts") == {Outcome.WAITING}
    pair.run("customers")
    pass_time(hours=1)
    pair.run("contacts")
    assert pair.outcomes("contacts") <= {Outcome.CREATED, Outcome.UPDATED}
    companies, contacts = pair.held("companies"), pair.held("contacts")
    assert len(contacts) > 20
    ids = {str(one["id"]): key for key, one in contacts.items()}
    with open_connector(pair.hubspot) as hubspot:
        read = hubspot.fetch("contacts", list(ids), fields=["associatedcompany"])
    assert {ids[one.key]: one.fields["associatedcompany"] for one in read} == {
        key: str(companies[key]["id"]) for key in contacts
    }


def test_a_failed_write_is_sent_again_and_nothing_twice(pair: Pair) -> None:
    rule = {
        "match": {"path": "/companies/batch/upsert"},
        "times": 2,
        "do": {"apply_then_drop": True},
    }
    pair.crm.faults(rule)
    pair.run("customers")
    pass_time(hours=1)
    pair.run("customers")
    assert len(pair.held("companies")) == 30
    ledger = pair.crm.ledger("companies")["types"]["companies"]
    assert ledger["created_twice"] == []


def test_the_session_outlives_the_run_and_is_encrypted(pair: Pair) -> None:
    for number in range(3):
        with open_connector(pair.syspro) as connector:
            (result,) = write(connector, "terms", term(f"8{number}"))
            assert result.outcome == "created"
    described = pair.erp.describe()
    assert described["logons"] == 1
    assert described["sessions"] == {"HSYNC": 1}
    stored = Credential.objects.get(connection=pair.syspro)
    assert stored.value is not None
    assert str(stored.value["token"]).startswith("SYS800-")
    with database.cursor() as cursor:
        cursor.execute("SELECT value FROM connectors_credential")
        held = [bytes(one) if one is not None else b"" for (one,) in cursor.fetchall()]
    assert held
    assert all(b"SYS800-" not in one for one in held)


def test_a_refused_log_on_waits_for_a_person(pair: Pair) -> None:
    pair.syspro.set_values({**pair.syspro.all_settings, "operator_password": "wrong-1"})
    pair.syspro.save()
    for _ in range(5):
        with (
            open_connector(pair.syspro) as connector,
            pytest.raises(Exception, match="Invalid operator password"),
        ):
            write(connector, "terms", term("81"))
    asked = [one for one in pair.erp.log() if "/Logon?" in one["path"]]
    assert len(asked) == 1
    good = {"operator_password": GOOD["operator_password"]}
    pair.syspro.set_values({**pair.syspro.all_settings, **good})
    pair.syspro.save()
    assert connect.check(pair.syspro).ok
    with open_connector(pair.syspro) as connector:
        assert write(connector, "terms", term("81"))[0].outcome == "created"


def test_a_failed_write_is_replayed_with_the_times_of_both_sides(pair: Pair) -> None:
    pair.run("customers")
    bad = {"Contact": "Ann Example", "Email": "no address at all"}
    pair.erp.edit(table="ArCustomer", key=[CUSTOMER], set=bad)
    pair.run("contacts")
    (failed,) = SyncRecord.objects.filter(
        flow=pair.flows["contacts"], outcome=Outcome.FAILED
    )
    assert failed.source_id == CUSTOMER
    read_at, ended_at = failed.created_at, failed.settled_at
    good = {"Email": "ann@north.example"}
    pair.erp.edit(table="ArCustomer", key=[CUSTOMER], set=good)
    found = replay.replay(SyncRecord.objects.filter(pk=failed.pk), None, fresh=True)
    assert found.taken == 1
    for _ in range(20):
        if execution.execute(found.runs[0].pk):
            break
    failed.refresh_from_db()
    assert failed.outcome == Outcome.CREATED
    before = failed.history.all()[0]
    assert (before.outcome, before.error_class) == (Outcome.FAILED, "rejected")
    assert ended_at is not None
    assert failed.settled_at is not None
    assert read_at <= ended_at <= before.at <= failed.settled_at
    held = pair.held("contacts")[f"syspro:{CUSTOMER}"]
    assert failed.target_id == held["id"]
    assert failed.response["changed_at"][:19] == held["updatedAt"][:19]
    assert_counts_add_up()
