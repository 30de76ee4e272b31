"""What a person set up wrong: the message names it, the records wait, nothing leaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from django.core import serializers

from connectors.models import (
    Alert,
    AlertKind,
    Attempt,
    Connection,
    FieldMapping,
    FlowStatus,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sync import connect, runs
from connectors.sync.replay import replay
from tests.sync.site import (
    ROWS,
    SECRETS,
    UPSERT,
    Site,
    assert_counts_add_up,
    assert_exact,
    outcomes,
)

pytestmark = pytest.mark.faults
WRONG = "not-the-password-9"
REVOKED = "pat-na1-sandbox-revoked"


def set_values(connection: Connection, **values: Any) -> None:
    """Change settings as the connection's page does."""
    connection.set_values({**connection.settings, **values})
    connection.save()


def assert_no_secret_is_shown() -> None:
    """No secret in anything a person can read: runs, records, alerts, findings."""
    shown = [*SyncRun.objects.all(), *SyncRecord.objects.all(), *Attempt.objects.all()]
    shown += [*Alert.objects.all()]
    text = serializers.serialize("json", shown)
    for one in Connection.objects.all():
        text += json.dumps([one.settings, one.findings, one.details])
        text += json.dumps(list(one.history.values("settings")))
    for secret in (*SECRETS, WRONG, REVOKED):
        assert secret not in text


