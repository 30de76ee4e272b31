"""A JD Edwards server to read from, and ways to look behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.standin import JdeStandIn
from connectors.sdk.contract import Context
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    Cursor,
    Fields,
    SourceRecord,
    WriteItem,
    WriteResult,
    checked_results,
)
from connectors.systems.jde.connector import JdeConnector

LOCAL = Context(network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))
DATA = "/dataservice"
Stored = dict[str, Any]


class Ais:
    """One stand-in server and the connectors opened on it."""

    def __init__(self, box: SandboxThread) -> None:
        self.url = box.url["jde"]
        self.control: ControlClient = box.control("jde")
        self.opened: list[JdeConnector] = []
        self.control.config(log_bodies=True)

    def open(self, **settings: Any) -> JdeConnector:
        """A connector with these settings changed."""
        given = {
            "base_url": self.url,
            "username": "HSINTEG",
            "password": "sandbox-1",
            **settings,
        }
        self.opened.append(JdeConnector(given, LOCAL))
        return self.opened[-1]

    def rows(self, table: str) -> list[Stored]:
        """What is stored in a table."""
        found: list[Stored] = self.control.records(table)
        return found

    def calls(self, path: str = DATA) -> list[dict[str, Any]]:
        """The requests seen whose path ends so, without its query."""
        log = self.control.log()
        return [one for one in log if one["path"].split("?")[0].endswith(path)]

    def asked(self, table: str) -> list[dict[str, Any]]:
        """The bodies of the data service calls for rows of a table."""
        bodies = [json.loads(one["request_body"] or "null") for one in self.calls()]
        return [body for body in bodies if body and body["targetName"] == table]

    def fault(
        self,
        path: str = DATA,
        *,
        body: str = "",
        times: int | None = 1,
        skip: int = 0,
        **do: Any,
    ) -> None:
        """Let the next requests to `path`, with `body` in what is sent, go wrong, after
        `skip` good ones."""
        match = {"path": path, **({"body": body} if body else {})}
        rule = {"match": match, "times": times, "skip": skip, "do": do}
        self.control.faults(rule)

    def kill_sessions(self, *, times: int | None = 1, skip: int = 0) -> None:
        """End all sessions just before a data service call, after `skip` others."""
        do = {"pass": {"kill_sessions": True}}
        rule = {"match": {"path": DATA}, "times": times, "skip": skip, "do": do}
        self.control.faults(rule)

    def edit(self, table: str, key: Stored, *, touch: bool = True, **new: Any) -> None:
        """Change a row as an application does, or (`touch` off) as SQL does."""
        self.control.edit(table=table, key=key, set=new, touch=touch)

    def insert(self, table: str, *, touch: bool = True, **values: Any) -> None:
        """A new row."""
        self.control.edit(action="insert", table=table, set=values, touch=touch)


@pytest.fixture
def empty_ais() -> Iterator[Ais]:
    """A server without a customer."""
    with SandboxThread(JdeStandIn()) as box:
        ais = Ais(box)
        yield ais
        for connector in ais.opened:
            connector.close()


@pytest.fixture
def ais(empty_ais: Ais) -> Ais:
    """A server with sixty customers and all that goes with them."""
    empty_ais.control.seed(60)
    return empty_ais


def everything(
    connector: JdeConnector,
    object_type: str = "customers",
    cursor: Cursor | None = None,
    **more: Any,
) -> tuple[list[SourceRecord], Cursor]:
    """All records of a read and the cursor of its last page."""
    pages = list(connector.read(object_type, cursor, **more))
    return [record for page in pages for record in page.records], pages[-1].cursor


def by_key(records: Sequence[SourceRecord]) -> dict[str, SourceRecord]:
    """The records by key; none of them twice."""
    found = {record.key: record for record in records}
    assert len(found) == len(records)
    return found


def add_customer(ais: Ais, number: int, **columns: Any) -> None:
    """A customer of our own, with the rows a new one has in JD Edwards."""
    text = {"ALPH": f"Company {number}", "AT1": "C", **columns}
    ais.insert("F0101", AN8=number, **text)
    ais.insert("F0111", AN8=number, IDLN=0, MLNM=text["ALPH"])
    ais.insert("F03012", AN8=number, CO="00000", ACL=5000, TRAR="N30", CRCD="USD")
    ais.insert("F0116", AN8=number, EFTB="20200101", ADD1="1 First Street", CTR="US")


class Books(Ais):
    """A server to write to, whose books have to balance at every end."""

    def write(self, name: str, *items: WriteItem, **settings: Any) -> list[WriteResult]:
        """Write to one object as the engine does."""
        connector = self.open(document_company="1", **settings)
        match = connector.spec.object(name).match_field
        return list(
            checked_results(items, connector.write(name, items, match_field=match))
        )

    def refused(self, name: str, item: WriteItem, **settings: Any) -> tuple[str, str]:
        """Class and field of the error of an item that left nothing behind."""
        before = self.control.describe()["tables"]
        (result,) = self.write(name, item, **settings)
        assert result.error is not None, result
        assert result.error.advice
        assert self.control.describe()["tables"] == before
        return result.error.error_class, result.error.field

    @property
    def today(self) -> date:
        """The server's day."""
        return date.fromisoformat(str(self.control.describe()["local_time"])[:10])

    @property
    def customer(self) -> str:
        """A customer of all companies."""
        rows = self.rows("F03012")
        return next(str(row["AN8"]) for row in rows if row["CO"] == "00000")

    @property
    def supplier(self) -> str:
        """Somebody to whom vouchers are paid."""
        return str(self.rows("F0401")[0]["AN8"])

    def invoice(self, reference: str, amount: str = "125.50", **more: Any) -> WriteItem:
        """An invoice to a customer; `lines` and `refs` replace its own."""
        lines: Sequence[Fields] = [{"amount": Decimal(amount), "account": "1.5010"}]
        lines, refs = more.pop("lines", lines), more.pop("refs", {"AN8": self.customer})
        fields = {"DIVJ": self.today, "AG": Decimal(amount), **more}
        return WriteItem(
            key=reference, fields=fields, refs=refs, lines=lines, reference=reference
        )

    def voucher(self, reference: str, amount: str = "80.50", **more: Any) -> WriteItem:
        """What a supplier charges, for accounts payable."""
        lines = [{"amount": Decimal(amount), "account": "1.8720"}]
        given = {"lines": lines, "refs": {"AN8": self.supplier}, **more}
        return self.invoice(reference, amount, **given)

    def ledger(self, table: str, key: str) -> int:
        """How often something was created under this key."""
        types = self.control.ledger(table)["types"]
        found = types.get(table, {}).get("keys", {}).get(key, {})
        return int(found.get("created", 0))

    def balanced(self) -> None:
        """The trial balance agrees."""
        assert self.control.edit(action="books")["balances"]


@pytest.fixture(scope="module")
def writing_box() -> Iterator[SandboxThread]:
    """One server for the tests of a module; each uses references of its own."""
    with SandboxThread(JdeStandIn()) as box:
        box.control("jde").seed(30)
        yield box


@pytest.fixture
def books(writing_box: SandboxThread) -> Iterator[Books]:
    """The server with its knobs as at first; the books balance at the end."""
    control = writing_box.control("jde")
    control.config(**JdeConfig().as_dict())
    control.clear_faults()
    control.clear_log()
    books = Books(writing_box)
    yield books
    for connector in books.opened:
        connector.close()
    books.balanced()
