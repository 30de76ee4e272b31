"""Setup objects: customers, and the reference data under names of our own.

SYSPRO's names for the setup of customer classes and terms are not public. ARSSCL and
ARSSTC, their roots and elements are placeholders invented here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.data.seed import padded
from connectors.sandbox.syspro.data.store import Database, Table
from connectors.sandbox.syspro.data.tables import Column, Row
from connectors.sandbox.syspro.enet.sessions import EnetError
from connectors.sandbox.syspro.enet.xml import document, text_of

Problem = tuple[str, str, str]  # number, text, value


@dataclass(frozen=True, slots=True)
class SetupObject:
    """A business object that maintains one table."""

    table: str
    root: str
    key: str
    numeric_key: bool = False


OBJECTS = {
    "ARSSCS": SetupObject(
        "ArCustomer", "SetupArCustomer", "Customer", numeric_key=True
    ),
    "ARSSCL": SetupObject("TblCustomerClass", "SetupArCustomerClass", "Class"),
    "ARSSTC": SetupObject("TblArTerms", "SetupArTerms", "TermsCode"),
}
_KNOWN_CODES = {
    "TermsCode": ("TblArTerms", "Terms code"),
    "CustomerClass": ("TblCustomerClass", "Customer class"),
    "Branch": ("SalBranch", "Branch"),
    "Salesperson": ("SalSalesperson", "Salesperson"),
    "Currency": ("TblCurrency", "Currency"),
}
_COMPUTED = {
    "InvoiceCount",
    "OutstOrdVal",
    "NumOutstOrd",
    "DateLastSale",
    "DateLastPay",
}


@dataclass(slots=True)
class Item:
    """One item of a document while it is looked at."""

    element: ET.Element
    key: str
    row: Row | None
    values: dict[str, str]
    problems: dict[str, Problem]
    warnings: dict[str, Problem]


class Setups:
    """Adds, changes and deletes by document, wholly or item by item."""

    def __init__(
        self, database: Database, config: SysproConfig, book: Callable[[], Ledger]
    ) -> None:
        self._database, self._config, self._book = database, config, book

    def run(
        self, verb: str, name: str, parameters: ET.Element, root: ET.Element
    ) -> str:
        """Carry one document out; the reply names each item with what is wrong."""
        setup = OBJECTS[name]
        if root.tag != setup.root:
            raise EnetError(f"ERROR: Root element '{root.tag}' is not '{setup.root}'")
        strict = _flag(parameters, "IgnoreWarnings", "N") == "N"
        items = [self._item(setup, verb, one) for one in root.findall("Item")]
        for item in items:
            if strict:
                item.problems |= item.warnings
        bad = [item for item in items if item.problems]
        whole = _flag(parameters, "ApplyIfEntireDocumentValid", "Y") == "Y"
        dry = _flag(parameters, "ValidateOnly", "N") == "Y"
        if not dry and not (bad and whole):
            for item in items:
                if not item.problems:
                    self._apply(setup, verb, item)
        return self._reply(setup, items, len(bad))

    def _item(self, setup: SetupObject, verb: str, one: ET.Element) -> Item:
        table = self._database[setup.table]
        key = one.findtext(f"Key/{setup.key}") or ""
        row = table.get(key)
        if row is None and setup.numeric_key:
            row = table.get(padded(key)) if key.strip().isdigit() else None
        item = Item(one, key, row, {}, {}, {})
        if not key.strip():
            item.problems[setup.key] = ("220001", f"{setup.key} must be entered", key)
        elif verb == "Add" and row is not None:
            text = f"{setup.key} '{key.strip()}' already on file"
            item.problems[setup.key] = ("220010", text, key)
        elif verb != "Add" and row is None:
            text = f"{setup.key} '{key.strip()}' not found"
            item.problems[setup.key] = ("220011", text, key)
        columns = table.definition.columns
        for child in one:
            column = columns.get(child.tag)
            if child.tag != "Key" and column and child.tag not in _COMPUTED:
                self._value(item, column, (child.text or "").rstrip())
        if verb == "Delete" and setup.table == "ArCustomer" and row:
            self._deletable(item, row)
        return item

    def _deletable(self, item: Item, row: Row) -> None:
        code = row["Customer"]
        if any(True for _ in self._database["ArInvoice"].ordered(code, code)):
            item.problems["Customer"] = ("220040", "Customer has invoices", code)

    def _value(self, item: Item, column: Column, value: str) -> None:
        name = column.name
        if column.kind == "c" and len(value) > column.size:
            if self._config.over_long == "error":
                text = f"{name} is longer than {column.size} characters"
                item.problems[name] = ("220020", text, value)
                return
            value = value[: column.size]
        problem = self._wrong(item, column, value)
        if problem:
            item.problems[name] = (*problem, value)
        elif name == "Email" and value and "@" not in value:
            item.warnings[name] = ("220050", "Email address looks incomplete", value)
        item.values[name] = value

    def _wrong(self, item: Item, column: Column, value: str) -> tuple[str, str] | None:
        name = column.name
        if column.kind == "n" and not _number(value, whole=column.scale == 0):
            return "220021", f"{name} '{value}' must be a positive number"
        if name == "CustomerOnHold" and value not in {"Y", "N"}:
            return "220022", f"{name} '{value}' must be Y or N"
        if name in _KNOWN_CODES and value:
            table, label = _KNOWN_CODES[name]
            if self._database[table].get(value) is None:
                return "220031", f"{label} '{value}' not found"
        if name == "Currency" and item.row and item.row["Currency"] != value:
            code = item.row["Customer"]
            if any(True for _ in self._database["ArInvoice"].ordered(code, code)):
                return "220032", "Currency cannot change: customer has transactions"
        return None

    def _apply(self, setup: SetupObject, verb: str, item: Item) -> None:
        table, book = self._database[setup.table], self._book()
        if verb == "Delete" and item.row:
            table.delete(item.row)
            book.deleted(setup.table, item.row[setup.key], item.row)
        elif item.row:
            row = table.update(item.row, item.values)
            book.updated(setup.table, row[setup.key], row)
        else:
            self._add(setup, table, item)

    def _add(self, setup: SetupObject, table: Table, item: Item) -> None:
        key = item.key.rstrip()
        if setup.numeric_key and key.isdigit():
            key = padded(key)
        row = table.insert({**item.values, setup.key: key})
        self._book().created(setup.table, key, row)
        if setup.table == "ArCustomer":
            self._database["ArCustomerBal"].insert({"Customer": key})

    def _reply(self, setup: SetupObject, items: list[Item], bad: int) -> str:
        parts = [self._echo(setup, item) for item in items]
        status = (
            f"<StatusOfItems><RecordsRead>{len(items):06d}</RecordsRead>"
            f"<RecordsInvalid>{bad:06d}</RecordsInvalid></StatusOfItems>"
        )
        return document(setup.root.lower(), "\n".join([*parts, status]))

    def _echo(self, setup: SetupObject, item: Item) -> str:
        name = setup.key.lower()
        problem = item.problems.get(setup.key)
        shown = _problem(problem) if problem else escape(self._shown(item.key))
        fields = "".join(
            f"<{field.lower()}>{_problem(found)}</{field.lower()}>\n"
            for field, found in item.problems.items()
            if field != setup.key
        )
        return f"<item>\n<key><{name}>{shown}</{name}></key>\n{fields}</item>"

    def _shown(self, key: str) -> str:
        digits = key.strip()
        if not digits.isdigit():
            return digits
        return (digits.lstrip("0") or "0").zfill(self._config.display_length)


def _problem(found: Problem) -> str:
    number, text, value = found
    return (
        f"<Value>{escape(value)}</Value><ErrorNumber>{number}</ErrorNumber>"
        f"<ErrorDescription>{escape(text)}</ErrorDescription>"
    )


def _flag(parameters: ET.Element, name: str, default: str) -> str:
    return text_of(parameters, f"Parameters/{name}", default).upper() or default


def _number(text: str, *, whole: bool) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number >= 0 and (not whole or number == number.to_integral_value())
