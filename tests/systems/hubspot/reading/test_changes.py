"""Reading everything and what changed: nothing missed, always an end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import ConfigurationError, RejectedError
from connectors.sdk.records import Cursor, Fields, Page, SourceRecord, WriteItem
from connectors.systems.hubspot.connector import HubSpotConnector
from tests.systems.conftest import Hub, company, contact

SEARCH, LIST = "/companies/search", "/objects/2026-09/companies"


def read(
    connector: HubSpotConnector, cursor: Cursor | None, name: str = "companies"
) -> list[Page]:
    return list(connector.read(name, cursor, fields=["name"]))


def records(pages: Iterable[Page]) -> list[SourceRecord]:
    return [one for page in pages for one in page.records]


def keys(pages: Iterable[Page]) -> list[str]:
    return [one.key for one in records(pages)]


def fill(hub: Hub, count: int, name: str = "companies", **values: str) -> set[str]:
    """Records of one time; the ids of all there are then."""
    hub.control.edit(
        type=name, action="fill", count=count, set=values or {"name": "Company {n}"}
    )
    return {one["id"] for one in hub.control.records(name) if not one["archived"]}


def settled(hub: Hub) -> Cursor:
    """The end of a whole read, after which only changes are read.

    The clock goes on past the overlap, so that what was there stays behind.
    """
    cursor = read(hub.connector, None)[-1].cursor
    hub.control.clock(advance_s=600)
    cursor = read(hub.connector, cursor)[-1].cursor
    hub.control.clock(advance_s=600)
    hub.control.clear_log()
    return cursor


def edit(hub: Hub, key: str, **values: str) -> None:
    hub.control.edit(type="companies", id=key, set=values)


# ------------------------------------------------------------------------ everything


def test_everything_comes_through_the_list(hub: Hub) -> None:
    there = fill(hub, 250)
    hub.connector.check()
    hub.control.clear_log()
    pages = read(hub.connector, None)
    assert set(keys(pages)) == there
    assert len(keys(pages)) == 250
    assert pages[0].total == 250
    assert len(hub.requests(SEARCH)) == 1
    assert [len(page.records) for page in pages] == [100, 100, 50, 0]


def test_only_the_wanted_properties_are_asked_for(hub: Hub) -> None:
    fill(hub, 1)
    refuse = {"status": 400}
    hub.control.faults(
        {"match": {"path": SEARCH, "body": "domain"}, "do": refuse},
        {"match": {"path": f"{LIST}.*domain"}, "do": refuse},
    )
    cursor = read(hub.connector, None)[-1].cursor
    assert len(keys(read(hub.connector, cursor))) == 1
    with pytest.raises(ConfigurationError):
        list(hub.connector.read("companies", cursor))
    with pytest.raises(RejectedError):
        list(hub.connector.read("companies", None))


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_every_version_can_be_read(hub: Hub, version: str) -> None:
    there = fill(hub, 3)
    connector = hub.open(api_version=version)
    pages = read(connector, None)
    assert set(keys(pages)) == there
    assert set(keys(read(connector, pages[-1].cursor))) == there


def test_a_change_during_a_whole_read_comes_with_the_next_one(hub: Hub) -> None:
    fill(hub, 150)
    pages = hub.connector.read("companies", None, fields=["name"])
    first = next(pages)
    edit(hub, first.records[0].key, name="Renamed meanwhile")
    last = list(pages)[-1]
    again = records(read(hub.connector, last.cursor))
    assert "Renamed meanwhile" in [one.fields["name"] for one in again]


def test_values_read_are_those_that_were_written(hub: Hub) -> None:
    written: Fields = {"erp_credit_limit": Decimal("1500.50"), "erp_on_hold": True}
    fields: Fields = {**written, "erp_key": "JDE:1", "name": "Company 1"}
    item = WriteItem(key="a", fields={**fields, "numberofemployees": 7})
    hub.write([item])
    names = [*written, "numberofemployees", "name", "city"]
    for cursor in (None, {"phase": "changes", "since": 0}):
        (page, *_) = hub.connector.read("companies", cursor, fields=names)
        assert page.records[0].fields == {
            **written,
            "numberofemployees": 7,
            "name": "Company 1",
            "city": "",
        }


# --------------------------------------------------------------------------- changes


def test_only_changes_come_after_everything(hub: Hub) -> None:
    fill(hub, 30)
    cursor = settled(hub)
    assert keys(read(hub.connector, cursor)) == []
    changed = hub.control.records("companies")[7]["id"]
    edit(hub, changed, name="Changed")
    hub.fault("archived=false", times=None, status=500)
    pages = read(hub.connector, cursor)
    assert keys(pages) == [changed]
    assert pages[0].total == 1


def test_contacts_go_by_a_property_of_their_own(hub: Hub) -> None:
    fill(hub, 3, "contacts", email="a{n}@example.com")
    cursor = read(hub.connector, None, "contacts")[-1].cursor
    hub.control.clock(advance_s=600)
    assert keys(read(hub.connector, cursor, "contacts")) != []
    cursor = read(hub.connector, cursor, "contacts")[-1].cursor
    hub.control.clock(advance_s=600)
    changed = hub.control.records("contacts")[1]["id"]
    hub.control.edit(type="contacts", id=changed, set={"lastname": "New"})
    assert keys(read(hub.connector, cursor, "contacts")) == [changed]


def test_twenty_thousand_of_one_time_all_come(hub: Hub) -> None:
    values = {"hs_currency": "EUR", "hs_number": "RE-{n}"}
    cursor = read(hub.connector, None, "invoices")[-1].cursor
    hub.control.clock(advance_s=600)
    hub.control.clear_log()
    fill(hub, 20_000, "invoices", **values)
    hub.control.clock(advance_s=1)
    there = fill(hub, 300, "invoices", **values)
    gone = sorted(there)[:3]
    for key in gone:
        hub.control.edit(type="invoices", action="delete", id=key)
    found = records(read(hub.open(archive_minutes=0), cursor, "invoices"))
    assert {one.key for one in found} == there
    assert len(found) == len(there)
    assert {one.key for one in found if one.deleted} == set(gone)
    # By id there is no wall at 10,000 and no page is asked for twice.
    assert len(hub.requests("/invoices/search")) < 110


@pytest.mark.parametrize("short", [False, True])
def test_a_read_goes_on_behind_every_page(hub: Hub, *, short: bool) -> None:
    cursor = settled(hub)
    there: set[str] = set()
    for count in (7, 25, 1):
        there = fill(hub, count)
        hub.control.clock(advance_s=1)
    hub.control.config(search_short_pages=short)
    connector = hub.open(page_size=50 if short else 5)
    pages = read(connector, cursor)
    assert set(keys(pages)) == there
    seen: set[str] = set()
    for page in pages:
        seen |= {one.key for one in page.records}
        stored = json.loads(json.dumps(page.cursor))
        assert seen | set(keys(read(connector, stored))) == there


@pytest.mark.parametrize("later", [False, True])
def test_a_page_token_that_has_expired_begins_the_list_anew(
    hub: Hub, *, later: bool
) -> None:
    there = fill(hub, 25)
    connector = hub.open(page_size=10)
    expired = {"match": {"path": "after="}, "times": 1, "do": {"status": 400}}
    reading = connector.read("companies", None, fields=["name"])
    first = next(reading)
    hub.control.faults(expired)
    pages = read(connector, first.cursor) if later else list(reading)
    assert {one.key for one in records(pages)} == there


def test_page_tokens_that_never_hold_end_the_read_with_the_reason(hub: Hub) -> None:
    fill(hub, 25)
    hub.control.faults(
        {"match": {"path": "after="}, "times": None, "do": {"status": 400}}
    )
    with pytest.raises(ConfigurationError, match="stored position"):
        read(hub.open(page_size=10), None)


def test_changes_while_paging_push_nothing_out(hub: Hub) -> None:
    cursor = settled(hub)
    there: set[str] = set()
    for _ in range(30):
        there = fill(hub, 1)
        hub.control.clock(advance_s=1)
    connector = hub.open(page_size=5)
    seen: set[str] = set()
    # With every page, its records change again: were pages counted, each change would
    # move a record from a page to come into one that is read already. And were there no
    # end to what a read looks at, it would follow them for ever.
    pages = connector.read("companies", cursor, fields=["name"])
    for number, page in enumerate(pages):
        assert number < 20
        hub.control.clock(advance_s=2)
        seen |= {one.key for one in page.records}
        for one in page.records:
            edit(hub, one.key, name=f"Again {number}")
    assert seen == there
    names = {one.fields["name"] for one in records(read(connector, page.cursor))}
    assert all(str(name).startswith("Again") for name in names)
    assert len(names) > 1


def test_what_the_search_learns_late_is_not_missed(hub: Hub) -> None:
    cursor = settled(hub)
    hub.control.config(search_lag_s=30.0)
    late = fill(hub, 3)
    pages = read(hub.connector, cursor)
    assert keys(pages) == []
    hub.control.clock(advance_s=31)
    hub.control.edit(type="companies", action="create", set={"name": "Newest"})
    assert set(keys(read(hub.connector, pages[-1].cursor))) == late


def test_without_enough_overlap_a_late_change_would_be_missed(hub: Hub) -> None:
    """That the overlap is what saves it, not luck."""
    cursor = settled(hub)
    hub.control.config(search_lag_s=30.0)
    fill(hub, 3)
    hub.control.clock(advance_s=20)
    connector = hub.open(overlap_seconds=0)
    pages = read(connector, cursor)
    hub.control.clock(advance_s=31)
    assert keys(read(connector, pages[-1].cursor)) == []


def test_later_changes_are_left_to_a_later_read(hub: Hub) -> None:
    cursor = settled(hub)
    early = fill(hub, 2)
    until = records(read(hub.connector, cursor))[0].modified_at
    assert until is not None
    hub.control.clock(advance_s=120)
    both = fill(hub, 2)
    for start, expected in ((cursor, early), (None, early)):
        pages = list(
            hub.connector.read(
                "companies", start, fields=["name"], until=until + timedelta(seconds=1)
            )
        )
        assert set(keys(pages)) == expected
        assert both - early <= set(keys(read(hub.connector, pages[-1].cursor)))


def test_more_properties_than_a_search_can_name_come_too(hub: Hub) -> None:
    cursor = settled(hub)
    fill(hub, 3)
    names = ["name", *(f"a_property_with_quite_a_long_name_{n}" for n in range(200))]
    for start in (cursor, None):
        pages = list(hub.connector.read("companies", start, fields=names))
        shown = {one.fields["name"] for one in records(pages)}
        assert shown == {"Company 0", "Company 1", "Company 2"}


# -------------------------------------------------------------- archived and merged


def test_archived_records_are_told(hub: Hub) -> None:
    there = sorted(fill(hub, 5))
    connector = hub.open(archive_minutes=0)
    cursor = settled(hub)
    hub.control.edit(type="companies", action="delete", id=there[2])
    pages = read(connector, cursor)
    assert [(one.key, one.deleted) for one in records(pages)] == [(there[2], True)]
    # Once more because of the overlap, then never again.
    for _ in range(2):
        hub.control.clock(advance_s=600)
        pages = read(connector, pages[-1].cursor)
    assert keys(pages) == []


def test_the_archive_is_looked_at_now_and_then(hub: Hub) -> None:
    there = sorted(fill(hub, 2))
    cursor = read(hub.connector, None)[-1].cursor
    hub.control.edit(type="companies", action="delete", id=there[0])
    soon = read(hub.connector, cursor)
    assert [one.key for one in records(soon) if one.deleted] == []
    hub.control.clock(advance_s=16 * 60)
    later = read(hub.connector, soon[-1].cursor)
    assert [one.key for one in records(later) if one.deleted] == [there[0]]


def test_a_whole_read_tells_what_is_archived(hub: Hub) -> None:
    there = sorted(fill(hub, 2))
    hub.control.edit(type="companies", action="delete", id=there[0])
    told = {one.key: one.deleted for one in records(read(hub.connector, None))}
    assert told == {there[0]: True, there[1]: False}


def test_a_restored_record_comes_again(hub: Hub) -> None:
    there = sorted(fill(hub, 2))
    hub.control.edit(type="companies", action="delete", id=there[0])
    cursor = settled(hub)
    hub.control.edit(type="companies", action="restore", id=there[0])
    assert keys(read(hub.connector, cursor)) == [there[0]]


@pytest.mark.parametrize("new_id", [False, True])
def test_a_merge_names_those_that_are_gone(hub: Hub, *, new_id: bool) -> None:
    hub.control.config(merge_new_id=new_id)
    primary, other, *_ = sorted(fill(hub, 3))
    cursor = settled(hub)
    hub.control.edit(type="companies", action="merge", id=other, into=primary)
    (survivor,) = [r for r in records(read(hub.connector, cursor)) if not r.deleted]
    gone = {primary, other} if new_id else {other}
    assert set(survivor.merged_keys) == gone
    assert survivor.key not in gone
    (fetched,) = hub.connector.fetch("companies", [other], fields=["name"])
    assert (fetched.key, set(fetched.merged_keys)) == (survivor.key, gone)


# -------------------------------------------------------------------- cursors, limits


@pytest.mark.parametrize(
    "cursor",
    [
        {},
        {"phase": "sideways"},
        {"phase": "changes", "since": "yesterday"},
        {"phase": "changes", "since": None},
        {"phase": "full", "after": 7},
        {"mode": "full"},
    ],
)
def test_an_unknown_position_asks_for_a_full_read(
    hub: Hub, cursor: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match="Start a full read"):
        read(hub.connector, cursor)


# ------------------------------------------------------------------------- references


def test_a_contact_names_its_company(hub: Hub) -> None:
    ids = [one.target_id for one in hub.write([company(1), company(2)]).values()]
    people = [contact(1, ids[1]), contact(2), contact(3, ids[0])]
    written = hub.write(people, "contacts")
    wanted = ["firstname", "associatedcompany"]
    for cursor in (None, {"phase": "changes", "since": 0}):
        pages = list(hub.connector.read("contacts", cursor, fields=wanted))
        linked = {one.key: one.fields["associatedcompany"] for one in records(pages)}
        assert linked == {
            written["JDE:P1"].target_id: ids[1],
            written["JDE:P2"].target_id: None,
            written["JDE:P3"].target_id: ids[0],
        }


def test_the_primary_company_comes_before_an_older_one(hub: Hub) -> None:
    ids = [one.target_id for one in hub.write([company(1), company(2)]).values()]
    key = hub.write([contact(1, ids[0])], "contacts")["JDE:P1"].target_id
    pair = {"type": "contacts", "id": key, "to_type": "companies", "to_id": ids[1]}
    hub.control.edit(action="associate", **pair)
    wanted = ["associatedcompany"]
    (plain,) = hub.connector.fetch("contacts", [key], fields=wanted)
    hub.control.edit(action="associate", label_type=1, **pair)
    (primary,) = hub.connector.fetch("contacts", [key], fields=wanted)
    assert plain.fields["associatedcompany"] == ids[0]
    assert primary.fields["associatedcompany"] == ids[1]
