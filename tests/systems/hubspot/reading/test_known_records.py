"""Records by their id and by what they hold: update, archive, find."""

from __future__ import annotations

import pytest

from connectors.sdk.errors import NotFoundError, UnavailableError
from connectors.sdk.records import WriteItem
from tests.systems.conftest import Hub, company, contact

UPDATES, ARCHIVES = "/batch/update", "/batch/archive"


def known(key: str, name: str = "New name", item: str = "") -> WriteItem:
    return WriteItem(key=item or key, target_id=key, fields={"name": name})


def ids(hub: Hub, count: int) -> list[str]:
    written = hub.write([company(number) for number in range(count)])
    return [one.target_id for one in written.values()]


# ---------------------------------------------------------------------- update by id


def test_known_records_are_updated_and_new_ones_created(hub: Hub) -> None:
    one, two = ids(hub, 2)
    results = hub.write([known(one), company(7), known(two, "Other")])
    assert [(r.outcome, r.target_id) for r in results.values()][::2] == [
        ("updated", one),
        ("updated", two),
    ]
    assert results["JDE:7"].outcome == "created"
    stored = hub.stored()
    assert stored["JDE:0"]["name"] == "New name"
    assert stored["JDE:1"]["name"] == "Other"


def test_an_empty_key_does_not_clear_the_one_in_hubspot(hub: Hub) -> None:
    (one,) = ids(hub, 1)
    item = WriteItem(key="a", target_id=one, fields={"erp_key": "", "city": "Basel"})
    assert hub.write([item])["a"].outcome == "updated"
    assert hub.stored()["JDE:0"]["city"] == "Basel"


def test_an_archived_record_fails_alone(hub: Hub) -> None:
    one, two, three = ids(hub, 3)
    hub.control.edit(type="companies", action="delete", id=two)
    results = hub.write([known(one), known(two), known(three)])
    assert isinstance(results[two].error, NotFoundError)
    assert [results[key].outcome for key in (one, three)] == ["updated", "updated"]


@pytest.mark.parametrize("new_id", [False, True])
def test_a_merged_record_fails_alone_and_spares_the_survivor(
    hub: Hub, *, new_id: bool
) -> None:
    hub.control.config(merge_new_id=new_id)
    one, two, three = ids(hub, 3)
    merge = {"type": "companies", "action": "merge", "id": two, "into": one}
    survivor = hub.control.edit(**merge)["id"]
    results = hub.write([known(two), known(three)])
    error = results[two].error
    assert isinstance(error, NotFoundError)
    assert "merged" in error.message
    assert results[three].outcome == "updated"
    (left,) = hub.control.records("companies", [survivor])
    assert left["properties"]["name"] == "Company 0"


def test_an_update_left_out_of_the_answer_is_looked_up(hub: Hub) -> None:
    keys = ids(hub, 4)
    hub.control.config(omit_share=1.0)
    results = hub.write([known(key) for key in keys])
    assert {one.outcome for one in results.values()} == {"updated"}
    assert {one.target_id for one in results.values()} == set(keys)


def test_one_bad_update_spares_the_others(hub: Hub) -> None:
    one, two = ids(hub, 2)
    bad = WriteItem(key="bad", target_id=two, fields={"erp_changed_at": "one day"})
    results = hub.write([known(one), bad])
    assert results[one].outcome == "updated"
    assert results["bad"].error is not None
    assert results["bad"].error.field == "erp_changed_at"


def test_the_same_record_twice_is_written_twice(hub: Hub) -> None:
    (one,) = ids(hub, 1)
    results = hub.write([known(one, "First", "a"), known(one, "Second", "b")])
    assert {result.outcome for result in results.values()} == {"updated"}
    assert hub.stored()["JDE:0"]["name"] == "Second"
    assert len(hub.requests(UPDATES)) == 2


# --------------------------------------------------------------------------- archive


def test_archiving_more_than_a_batch(hub: Hub) -> None:
    keys = ids(hub, 150)
    results = hub.connector.archive("companies", keys)
    assert [one.key for one in results] == keys
    assert {one.outcome for one in results} == {"updated"}
    assert not hub.stored()
    assert list(hub.connector.keys("companies")) == [[]]


