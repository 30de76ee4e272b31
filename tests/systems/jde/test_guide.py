"""The guide for JDE people says what is sent, and the sandbox takes what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connectors.sandbox.jde.orchestrator.catalog import ORCHESTRATIONS
from connectors.systems.jde.connector import JdeConnector
from connectors.systems.jde.writing.doors.answer import GUIDE
from connectors.systems.jde.writing.settings import ACTIONS

ROOT = Path(__file__).resolve().parents[3]
SECTIONS = re.split(r"^### ", (ROOT / GUIDE).read_text(encoding="utf-8"), flags=re.M)
BY_NAME = {section.split("\n", 1)[0].strip(): section for section in SECTIONS[1:]}
ROW = re.compile(r"^\| `(\w+)` \| [\w ]+ \| (\d+) \| (yes)? ?\|", re.M)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_orchestration_is_described(action: str) -> None:
    name = str(JdeConnector.spec.settings[f"orchestration_{action}"].default)
    plain = ORCHESTRATIONS[name].plain()
    rows = [
        *plain["inputs"],
        *(row for rows in plain["lists"].values() for row in rows),
    ]
    expected = {
        (row["name"], str(row["size"]), row["required"])
        for row in rows
        if row["name"] != "CorrelationId"
    }
    written = {(n, size, bool(yes)) for n, size, yes in ROW.findall(BY_NAME[name])}
    assert written == expected


@pytest.mark.parametrize("name", sorted(ORCHESTRATIONS))
def test_its_samples_are_json_that_fits(name: str) -> None:
    blocks = re.findall(r"```json\n(.*?)```", BY_NAME[name], flags=re.S)
    request, answer = (json.loads(block) for block in blocks[:2])
    known = {one.name for one in ORCHESTRATIONS[name].inputs}
    known |= {one.name for one in ORCHESTRATIONS[name].lists}
    needed = {one.name for one in ORCHESTRATIONS[name].inputs if one.required}
    assert needed <= set(request) <= known
    assert answer["CorrelationId"] == request["CorrelationId"]
    assert {"Result", "Messages"} <= set(answer)
