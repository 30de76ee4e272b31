"""The guide for QAD people names what the connector understands of their queries."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.sandbox.qad.qxtend.names import QUERIES
from connectors.systems.qad.names import CLASSIC, CUSTOMER, ITEM, LINE, ORDER, PERSON
from connectors.systems.qad.names import SUPPLIER as SELLER

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "connect-qad.md"
ROW = re.compile(r"^\| [^|]+ \| `(tt\w+)` \| (.+) \|$", re.MULTILINE)


def test_the_guide_names_the_rows_and_fields_that_are_understood() -> None:
    rows = {
        name: re.findall(r"`(\w+)`", fields)
        for name, fields in ROW.findall(GUIDE.read_text(encoding="utf-8"))
    }
    kinds = (CUSTOMER, SELLER, ITEM, ORDER)
    assert set(rows) == {kind.record for kind in kinds} | {LINE, PERSON}
    for fields in rows.values():
        assert [one for one in fields if one not in CLASSIC] == []
    assert set(CLASSIC) == {one for fields in rows.values() for one in fields}


def test_the_stand_in_answers_what_the_guide_asks_for() -> None:
    for doc in QUERIES.values():
        named = {**doc.fields, **(doc.nested_fields or {})}
        asked = ROW.findall(GUIDE.read_text(encoding="utf-8"))
        (fields,) = [text for name, text in asked if name == doc.record]
        assert set(re.findall(r"`(\w+)`", fields)) <= set(named)
