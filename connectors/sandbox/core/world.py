"""Believable businesses, the same in every stand-in for the same number and seed.

Customer 17 of seed 1 has one name, one domain and one contact, whichever system is
asked, so that stand-ins seeded alike hold the same world.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text())
FIRST_WORDS = _WORDS["first"].split()
SECOND_WORDS = _WORDS["second"].split()
FORMS = {"US": ("Inc", "LLC", "Co"), "DE": ("GmbH", "AG"), "GB": ("Ltd",)}
CITIES = (
    ("US", "Denver", "CO", "80202"),
    ("US", "Chicago", "IL", "60607"),
    ("US", "Houston", "TX", "77002"),
    ("US", "Atlanta", "GA", "30303"),
    ("US", "Seattle", "WA", "98104"),
    ("US", "Columbus", "OH", "43215"),
    ("US", "Portland", "OR", "97205"),
    ("US", "Milwaukee", "WI", "53202"),
    ("DE", "Stuttgart", "BW", "70173"),
    ("DE", "Hamburg", "HH", "20095"),
    ("DE", "Dresden", "SN", "01067"),
    ("GB", "Leeds", "", "LS1 4AP"),
    ("GB", "Bristol", "", "BS1 5TR"),
)
STREETS = {
    "US": ("Main St", "Industrial Pkwy", "Commerce Dr", "Mill Rd", "Foundry Ave"),
    "DE": ("Industriestr.", "Hafenstr.", "Bahnhofstr.", "Werkstr."),
    "GB": ("High Street", "Station Road", "Mill Lane", "Dock Road"),
}
DIALING = {"US": "+1 555", "DE": "+49 555", "GB": "+44 555"}
CURRENCIES = {"US": "USD", "DE": "EUR", "GB": "GBP"}
GIVEN_NAMES = _WORDS["given"].split()
FAMILY_NAMES = _WORDS["family"].split()
# How far apart the names of two worlds begin: customers of one are not those of the
# next, up to some 2,100.
WORLD_APART = 22


@dataclass(frozen=True, slots=True)
class Business:
    """One customer; money-free facts every system would hold."""

    number: int
    name: str
    domain: str
    street: str
    city: str
    state: str
    postal_code: str
    country: str
    currency: str
    phone: str
    contact_first_name: str
    contact_last_name: str
    contact_email: str


def business(number: int, seed: int) -> Business:
    """Customer `number` (from 1) of a world; distinct numbers differ in name."""
    # Repeatable on purpose; nothing here needs to be unpredictable.
    dice = random.Random(seed * 1_000_003 + number)
    first = FIRST_WORDS[number % len(FIRST_WORDS)]
    place = number // len(FIRST_WORDS) + WORLD_APART * (seed - 1)
    second = SECOND_WORDS[place % len(SECOND_WORDS)]
    lap = number // (len(FIRST_WORDS) * len(SECOND_WORDS))
    country, city, state, postal_code = dice.choice(CITIES)
    stem = f"{first} {second}" + (f" {lap + 1}" if lap else "")
    domain = f"{stem.lower().replace(' ', '-')}.example.com"
    given, family = dice.choice(GIVEN_NAMES), dice.choice(FAMILY_NAMES)
    house, road = dice.randint(1, 980), dice.choice(STREETS[country])
    return Business(
        number=number,
        name=f"{stem} {dice.choice(FORMS[country])}",
        domain=domain,
        street=f"{road} {house}" if country == "DE" else f"{house} {road}",
        city=city,
        state=state,
        postal_code=postal_code,
        country=country,
        currency=CURRENCIES[country],
        phone=f"{DIALING[country]} {number % 1000:03d} {dice.randint(0, 9999):04d}",
        contact_first_name=given,
        contact_last_name=family,
        contact_email=f"{given}.{family}@{domain}".lower(),
    )
