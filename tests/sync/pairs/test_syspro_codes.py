"""Terms and classes of SYSPRO, both ways: by their words on companies, and whole."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.models import FieldMapping, Flow, Outcome, SyncRecord, SyncRun
from connectors.sync import connect, execution, recipes, replay
from connectors.sync.mapping.versions import save_version
from tests.sync.pairs.test_syspro_pair import CUSTOMER, Pair, pair
from tests.sync.site import assert_counts_add_up, pass_time

__all__ = ["pair"]
BACK = "syspro_hubspot_codes"
KEY = f"syspro:{CUSTOMER}"


@pytest.fixture
def both_ways(pair: Pair) -> Pair:
    """The recipe of the words back, and all companies there."""
    (flow,) = recipes.install(BACK, pair.syspro, pair.hubspot)
    assert recipes.ensure_fields(flow) == {}
    pair.flows["back"] = flow
    pair.run("customers")
    pair.run("back")
    return pair


def said(pair: Pair, **words: str) -> None:
    """A HubSpot user's words on the company."""
    company = pair.held("companies")[KEY]["id"]
    pair.crm.edit(type="companies", id=company, set=words)


def test_words_that_a_hubspot_user_gives_become_the_customers_codes(
    both_ways: Pair,
) -> None:
    erp = both_ways.erp
    assert {r.target_field for r in both_ways.flows["back"].mappings.all()} == {
        "terms_name", "class_name",
    }  # fmt: skip
    words = {one["TermsCode"]: one["Description"] for one in erp.records("TblArTerms")}
    classes = erp.records("TblCustomerClass")
    before = erp.records("ArCustomer", [CUSTOMER])[0]
    code = next(one for one in words if one != before["TermsCode"])
    group = next(r for r in classes if r["Class"] != before["CustomerClass"])
    said(
        both_ways,
        erp_payment_terms=words[code].upper(),
        erp_customer_class=group["Description"],
    )
    both_ways.run("back")
    after = erp.records("ArCustomer", [CUSTOMER])[0]
    assert (after["TermsCode"], after["CustomerClass"]) == (code, group["Class"])
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"TermsCode", "CustomerClass", "TimeStamp"}
    both_ways.run("customers")
    both_ways.run("back")
    ledger = erp.ledger("ArCustomer")["types"]["ArCustomer"]["keys"][CUSTOMER]
    assert ledger["updated"] == 1, "nothing goes to and fro"
    # SYSPRO's people change it again.
    key = [CUSTOMER]
    old = {"TermsCode": before["TermsCode"]}
    erp.edit(table="ArCustomer", key=key, set=old)
    both_ways.run("customers")
    company = both_ways.held("companies")[KEY]["properties"]
    assert company["erp_payment_terms"] == words[before["TermsCode"]]
    assert_counts_add_up()


def test_a_word_that_no_table_has_is_refused_with_those_it_has(
    both_ways: Pair,
) -> None:
    said(both_ways, erp_payment_terms="whenever")
    both_ways.crm.edit(type="companies", action="create", set={"name": "Nobody Ltd"})
    both_ways.erp.clear_log()
    run = both_ways.run("back")
    (failed,) = SyncRecord.objects.filter(run=run, outcome=Outcome.FAILED)
    assert "no entries called “whenever”" in failed.error_message
    assert "30 days" in failed.error_message.lower()
    assert not [one for one in both_ways.erp.log() if "/Setup/" in one["path"]]
    left = SyncRecord.objects.filter(run=run, outcome=Outcome.SKIPPED)
    assert left.count() == 1
    assert all("creates nothing" in one.error_message for one in left)
    assert_counts_add_up()


TERMS: dict[str, Any] = {
    "name": "terms",
    "labels": {"singular": "Terms", "plural": "Terms"},
    "primaryDisplayProperty": "words",
    "requiredProperties": [],
    "properties": [
        {"name": "code", "label": "Code", "type": "string", "fieldType": "text"},
        {"name": "words", "label": "Words", "type": "string", "fieldType": "text"},
    ],
    "associatedObjects": [],
}


def flow(pair: Pair, name: str, *rows: dict[str, str], **ends: Any) -> None:
    """A flow with these rows, by the name that the test calls it."""
    made = Flow(name=name, status="active", **ends)
    made.save()
    for position, row in enumerate(rows):
        FieldMapping.objects.create(flow=made, position=position, **row)
    save_version(made)
    pair.flows[name] = made


