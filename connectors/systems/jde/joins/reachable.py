"""Phones and electronic addresses: several rows a record, picked by their type."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.sdk.records import Scalar
from connectors.systems.jde.joins.entities import Key, Loaded
from connectors.systems.jde.options import Options
from connectors.systems.jde.wire.rows import text_reader

_HOST_END = re.compile(r"[/?#:\\\s]")
# By field: the value of each record, and what a record without one says.
Found = dict[str, tuple[Mapping[Key, Scalar], Scalar]]
_NOT_SHOWN: tuple[Mapping[Key, Scalar], Scalar] = ({}, None)


def phones(loaded: Loaded, options: Options, *, mobile: bool) -> Found:
    """phone, fax and, if asked for, mobile numbers: the first of each kind.

    A blank type is the business phone; without one, any other that is not a fax
    serves. Where mobiles are not told apart they are phones like others.
    """
    names = ("phone", "fax", "mobile") if mobile else ("phone", "fax")
    if loaded.shape.hides("PH1"):
        return dict.fromkeys(names, _NOT_SHOWN)
    key = loaded.key
    read = text_reader("PHTP", "AR1", "PH1")
    business: dict[Key, str] = {}
    other: dict[Key, str] = {}
    faxes: dict[Key, str] = {}
    mobiles: dict[Key, str] = {}
    for row in loaded.rows:
        kind, prefix, number = read(row)
        if not number:
            continue
        if not kind:
            chosen = business
        elif kind in options.fax_types:
            chosen = faxes
        elif mobile and kind in options.mobile_types:
            chosen = mobiles
        else:
            chosen = other
        chosen.setdefault(key(row), f"{prefix} {number}" if prefix else number)
    picked = (other | business, faxes, mobiles)
    return {name: (values, "") for name, values in zip(names, picked, strict=False)}


def electronic(loaded: Loaded, options: Options, *, website: bool) -> Found:
    """E-mail and, if asked for, website and its domain: the first of each kind."""
    names = ("email", "website", "domain") if website else ("email",)
    if loaded.shape.hides("EMAL"):
        return dict.fromkeys(names, _NOT_SHOWN)
    key = loaded.key
    read = text_reader("ETP", "EMAL")
    emails: dict[Key, str] = {}
    websites: dict[Key, str] = {}
    for row in loaded.rows:
        kind, address = read(row)
        if kind in options.email_types or (not kind and "@" in address):
            if address:
                emails.setdefault(key(row), address)
        elif address and kind in options.web_types:
            websites.setdefault(key(row), address)
    domains = {number: domain_of(url) for number, url in websites.items()}
    picked = (emails, websites, domains)
    return {name: (values, "") for name, values in zip(names, picked, strict=False)}


def domain_of(url: str) -> str:
    """The host of a website without "www."; "" when it has none."""
    _scheme, _, rest = url.rpartition("//")
    host = _HOST_END.split(rest, maxsplit=1)[0].lower()
    return host.removeprefix("www.") if "." in host else ""


def add(fields: dict[str, Scalar], found: Found, key: Key) -> None:
    """Set the picked values of one record."""
    for name, (values, missing) in found.items():
        fields[name] = values.get(key, missing)
