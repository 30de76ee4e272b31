"""One form for values that people and systems write in several."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from connectors.models import MatchMethod
from connectors.sdk.records import Scalar
from connectors.sync.mapping.transforms import as_text

# Providers at which anybody has an address: the domain says nothing of the company.
_ANYBODY = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "t-online.de",
        "proton.me",
        "protonmail.com",
    ]
)
# Legal forms, which one system writes and the other does not.
_FORMS = frozenset(
    [
        "ag",
        "bv",
        "co",
        "corp",
        "corporation",
        "gmbh",
        "inc",
        "incorporated",
        "kg",
        "kgaa",
        "limited",
        "llc",
        "llp",
        "ltd",
        "mbh",
        "nv",
        "oy",
        "plc",
        "pty",
        "sa",
        "sarl",
        "sas",
        "se",
        "spa",
        "srl",
    ]
)


def normal(method: str, value: Scalar) -> str:
    """A value in the form it is compared in; "" when it tells nothing."""
    text = as_text(value).strip()
    if method == MatchMethod.EMAIL:
        return text.casefold()
    if method == MatchMethod.DOMAIN:
        return _domain(text)
    if method == MatchMethod.TAX_NUMBER:
        return re.sub(r"[^0-9A-Z]", "", text.upper())
    if method == MatchMethod.NAME_POSTCODE:
        return _name(text)
    return text.casefold()


def searched(method: str, value: Scalar) -> list[str]:
    """The texts that the target is asked for, which compares them as they stand."""
    text = as_text(value).strip()
    forms = {text, normal(method, value)}
    if method == MatchMethod.NAME_POSTCODE:
        # What is asked for is the postal code; the name is compared afterwards.
        forms = {text}
    if method == MatchMethod.DOMAIN and (domain := _domain(text)):
        forms = {domain, f"www.{domain}", text}
    return sorted(form for form in forms if form)


def _domain(text: str) -> str:
    host = text.casefold().rpartition("@")[2]
    if "://" in host:
        host = urlsplit(host).hostname or ""
    host = host.split("/")[0].split(":")[0].removeprefix("www.").strip(".")
    return "" if host in _ANYBODY or "." not in host else host


def _name(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    # "S.A." and "S A" are one form.
    words = re.sub(r"[^\w\s]", "", letters.replace("&", " ").replace("-", " ")).split()
    return " ".join(word for word in words if word not in _FORMS)
