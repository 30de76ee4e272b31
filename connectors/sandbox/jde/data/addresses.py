"""The address book: customers, suppliers, employees and companies, mixed."""

from __future__ import annotations

import random

from connectors.sandbox.jde.data.columns import BLANK, Row
from connectors.sandbox.jde.data.moments import AUDITS, Moments
from connectors.sandbox.jde.data.people import ContactSeeder, compressed
from connectors.sandbox.jde.data.pools import (
    COUNTRIES,
    STEMS,
    TRADE_CODES,
    TRADES,
    Country,
)

BUSINESS_UNITS = tuple(unit.rjust(12) for unit in ("1", "30", "110", "210", "M30"))
COMPANIES: tuple[tuple[str, str, str], ...] = (
    ("00000", "All Companies", "USD"),
    ("00001", "Larkspur Trading, Inc.", "USD"),
    ("00100", "Larkspur Europa GmbH", "EUR"),
    ("00200", "Larkspur & O'Hara Ltd", "GBP"),
)
TERMS = (BLANK, "001", "N30", "N30", "N60", "210")
_SPECIFIC = ("00001", "00100", "00200")
_LIMITS = (0, 5000, 10000, 25000, 50000, 100000, 250000, 1000000)
_HOLDS = ("C1", "A1", "Q2")
_FLAGS = {
    "C": ("N", "Y", "N", "N"),
    "V": ("Y", "N", "N", "N"),
    "E": ("N", "N", "N", "Y"),
    "O": ("N", "Y", "N", "N"),
}


class AddressSeeder:
    """Builds every address number from `first` on; rows come out in key order."""

    def __init__(self, rng: random.Random, moments: Moments, first: int):
        self._draw = rng.random
        self._next = first
        self._previous = 0
        self.contacts = ContactSeeder(rng, moments)
        self.book: list[Row] = []
        self.customers: list[Row] = []
        self.suppliers: list[Row] = []
        self.currencies: list[tuple[int, str]] = []
        self._audit = moments.audits("P01012")
        self._customer_audit = moments.audits("P03013")
        self._supplier_audit = moments.audits("P04012")
        self._classes = [
            tuple(
                f"{int(rng.random() * 40):03d}" if rng.random() < 0.2 else BLANK
                for _ in range(30)
            )
            for _ in range(64)
        ]

    def customer(self) -> None:
        """A customer, one in twenty a private person."""
        draw, country = self._draw, self._country()
        an8 = self._number()
        name, stem, trade = self._company(country)
        if draw() < 0.05:
            name, stem = self._person(country), "home"
        host = self.contacts.host(an8, stem)
        self._entry(an8, "C", name, country, trade)
        self.contacts.contacts(an8, name, host, country)
        self.contacts.address(an8, country)
        kind = draw()
        if kind < 0.95:
            self._terms(an8, "00000", country)
        if kind >= 0.75:
            self._terms(an8, _SPECIFIC[int(draw() * 3)], country)
        self.currencies.append((an8, country.currency))
        self._previous = an8

    def others(self) -> None:
        """Now and then a supplier or an employee between the customers."""
        chance = self._draw()
        if chance < 0.1:
            self._supplier()
        elif chance < 0.14:
            self._employee()

    def companies(self) -> None:
        """The address numbers of our own companies, far below the others."""
        for an8, (_, name, _currency) in zip((1, 100, 200), COMPANIES[1:], strict=True):
            self._entry(an8, "O", name, COUNTRIES[0], 0)
            self.contacts.contacts(an8, name, "larkspur.example.com", COUNTRIES[0])
            self.contacts.address(an8, COUNTRIES[0])

    def _supplier(self) -> None:
        draw, country = self._draw, self._country()
        an8 = self._number()
        name, stem, trade = self._company(country)
        self._entry(an8, "V", name, country, trade)
        host = self.contacts.host(an8, stem)
        self.contacts.contacts(an8, name, host, country)
        self.contacts.address(an8, country)
        hold = "Y" if draw() < 0.03 else "N"
        row: Row = (an8, "TRAD", self._unit(), TERMS[int(draw() * 6)])
        row += (country.currency, BLANK, "C", hold, 0)
        self.suppliers.append(row + self._supplier_audit[int(draw() * AUDITS)])

    def _employee(self) -> None:
        country = self._country()
        an8 = self._number()
        name = self._person(country)
        self._entry(an8, "E", name, country, 0)
        host = "staff.larkspur.example.com"
        self.contacts.contacts(an8, name, host, country)

    def _entry(
        self,
        an8: int,
        search_type: str,
        name: str,
        country: Country,
        trade: int,
    ) -> None:
        draw = self._draw
        tax = f"{country.code}{100000000 + int(draw() * 899999999)}"
        long_number = f"{search_type}-{an8:07d}" if draw() < 0.5 else BLANK
        parent = self._previous if draw() < 0.05 else 0
        payables, receivables, other, employee = _FLAGS[search_type]
        row: Row = (an8, long_number, tax if draw() < 0.8 else BLANK, name)
        row += (compressed(name), self._unit(), TRADE_CODES[trade], country.language)
        row += (search_type, "B" if draw() < 0.03 else BLANK, "C", payables)
        row += (receivables, other, employee, "", parent, 0, 0, 0, 0, 0)
        row += self._classes[int(draw() * 64)] + (BLANK, BLANK, BLANK, 0)
        self.book.append(row + self._audit[int(draw() * AUDITS)])

    def _terms(self, an8: int, company: str, country: Country) -> None:
        draw = self._draw
        row: Row = (an8, company, "TRAD", self._unit(), country.currency, BLANK, "V")
        row += (_LIMITS[int(draw() * 8)], "Y" if draw() < 0.02 else "N")
        row += (TERMS[int(draw() * 6)], "C", "C", 0, "CREDIT1", "Y", "Y")
        row += (_HOLDS[int(draw() * 3)] if draw() < 0.04 else BLANK,)
        audit = self._customer_audit[int(draw() * AUDITS)]
        self.customers.append(row + audit)

    def _company(self, country: Country) -> tuple[str, str, int]:
        draw = self._draw
        stem = STEMS[int(draw() * len(STEMS))]
        trade = int(draw() * len(TRADES))
        form = country.forms[int(draw() * len(country.forms))]
        return f"{stem} {TRADES[trade]} {form}"[:40].rstrip(), stem, trade

    def _person(self, country: Country) -> str:
        surname = country.surnames[int(self._draw() * len(country.surnames))]
        return f"{surname}, {country.given[int(self._draw() * len(country.given))]}"

    def _country(self) -> Country:
        # The square makes the first ones, where the companies are, more frequent.
        return COUNTRIES[int(self._draw() ** 2 * len(COUNTRIES))]

    def _unit(self) -> str:
        return BUSINESS_UNITS[int(self._draw() * len(BUSINESS_UNITS))]

    def _number(self) -> int:
        given = self._next
        self._next = given + 1 + int(self._draw() * 2.2)
        return given
