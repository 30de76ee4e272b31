"""Who's who, phones, electronic addresses and postal addresses of one number."""

from __future__ import annotations

import random

from connectors.sandbox.jde.data.columns import BLANK, NO_DATE, Row
from connectors.sandbox.jde.data.moments import AUDITS, Moments
from connectors.sandbox.jde.data.pools import MAIL_DOMAINS, TITLES, Country, ascii_of

_PEOPLE = (0, 1, 1, 1, 2, 2, 2, 3)
_OFFICE_PHONES = ((BLANK,), (BLANK, "FAX"), (BLANK, "FAX"), (BLANK, BLANK, "FAX"), ())
_OWN_PHONES = (
    (BLANK,),
    (BLANK, "CAR"),
    ("CAR",),
    ("HOM", "CAR"),
    (BLANK, "FAX", "CAR"),
    (),
)
_NUMBERS = tuple(f"555-{n:04d}" for n in range(10000))
_AREAS = tuple(str(n) for n in range(201, 999, 7))
_FLOORS = (BLANK, BLANK, BLANK, "2nd Floor", "Building C", "Attn: Receiving")
_NO_CLASSES = (BLANK,) * 10


class ContactSeeder:
    """Builds the rows that hang on an address number, in key order."""

    def __init__(self, rng: random.Random, moments: Moments):
        self._draw = rng.random
        self._moments = moments
        self.names: list[Row] = []
        self.phones: list[Row] = []
        self.mails: list[Row] = []
        self.places: list[Row] = []
        self._name_audit = moments.audits("P0111")
        self._phone_audit = moments.audits("P0115")
        self._mail_audit = moments.audits("P01151")
        self._place_audit = moments.audits("P0116")
        self._ascii: dict[str, str] = {}

    def contacts(self, an8: int, name: str, host: str, country: Country) -> None:
        """The address itself (line 0) and up to three people."""
        draw = self._draw
        self._name(an8, 0, name, (BLANK, BLANK, BLANK, BLANK))
        self._phones(an8, 0, _OFFICE_PHONES[int(draw() * 5)])
        if draw() < 0.6:
            self._mail(an8, 0, 1, "E", f"info@{host}")
        if draw() < 0.4:
            self._mail(an8, 0, 2, "I", f"https://www.{host}")
        line = 0
        for _ in range(_PEOPLE[int(draw() * 8)]):
            # A person who left takes the line number along: gaps are normal.
            line += 1 if draw() < 0.93 else 2
            self._person(an8, line, host, country)

    def address(self, an8: int, country: Country) -> None:
        """One postal address, and for one in four a former or a coming one."""
        draw, day = self._draw, self._moments.day
        start = NO_DATE if draw() < 0.03 else day(-30 - int(draw() * 3000))
        other = draw()
        if other < 0.12:
            self._place(an8, day(-3100 - int(draw() * 800)), country)
        self._place(an8, start, country)
        if 0.12 <= other < 0.25:
            self._place(an8, day(1 + int(draw() * 300)), country)
        if other < 0.12 and start == NO_DATE:
            # No date sorts first, so the former address must come after it.
            self.places[-2:] = self.places[:-3:-1]

    def host(self, an8: int, stem: str) -> str:
        """A mail domain of its own for each company, below the example domains."""
        return f"{self._plain(stem)}{an8}.{MAIL_DOMAINS[an8 % 3]}"

    def _person(self, an8: int, line: int, host: str, country: Country) -> None:
        draw = self._draw
        given = country.given[int(draw() * len(country.given))]
        surname = country.surnames[int(draw() * len(country.surnames))]
        middle = "M." if draw() < 0.1 else BLANK
        title = TITLES[int(draw() * len(TITLES))] if draw() < 0.7 else BLANK
        self._name(an8, line, f"{given} {surname}", (given, middle, surname, title))
        self._phones(an8, line, _OWN_PHONES[int(draw() * 6)])
        if draw() < 0.2:
            return
        user = f"{self._plain(given)}.{self._plain(surname)}"
        self._mail(an8, line, 1, "E", f"{user}{line}@{host}")
        if draw() < 0.08:
            self._mail(an8, line, 2, "E", f"{user}.private@{MAIL_DOMAINS[line % 3]}")

    def _name(
        self,
        an8: int,
        line: int,
        name: str,
        parts: tuple[str, str, str, str],
    ) -> None:
        given, middle, surname, title = parts
        kind = "C" if line else BLANK
        alpha = f"{surname}, {given}" if line else name
        salutation = given if line else BLANK
        row: Row = (an8, line, line * 10, name, title, BLANK, salutation, alpha)
        row += (compressed(alpha), given, middle, surname, kind, *_NO_CLASSES)
        self.names.append(row + self._name_audit[int(self._draw() * AUDITS)])

    def _phones(self, an8: int, line: int, kinds: tuple[str, ...]) -> None:
        draw = self._draw
        for number, kind in enumerate(kinds, start=1):
            area = _AREAS[int(draw() * len(_AREAS))] if draw() < 0.9 else BLANK
            row = (an8, line, number, 0, kind, area, _NUMBERS[int(draw() * 10000)])
            self.phones.append(row + self._phone_audit[int(draw() * AUDITS)])

    def _mail(self, an8: int, line: int, number: int, kind: str, text: str) -> None:
        audit = self._mail_audit[int(self._draw() * AUDITS)]
        self.mails.append((an8, line, number, kind, text, *audit))

    def _place(self, an8: int, start: str, country: Country) -> None:
        draw = self._draw
        city, state, postal = country.cities[int(draw() * len(country.cities))]
        street = country.streets[int(draw() * len(country.streets))]
        row: Row = (an8, start, BLANK, f"{street} {1 + int(draw() * 240)}")
        row += (_FLOORS[int(draw() * 6)], BLANK, BLANK, postal, city, BLANK)
        row += (state or BLANK, country.code)
        self.places.append(row + self._place_audit[int(draw() * AUDITS)])

    def _plain(self, text: str) -> str:
        found = self._ascii.get(text)
        if found is None:
            # A name in another script leaves nothing; a mail address needs something.
            found = self._ascii[text] = ascii_of(text) or f"n{len(self._ascii)}"
        return found


def compressed(name: str) -> str:
    """The name as the search column keeps it: capitals without blanks and stops."""
    return name.upper().replace(" ", "").replace(".", "").replace(",", "")[:40]
