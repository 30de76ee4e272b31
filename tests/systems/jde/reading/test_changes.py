"""Reads of changes: nothing is missed, little is read twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from connectors.sdk.errors import ConfigurationError
from connectors.systems.jde.reader import CHUNK
from tests.systems.jde.case import (
    Ais,
    add_customer,
    ais,
    by_key,
    empty_ais,
    everything,
)

__all__ = ["ais", "empty_ais"]
NOON = "2026-05-20T12:00:00-04:00"
ONE_O_CLOCK = datetime(2026, 5, 20, 17, tzinfo=UTC)
HOUR = 3600


@pytest.fixture
def noon(empty_ais: Ais) -> Ais:
    """Sixty customers, last changed long before; it is noon on the server."""
    empty_ais.control.clock(now="2026-03-01T00:00:00-05:00")
    empty_ais.control.seed(60)
    empty_ais.control.clock(now=NOON)
    return empty_ais


def first_key(ais: Ais) -> int:
    found: int = min(row["AN8"] for row in ais.rows("F0101") if row["AT1"] == "C")
    return found


@pytest.mark.parametrize(
    ("table", "key", "column", "field"),
    [
        ("F0101", {}, "RMK", "RMK"),
        ("F0111", {"IDLN": 0}, "MLNM", "MLNM"),
        ("F03012", {"CO": "00000"}, "CMGR", "CMGR"),
        ("F0116", {"EFTB": "20200101"}, "CTY1", "city"),
        ("F0115", {"IDLN": 0, "RCK7": 1, "CNLN": 0}, "PH1", "phone"),
        ("F01151", {"IDLN": 0, "RCK7": 1}, "EMAL", "email"),
    ],
)
def test_a_change_in_any_table_brings_the_whole_customer(
    noon: Ais, table: str, key: dict[str, Any], column: str, field: str
) -> None:
    add_customer(noon, 7001)
    noon.insert("F0115", AN8=7001, IDLN=0, RCK7=1, CNLN=0, PH1="555-0100")
    noon.insert("F01151", AN8=7001, IDLN=0, RCK7=1, ETP="E", EMAL="a@example.com")
    connector = noon.open(page_size=10)
    _, cursor = everything(connector)
    noon.control.clock(advance_s=HOUR)
    new: dict[str, Any] = {column: "changed"}
    noon.edit(table, {"AN8": 7001, **key}, **new)
    [record], _ = everything(connector, cursor=cursor)
    assert record.key == "7001"
    assert record.fields[field] == "changed"
    assert record.fields["ALPH"] == "Company 7001"
    assert record.modified_at
    assert abs(record.modified_at - ONE_O_CLOCK) < timedelta(minutes=1)


def test_a_customer_changed_in_all_tables_comes_once(noon: Ais) -> None:
    connector = noon.open()
    _, cursor = everything(connector)
    noon.control.clock(advance_s=HOUR)
    add_customer(noon, 7001)
    records, _ = everything(connector, cursor=cursor)
    assert [record.key for record in records] == ["7001"]


def test_nothing_changed_is_one_empty_page_that_moves_on(noon: Ais) -> None:
    connector = noon.open()
    _, cursor = everything(connector)
    noon.control.clock(advance_s=HOUR)
    pages = list(connector.read("customers", cursor))
    assert [(list(page.records), page.total) for page in pages] == [([], 0)]
    assert pages[0].cursor["marks"] != cursor["marks"]


def test_the_day_of_the_watermark_is_not_lost(noon: Ais) -> None:
    """UPMJ alone is a day; changes before and after noon share it."""
    connector = noon.open()
    noon.control.clock(advance_s=-2 * HOUR)
    add_customer(noon, 7001)
    noon.control.clock(advance_s=2 * HOUR)
    _, cursor = everything(connector)
    noon.control.clock(advance_s=HOUR)
    add_customer(noon, 7002)
    records, _ = everything(connector, cursor=cursor)
    assert [record.key for record in records] == ["7002"]


@pytest.mark.parametrize(("minutes", "keys"), [(10, ["7001"]), (20, [])])
def test_the_overlap_catches_slow_commits(
    noon: Ais, minutes: int, keys: list[str]
) -> None:
    """A row stamped before the read began that only came to light after it."""
    connector = noon.open()
    _, cursor = everything(connector)
    noon.control.clock(advance_s=-60 * minutes)
    add_customer(noon, 7001)
    noon.control.clock(advance_s=60 * minutes + 60)
    records, _ = everything(connector, cursor=cursor)
    assert [record.key for record in records] == keys


def test_a_change_during_the_read_comes_with_the_next(noon: Ais) -> None:
    connector = noon.open(page_size=10, overlap_minutes=0)
    pages = connector.read("customers", None)
    cursor = next(pages).cursor
    noon.control.clock(advance_s=60)
    number = first_key(noon)
    noon.edit("F0101", {"AN8": number}, RMK="meanwhile")
    for page in pages:
        cursor = page.cursor
    noon.control.clock(advance_s=HOUR)
    records, _ = everything(connector, cursor=cursor)
    assert [record.fields["RMK"] for record in records] == ["meanwhile"]


def test_a_load_by_sql_is_seen_by_a_full_read_alone(noon: Ais) -> None:
    connector = noon.open()
    _, cursor = everything(connector)
    noon.control.clock(advance_s=HOUR)
    number = first_key(noon)
    noon.edit("F0101", {"AN8": number}, touch=False, RMK="by SQL")
    assert everything(connector, cursor=cursor)[0] == []
    found = by_key(everything(connector)[0])
    assert found[str(number)].fields["RMK"] == "by SQL"


def test_rows_never_updated_come_with_a_full_read_alone(noon: Ais) -> None:
    noon.insert("F0101", AN8=7001, AT1="C", touch=False)
    connector = noon.open()
    records, cursor = everything(connector)
    assert by_key(records)["7001"].modified_at is None
    assert everything(connector, cursor=cursor)[0] == []


def test_tables_without_audit_columns_are_read_all_the_same(noon: Ais) -> None:
    noon.control.config(missing_audit_tables=["F0111", "F0115", "F01151"])
    connector = noon.open(page_size=10)
    records, cursor = everything(connector)
    assert len(records) == 60
    noon.control.clock(advance_s=HOUR)
    noon.edit("F0101", {"AN8": first_key(noon)}, RMK="new")
    assert len(everything(connector, cursor=cursor)[0]) == 1


def test_an_address_that_comes_into_effect_is_a_change(noon: Ais) -> None:
    add_customer(noon, 7001)
    noon.insert("F0116", AN8=7001, EFTB="20260522", ADD1="2 Second Street")
    noon.control.clock(advance_s=HOUR)
    connector = noon.open()
    records, cursor = everything(connector)
    assert by_key(records)["7001"].fields["street"] == "1 First Street"
    noon.control.clock(advance_s=24 * HOUR)
    records, cursor = everything(connector, cursor=cursor)
    assert records == []
    noon.control.clock(advance_s=24 * HOUR)
    [record], cursor = everything(connector, cursor=cursor)
    assert record.fields["street"] == "2 Second Street"
    noon.control.clock(advance_s=HOUR)
    assert everything(connector, cursor=cursor)[0] == []


def test_a_prospect_who_becomes_a_customer_brings_the_people_along(noon: Ais) -> None:
    add_customer(noon, 7001, AT1="P")
    noon.insert("F0111", AN8=7001, IDLN=1, MLNM="Kei Ito")
    connector = noon.open()
    _, customers = everything(connector)
    _, contacts = everything(connector, "contacts")
    noon.control.clock(advance_s=HOUR)
    noon.edit("F0101", {"AN8": 7001}, AT1="C")
    assert [r.key for r in everything(connector, cursor=customers)[0]] == ["7001"]
    found, _ = everything(connector, "contacts", contacts)
    assert [record.key for record in found] == ["7001-1"]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("F0111", {"IDLN": 1}),
        ("F0115", {"IDLN": 1, "RCK7": 1, "CNLN": 0}),
        ("F01151", {"IDLN": 1, "RCK7": 1}),
    ],
)
def test_a_changed_contact_comes_without_its_colleagues(
    noon: Ais, table: str, key: dict[str, int]
) -> None:
    add_customer(noon, 7001)
    for line in (1, 2):
        noon.insert("F0111", AN8=7001, IDLN=line, MLNM=f"Person {line}")
        noon.insert("F0115", AN8=7001, IDLN=line, RCK7=1, CNLN=0, PH1="555-0100")
        noon.insert("F01151", AN8=7001, IDLN=line, RCK7=1, ETP="E", EMAL="x@y.example")
    noon.control.clock(advance_s=HOUR)
    connector = noon.open()
    _, cursor = everything(connector, "contacts")
    noon.control.clock(advance_s=HOUR)
    noon.edit(table, {"AN8": 7001, **key})
    records, _ = everything(connector, "contacts", cursor)
    assert [record.key for record in records] == ["7001-1"]


def test_items_change_by_tday(noon: Ais) -> None:
    connector = noon.open()
    _, cursor = everything(connector, "items")
    noon.control.clock(advance_s=HOUR)
    number = noon.rows("F4101")[0]["ITM"]
    noon.edit("F4101", {"ITM": number}, DSC1="Renamed")
    [record], _ = everything(connector, "items", cursor)
    assert (record.key, record.fields["DSC1"]) == (str(number), "Renamed")


def test_many_changes_come_in_pages_that_can_be_resumed(empty_ais: Ais) -> None:
    empty_ais.control.clock(now="2026-03-01T00:00:00-05:00")
    empty_ais.control.seed(2 * CHUNK + 50)
    empty_ais.control.clock(now=NOON)
    connector = empty_ais.open()
    _, cursor = everything(connector)
    empty_ais.control.clock(advance_s=HOUR)
    change = {"action": "touch_random", "table": "F03012", "count": 10**6}
    empty_ais.control.edit(**change, set={"ACL": 9})
    pages = list(connector.read("customers", cursor))
    assert len(pages) == 3
    changed = by_key([record for page in pages for record in page.records])
    assert len(changed) > 2 * CHUNK
    seen = {record.key for record in pages[0].records}
    stored = json.loads(json.dumps(pages[0].cursor))
    empty_ais.control.clock(advance_s=HOUR)
    early = min(map(int, seen))
    empty_ais.edit("F0101", {"AN8": early}, RMK="changed while it was resumed")
    rest, last = everything(connector, cursor=stored)
    assert seen | {record.key for record in rest} == set(changed)
    empty_ais.control.clock(advance_s=60)
    again, _ = everything(connector, cursor=last)
    assert str(early) in {record.key for record in again}


def test_a_full_read_resumed_days_later_misses_no_change(noon: Ais) -> None:
    connector = noon.open(page_size=10)
    pages = list(connector.read("customers", None))
    seen = {record.key for record in pages[0].records}
    noon.control.clock(advance_s=50 * HOUR)
    early = min(map(int, seen))
    noon.edit("F0101", {"AN8": early}, RMK="between")
    noon.control.clock(advance_s=50 * HOUR)
    rest, cursor = everything(connector, cursor=pages[0].cursor)
    assert len(seen | {record.key for record in rest}) == 60
    found, _ = everything(connector, cursor=cursor)
    assert [record.fields["RMK"] for record in found] == ["between"]


def test_until_leaves_later_changes_for_later(noon: Ais) -> None:
    connector = noon.open(overlap_minutes=0)
    _, cursor = everything(connector)
    noon.control.clock(advance_s=24 * HOUR)
    add_customer(noon, 7001)
    until = datetime.now(UTC) - timedelta(hours=1)
    records, cursor = everything(connector, cursor=cursor, until=until)
    assert records == []
    records, _ = everything(connector, cursor=cursor)
    assert [record.key for record in records] == ["7001"]


@pytest.mark.parametrize("zone", ["", "America/New_York"])
def test_the_hour_that_comes_twice_hides_no_change(empty_ais: Ais, zone: str) -> None:
    """On 1 November 2026 it is 01:00 to 01:59 twice in New York."""
    connector = empty_ais.open(time_zone=zone)
    with travel("2026-10-01T00:00:00-04:00"):
        empty_ais.control.seed(20)
    with travel("2026-11-01T01:50:00-04:00"):
        _, cursor = everything(connector)
    with travel("2026-11-01T01:20:00-05:00"):
        add_customer(empty_ais, 7001)
    with travel("2026-11-01T02:30:00-05:00"):
        records, cursor = everything(connector, cursor=cursor)
        assert [record.key for record in records] == ["7001"]
    with travel("2026-11-01T08:00:00-05:00"):
        assert everything(connector, cursor=cursor)[0] == []


@pytest.mark.parametrize("zone", ["", "America/New_York"])
def test_the_hour_that_is_left_out_hides_no_change(empty_ais: Ais, zone: str) -> None:
    """On 8 March 2026 it is 03:00 right after 01:59 in New York."""
    connector = empty_ais.open(time_zone=zone)
    with travel("2026-03-08T01:55:00-05:00"):
        add_customer(empty_ais, 7001)
    with travel("2026-03-08T01:59:00-05:00"):
        records, cursor = everything(connector)
        assert len(records) == 1
    with travel("2026-03-08T03:01:00-04:00"):
        add_customer(empty_ais, 7002)
    with travel("2026-03-08T03:30:00-04:00"):
        records, _ = everything(connector, cursor=cursor)
        assert {"7002"} <= {record.key for record in records}


def travel(moment: str) -> time_machine.travel:
    """Both clocks, the server's and ours, as in life, at the same instant."""
    return time_machine.travel(datetime.fromisoformat(moment), tick=True)


def test_no_date_is_ever_sent_as_a_text(noon: Ais) -> None:
    connector = noon.open(username="HSCOLUMN", password="sandbox-2")
    _, cursor = everything(connector)
    noon.control.clock(advance_s=HOUR)
    noon.edit("F0101", {"AN8": first_key(noon)}, RMK="new")
    assert len(everything(connector, cursor=cursor)[0]) == 1
    for table in ("F0101", "F0116"):
        for body in noon.asked(table):
            for one in body["query"]["condition"]:
                if one["controlId"].endswith((".UPMJ", ".EFTB")):
                    assert one["value"][0]["specialValueId"].startswith("TODAY")


@pytest.mark.parametrize(
    "cursor",
    [
        {"mode": "sideways"},
        {"mode": "changes"},
        {"mode": "changes", "marks": {"F0101": "noon"}},
        {"page": 3},
    ],
)
def test_a_position_that_is_not_ours_is_refused(ais: Ais, cursor: Any) -> None:
    with pytest.raises(ConfigurationError, match="position"):
        everything(ais.open(), cursor=cursor)
