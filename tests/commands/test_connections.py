"""check_connection and discover_fields."""

from __future__ import annotations

import socket

import pytest

from connectors.models import CatalogueField, Connection
from tests.commands.shell import command
from tests.sync.site import Site


def test_a_good_connection(site: Site) -> None:
    done = command("check_connection", "JDE")
    assert done.code == 0
    assert "Logged in to JDV920" in done.out
    site.jde.refresh_from_db()
    assert site.jde.account == "JDV920"


def test_findings_as_json(site: Site) -> None:
    found = command("check_connection", "HubSpot", "--json").json
    assert found["ok"] is True
    assert found["account"] == "20000001"
    levels = {one["level"] for one in found["findings"]}
    assert levels <= {"ok", "note", "warning"}


def test_a_refused_connection_needs_a_person(site: Site) -> None:
    site.hubspot.set_values(
        {**site.hubspot.settings, "access_token": "pat-na1-sandbox-revoked"}
    )
    site.hubspot.save()
    done = command("check_connection", "HubSpot", "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    assert "pat-na1" not in done.out + done.error


def test_names_are_found_in_any_case(site: Site) -> None:
    assert command("check_connection", "hubSPOT").code == 0


def test_an_unknown_name_lists_the_known(site: Site) -> None:
    done = command("check_connection", "SAP")
    assert done.code == 2
    assert "HubSpot, JDE" in done.error


@pytest.mark.django_db
def test_an_unknown_name_when_there_is_none() -> None:
    done = command("discover_fields", "SAP")
    assert (done.code, "There is no connection yet" in done.error) == (2, True)


def test_fields_are_listed_and_stored(site: Site) -> None:
    done = command("discover_fields", "HubSpot", "companies")
    assert done.code == 0
    row = next(line for line in done.out.splitlines() if line.startswith("erp_key"))
    assert "unique" in row
    assert "customer.key" in row
    stored = CatalogueField.objects.filter(
        connection=site.hubspot, object_type="companies"
    )
    assert f"companies, {stored.count()} fields" in done.out


def test_all_objects_as_json(site: Site) -> None:
    found = command("discover_fields", "JDE", "--json").json
    assert {"customers", "contacts"} <= set(found)
    limit = next(one for one in found["customers"] if one["name"] == "ACL")
    assert limit["type"] == "decimal"
    assert limit["missing"] is False


def test_a_field_that_is_gone_is_marked(site: Site) -> None:
    command("discover_fields", "HubSpot", "companies")
    CatalogueField.objects.create(
        connection=site.hubspot, object_type="companies", name="old", type="string"
    )
    done = command("discover_fields", "HubSpot", "companies")
    assert "1 of them gone" in done.out
    row = next(line for line in done.out.splitlines() if line.startswith("old "))
    assert "gone" in row


def test_an_unknown_object_lists_the_known(site: Site) -> None:
    done = command("discover_fields", "JDE", "suppliers")
    assert done.code == 2
    assert "customers, contacts" in done.error


def test_a_system_out_of_reach_is_for_later(site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        Connection.objects.filter(pk=site.jde.pk).update(
            settings={**site.jde.settings, "base_url": f"http://127.0.0.1:{port}"}
        )
        assert command("discover_fields", "JDE", "customers").code == 3
