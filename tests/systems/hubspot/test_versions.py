"""The three versions: one address family each, and what they treat differently."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import structlog

from connectors.sdk.errors import RejectedError
from tests.systems.conftest import Hub, company, contact

VERSIONS = ("2026-09", "2026-03", "v3")
# What each version's addresses hold, and what those of the others do.
MARKS = {"2026-09": ("/2026-09/",), "2026-03": ("/2026-03/",), "v3": ("/v3/", "/v4/")}
BIRTHDAY = {
    "name": "born_on",
    "label": "Born on",
    "type": "date",
    "fieldType": "date",
    "groupName": "contactinformation",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_only_the_chosen_version_is_spoken(bare_hub: Hub, version: str) -> None:
    made = bare_hub.open(api_version=version)
    assert set(made.ensure_fields("companies", ["erp_key"]).values()) == {"created"}
    assert set(made.ensure_fields("contacts", ["erp_key"]).values()) == {"created"}
    assert made.check().ok
    (firm,) = made.write("companies", [company(1)], match_field="erp_key")
    (person,) = made.write(
        "contacts", [contact(1, firm.target_id)], match_field="erp_key"
    )
    assert person.outcome == "created"
    assert made.find("companies", "name", ["company 1"])["company 1"]
    (read,) = [one for page in made.read("contacts", None) for one in page.records]
    assert read.fields["associatedcompany"] == firm.target_id
    assert made.discover("companies")
    made.archive("contacts", [person.target_id])
    assert list(made.keys("contacts")) == [[]]
    paths = {one["path"].partition("?")[0] + "/" for one in bare_hub.control.log()}
    paths.discard("/oauth/v2/private-apps/get/access-token-info/")
    assert len(paths) > 10
    strangers = [p for p in paths if not any(mark in p for mark in MARKS[version])]
    assert strangers == []


@pytest.mark.parametrize("version", VERSIONS)
def test_dates_are_sent_so_that_no_version_minds(hub: Hub, version: str) -> None:
    path = "/crm/properties/2026-09/contacts"
    hub.connector.http.post(path, json=BIRTHDAY)
    made = hub.open(api_version=version)
    moment = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    item = contact(1, born_on=date(1990, 1, 1), erp_changed_at=moment)
    with structlog.testing.capture_logs() as logs:
        (result,) = made.write("contacts", [item], match_field="erp_key")
    assert result.outcome == "created"
    assert not [one for one in logs if "normalised" in one["event"]]
    stored = hub.stored("contacts")["JDE:P1"]
    assert stored["born_on"] == "1990-01-01"
    assert stored["erp_changed_at"] == "2026-11-20T10:30:00Z"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_time_of_day_in_a_date(hub: Hub, version: str) -> None:
    """Older versions refuse it; 2026-09 puts it right, and the log says so."""
    hub.connector.http.post("/crm/properties/2026-09/contacts", json=BIRTHDAY)
    made = hub.open(api_version=version)
    item = contact(1, born_on="1990-01-01T13:00:00Z")
    with structlog.testing.capture_logs() as logs:
        (result,) = made.write("contacts", [item], match_field="erp_key")
    told = [one for one in logs if "normalised" in one["event"]]
    if version == "2026-09":
        assert result.outcome == "created"
        (line,) = told
        assert (line["objects"], line["properties"]) == ("contacts", ["born_on"])
        assert "1990" not in str(line), "a value is the customer's own business"
    else:
        assert isinstance(result.error, RejectedError)
        assert "“born_on” is not a date that HubSpot takes" in result.error.message
        assert told == []