@pytest.fixture
def tables(pair: Pair) -> Pair:
    """Terms and an object type of the HubSpot account's own, with flows both ways."""
    root = pair.hubspot.settings["base_url"]
    requests.post(
        f"{root}/crm-object-schemas/2026-09/schemas",
        json=TERMS,
        headers={"Authorization": "Bearer pat-na1-sandbox-full"},
        timeout=30,
    ).raise_for_status()
    connect.refresh_objects(pair.hubspot)
    pair.hubspot.refresh_from_db()
    (own,) = (one for one in pair.hubspot.spec.objects if one.endswith("_terms"))
    made = connect.ensure_fields(pair.hubspot, own, ["erp_key"])
    assert made == {"erp_key": "created"}
    connect.refresh_catalogue(pair.hubspot, own)
    connect.refresh_catalogue(pair.syspro, "terms")
    flow(
        pair, "there",
        {"source_field": "TermsCode", "target_field": "erp_key",
         "transform": "template", "argument": "syspro:{value}"},
        {"source_field": "TermsCode", "target_field": "code"},
        {"source_field": "Description", "target_field": "words"},
        source=pair.syspro, source_object="terms",
        target=pair.hubspot, target_object=own,
    )  # fmt: skip
    flow(
        pair, "back",
        {"source_field": "code", "target_field": "TermsCode"},
        {"source_field": "words", "target_field": "Description"},
        source=pair.hubspot, source_object=own,
        target=pair.syspro, target_object="terms",
    )  # fmt: skip
    pair.flows["there"].refresh_from_db()
    pair.run("there")
    pair.run("back")
    return pair


def test_the_table_itself_is_kept_in_agreement(tables: Pair) -> None:
    own = tables.flows["there"].target_object
    erp, crm = tables.erp, tables.crm
    rows = {one["TermsCode"]: one["Description"] for one in erp.records("TblArTerms")}
    held = {one["properties"]["code"]: one for one in crm.records(own)}
    assert {code: one["properties"]["words"] for code, one in held.items()} == rows
    code = sorted(rows)[0]
    crm.edit(type=own, id=held[code]["id"], set={"words": "Half now, half later"})
    crm.edit(type=own, action="create", set={"code": "77", "words": "77 days"})
    crm.edit(type=own, action="create", set={"code": "TOO LONG", "words": "No"})
    run = tables.run("back")
    (failed,) = SyncRecord.objects.filter(run=run, outcome=Outcome.FAILED)
    assert "takes 2" in failed.error_message
    rows = {one["TermsCode"]: one["Description"] for one in erp.records("TblArTerms")}
    assert (rows[code], rows["77"]) == ("Half now, half later", "77 days")
    assert "TOO LONG" not in rows
    erp.edit(table="TblArTerms", key=["77"], set={"Description": "Eleven weeks"})
    tables.run("there")
    tables.run("back")
    words = {
        one["properties"]["code"]: one["properties"]["words"]
        for one in crm.records(own)
    }
    assert words["77"] == "Eleven weeks"
    assert len(crm.records(own)) == len(rows) + 1
    book = erp.ledger("TblArTerms")["types"]["TblArTerms"]["keys"]
    assert (book["77"]["created"], book["77"]["updated"]) == (1, 0)
    assert_counts_add_up()


FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    "<faultcode>s:Server</faultcode><faultstring>XML element 'description' is not "
    "valid</faultstring></s:Fault></s:Body></s:Envelope>"
)


def on_setup(pair: Pair, **do: Any) -> None:
    """The next writing call goes wrong."""
    pair.erp.faults({"match": {"path": r"/Setup/"}, "times": 1, "do": do})


@pytest.mark.parametrize("fault", ["stolen", "seats", "xml in a 500", "lost answer"])
def test_what_goes_wrong_on_the_way_costs_no_code_and_makes_no_second(
    tables: Pair, fault: str
) -> None:
    own, erp = tables.flows["there"].target_object, tables.erp
    words = "Fünf Tage – “später”"
    tables.crm.edit(type=own, action="create", set={"code": "05", "words": words})
    if fault == "stolen":
        erp.edit(action="steal_session", operator="HSYNC")
    elif fault == "seats":
        erp.edit(action="kill_sessions")
        erp.edit(action="occupy_seats", count=5)
    elif fault == "xml in a 500":
        on_setup(tables, status=500, text=FAULT)
    else:
        on_setup(tables, apply_then_drop=True)
    run = tables.run("back")
    if fault == "seats":
        assert "no e.net seat free" in said_anywhere(run)
        assert not erp.records("TblArTerms", ["05"])
        erp.edit(action="kill_sessions")
    if fault == "xml in a 500":
        (failed,) = SyncRecord.objects.filter(run=run, outcome=Outcome.FAILED)
        assert "'description' is not valid" in failed.error_message
        replay.replay(SyncRecord.objects.filter(pk=failed.pk), None)
    pass_time(hours=1)
    execution.push_flow(tables.flows["back"].pk)
    tables.run("back")
    (row,) = erp.records("TblArTerms", ["05"])
    assert row["Description"] == words
    book = erp.ledger("TblArTerms")["types"]["TblArTerms"]["keys"]
    assert (book["05"]["created"], book["05"]["updated"]) == (1, 0)
    assert_counts_add_up()


def said_anywhere(run: SyncRun) -> str:
    """What a person is told of a run that came to nothing."""
    records = SyncRecord.objects.filter(flow=run.flow)
    texts = [run.message, *records.values_list("error_message", flat=True)]
    return " ".join(texts)
