"""A connection's settings, checked and typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.spec import SettingSpec
from connectors.systems.jde.wire.codecs import encode

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


def parse_options(
    settings: Mapping[str, Any], specs: Mapping[str, SettingSpec]
) -> Options:
    """Read the settings; those not given have their default.

    Raises ConfigurationError that names the setting.
    """
    given = _Given(settings, specs)
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
    )


class _Given:
    """The settings with the spec's defaults behind them."""

    def __init__(
        self, settings: Mapping[str, Any], specs: Mapping[str, SettingSpec]
    ) -> None:
        self._settings, self._specs = settings, specs

    def _value(self, name: str) -> Any:
        value = self._settings.get(name)
        return self._specs[name].default if value in (None, "") else value

    def text(self, name: str) -> str:
        value = str(self._value(name)).strip()
        if self._specs[name].required and not value:
            raise self.wrong(name, "is missing")
        choices = {choice.value for choice in self._specs[name].choices}
        if choices and value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(sorted(choices))}")
        return value

    def url(self, name: str) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise self.wrong(name, "is not a web address")
        return value

    def secret(self, name: str) -> str:
        # Blanks at either end may belong to a password.
        value = str(self._value(name))
        if not value:
            raise self.wrong(name, "is missing")
        return value

    def codes(self, name: str) -> list[str]:
        found = re.split(r"[,;\s]+", self.text(name).upper())
        return [code for code in found if code]

    def flag(self, name: str) -> bool:
        return str(self._value(name)).lower() in ("true", "1", "on", "yes")

    def number(self, name: str) -> int:
        spec = self._specs[name]
        try:
            number = int(self._value(name))
        except (TypeError, ValueError):
            raise self.wrong(name, "must be a whole number") from None
        low, high = spec.minimum, spec.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise self.wrong(name, f"must lie between {low} and {high}")
        return number

    def wrong(self, name: str, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"The setting “{self._specs[name].label}” {why}.",
            advice="Correct it in the connection.",
            field=name,
        )


def _table(given: _Given, table: str) -> str:
    if not _TABLE.match(table):
        raise given.wrong("customer_master_table", "is not the name of a JDE table")
    return table


def _zone(given: _Given) -> ZoneInfo | None:
    name = given.text("time_zone")
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise given.wrong(
            "time_zone", "is not a time zone such as America/Denver"
        ) from None


def _implied(given: _Given) -> dict[tuple[str, str], int]:
    found = {}
    for entry in given.codes("implied_decimals"):
        match = _IMPLIED.match(entry)
        if not match:
            raise given.wrong(
                "implied_decimals", "must read like F03012.ACL=2, F4101.URAT=4"
            )
        found[match[1], match[2]] = int(match[3])
    return found