def open_alerts() -> set[str]:
    return set(Alert.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_a_wrong_address(site: Site) -> None:
    good = site.jde.settings["base_url"]
    set_values(site.jde, base_url="http://127.0.0.1:9")
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert "JDE" in run.message
    assert "127.0.0.1:9 cannot be reached" in run.message
    assert "Check the address" in run.message
    assert open_alerts() == {AlertKind.UNREACHABLE}
    set_values(site.jde, base_url=good)
    assert site.run().status == RunStatus.SUCCEEDED
    assert_no_secret_is_shown()
    assert_exact(site)


def test_an_address_of_something_else(site: Site) -> None:
    set_values(site.hubspot, base_url=site.box.url["jde"])
    run = site.run()
    assert outcomes() == {"waiting": 30}, "unharmed"
    assert run.status == RunStatus.FAILED
    assert "HubSpot" in run.message
    assert "Check the API address" in run.message
    set_values(site.hubspot, base_url=site.box.url["hubspot"])
    runs.resume(site.fresh(site.flow))
    site.pass_time(hours=1)
    site.run()
    assert_exact(site)


def test_a_forbidden_address_is_never_called(site: Site) -> None:
    set_values(site.jde, base_url="http://169.254.169.254/latest")
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert "169.254.169.254" in run.message
    assert site.erp.log() == []


def test_wrong_credentials_of_the_source_stop_the_connection(site: Site) -> None:
    set_values(site.jde, password=WRONG)
    run = site.run()
    assert (run.status, run.error_class) == (RunStatus.FAILED, "authentication")
    assert "JDE" in run.message
    logins = [one for one in site.erp.log() if "tokenrequest" in one["path"]]
    assert len(logins) == 1, "a wrong password tried again locks the user"
    site.jde.refresh_from_db()
    assert site.jde.stopped
    assert open_alerts() == {AlertKind.REFUSED}
    with pytest.raises(runs.RunRefusedError, match="“JDE” was refused"):
        runs.start(site.fresh(site.flow), RunKind.SYNC)
    set_values(site.jde, password=SECRETS[0])
    assert connect.check(site.jde).ok
    assert not open_alerts()
    assert site.run().status == RunStatus.SUCCEEDED
    assert_no_secret_is_shown()
    assert_exact(site)


def test_wrong_credentials_of_the_target_keep_every_record(site: Site) -> None:
    set_values(site.hubspot, access_token=REVOKED)
    run = site.run()
    assert (run.status, run.error_class) == (RunStatus.FAILED, "authentication")
    assert "HubSpot" in run.message
    assert outcomes().keys() <= {"pending", "waiting"}
    assert SyncRecord.objects.count() == 30
    refused = [one for one in site.crm.log() if one["status"] == 401]
    assert len(refused) == 1, "what is refused once is not tried on"
    set_values(site.hubspot, access_token=SECRETS[1])
    assert connect.check(site.hubspot).ok
    site.pass_time(hours=1)
    site.push()
    assert set(SyncRecord.objects.values_list("attempts", flat=True)) == {1}
    assert_no_secret_is_shown()
    assert_exact(site)


def test_a_missing_scope(site: Site) -> None:
    set_values(site.hubspot, access_token="pat-na1-sandbox-no-company-write")
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert "crm.objects.companies.write" in run.message
    assert "Add the scope" in run.message
    assert site.fresh(site.flow).status == FlowStatus.STOPPED
    assert open_alerts() == {AlertKind.STOPPED}
    alert = Alert.objects.get()
    assert site.flow.name in alert.title
    assert SyncRecord.objects.count() == 30
    assert_no_secret_is_shown()


def test_a_property_deleted_in_hubspot(site: Site) -> None:
    name = "erp_payment_terms"
    answer = delete_property(site, name)
    assert answer == 204
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert name in run.message
    assert site.fresh(site.flow).status == FlowStatus.STOPPED
    assert name in site.fresh(site.flow).status_reason
    assert outcomes().keys() <= {"pending", "waiting"}, "the records wait for repair"
    # The field is created again; a person resumes the flow.
    report = connect.ensure_fields(site.hubspot, "companies", [name])
    assert report[name] == "created"
    runs.resume(site.fresh(site.flow))
    assert not open_alerts()
    site.pass_time(hours=1)
    site.run()
    assert_exact(site)


def delete_property(site: Site, name: str) -> int:
    """As an administrator of HubSpot would; the answer's status."""
    url = f"{site.box.url['hubspot']}/crm/properties/2026-09/companies/{name}"
    headers = {"Authorization": f"Bearer {SECRETS[1]}"}
    return requests.delete(url, headers=headers, timeout=10).status_code


def test_a_value_that_is_too_long_fails_its_record_alone(site: Site) -> None:
    catalogue = site.hubspot.catalogue.filter(object_type="companies", name="name")
    catalogue.update(max_length=30)
    number = min(site.customers(), key=int)
    site.edit(number, ALPH="A" * 40)
    long_ones = [
        one for one in site.erp.records("F0101")
        if one["AT1"].strip() == "C" and len(one["ALPH"].strip()) > 30
    ]  # fmt: skip
    run = site.run()
    assert run.failed == len(long_ones)
    record = SyncRecord.objects.get(source_id=number)
    assert record.outcome == Outcome.FAILED
    assert record.error_field == "name"
    for part in ("ALPH", "Company name", "40 characters", "30", "Cut to length"):
        assert part in record.error_message
    assert record.payload["ALPH"] == "A" * 40
    site.edit(number, ALPH="Short enough")
    result = replay(SyncRecord.objects.filter(pk=record.pk), None, fresh=True)
    site.work(result.runs[0])
    record.refresh_from_db()
    assert record.outcome == Outcome.CREATED
    assert site.companies()[f"jde:{number}"]["name"] == "Short enough"
    assert_counts_add_up()


def test_a_value_that_hubspot_refuses_fails_its_record_alone(site: Site) -> None:
    """Nothing here knows that the stage has options; HubSpot says so, of one record."""
    site.hubspot.catalogue.all().delete()
    site.map(*ROWS, {"source_field": "RMK", "target_field": "lifecyclestage"})
    number = min(site.customers(), key=int)
    for one in site.erp.records("F0101"):
        if one["RMK"].strip():
            site.edit(str(one["AN8"]), RMK="")
    site.edit(number, RMK="no such stage")
    run = site.run()
    assert (run.failed, run.created) == (1, 29)
    record = SyncRecord.objects.get(outcome=Outcome.FAILED)
    assert record.source_id == number
    assert record.error_field == "lifecyclestage"
    assert "no such stage" in record.error_message
    assert record.error_message.strip().endswith(".")
    assert_counts_add_up()


def test_a_mapping_onto_a_field_that_is_gone_stops_before_anything_is_sent(
    site: Site,
) -> None:
    row = FieldMapping.objects.get(flow=site.flow, target_field="city")
    connect.refresh_catalogue(site.hubspot, "companies")
    site.hubspot.catalogue.filter(name="city").update(missing=True)
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert str(site.flow) in run.message
    assert row.target_field in run.message
    assert "Remove the mapping row" in run.message
    assert site.fresh(site.flow).status == FlowStatus.STOPPED
    assert site.upserts() == []


def test_a_flow_without_mappings_says_so(site: Site) -> None:
    flow = site.make_flow("Nothing mapped", source_object="contacts")
    run = site.run(flow=flow)
    assert run.status == RunStatus.FAILED
    assert "has no mappings" in run.message
    assert "suggest or add mappings" in run.message


def test_no_secret_when_a_proxy_repeats_the_request(site: Site) -> None:
    """An answer may quote the headers or the body it was sent."""
    echo = f"rejected: Authorization: Bearer {SECRETS[1]} from {SECRETS[0]}"
    site.crm.faults({"match": {"path": UPSERT}, "do": {"status": 400, "text": echo}})
    site.run()
    assert outcomes()["failed"] > 0
    text = serializers.serialize("json", SyncRecord.objects.all())
    assert SECRETS[1] not in text
    assert "rejected" in text, "the answer is shown, without its secret"
