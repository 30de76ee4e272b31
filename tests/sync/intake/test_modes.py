"""Update modes, references, suggestions, versions, connections: with both systems."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as database

from connectors.models import (
    Alert,
    AlertKind,
    Binding,
    CatalogueField,
    Connection,
    FieldMapping,
    Health,
    Outcome,
    RunKind,
    SyncRecord,
    ValueMap,
)
from connectors.sync import connect
from connectors.sync.mapping.preview import preview
from connectors.sync.mapping.suggest import suggest
from connectors.sync.mapping.versions import compiled, save_version
from connectors.sync.replay import replay
from tests.sync import rows
from tests.sync.site import (
    MANAGED,
    PASSWORD,
    SECRETS,
    TOKEN,
    Site,
    assert_counts_add_up,
    assert_exact,
    outcomes,
)


def first(site: Site) -> str:
    return min(site.customers(), key=int)


def by_hand(site: Site, number: str, **values: str) -> None:
    """Change a company as a person in HubSpot does."""
    site.crm.edit(
        type="companies", key=f"jde:{number}", key_property="erp_key", set=values
    )


# ---------------------------------------------------------------------- update modes


@pytest.mark.parametrize(
    ("mode", "held", "arrives"),
    [
        ("always", "By hand", True),
        ("create_only", "By hand", False),
        ("fill_empty", "By hand", False),
        ("fill_empty", "", True),
        ("create_only", "", False),
    ],
)
def test_an_update_mode_says_what_a_change_may_overwrite(
    site: Site, mode: str, held: str, arrives: bool
) -> None:
    site.remap(source_field="ALPH", target_field="name", update_mode=mode)
    number = first(site)
    site.run()
    assert site.companies()[f"jde:{number}"]["name"], "a new record has it"
    by_hand(site, number, name=held)
    site.edit(number, ALPH="The new name", AC01="ZZZ")
    site.run()
    name = site.companies()[f"jde:{number}"].get("name") or ""
    assert name == ("The new name" if arrives else held)
    assert_exact(site)


@pytest.mark.parametrize("mode", ["create_only", "fill_empty"])
def test_a_record_hubspot_has_and_we_do_not_know_is_looked_at_first(
    site: Site, mode: str
) -> None:
    number = first(site)
    site.crm.edit(
        type="companies", action="create",
        set={"erp_key": f"jde:{number}", "name": "By hand"},
    )  # fmt: skip
    site.remap(source_field="ALPH", target_field="name", update_mode=mode)
    run = site.run()
    assert (run.created, run.updated) == (29, 1)
    company = site.companies()[f"jde:{number}"]
    assert company["name"] == "By hand"
    assert company["erp_payment_terms"], "the other fields arrive"
    bound = Binding.objects.get(left_id=number)
    assert bound.right_id == company["hs_object_id"]


# ------------------------------------------------------------------------ references


def contacts(site: Site) -> Any:
    """A flow of contacts that refer to their companies, as their primary one."""
    site.hubspot.set_values({**site.hubspot.settings, "company_link": "primary"})
    site.hubspot.save()
    connect.ensure_fields(site.hubspot, "contacts", ["erp_key"])
    connect.refresh_catalogue(site.jde, "contacts")
    flow = site.make_flow(
        "Contacts", source_object="contacts", target_object="contacts"
    )
    site.map(
        {"source_field": "key", "transform": "template", "argument": "jde:{value}",
         "target_field": "erp_key"},
        {"source_field": "last_name", "target_field": "lastname"},
        {"source_field": "AN8", "target_field": "associatedcompany"},
        flow=flow,
    )  # fmt: skip
    return flow


def test_who_refers_to_a_record_waits_for_it_and_then_goes(site: Site) -> None:
    flow = contacts(site)
    run = site.run(flow=flow)
    assert run.read > 0
    assert outcomes(flow) == {"waiting": run.read}
    record = flow.records.first()
    assert (record.error_class, record.attempts) == ("dependency", 0)
    assert record.payload["AN8"] is not None
    assert str(record.payload["AN8"]) in record.error_message
    assert_counts_add_up()
    site.run()
    site.pass_time(hours=1)
    site.push(flow)
    assert outcomes(flow) == {"created": run.read}
    links = {
        (one["properties"]["erp_key"], one["properties"].get("associatedcompanyid"))
        for one in site.crm.records("contacts")
        if one["properties"].get("erp_key")
    }
    companies = dict(
        Binding.objects.filter(pair=site.flow.pair).values_list("left_id", "right_id")
    )
    for sent in flow.records.all():
        company = companies[str(sent.payload["AN8"])]
        assert (f"jde:{sent.source_id}", company) in links
    assert_counts_add_up()


# --------------------------------------------------------- suggestions and versions


def test_suggestions_meet_through_what_fields_mean(site: Site) -> None:
    FieldMapping.objects.filter(flow=site.flow).delete()
    connect.refresh_catalogue(site.hubspot, "companies")
    found = {row.target_field: row for row in suggest(site.flow)}
    assert found["name"].source_field == "ALPH"
    assert found["zip"].source_field == "postal_code"
    assert found["erp_credit_limit"].source_field == "ACL"
    key = found["erp_key"]
    assert (key.source_field, key.transform) == ("AN8", "template")
    assert key.argument == "jde:{value}", "two systems may feed one account"
    assert "createdate" not in found, "what cannot be written is not suggested"
    assert not FieldMapping.objects.exists(), "they are only suggestions"
    FieldMapping.objects.create(
        flow=site.flow, source_field="MLNM", target_field="name"
    )
    assert "name" not in {row.target_field for row in suggest(site.flow)}


@pytest.mark.django_db
def test_a_version_is_kept_only_when_the_mapping_says_something_else() -> None:
    flow = rows.flow()
    assert flow.mapping_version == 1
    assert save_version(flow) is None
    row = flow.mappings.get(target_field="name")
    row.transform = "upper"
    row.save()
    version = save_version(flow)
    assert version is not None
    assert (version.number, flow.mapping_version) == (2, 2)
    row.enabled = False
    row.save()
    third = save_version(flow)
    assert third is not None
    assert "name" not in {r["target_field"] for r in third.rows}
    assert compiled(flow).version == 3
    first_rows = {r.row["target_field"]: r.row for r in compiled(flow, 1).rows}
    assert first_rows["name"]["transform"] == ""


@pytest.mark.django_db
def test_a_version_keeps_its_value_map_as_it_was() -> None:
    flow = rows.flow()
    table = ValueMap.objects.create(name="Terms", entries={"N30": "30 days"})
    flow.mappings.filter(target_field="erp_payment_terms").update(value_map=table)
    save_version(flow)
    table.entries = {"N30": "a month"}
    table.save()
    assert save_version(flow) is not None, "another table is another mapping"
    old, new = (
        next(
            r.row["value_map"]["entries"]
            for r in compiled(flow, number).rows
            if r.row.get("value_map")
        )
        for number in (2, 3)
    )
    assert (old, new) == ({"N30": "30 days"}, {"N30": "a month"})


def test_a_preview_shows_a_real_record_and_writes_nothing(site: Site) -> None:
    number = first(site)
    shown = preview(site.flow, number)
    assert (shown.key, shown.error, shown.failures) == (number, "", 0)
    results = {row.target_field: row.result for row in shown.rows}
    assert results["erp_key"] == f"jde:{number}"
    assert results["name"] == shown.source["ALPH"]
    assert site.crm.log() == []
    assert not SyncRecord.objects.exists()
    unsaved = FieldMapping(
        flow=site.flow, source_field="ALPH", target_field="numberofemployees"
    )
    wrong = preview(site.flow, number, [unsaved])
    assert wrong.failures == 1
    assert "not a number" in wrong.rows[0].error
    assert preview(site.flow, "99999999").error == "JDE does not have “99999999”."


# ----------------------------------------------------------------------- connections


def test_a_test_that_passes_is_kept(site: Site) -> None:
    for connection in (site.jde, site.hubspot):
        assert connect.check(connection).ok
        connection.refresh_from_db()
        assert connection.health in (Health.OK, Health.WARNING)
        assert connection.findings
        assert connection.account
        assert connection.checked_at
        shown = json.dumps([connection.findings, connection.details])
        assert not any(secret in shown for secret in SECRETS)


def test_credentials_of_another_account_are_refused(site: Site) -> None:
    assert connect.check(site.hubspot).ok
    known = site.hubspot.account
    site.hubspot.set_values(
        {**site.hubspot.settings, "access_token": "pat-na1-sandbox-other-portal"}
    )
    site.hubspot.save()
    result = connect.check(site.hubspot)
    assert not result.ok
    assert known in result.findings[0].title
    assert "make a new connection" in result.findings[0].advice
    site.hubspot.refresh_from_db()
    assert (site.hubspot.account, site.hubspot.health) == (known, Health.REFUSED)


def test_a_stopped_connection_goes_on_after_a_good_test_only(site: Site) -> None:
    connect.stop(site.jde, "JDE: refused.", "Correct it.")
    assert Alert.objects.get(resolved_at=None).kind == AlertKind.REFUSED
    site.jde.set_values({**site.jde.settings, "password": "wrong"})
    site.jde.save()
    assert not connect.check(site.jde).ok
    site.jde.refresh_from_db()
    assert site.jde.stopped
    site.jde.set_values({**site.jde.settings, "password": PASSWORD})
    site.jde.save()
    assert connect.check(site.jde).ok
    site.jde.refresh_from_db()
    assert not site.jde.stopped
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_a_field_that_is_gone_stays_in_the_catalogue_as_missing(site: Site) -> None:
    count = connect.refresh_catalogue(site.hubspot, "companies")
    CatalogueField.objects.create(
        connection=site.hubspot, object_type="companies", name="gone", label="Gone",
        type="string",
    )  # fmt: skip
    other = CatalogueField.objects.create(
        connection=site.hubspot, object_type="contacts", name="gone", label="Gone",
        type="string",
    )  # fmt: skip
    assert connect.refresh_catalogue(site.hubspot, "companies") == count
    gone = site.hubspot.catalogue.get(object_type="companies", name="gone")
    assert gone.missing
    assert gone.label == "Gone"
    other.refresh_from_db()
    assert not other.missing, "another object's fields were not looked at"
    rest = site.hubspot.catalogue.filter(object_type="companies", missing=False)
    assert rest.count() == count


def test_our_fields_are_created_once(site: Site) -> None:
    report = connect.ensure_fields(site.hubspot, "companies", MANAGED)
    assert set(report.values()) == {"exists"}
    more = connect.ensure_fields(site.hubspot, "companies", ["erp_duns"])
    assert more == {"erp_duns": "created"}
    assert site.hubspot.catalogue.filter(name="erp_duns", missing=False).exists()


def test_secrets_are_encrypted_and_leave_by_no_export(site: Site) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT secrets FROM connectors_connection")
        stored = " ".join(str(row[0]) for row in cursor.fetchall())
    for secret in (*SECRETS, "password", "access_token"):
        assert secret not in stored
    assert Connection.objects.get(pk=site.hubspot.pk).secrets == {"access_token": TOKEN}
    with pytest.raises(ImproperlyConfigured, match="not exported"):
        serializers.serialize("json", Connection.objects.all())


@pytest.mark.parametrize(
    ("system", "values", "wrong"),
    [
        ("jde", {}, {"base_url", "username"}),
        ("jde", {"base_url": "http://169.254.169.254/"}, {"base_url", "username"}),
        ("jde", {"base_url": "http://127.0.0.1:1", "username": "A"}, set()),
        ("jde", {"base_url": "ftp://example.com", "username": "A"}, {"base_url"}),
        ("hubspot", {"parallel_requests": 99}, {"parallel_requests"}),
        ("hubspot", {"parallel_requests": 0}, {"parallel_requests"}),
        ("hubspot", {"parallel_requests": "four"}, {"parallel_requests"}),
        ("hubspot", {"company_link": "sideways"}, {"company_link"}),
        ("hubspot", {"company_link": "primary"}, set()),
    ],
)
def test_settings_are_looked_at_before_they_are_used(
    system: str, values: dict[str, Any], wrong: set[str]
) -> None:
    assert set(connect.validate_settings(system, values)) == wrong


# ---------------------------------------------------------------------- whole records


def test_every_record_can_be_told_whole(site: Site) -> None:
    """What was read, what was sent, what came back, under which mapping."""
    site.run()
    for record in SyncRecord.objects.all():
        company = site.companies()[f"jde:{record.source_id}"]
        assert record.payload["AN8"] == int(record.source_id)
        assert record.mapped == {
            name: record.mapped[name]
            for name in ("city", "erp_credit_limit", "erp_key", "erp_payment_terms",
                         "name")
        }  # fmt: skip
        assert record.mapped["name"] == company["name"]
        assert record.response["id"] == company["hs_object_id"] == record.target_id
        assert record.response["request_id"]
        assert record.mapping_version == site.flow.mapping_version
        assert record.settled_at is not None


def test_a_value_blanked_in_the_source_is_blanked_in_the_target(site: Site) -> None:
    number = first(site)
    site.run()
    assert site.companies()[f"jde:{number}"]["erp_payment_terms"]
    site.erp.edit(
        table="F03012", key={"AN8": int(number), "CO": "00000"}, set={"TRAR": ""}
    )
    site.run()
    held = site.companies()[f"jde:{number}"].get("erp_payment_terms")
    assert held in (None, "")
    assert_exact(site)


def test_an_amount_arrives_to_the_last_digit(site: Site) -> None:
    site.run()
    for record in SyncRecord.objects.all():
        sent = record.mapped["erp_credit_limit"]
        assert isinstance(sent, str), "amounts are never floating"
        held = site.companies()[f"jde:{record.source_id}"]["erp_credit_limit"]
        assert float(held) == float(record.payload["ACL"])


def test_a_replay_after_a_new_mapping_uses_the_new_one(site: Site) -> None:
    site.crm.config(reject_share=1.0)
    site.run()
    site.crm.config(reject_share=0.0)
    site.remap(source_field="ALPH", target_field="name", transform="upper")
    site.work(replay(SyncRecord.objects.all(), None).runs[0])
    record = SyncRecord.objects.all()[0]
    assert record.outcome == Outcome.CREATED
    assert record.mapping_version == 2
    assert site.companies()[f"jde:{record.source_id}"]["name"].isupper()
    assert site.run(RunKind.BACKFILL).problems == 0
