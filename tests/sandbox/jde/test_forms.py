"""Checklist 32 and 33: entering a voucher through the forms of P0411."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.sandbox.jde.conftest import DEVICE, TOKEN, Ais
from tests.sandbox.jde.writing import balanced, run, supplier, today, voucher


def put(control: str, value: str) -> dict[str, Any]:
    return {"command": "SetControlValue", "controlID": control, "value": value}


def press(control: str) -> dict[str, Any]:
    return {"command": "DoAction", "controlID": control}


def row(**cells: str) -> dict[str, Any]:
    """A new grid row; cells are by column id with a `c` in front."""
    events = [
        {"command": "SetGridCellValue", "columnID": name[1:], "value": value}
        for name, value in cells.items()
    ]
    inserted = [{"rowNumber": 1, "gridColumnEvents": events}]
    return {"gridAction": {"gridID": "1", "gridRowInsertEvents": inserted}}


class Entry:
    """A stack of P0411, with the ids of the last answer."""

    def __init__(self, ais: Ais):
        self.ais = ais
        request = {"formName": "P0411_W0411G", "version": "ZJDE0001"}
        self.last = self.call({"action": "open", "formRequest": request})

    def call(self, body: dict[str, Any]) -> Any:
        answer = self.ais.post("v2/appstack", body)
        assert answer.status_code == 200, answer.text
        self.last = answer.json()
        return self.last

    @property
    def ids(self) -> dict[str, Any]:
        return {name: self.last[name] for name in ("stackId", "stateId", "rid")}

    @property
    def current(self) -> str:
        return str(self.last["currentApp"].removeprefix("P0411_"))

    @property
    def form(self) -> Any:
        return self.last[f"fs_{self.last['currentApp']}"]

    def act(self, *actions: dict[str, Any], **more: Any) -> Any:
        request = {"formOID": self.current, "formActions": list(actions), **more}
        return self.call({"action": "execute", **self.ids, "actionRequest": request})

    def close(self) -> Any:
        return self.call({"action": "close", **self.ids})


def display(ais: Ais) -> str:
    return f"{date.fromisoformat(today(ais)):%m/%d/%Y}"


def header(ais: Ais, **more: str) -> list[dict[str, Any]]:
    day = display(ais)
    values = {"28": str(supplier(ais)), "41": "F-1", "26": "00001", "30": day}
    values |= {"32": day, **{name[1:]: value for name, value in more.items()}}
    return [put(name, value) for name, value in values.items()]


def vouchers(ais: Ais) -> int:
    return len(ais.control.records("F0411"))


def test_a_voucher_is_saved_by_the_last_ok_only(fresh: Ais) -> None:
    before = vouchers(fresh)
    entry = Entry(fresh)
    entry.act(press("34"))
    assert entry.current == "W0411A"
    entry.act(*header(fresh), row(c20="80.50"), press("2"))
    assert entry.current == "W0411K"
    assert vouchers(fresh) == before
    entry.act(row(c30="1.8720", c31="80.00"), press("11"))
    assert entry.form["errors"]
    assert vouchers(fresh) == before
    entry.act(row(c30="1.8740", c31="0.50", c32="Paper"), press("11"))
    assert entry.current == "W0411B"
    number = entry.form["data"]["z_DOC_10"]["value"]
    (saved,) = fresh.control.records("F0411", [number])
    assert (saved["VINV"], saved["AG"], saved["POST"]) == ("F-1", "80.50", " ")
    closed = entry.close()
    assert (closed["stackId"], closed["stateId"], closed["rid"]) == (0, 0, "")
    balanced(fresh)


def test_a_warning_wants_a_second_ok(fresh: Ais) -> None:
    run(fresh, "MLC_AddVoucher", voucher(fresh, SupplierInvoice="F-1"))
    entry = Entry(fresh)
    entry.act(press("34"))
    entry.act(*header(fresh), row(c20="5"), press("2"), stopOnWarning="TRUE")
    assert entry.current == "W0411A"
    assert [one["ERRORCONTROL"] for one in entry.form["warnings"]] == ["41"]
    assert entry.form["errors"] == []
    entry.act(press("2"))
    assert entry.current == "W0411K"


@pytest.mark.parametrize(
    ("change", "control"),
    [
        ({"c28": "1"}, "28"),
        ({"c28": "many"}, "28"),
        ({"c26": "00009"}, "26"),
        ({"c30": "2026-03-15"}, "30"),
        ({"c32": ""}, "32"),
        ({"c41": "x" * 26}, "41"),
    ],
)
def test_errors_are_told_in_band_and_hold_the_form(
    fresh: Ais, change: dict[str, str], control: str
) -> None:
    entry = Entry(fresh)
    entry.act(press("34"))
    entry.act(*header(fresh, **change), row(c20="5.00"), press("2"))
    assert entry.current == "W0411A"
    assert control in {one["ERRORCONTROL"] for one in entry.form["errors"]}


def test_amounts_are_written_as_the_user_writes_them(fresh: Ais) -> None:
    fresh.login("HSCOLUMN")
    day = f"{date.fromisoformat(today(fresh)):%d.%m.%Y}"
    entry = Entry(fresh)
    entry.act(press("34"))
    facts = header(fresh, c30=day, c32=day)
    entry.act(*facts, row(c20="5.25"), press("2"))
    assert [one["ERRORCONTROL"] for one in entry.form["errors"]] == ["20"]
    entry = Entry(fresh)
    entry.act(press("34"))
    entry.act(*facts, row(c20="5,25"), press("2"))
    assert entry.current == "W0411K"


def test_old_ids_and_wrong_controls_are_errors(fresh: Ais) -> None:
    entry = Entry(fresh)
    old = entry.ids
    entry.act(press("34"))
    request = {"formOID": "W0411A", "formActions": []}
    wrong = [
        {"action": "execute", **old, "actionRequest": request},
        {"action": "execute", **entry.ids, "rid": "x", "actionRequest": request},
        {"action": "execute", **entry.ids, "actionRequest": {"formOID": "W0411G"}},
        {
            "action": "execute",
            **entry.ids,
            "actionRequest": {**request, "formActions": [put("999", "1")]},
        },
        {"action": "execute", **entry.ids, "stackId": 99, "actionRequest": request},
    ]
    for body in wrong:
        assert fresh.post("v2/appstack", body).status_code == 500
    entry.close()
    assert fresh.post("v2/appstack", wrong[1]).status_code == 500


def test_an_open_stack_holds_its_record_against_others(fresh: Ais) -> None:
    entry = Entry(fresh)
    entry.act(press("34"))
    entry.act(*header(fresh), row(c20="5.00"), press("2"))
    mine = {name: fresh.http.headers[name] for name in (TOKEN, DEVICE)}
    fresh.login(device="another")
    found = run(fresh, "MLC_AddVoucher", voucher(fresh))
    assert (found["Result"], found["Messages"][0]["Field"]) == ("REJECTED", "AN8")
    fresh.http.headers.update(mine)
    entry.close()
    fresh.login(device="another")
    assert run(fresh, "MLC_AddVoucher", voucher(fresh))["Result"] == "CREATED"


def test_one_shot_saves_nothing_that_needs_another_form(fresh: Ais) -> None:
    before = vouchers(fresh)
    actions = [*header(fresh), row(c20="5.00"), press("2")]
    body = {"formName": "P0411_W0411A", "formActions": actions}
    answer = fresh.post("v2/formservice", body)
    assert answer.json()["currentApp"] == "P0411_W0411K"
    assert vouchers(fresh) == before
    unknown = fresh.post("v2/formservice", {"formName": "P9999_W9999A"})
    assert unknown.status_code == 500
