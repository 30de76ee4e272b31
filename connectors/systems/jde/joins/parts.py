"""Which tables and columns make up which record."""

from __future__ import annotations

from connectors.systems.jde.joins.tables import Part
from connectors.systems.jde.wire.query import Condition, one_of

_HERE = Condition("IDLN", "EQUAL", ("0",))
_PEOPLE = Condition("IDLN", "GREATER_EQUAL", ("1",))
# Addresses dated ahead are left out by the server's own calendar.
_TODAY = Condition("EFTB", "LESS_EQUAL", ("",), "TODAY")


def _same(*aliases: str) -> dict[str, str]:
    return {alias: alias for alias in aliases}


_CATEGORIES = tuple(f"AC{number:02d}" for number in range(1, 11))
_MASTER = (
    *("CO", "ACL", "TRAR", "CRCD", "HDAR", "HOLD", "CMGR", "ARC"),
    *("MCUR", "TXA1", "EXR1", "RYIN", "ARPY", "AFC", "BO"),
)
_MAIN = (
    *("AN8", "ALPH", "ALKY", "TAX", "AT1", "MCU", "SIC", "LNGP"),
    *("CM", "TAXC", "RMK", "DUNS"),
)
_ITEM = (
    *("ITM", "LITM", "AITM", "DSC1", "DSC2", "SRTX"),
    *("UOM1", "STKT", "LNTY", "GLPT", "UPCN"),
)


def address_book(search_types: tuple[str, ...]) -> Part:
    """F0101: one row for each customer."""
    return Part(
        table="F0101",
        group=("AN8",),
        fields=_same(*_MAIN, *_CATEGORIES),
        where=(one_of("AT1", search_types),),
        always=True,
    )


def customer_numbers(search_types: tuple[str, ...]) -> Part:
    """F0101 again, only to know whose people are a customer's."""
    return Part(
        table="F0101",
        group=("AN8",),
        where=(one_of("AT1", search_types),),
        always=True,
    )


def customer_master(table: str) -> Part:
    """F03012: a row for each line of business, and one for all of them."""
    return Part(
        table=table,
        group=("AN8",),
        unique=("CO",),
        fields=_same(*_MASTER),
        columns=("HDAR", "HOLD"),
        gives={"on_hold": "HDAR"},
    )


MAILING_NAME = Part(table="F0111", group=("AN8",), fields=_same("MLNM"), where=(_HERE,))
# Newest first; paging by address number alone, as only the first row counts.
ADDRESSES = Part(
    table="F0116",
    group=("AN8",),
    fields={
        "street": "ADD1",
        "street2": "ADD2",
        "street3": "ADD3",
        "street4": "ADD4",
        "postal_code": "ADDZ",
        "city": "CTY1",
        "county": "COUN",
        "state": "ADDS",
        "country": "CTR",
        "address_since": "EFTB",
    },
    where=(_TODAY,),
    then=("EFTB DESC",),
    effective="EFTB",
)
PEOPLE = Part(
    table="F0111",
    group=("AN8", "IDLN"),
    fields=_same("AN8", "IDLN", "ATTL", "TYC", "REM1"),
    columns=("MLNM", "ALPH", "GNNM", "MDNM", "SRNM"),
    where=(_PEOPLE,),
    always=True,
)
ITEMS = Part(
    table="F4101", group=("ITM",), fields=_same(*_ITEM), clock="TDAY", always=True
)


def phones(*, people: bool) -> Part:
    """F0115 of the customers themselves, or of their people."""
    return Part(
        table="F0115",
        group=("AN8", "IDLN") if people else ("AN8",),
        unique=("RCK7", "CNLN"),
        columns=("PHTP", "AR1", "PH1"),
        gives=dict.fromkeys(
            ("phone", "fax", "mobile") if people else ("phone", "fax"), "PH1"
        ),
        where=(_PEOPLE,) if people else (_HERE,),
    )


def electronic_addresses(*, people: bool) -> Part:
    """F01151 of the customers themselves, or of their people."""
    return Part(
        table="F01151",
        group=("AN8", "IDLN") if people else ("AN8",),
        unique=("RCK7",),
        columns=("ETP", "EMAL"),
        # Whether a person without a name is a contact depends on the e-mail.
        always=people,
        gives=dict.fromkeys(
            ("email",) if people else ("email", "website", "domain"), "EMAL"
        ),
        where=(_PEOPLE,) if people else (_HERE,),
    )
