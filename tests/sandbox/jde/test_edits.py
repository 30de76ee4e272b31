"""Checklist 30: changes with and without stamps, deletes, and mass changes."""

from __future__ import annotations

import pickle

import pytest

from connectors.sandbox.core.client import ControlError
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.jde.standin import JdeStandIn
from tests.sandbox.jde.conftest import CUSTOMERS, SEED, Ais, condition, special


def terms_key(ais: Ais) -> dict[str, object]:
    row = ais.control.records("F03012")[10]
    return {"AN8": row["AN8"], "CO": row["CO"]}


def test_a_change_in_an_application_is_stamped_in_local_time(fresh: Ais) -> None:
    fresh.control.clock(now="2030-01-15T03:04:05+00:00")
    fresh.login()
    key = terms_key(fresh)
    fresh.control.edit(table="F03012", key=key, set={"ACL": 4321}, touch=True)
    today = special("UPMJ", "EQUAL", "TODAY")
    (row,) = fresh.rows("F03012", today, fields=["AN8", "ACL", "UPMJ", "UPMT"])
    assert row == {
        "F03012_AN8": key["AN8"],
        "F03012_ACL": 4321,
        "F03012_UPMJ": "20300114",
        "F03012_UPMT": 220405,
    }


def test_a_load_by_sql_leaves_the_stamp_alone(fresh: Ais) -> None:
    before = fresh.control.records("F03012")[10]
    key = terms_key(fresh)
    fresh.control.edit(table="F03012", key=key, set={"ACL": 4321}, touch=False)
    after = fresh.control.records("F03012")[10]
    assert after == before | {"ACL": 4321}
    conditions = [
        condition("AN8", "EQUAL", str(key["AN8"])),
        condition("CO", "EQUAL", str(key["CO"])),
    ]
    (row,) = fresh.rows("F03012", *conditions)
    assert row["F03012_ACL"] == 4321


def test_a_delete_takes_the_row_away_without_a_trace(fresh: Ais) -> None:
    key = terms_key(fresh)
    count = fresh.control.describe()["tables"]["F03012"]
    fresh.control.edit(action="delete", table="F03012", key=key)
    assert fresh.control.describe()["tables"]["F03012"] == count - 1
    assert fresh.control.records("F03012", [f"{key['AN8']}-{key['CO']}"]) == []
    with pytest.raises(ControlError):
        fresh.control.edit(action="delete", table="F03012", key=key)


def on_day(ais: Ais, day: str | None) -> list[dict[str, int]]:
    """The people last changed on a day, given as YYYYMMDD."""
    assert day
    asked = condition("UPMJ", "EQUAL", f"{day[4:6]}/{day[6:]}/{day[:4]}")
    rows = ais.rows("F0111", asked, fields=["AN8", "IDLN"])
    return [{"AN8": row["F0111_AN8"], "IDLN": row["F0111_IDLN"]} for row in rows]


def test_indexes_follow_every_kind_of_change(fresh: Ais) -> None:
    """The index on UPMJ is built by the first query and then kept."""
    today = special("UPMJ", "EQUAL", "TODAY")
    assert fresh.rows("F0111", today) == []
    before = {(r["AN8"], r["IDLN"]): r["UPMJ"] for r in fresh.control.records("F0111")}
    done = fresh.control.edit(action="touch_random", table="F0111", count=25, seed=3)
    touched = [tuple(key) for key in done["keys"]]

    def changed() -> list[tuple[int, int]]:
        rows = fresh.rows("F0111", today, fields=["AN8", "IDLN"], order=["AN8", "IDLN"])
        return [(row["F0111_AN8"], row["F0111_IDLN"]) for row in rows]

    assert changed() == sorted(touched)
    number, line = touched[0]
    key = {"AN8": number, "IDLN": line}
    assert key not in on_day(fresh, before[number, line])
    fresh.control.edit(action="delete", table="F0111", key=key)
    values = {"AN8": 9999999, "IDLN": 4, "MLNM": "Zoë New"}
    fresh.control.edit(action="insert", table="F0111", set=values)
    assert changed() == [*sorted(touched[1:]), (9999999, 4)]


def test_mass_changes_are_repeatable_and_can_set_values(fresh: Ais) -> None:
    wish = {"action": "touch_random", "table": "F0101", "count": 10, "seed": 5}
    first = fresh.control.edit(**wish, set={"RMK": "round 1"})
    again = fresh.control.edit(**wish, set={"RMK": "round 2"}, touch=False)
    assert first["keys"] == again["keys"]
    marked = [r for r in fresh.control.records("F0101") if r["RMK"] == "round 2"]
    assert [[row["AN8"]] for row in marked] == first["keys"]


