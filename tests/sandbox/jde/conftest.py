"""One JD Edwards stand-in on a real socket, and a bare client to speak to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.standin import JdeStandIn

CUSTOMERS, SEED = 200, 7
PASSWORDS = {
    "HSINTEG": "sandbox-1",
    "HSCOLUMN": "sandbox-2",
    "HSROW": "sandbox-3",
    "HSOFF": "sandbox-4",
}
DEVICE = "jde-AIS-Auth-Device"
TOKEN = "jde-AIS-Auth"


def condition(column: str, operator: str, *values: str) -> dict[str, Any]:
    """A condition on literals."""
    literals = [{"content": one, "specialValueId": "LITERAL"} for one in values]
    return {"controlId": column, "operator": operator, "value": literals}


def special(column: str, operator: str, name: str, content: str = "") -> dict[str, Any]:
    """A condition on a special value such as TODAY_MINUS_DAY."""
    value = [{"content": content, "specialValueId": name}]
    return {"controlId": column, "operator": operator, "value": value}


class Ais:
    """A client as plain as it can be: it hides nothing and repairs nothing."""

    def __init__(self, url: str, control: ControlClient):
        self.url = url
        self.control = control
        self.http = requests.Session()
        self.http.trust_env = False

    def post(self, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.http.post(f"{self.url}/jderest/{path}", json=body, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.http.get(f"{self.url}/jderest/{path}", **more)

    def try_login(
        self, user: str = "HSINTEG", version: str = "v2/", **members: Any
    ) -> requests.Response:
        body = {"username": user, "password": PASSWORDS[user], **members}
        return self.post(f"{version}tokenrequest", body)

    def login(
        self, user: str = "HSINTEG", device: str = "tests", **members: Any
    ) -> str:
        """Log in and send the token with every later call."""
        self.http.headers.pop(TOKEN, None)
        self.http.headers.pop(DEVICE, None)
        answer = self.try_login(user, deviceName=device, **members)
        assert answer.status_code == 200, answer.text
        token = answer.json()["userInfo"]["token"]
        self.http.headers.update({TOKEN: token, DEVICE: device})
        return str(token)

    def body(
        self, table: str, *conditions: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        """A browse; `fields` and `order` are aliases, other members override."""
        fields, order = more.pop("fields", None), more.pop("order", ())
        match = more.pop("match", "MATCH_ALL")
        found: dict[str, Any] = {
            "targetName": table,
            "targetType": "table",
            "dataServiceType": "BROWSE",
            "findOnEntry": "TRUE",
            "outputType": "GRID_DATA",
            "maxPageSize": "2000",
            "query": {
                "autoFind": True,
                "matchType": match,
                "condition": list(conditions),
            },
        }
        if fields:
            found["returnControlIDs"] = "|".join(f"{table}.{one}" for one in fields)
        if order:
            found["aggregation"] = {
                "orderBy": [
                    {
                        "column": f"{table}.{one.lstrip('-')}",
                        "direction": "DESC" if one.startswith("-") else "ASC",
                    }
                    for one in order
                ]
            }
        found.update(more)
        return {name: value for name, value in found.items() if value is not None}

    def query(
        self, table: str, *conditions: dict[str, Any], **more: Any
    ) -> requests.Response:
        return self.post("v2/dataservice", self.body(table, *conditions, **more))

    def grid(self, table: str, *conditions: dict[str, Any], **more: Any) -> Any:
        answer = self.query(table, *conditions, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()[f"fs_DATABROWSE_{table}"]["data"]["gridData"]

    def rows(self, table: str, *conditions: dict[str, Any], **more: Any) -> Any:
        return self.grid(table, *conditions, **more)["rowset"]


@pytest.fixture(scope="session")
def box() -> Iterator[SandboxThread]:
    standin = JdeStandIn()
    standin.seed(CUSTOMERS, SEED)
    with SandboxThread(standin) as running:
        yield running


@pytest.fixture
def ais(box: SandboxThread) -> Iterator[Ais]:
    """A client without a session; knobs, clock, faults and accounts as at first."""
    control = box.control("jde")
    control.config(**JdeConfig().as_dict())
    control.clear_faults()
    control.clock(offset_s=0, frozen=False)
    control.edit(action="kill_sessions")
    control.edit(action="unlock_users")
    client = Ais(box.url["jde"], control)
    yield client
    client.http.close()


@pytest.fixture
def fresh(ais: Ais) -> Ais:
    """The same on data of its own, for tests that change rows."""
    ais.control.reset()
    ais.control.seed(CUSTOMERS, SEED)
    ais.login()
    return ais
