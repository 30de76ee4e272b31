"""What no public manual confirms is shown where a connection is made and tested."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connectors.models import Connection
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from tests.admin.world import page, press
from tests.systems.benches import BENCHES
from tests.systems.qad.case import PATHS

QAD: dict[str, Any] = {
    "username": "svc_hub", "password": "sandbox-1", "domain": "10USA",
    "entity": "10USACO", "shared_set": "SHARED10", "time_zone": "America/Chicago",
}  # fmt: skip
SYSPRO = BENCHES["syspro"].settings


@pytest.mark.parametrize(
    ("system", "path", "settings", "words"),
    [
        ("syspro", "", SYSPRO, ["setup objects of classes", "$count of OData"]),
        ("syspro", "", {**SYSPRO, "read_by": "enet"}, ["how COMFND refuses"]),
        ("qad", PATHS["adaptive"], QAD, ["purchase order&#x27;s field"]),
        (
            "qad",
            PATHS["enterprise"],
            {**QAD, "face": "enterprise"},
            ["forms of the query QDocs"],
        ),
    ],
)
@pytest.mark.usefixtures("transactional_db")
def test_the_page_of_a_tested_connection_says_it(
    boss: Client, system: str, path: str, settings: dict[str, Any], words: list[str]
) -> None:
    with SandboxThread(stand_in_class(system)()) as box:
        box.control(system).seed(5)
        made = Connection(name=system, system=system)
        made.set_values({**settings, "base_url": box.url[system] + path})
        made.save()
        press(boss, made, "test_connection")
    html = page(boss, made).content.decode()
    assert all(word in html for word in words), html
    assert html.lower().count("not confirmed") > 2, "and beside the settings"