def test_many_rows_each_get_a_value_of_their_own(fresh: Ais) -> None:
    before = fresh.control.records("F0101")
    numbers = [row["AN8"] for row in before[5:15]]
    rows = [{"key": {"AN8": one}, "set": {"RMK": f"row {one}"}} for one in numbers]
    wish = {"action": "update_many", "table": "F0101", "touch": False}
    assert fresh.control.edit(**wish, rows=rows) == {"changed": 10}
    assert fresh.control.records("F0101") == [
        row | ({"RMK": f"row {row['AN8']}"} if row["AN8"] in numbers else {})
        for row in before
    ]
    missing = {"key": {"AN8": 1234567}, "set": {"RMK": "nobody"}}
    with pytest.raises(ControlError):
        fresh.control.edit(**wish, rows=[missing])


@pytest.mark.parametrize(
    "change",
    [
        {"table": "F0101", "key": {"AN8": 6001}, "set": {"NOPE": 1}},
        {"table": "F0101", "key": {"AN8": 6001}, "set": {"ALPH": "x" * 41}},
        {"table": "F0101", "key": {"AN8": 6001}, "set": {"UPMJ": "2026-01-01"}},
        {"table": "F0101", "key": {"AN8": 6001}, "set": {"AN8": 6002}},
        {"table": "F0101", "key": {"AN8": 1234567}, "set": {}},
        {"table": "F0101", "key": {}, "set": {}},
        {"table": "F0403", "key": {"AN8": 6001}, "set": {}},
        {"action": "insert", "table": "F0101", "set": {"AN8": 6001}},
        {"action": "explode"},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(
    ais: Ais, change: dict[str, object]
) -> None:
    before = ais.control.records("F0101", ["6001"])
    with pytest.raises(ControlError):
        ais.control.edit(**change)
    assert ais.control.records("F0101", ["6001"]) == before


def test_records_by_the_first_columns_of_a_key(ais: Ais) -> None:
    rows = ais.control.records("F0111", ["6001"])
    assert {row["AN8"] for row in rows} == {6001}
    assert [row["IDLN"] for row in rows] == sorted(row["IDLN"] for row in rows)
    assert ais.control.records("F0111", ["6001-0"]) == rows[:1]


@pytest.mark.parametrize(
    "knobs", [{"time_zone": "Mars/Base"}, {"date_literals": "iso"}]
)
def test_a_knob_takes_no_value_of_no_use(ais: Ais, knobs: dict[str, str]) -> None:
    with pytest.raises(ControlError):
        ais.control.config(**knobs)


def test_seeding_is_repeatable_and_can_be_continued(ais: Ais) -> None:
    other = JdeStandIn()
    with SandboxThread(other) as box:
        control = box.control("jde")
        control.seed(CUSTOMERS, SEED)
        first = control.records("F0101")
        control.reset()
        assert control.records("F0101") == []
        control.seed(CUSTOMERS, SEED)
        assert control.records("F0101") == first
        control.seed(50, SEED + 1)
        kinds = [row["AT1"] for row in control.records("F0101")]
        assert kinds.count("C") == CUSTOMERS + 50
        numbers = [row["AN8"] for row in control.records("F0101")]
        assert numbers == sorted(set(numbers))


def test_the_seed_is_as_untidy_as_real_data(ais: Ais) -> None:
    records = ais.control.records
    book = records("F0101")
    assert {row["AT1"] for row in book} == {"C", "V", "E", "O"}
    assert sum(row["AT1"] == "C" for row in book) == CUSTOMERS
    names = "".join(row["ALPH"] + row["DC"] for row in book + records("F0111"))
    assert set("üłéø'") <= set(names)
    assert any(ord(one) > 0x3000 for one in names)
    terms = records("F03012")
    general = {row["AN8"] for row in terms if row["CO"] == "00000"}
    particular = {row["AN8"] for row in terms if row["CO"] != "00000"}
    assert general - particular
    assert particular - general
    assert general & particular
    assert any(row["HOLD"] != " " for row in terms)
    phones = records("F0115")
    assert {" ", "FAX", "HOM", "CAR"} == {row["PHTP"] for row in phones}
    places = records("F0116")
    today = max(row["UPMJ"] or "" for row in places)
    assert any((row["EFTB"] or "") > today for row in places)
    assert any(row["EFTB"] is None for row in places)
    people = {(r["AN8"], r["IDLN"]) for r in records("F0111") if r["IDLN"]}
    with_mail = {(r["AN8"], r["IDLN"]) for r in records("F01151")}
    assert people - with_mail
    assert all(
        ".example." in r["EMAL"] or "@example." in r["EMAL"] for r in records("F01151")
    )
    assert any(row["UPMJ"] is None for row in terms + phones + book)


def test_the_state_survives_a_restart(fresh: Ais, box: SandboxThread) -> None:
    key = {"AN8": 6001}
    fresh.control.edit(table="F0101", key=key, set={"RMK": "kept"})
    other = JdeStandIn()
    other.seed(5, 1)
    kept = pickle.dumps(box.standin["jde"].state())
    other.restore(pickle.loads(kept))  # noqa: S301 (written a line above)
    for table in fresh.control.describe()["tables"]:
        assert other.records(table) == fresh.control.records(table)
    assert other.records("F0101", ["6001"])[0]["RMK"] == "kept"
