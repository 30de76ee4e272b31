"""COMFND, COMFCH and ARSQRY: what e.net lets a client read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree as ET

from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.data.seed import padded
from connectors.sandbox.syspro.data.store import Database, Table, folded
from connectors.sandbox.syspro.data.tables import Column, Row
from connectors.sandbox.syspro.enet.sessions import EnetError
from connectors.sandbox.syspro.enet.xml import document, element, text_of

Test = Callable[[Row], bool]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: bool(a == b),
    "NE": lambda a, b: bool(a != b),
    "GT": lambda a, b: bool(a > b),
    "GE": lambda a, b: bool(a >= b),
    "LT": lambda a, b: bool(a < b),
    "LE": lambda a, b: bool(a <= b),
    "LIKE": lambda a, b: re.fullmatch(_wild(b), a) is not None,
}


def _wild(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


class Queries:
    """The query objects on the tables of one company."""

    def __init__(self, database: Database, config: SysproConfig) -> None:
        self._database, self._config = database, config

    def find(self, root: ET.Element) -> str:
        """COMFND: rows of a table by conditions; pages only by key."""
        table = self._table(text_of(root, "TableName"))
        names = [one.text or "" for one in root.findall("Columns/Column")]
        columns = [self._column(table, name) for name in names]
        order = [
            self._column(table, one.text or "").name
            for one in root.findall("OrderBy/Column")
        ]
        wanted = self._where(table, root)
        rows = [row for row in table.ordered() if wanted(row)]
        if order:
            rows.sort(key=lambda row: [folded(row[name]) for name in order])
        rows = rows[: int(text_of(root, "ReturnRows", "100") or 100)]
        head = element("TableName", table.definition.name)
        body = "\n".join(
            "<Row>"
            + "".join(self._cell(c, row, fetch=False) for c in columns)
            + "</Row>"
            for row in rows
        )
        count = f"<RowsReturned>{len(rows):>8}</RowsReturned>"
        return document(
            table.definition.name,
            f"<HeaderDetails>{head}</HeaderDetails>\n{body}\n{count}",
        )

    def fetch(self, root: ET.Element) -> str:
        """COMFCH: one row by its whole key, all columns."""
        table = self._table(text_of(root, "TableName"))
        key = [root.findtext("Key") or ""]
        key += [
            root.findtext(f"OptionalKey{n}") or ""
            for n in range(1, len(table.definition.key))
        ]
        row = table.get(*key)
        if row is None:
            raise EnetError(f"ERROR: {table.definition.name} '{key[0]}' not found")
        cells = (
            self._cell(column, row, fetch=True)
            for column in table.definition.columns.values()
            if column.kind != "t"
        )
        return document(table.definition.name, "\n".join(cells))

    def enquiry(self, root: ET.Element) -> str:
        """ARSQRY: a customer with its open invoices; takes a short key."""
        given = text_of(root, "Key/Customer")
        customers = self._database["ArCustomer"]
        row = customers.get(given) or customers.get(padded(given))
        if row is None:
            raise EnetError(f"ERROR: Customer '{given}' not found")
        header = "".join(
            self._cell(customers.definition.columns[name], row, fetch=False)
            for name in ("Customer", "Name", "Contact", "Email", "CreditLimit",
                         "CustomerClass", "TermsCode", "Currency", "CustomerOnHold")
        )  # fmt: skip
        terms = self._database["TblArTerms"].get(row["TermsCode"])
        if terms:
            header += element("TBLART:Description", terms["Description"])
        details = "\n".join(
            f"<InvoiceDetail>{self._detail(one)}</InvoiceDetail>"
            for one in self._database["ArInvoice"].ordered(
                row["Customer"], row["Customer"]
            )
            if one["InvoiceBal1"]
        )
        return document("ARStatement", f"<Header>{header}</Header>\n{details}").replace(
            "<ARStatement ", "<ARStatement xmlns:TBLART='TBLART' ", 1
        )

    def _detail(self, row: Row) -> str:
        columns = self._database["ArInvoice"].definition.columns
        cells = "".join(
            self._cell(columns[name], row, fetch=False)
            for name in ("DocumentType", "Invoice", "InvoiceDate", "CurrencyValue")
        )
        balance = element("InvoiceBal", f"{row['InvoiceBal1']:>18}")
        shown = element("Edited_InvoiceBal", f"{row['InvoiceBal1']:,}")
        return cells + balance + shown

    def _cell(self, column: Column, row: Row, *, fetch: bool) -> str:
        value = row[column.name]
        if column.name in self._config.hidden_fields:
            value = column.empty
        if column.kind == "n":
            return f"<{column.name}>{value:>{column.size + 6}}</{column.name}>"
        if column.kind == "d":
            empty = "0000-00-00" if fetch else ""
            return element(column.name, value.isoformat() if value else empty)
        return element(column.name, str(value))

    def _table(self, name: str) -> Table:
        table = self._database.find(name)
        if table is None:
            raise EnetError(f"ERROR: Table '{name}' not found")
        return table

    def _column(self, table: Table, name: str) -> Column:
        found = table.definition.columns.get(name)
        if found is None or found.kind == "t":
            raise EnetError(f"ERROR: Column '{name}' is not valid")
        return found

    # -------------------------------------------------------------------- where

    def _where(self, table: Table, root: ET.Element) -> Test:
        tokens: list[Any] = []
        for position, one in enumerate(root.findall("Where/Expression")):
            if position:
                tokens.append(text_of(one, "AndOr", "And").lower())
            tokens += list(text_of(one, "OpenBracket"))
            tokens.append(self._condition(table, one))
            tokens += list(text_of(one, "CloseBracket"))
        if not tokens:
            return lambda _row: True
        test = self._either(tokens)
        if tokens:
            raise EnetError("ERROR: Where: the brackets do not match")
        return test

    def _condition(self, table: Table, one: ET.Element) -> Test:
        column = self._column(table, text_of(one, "Column"))
        compare = _COMPARE.get(text_of(one, "Condition").upper())
        if compare is None:
            raise EnetError("ERROR: XML element 'condition' has a wrong value")
        name, value = column.name, _typed(column, one.findtext("Value") or "")
        return lambda row: row[name] is not None and compare(folded(row[name]), value)

    def _either(self, tokens: list[Any]) -> Test:
        test = self._both(tokens)
        while tokens and tokens[0] == "or":
            tokens.pop(0)
            test = _any(test, self._both(tokens))
        return test

    def _both(self, tokens: list[Any]) -> Test:
        test = self._one(tokens)
        while tokens and tokens[0] == "and":
            tokens.pop(0)
            test = _all(test, self._one(tokens))
        return test

    def _one(self, tokens: list[Any]) -> Test:
        token = tokens.pop(0) if tokens else None
        if callable(token):
            return token  # type: ignore[no-any-return]
        if token != "(":
            raise EnetError("ERROR: Where: the brackets do not match")
        test = self._either(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise EnetError("ERROR: Where: the brackets do not match")
        return test


def _any(first: Test, second: Test) -> Test:
    return lambda row: first(row) or second(row)


def _all(first: Test, second: Test) -> Test:
    return lambda row: first(row) and second(row)


def _typed(column: Column, text: str) -> Any:
    try:
        if column.kind == "n":
            return Decimal(text)
        if column.kind == "d":
            return date.fromisoformat(text)
    except (InvalidOperation, ValueError) as error:
        raise EnetError(f"ERROR: '{text}' is no value of {column.name}") from error
    return folded(text)
