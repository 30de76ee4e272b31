"""A connection's settings, checked and typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sdk.setting import Given, SettingSpec

REST_PATH, SOAP_PATH = "/SYSPROWCFService/Rest", "/SYSPROWebServices"
ODATA_PATH = "/SYSPRO8Odata/SYSPROOData"
_COLUMN = re.compile(r"^[A-Za-z_]\w*$")
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A business object that maintains codes; not known for sure, so a setting."""

    name: str
    root: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What spec.toml explains, as the code wants it. `timeout` is in seconds.

    `host` is the instance's, whatever addresses its services have.
    """

    host: str
    enet_url: str
    soap: bool
    operator: str
    operator_password: str
    company: str
    company_password: str
    instance: str
    url_encoding: Literal["utf-8", "cp1252"]
    seat_words: tuple[str, ...]
    keep_session: bool
    by_enet: bool
    odata_url: str
    odata_user: str
    odata_password: str
    counted: bool
    zone: ZoneInfo
    currency: str
    page_size: int
    changed_column: str
    invoice_date_column: str
    invoice_types: tuple[str, ...]
    invoices_from: date | None
    overlap: timedelta
    full_every: timedelta
    reread_open: bool
    reread_paid: bool
    due_days_column: str
    customer_setup: Setup
    class_setup: Setup | None
    terms_setup: Setup | None
    ignore_warnings: bool
    timeout: tuple[float, float]
    verify: bool | str


def parse_options(
    settings: Mapping[str, Any], specs: Mapping[str, SettingSpec]
) -> Options:
    """Read the settings; those not given have their default.

    Raises ConfigurationError that names the setting.
    """
    given = Given(settings, specs)
    return Options(
        host=urlsplit(given.url("base_url")).hostname or "",
        **_enet(given, str(settings.get("company_password") or "")),
        **_odata(given),
        **_reading(given),
        **_writing(given),
        timeout=(given.number("connect_timeout"), given.number("read_timeout")),
        verify=(given.text("ca_bundle") or True) if given.flag("verify_tls") else False,
    )


def _enet(given: Given, company_password: str) -> dict[str, Any]:
    soap = given.text("enet_transport") == "soap"
    return {
        "enet_url": _address(given, "enet_url", SOAP_PATH if soap else REST_PATH),
        "soap": soap,
        "operator": given.text("operator"),
        "operator_password": given.secret("operator_password"),
        "company": given.text("company_id").upper(),
        "company_password": company_password,
        "instance": given.text("enet_instance"),
        "url_encoding": given.text("url_encoding"),
        "seat_words": tuple(_words(given, "seat_words")),
        "keep_session": given.text("session_end") == "keep",
    }


def _odata(given: Given) -> dict[str, Any]:
    company = given.text("odata_company") or given.text("company_id").upper()
    by_enet = given.text("read_by") == "enet"
    return {
        "by_enet": by_enet,
        "odata_url": f"{_address(given, 'odata_url', ODATA_PATH)}/{company}",
        "odata_user": given.text("odata_username") or given.text("operator"),
        "odata_password": "" if by_enet else given.secret("odata_password"),
        "counted": given.flag("odata_count"),
        "page_size": given.number("page_size"),
    }


def _reading(given: Given) -> dict[str, Any]:
    return {
        "zone": _zone(given),
        "currency": given.text("company_currency").upper(),
        "changed_column": _column(given, "customer_changed_column"),
        "invoice_date_column": _column(given, "invoice_date_column"),
        "invoice_types": tuple(given.codes("invoice_types")),
        "invoices_from": _date(given, "invoices_from"),
        "overlap": timedelta(days=given.number("overlap_days")),
        "full_every": timedelta(hours=given.number("full_read_hours")),
        "reread_open": given.flag("reread_open"),
        "reread_paid": given.flag("reread_paid"),
        "due_days_column": _column(given, "due_days_column"),
    }


def _writing(given: Given) -> dict[str, Any]:
    name = _name(given, "customer_object")
    return {
        "customer_setup": Setup(name=name, root="SetupArCustomer", key="Customer"),
        "class_setup": _setup(given, "class"),
        "terms_setup": _setup(given, "terms"),
        "ignore_warnings": given.flag("ignore_warnings"),
    }


def _address(given: Given, name: str, path: str) -> str:
    """One of the two services: its own address, else the instance's with `path`."""
    own = given.text(name)
    if own.lower().startswith("net.tcp:"):
        raise given.wrong(
            name, "is a net.tcp address, which cannot be used: take REST or SOAP"
        )
    url = given.url(name if own else "base_url").rstrip("/")
    return url if urlsplit(url).path.strip("/") else url + path


def _words(given: Given, name: str) -> list[str]:
    return [word.strip().casefold() for word in given.text(name).split(",") if word]


def _zone(given: Given) -> ZoneInfo:
    try:
        return ZoneInfo(given.text("time_zone"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise given.wrong(
            "time_zone", "is not a time zone such as America/Chicago"
        ) from None


def _column(given: Given, name: str) -> str:
    text = given.text(name)
    if text and not _COLUMN.match(text):
        raise given.wrong(name, "is not the name of a column")
    return text


def _name(given: Given, name: str) -> str:
    text = given.text(name)
    if not _NAME.match(text):
        raise given.wrong(name, "must be letters and digits")
    return text


def _date(given: Given, name: str) -> date | None:
    text = given.text(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise given.wrong(name, "is not a date such as 2026-01-31") from None


def _setup(given: Given, which: str) -> Setup | None:
    if not given.text(f"{which}_object"):
        return None
    return Setup(
        name=_name(given, f"{which}_object"),
        root=_name(given, f"{which}_root"),
        key=_name(given, f"{which}_key"),
    )
