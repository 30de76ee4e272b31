"""Believable records, with what real sites hold among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from connectors.sandbox.core.world import Business, business
from connectors.sandbox.qad.data.store import Row, Store, folded

DOMAIN, ENTITY, SHARED, SITE = "10USA", "10USACO", "SHARED10", "10-100"
OTHER_DOMAIN, OTHER_ENTITY, OTHER_SHARED = "20EUR", "20EURCO", "SHARED20"
WORKSPACES = {
    f"{DOMAIN}_{ENTITY}": (DOMAIN, SHARED),
    f"{OTHER_DOMAIN}_{OTHER_ENTITY}": (OTHER_DOMAIN, OTHER_SHARED),
}
DEFAULT_WORKSPACE = f"{OTHER_DOMAIN}_{OTHER_ENTITY}"
SITES, TERMS, DAYBOOKS = {SITE, "10-200"}, {"30", "60", "NET10"}, {"SLS", "SLS2"}
CURRENCIES, UNITS = {"USD", "EUR", "GBP"}, ("EA", "KG", "BX")
NOUNS = ("Pump", "Valve", "Gear", "Filter", "Bearing", "Motor", "Seal", "Sensor")
STATUSES = ("AC", "AC", "AC", "AC", "AC", "AC", "AC", "OBS")
# Codes as sites have them: leading zeros, a slash, blanks within, lower case.
ODD_CODES = {3: "0042", 4: "A/B 7", 5: "nord&co"}
ODD_NAMES = {2: "Łódź Zażółć Sp. z o.o.", 6: "Müller & Söhne 東京 "}


def seed(store: Store, customers: int, number: int) -> None:
    """Add so many customers, a third as many suppliers, and twice as many items."""
    first = len(store.rows["customers"]) + 1
    for n in range(first, first + customers):
        _customer(store, n, number)
    for n in range(first, first + (customers + 2) // 3):
        _supplier(store, n, number)
    add_items(store, 2 * customers)
    for n in range(1, min(customers, 3) + 1):
        _foreign(store, n, number)


def add_items(store: Store, count: int) -> None:
    """Add so many items to the first domain."""
    first = sum(1 for key in store.rows["items"] if key[0] == DOMAIN) + 1
    for row in _items(store, first, count):
        store.put("items", row, touch=False)


def _stamped(store: Store, row: Row, days: int) -> Row:
    store.stamp(row)
    day = store.local_time() - timedelta(days=days)
    row["lastModifiedDate"] = f"{day:%Y-%m-%d}T00:00:00.000Z"
    return row


def _party(one: Business, dice: random.Random) -> Row:
    return {
        "businessRelationName": ODD_NAMES.get(one.number, one.name),
        "addressName": one.name[:28], "addressSearchName": one.name[:20].upper(),
        "addressTypeCode": "HEADOFFICE", "street1": one.street, "street2": "",
        "street3": "", "city": one.city, "zipCode": one.postal_code,
        "stateCode": one.state, "countryCode": one.country, "isActive": True,
        "currencyCode": one.currency, "languageCode": "us",
        "creditTermsCode": dice.choice(sorted(TERMS)), "invoiceStatusCode": "OK",
        "taxZone": one.country, "EMail": f"info@{one.domain}", "telephone": one.phone,
        "fax": "", "webSite": f"www.{one.domain}", "customShort0": "",
        "dataOperation": "", "disallowedActions": "", "changeStatus": "",
    }  # fmt: skip


def _contacts(one: Business, dice: random.Random) -> list[Row]:
    name = f"{one.contact_first_name} {one.contact_last_name}"
    people = [
        _person(name, "Purchasing", one.contact_email, one.phone, first=True),
    ]
    if one.number % 3 == 0:
        people.append(_person("Jo Van Dyke", "Quality", "", one.phone))
    if one.number % 7 == 0:  # a second person behind the same mailbox
        people.append(_person("Team Inbox", "Office", one.contact_email, one.phone))
    if one.number % 5 == 0:
        mail = f"accounts@{one.domain}"
        people.append(_person("Zoë Ångström", "Accounts", mail, one.phone))
    dice.random()
    return people


def _person(name: str, job: str, mail: str, phone: str, *, first: bool = False) -> Row:
    given, _, family = name.partition(" ")
    return {
        "contactName": name, "firstName": given, "lastName": family,
        "contactFunction": job, "EMail": mail, "telephone": phone, "mobile": "",
        "isPrimary": first, "isActive": True,
    }  # fmt: skip


def _customer(store: Store, n: int, number: int) -> None:
    one, dice = business(n, number), random.Random(number * 7919 + n)
    code = ODD_CODES.get(n, f"C{1000 + n}")
    row = _party(one, dice) | {
        "sharedSetCode": SHARED, "customerCode": code,
        "businessRelationCode": f"BR{n:05d}", "customerTypeCode": "STD",
        "fixedCreditLimit": Decimal(dice.randint(5, 90) * 1000),
        "isLockedCreditLimit": False, "creditRatingCode": "A",
        "billToCustomerCode": code, "customerContactV2s": _contacts(one, dice),
    }  # fmt: skip
    if n == 7:
        row["isActive"] = False
    row["currencyCode"] = "USD" if n % 4 else one.currency
    store.put("customers", _stamped(store, row, days=2 + n % 300), touch=False)
    if n != 8:  # one customer is not yet known to the domain's operations
        store.put("mfg_customers", _mfg(code), touch=True)


def _mfg(code: str) -> Row:
    return {
        "domainContext": DOMAIN, "customerCode": code, "siteCode": SITE,
        "daybookSetCode": "SLS", "dataOperation": "",
    }  # fmt: skip


def _supplier(store: Store, n: int, number: int) -> None:
    one = business(n if n == 1 else n + 500_000, number)
    row = _party(one, random.Random(number * 104_729 + n)) | {
        "sharedSetCode": SHARED, "supplierCode": f"S{2000 + n}",
        # The first supplier is the first customer as well: one business relation.
        "businessRelationCode": "BR00001" if n == 1 else f"BS{n:05d}",
        "supplierTypeCode": "RAW", "purchaseTypeCode": "STD",
        "supplierContactV2s": _contacts(one, random.Random(n)),
    }  # fmt: skip
    store.put("suppliers", _stamped(store, row, days=2 + n % 300), touch=False)


def _items(store: Store, first: int, count: int) -> Iterator[Row]:
    for n in range(first, first + count):
        noun = NOUNS[n % len(NOUNS)]
        status = STATUSES[n % len(STATUSES)]
        price = Decimal(0) if status == "OBS" else Decimal(n % 9000 + 100) / 100
        code = {1: "00017", 2: "PUMP/10 Ø"}.get(n, f"{noun.upper()[:4]}-{n}")
        row = {
            "domainCode": DOMAIN, "itemCode": code, "description": f"{noun} {n}",
            "description2": "stainless" if n % 2 else "", "productLine": "10",
            "unitOfMeasure": UNITS[n % 3], "itemType": "FG", "itemStatus": status,
            "itemGroup": noun.upper()[:8], "siteCode": SITE, "listPrice": price,
            "isTaxable": True, "taxClass": "STD", "buyer": "", "supplier": "",
            "shipWeight": Decimal("1.250"), "netWeight": Decimal("1.000"),
            "barcode": f"{4_000_000_000_000 + n}", "addedDate": "2020-01-01",
            "dataOperation": "", "disallowedActions": "",
        }  # fmt: skip
        yield _stamped(store, row, days=2 + n % 300)


def _foreign(store: Store, n: int, number: int) -> None:
    """A customer of the other shared set; same codes, other companies."""
    one = business(n + 900_000, number)
    row = _party(one, random.Random(n)) | {
        "sharedSetCode": OTHER_SHARED, "customerCode": f"C{1000 + n}",
        "businessRelationCode": f"BX{n:05d}", "billToCustomerCode": f"C{1000 + n}",
        "customerTypeCode": "STD", "fixedCreditLimit": Decimal(1000),
        "customerContactV2s": [],
    }  # fmt: skip
    if folded(OTHER_SHARED, row["customerCode"]) not in store.rows["customers"]:
        store.put("customers", _stamped(store, row, days=30), touch=False)