def test_archiving_a_merged_record_spares_the_survivor(hub: Hub) -> None:
    one, two = ids(hub, 2)
    merge = {"type": "companies", "action": "merge", "id": two, "into": one}
    survivor = hub.control.edit(**merge)["id"]
    (result,) = hub.connector.archive("companies", [two])
    assert result.outcome == "unchanged"
    assert [key for page in hub.connector.keys("companies") for key in page] == [
        survivor
    ]


def test_what_never_was_an_id_is_gone_already(hub: Hub) -> None:
    (result,) = hub.connector.archive("companies", ["not-a-key"])
    assert result.outcome == "unchanged"


def test_a_lost_answer_archives_nothing_else(hub: Hub) -> None:
    one, two = ids(hub, 2)
    hub.fault(ARCHIVES, apply_then_drop=True)
    (result,) = hub.connector.archive("companies", [one])
    assert result.outcome == "updated"
    assert [key for page in hub.connector.keys("companies") for key in page] == [two]


def test_an_outage_while_archiving_is_raised(hub: Hub) -> None:
    keys = ids(hub, 1)
    hub.fault(ARCHIVES, times=None, status=503)
    with pytest.raises(UnavailableError):
        hub.connector.archive("companies", keys)


# ------------------------------------------------------------------------------ find


def test_a_domain_brings_all_who_share_it(hub: Hub) -> None:
    shared = [company(n, domain="example.com") for n in range(3)]
    written = hub.write([*shared, company(9, domain="example.org")])
    asked = ["Example.COM", "example.org", "example.net", ""]
    found = hub.connector.find("companies", "domain", asked, fields=["name"])
    assert {one.key for one in found["Example.COM"]} == {
        written[f"JDE:{n}"].target_id for n in range(3)
    }
    assert [one.fields for one in found["example.org"]] == [{"name": "Company 9"}]
    assert (found["example.net"], found[""]) == ([], [])


@pytest.mark.parametrize("name", ["name", "zip", "city", "phone"])
def test_text_is_found_whatever_its_case(hub: Hub, name: str) -> None:
    key = hub.write([company(1, **{name: "Zürich 8a"})])["JDE:1"].target_id
    found = hub.connector.find("companies", name, ["ZÜRICH 8A", "zürich"])
    assert [one.key for one in found["ZÜRICH 8A"]] == [key]
    assert found["zürich"] == []


def test_hundreds_of_values_and_hits_are_found(hub: Hub) -> None:
    hub.control.edit(
        type="companies",
        action="fill",
        count=450,
        set={"name": "Company {n}", "city": "Basel"},
    )
    (city,) = hub.connector.find(
        "companies", "city", ["basel"], fields=["name"]
    ).items()
    assert len(city[1]) == 450
    names = [f"company {n}" for n in range(450)]
    found = hub.connector.find("companies", "name", names, fields=["name"])
    assert {name: len(found[name]) for name in names} == dict.fromkeys(names, 1)


def test_a_property_of_the_account_is_searched_as_well(hub: Hub) -> None:
    hub.connector.http.post(
        "/crm/properties/2026-09/companies",
        json={
            "name": "branch",
            "label": "Branch",
            "type": "string",
            "fieldType": "text",
            "groupName": "companyinformation",
        },
    )
    live = {one.name: one for one in hub.connector.discover("companies")}
    assert live["branch"].searchable
    assert live["domain"].searchable
    assert not live["annualrevenue"].searchable
    key = hub.write([company(1, branch="North")])["JDE:1"].target_id
    found = hub.connector.find("companies", "branch", ["north"])
    assert [one.key for one in found["north"]] == [key]


def test_an_e_mail_address_is_found_at_once(hub: Hub) -> None:
    hub.control.config(search_lag_s=60.0)
    hub.write([contact(1, email="ann@example.com")], "contacts")
    assert hub.connector.find("contacts", "email", ["ANN@example.com"])[
        "ANN@example.com"
    ]
