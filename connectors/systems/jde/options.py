"""A connection's settings, checked and typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sdk.setting import Given, SettingSpec
from connectors.systems.jde.wire.codecs import encode
from connectors.systems.jde.writing.settings import Writing, parse_writing

_SERVICE_PATH = re.compile(r"/+jderest(/v\d)?/*$")
_TABLE = re.compile(r"^F[0-9][0-9A-Z]{2,9}$")
_IMPLIED = re.compile(r"^([A-Z0-9]+)\.([A-Z0-9]+)=(\d)$")
NOT_A_TABLE, MASTER_TABLE = "F0403", "F03012"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What spec.toml explains, as the code wants it.

    `timeout` is in seconds. `implied` maps (table, column) to decimals.
    `master_replaced`: the table typed for the customer master does not exist.
    """

    root: str
    service: str
    username: str
    password: str
    basic: bool
    environment: str
    role: str
    device: str
    master_table: str
    master_replaced: bool
    company: str
    search_types: tuple[str, ...]
    zone: ZoneInfo | None
    page_size: int
    links: bool
    parallel: int
    timeout: tuple[float, float]
    verify: bool | str
    overlap: timedelta
    implied: Mapping[tuple[str, str], int]
    fax_types: frozenset[str]
    mobile_types: frozenset[str]
    email_types: frozenset[str]
    web_types: frozenset[str]
    writing: Writing


def parse_options(
    settings: Mapping[str, Any], specs: Mapping[str, SettingSpec]
) -> Options:
    """Read the settings; those not given have their default.

    Raises ConfigurationError that names the setting.
    """
    given = Given(settings, specs)
    root = _SERVICE_PATH.sub("", given.url("base_url")).rstrip("/")
    version = given.text("api_version")
    table = given.text("customer_master_table").upper()
    return Options(
        root=root,
        service="/jderest" if version == "v1" else "/jderest/v2",
        username=given.text("username"),
        password=given.secret("password"),
        basic=given.text("auth_mode") == "basic",
        environment=given.text("environment"),
        role=given.text("role"),
        device=given.text("device_name"),
        master_table=MASTER_TABLE if table == NOT_A_TABLE else _table(given, table),
        master_replaced=table == NOT_A_TABLE,
        company=encode("company", given.text("company") or "0"),
        search_types=tuple(given.codes("search_types")) or ("C",),
        zone=_zone(given),
        page_size=given.number("page_size"),
        links=given.text("paging") == "links" and version != "v1",
        parallel=given.number("parallel"),
        timeout=(given.number("connect_timeout"), given.number("read_timeout")),
        verify=(given.text("ca_bundle") or True) if given.flag("verify_tls") else False,
        overlap=timedelta(minutes=given.number("overlap_minutes")),
        implied=_implied(given),
        fax_types=frozenset(given.codes("fax_types")),
        mobile_types=frozenset(given.codes("mobile_types")),
        email_types=frozenset(given.codes("email_types")),
        web_types=frozenset(given.codes("web_types")),
        writing=parse_writing(given),
    )


def _table(given: Given, table: str) -> str:
    if not _TABLE.match(table):
        raise given.wrong("customer_master_table", "is not the name of a JDE table")
    return table


def _zone(given: Given) -> ZoneInfo | None:
    name = given.text("time_zone")
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise given.wrong(
            "time_zone", "is not a time zone such as America/Denver"
        ) from None


def _implied(given: Given) -> dict[tuple[str, str], int]:
    found = {}
    for entry in given.codes("implied_decimals"):
        match = _IMPLIED.match(entry)
        if not match:
            raise given.wrong(
                "implied_decimals", "must read like F03012.ACL=2, F4101.URAT=4"
            )
        found[match[1], match[2]] = int(match[3])
    return found
