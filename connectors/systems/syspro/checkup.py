"""The connection test: both faces of SYSPRO, and what nobody could confirm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connectors.sdk.errors import ConnectorError, RecordError
from connectors.sdk.network import travels_in_clear
from connectors.sdk.records import CheckResult, Finding
from connectors.systems.syspro.link import Link
from connectors.systems.syspro.options import Setup
from connectors.systems.syspro.wire.schema import Table
from connectors.systems.syspro.writing.documents import document, parameters

_ENET, _GUIDE = "e.net", "docs/connect-syspro.md"
_NEEDED = ("ArCustomer",)
_USEFUL = ("ArCustomerBal", "ArInvoice", "ArTrnDetail", "ArInvoicePay", "InvMaster",
           "TblArTerms", "TblCustomerClass")  # fmt: skip
_UNCONFIRMED = (
    "the setup objects of classes and terms, the words of a full licence, characters "
    "in addresses of e.net, the column with the days of terms, that JournalDate shows "
    "payments, "
)
_OF_READING = {
    True: "how COMFND refuses an unknown table, and how many rows it gives at once",
    False: "$count of OData",
}


class Checkup:
    """Runs the steps of each face; the first that fails ends that face."""

    def __init__(self, link: Link) -> None:
        self._link, self._options = link, link.options
        self._findings: list[Finding] = []
        self._details: dict[str, str] = {}

    def result(self) -> CheckResult:
        """What was found; never raises."""
        self._settings()
        if self._faces():
            self._face(_ENET, self._setups)
        told = _UNCONFIRMED + _OF_READING[self._options.by_enet]
        self._add(
            "ok",
            f"No public manual tells: {told}.",
            f"Each has a setting; {_GUIDE} says how to look at it once.",
        )
        return CheckResult(
            findings=tuple(self._findings),
            account=f"{self._options.host}/{self._options.company}",
            details={name: text for name, text in self._details.items() if text},
        )

    def _faces(self) -> bool:
        """Whether tables can be read and e.net be called."""
        e_net = (self._reached, self._logged_on, self._queried)
        tables = (self._tables, self._columns, self._customers)
        if self._options.by_enet:
            return self._face(_ENET, *e_net, *tables)
        shown = self._face("OData", *tables)
        return self._face(_ENET, *e_net) and shown

    def _face(self, name: str, *steps: Callable[[], None]) -> bool:
        """Whether all steps came to their end."""
        for step in steps:
            try:
                step()
            except ConnectorError as error:
                found = Finding.of(error)
                advice = found.advice or f"Check the settings of {name}."
                title = f"{name}: {found.title}"
                self._findings.append(replace(found, title=title, advice=advice))
                return False
        return True

    def _add(self, level: Any, title: str, advice: str = "") -> None:
        self._findings.append(Finding(level=level, title=title, advice=advice))

    def _settings(self) -> None:
        options = self._options
        odata = "" if options.by_enet else options.odata_url
        self._details |= {_ENET: options.enet_url, "OData": odata}
        if travels_in_clear(options.enet_url):
            self._add(
                "warning",
                "e.net passwords travel unencrypted, and by REST within the address.",
                "Use https://; else they are in the logs of every proxy between.",
            )
        if travels_in_clear(odata):
            self._add(
                "warning",
                "The OData password travels unencrypted.",
                "Use the https:// address of the OData service.",
            )
        if options.verify is False:
            self._add(
                "warning",
                "The server's certificate is not checked.",
                "Name the company's own CA in the setting CA bundle instead.",
            )

    # ------------------------------------------------------------------ OData

    def _tables(self) -> None:
        tables, face = self._link.tables, _ENET if self._options.by_enet else "OData"
        for name in _NEEDED:
            tables.table(name)
        missing = [name for name in _USEFUL if tables.shown(name) is None]
        shown = [name for name in (*_NEEDED, *_USEFUL) if name not in missing]
        self._add("ok", f"{face} shows {', '.join(shown)}.")
        if missing:
            self._add(
                "warning",
                f"{face} does not show {', '.join(missing)}.",
                "What is in them stays empty: balances, lines, descriptions.",
            )

    def _columns(self) -> None:
        options, tables = self._options, self._link.tables
        self._date_column(tables.shown("ArInvoice"), options.invoice_date_column)
        if options.changed_column:
            self._date_column(tables.shown("ArCustomer"), options.changed_column)
        else:
            self._add(
                "ok",
                "Customers have no column that tells changes: all are read each time, "
                "and those that say nothing new are dropped.",
            )
        self._terms(tables.shown("TblArTerms"))

    def _date_column(self, table: Table | None, column: str) -> None:
        if table and not table.is_date(column):
            dates = ", ".join(name for name in table.columns if table.is_date(name))
            self._add(
                "warning",
                f"{table.name} has no date column {column}: all is read each time.",
                f"Its date columns are: {dates or 'none'}.",
            )

    def _terms(self, terms: Table | None) -> None:
        column = self._options.due_days_column
        if terms is None or column in terms.columns:
            return
        numbers = [
            name
            for name in terms.columns
            if terms.type_of(name) in ("decimal", "integer")
        ]
        self._add(
            "warning",
            "Due dates are not worked out"
            + (f": TblArTerms has no column {column}." if column else "."),
            "Name the column with the days of terms. Numbers in TblArTerms: "
            f"{', '.join(numbers) or 'none'}.",
        )

    def _customers(self) -> None:
        tables = self._link.tables
        count = tables.count(tables.query("ArCustomer", ()))
        if count is None:
            self._add("warning", "Rows are not counted; progress stays unknown.")
            return
        self._details["customers"] = str(count)
        level = "ok" if count else "warning"
        self._add(level, f"{count:,} customers in {self._options.company}.")

    # ------------------------------------------------------------------ e.net

    def _reached(self) -> None:
        version = self._link.enet.reach()
        self._details["e.net version"] = version
        self._add("ok", f"e.net answers ({version or 'by SOAP'}).")

    def _logged_on(self) -> None:
        about = self._link.enet.profile()
        operator = about.get("operatorcode") or self._options.operator
        company = about.get("companyname") or self._options.company
        self._details |= {
            "company": company,
            "operator": operator,
            "SYSPRO version": about.get("sysproversion", ""),
        }
        self._add("ok", f"Logged on to {company} as operator {operator}.")
        own, told = self._options.currency, about.get("localcurrencycode", "")
        if told and own != told:
            self._add(
                "warning",
                f"The company's currency is {told}, the connection says "
                f"{own or 'nothing'}.",
                f"Enter {told}: documents without a currency are in it.",
            )

    def _queried(self) -> None:
        self._link.enet.query(
            "COMFND",
            "<Query><TableName>ArCustomer</TableName><ReturnRows>1</ReturnRows>"
            "<Columns><Column>Customer</Column></Columns>"
            "<OrderBy><Column>Customer</Column></OrderBy></Query>",
        )
        self._add("ok", "e.net queries are licensed (COMFND).")

    def _setups(self) -> None:
        options = self._options
        for label, table, setup in (
            ("Customer classes", "TblCustomerClass", options.class_setup),
            ("Terms", "TblArTerms", options.terms_setup),
        ):
            if setup is None:
                self._add("ok", f"{label} are only read: no setup object is named.")
            elif self._link.tables.shown(table):
                self._validated(label, table, setup)

    def _validated(self, label: str, table: str, setup: Setup) -> None:
        """Let SYSPRO check an update of a code that is there, which changes nothing."""
        query = self._link.tables.query(table, ("Description",))
        first = next(self._link.tables.pages(query), [])
        if not first:
            return
        key = str(first[0][query.table.key[0]])
        rules = parameters(setup, ignore_warnings=True, validate=True)
        try:
            self._link.enet.setup(
                setup.name, rules, document(setup, key, {}), adding=False
            )
        except (ConnectorError, RecordError) as error:
            self._add(
                "warning",
                f"{label} cannot be written: {error.message}",
                error.advice or "Check name, root and key of the setup object.",
            )
            return
        self._add("ok", f"{label} can be written by {setup.name}.")
