"""A connection's settings, checked and typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sdk.setting import Given, SettingSpec

_TEMPLATE = re.compile(r"^[A-Z0-9-]*#+$")
_LONGEST_NUMBER, _NUMBER = 8, "H#######"


@dataclass(frozen=True, slots=True)
class Source:
    """Where Adaptive ERP keeps one kind of record."""

    browse: str
    path: str
    view: str

    def __str__(self) -> str:
        return f"{self.browse} {self.path} {self.view}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """How orders are entered. `number` is the template; empty is QAD's sequence."""

    site: str
    terms: str
    daybook: str
    number: str
    due_days: int
    statuses: frozenset[str]
    language: str
    tolerance_cents: int
    price_decimals: int
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What spec.toml explains, as the code wants it."""

    root: str
    enterprise: bool
    auth_mode: str
    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    client_id: str
    domain: str
    entity: str
    shared_set: str
    zone: ZoneInfo
    receiver: str
    filtered: bool
    page_size: int
    parallel: int
    contact_fields: Mapping[str, str]
    sources: Mapping[str, tuple[Source, ...]]
    queries: Mapping[str, str]
    versions: Mapping[str, str]
    separator: str
    http_basic: bool
    timeout: tuple[float, float]
    verify: bool | str
    orders: Ordering

    @property
    def workspace(self) -> str:
        """What selects domain and entity in Adaptive ERP."""
        return f"{self.domain}_{self.entity}"

    def context(self, name: str) -> str:
        """The value of the first part of a key, by its name."""
        return self.shared_set if name == "sharedSetCode" else self.domain


def parse_options(
    settings: Mapping[str, Any], specs: Mapping[str, SettingSpec]
) -> Options:
    """Read the settings. Raises ConfigurationError that names one."""
    given = Given(settings, specs)
    enterprise = given.text("face") == "enterprise"
    mode = "qxtend" if enterprise else given.text("auth_mode")
    pasted = mode == "static_bearer"
    domain = given.text("domain")
    entity = given.text("entity")
    if not enterprise and not entity:
        raise given.wrong("entity", "is missing; Adaptive ERP needs it")
    shared = "" if enterprise else given.text("shared_set")
    return Options(
        root=normalised(given.url("base_url"), enterprise=enterprise),
        enterprise=enterprise,
        auth_mode=mode,
        username="" if pasted else _needed(given, "username"),
        password="" if pasted else given.secret("password"),
        token=given.secret("token") if pasted else "",
        client_id=given.text("client_id"),
        domain=domain,
        entity=entity,
        shared_set=shared or domain,
        zone=_zone(given),
        receiver=given.text("receiver"),
        filtered=given.text("changes") == "filter",
        page_size=given.number("page_size"),
        parallel=given.number("parallel"),
        contact_fields=_pairs(given, "contact_fields"),
        sources=_sources(given),
        queries=_queries(given),
        versions=_versions(given),
        separator=given.text("decimal_separator"),
        http_basic=given.flag("http_basic"),
        timeout=(given.number("connect_timeout"), given.number("read_timeout")),
        verify=(given.text("ca_bundle") or True) if given.flag("verify_tls") else False,
        orders=_ordering(given, enterprise=enterprise),
    )


def normalised(address: str, *, enterprise: bool) -> str:
    """The address without what people copy along with it: #/..., /api, ?wsdl."""
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    if not enterprise:
        path = path.removesuffix("/api").rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _needed(given: Given, name: str) -> str:
    value = given.text(name)
    if not value:
        raise given.wrong(name, "is missing")
    return value


def _zone(given: Given) -> ZoneInfo:
    try:
        return ZoneInfo(given.text("time_zone"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        said = "is not a time zone such as America/Chicago"
        raise given.wrong("time_zone", said) from None


def _pairs(given: Given, name: str) -> dict[str, str]:
    found = {}
    for entry in filter(None, re.split(r"[,;\s]+", given.text(name))):
        left, equals, right = entry.partition("=")
        if not (left and equals and right):
            raise given.wrong(name, "must read like contactName=name")
        found[left] = right
    return found


def _sources(given: Given) -> dict[str, tuple[Source, ...]]:
    found: dict[str, tuple[Source, ...]] = {}
    for name, setting in (
        ("customers", "customer_source"),
        ("suppliers", "supplier_source"),
        ("items", "item_source"),
        ("sales_orders", "order_source"),
    ):
        named = [one.split() for one in given.text(setting).split(";") if one.strip()]
        if not named or any(len(words) != 3 for words in named):
            raise given.wrong(setting, "must be three words: browse, path and view")
        found[name] = tuple(Source(*words) for words in named)
    words = given.text("mfg_customer_source").split()
    if words != ["none"]:
        if len(words) != 2:
            raise given.wrong("mfg_customer_source", "must be two words: path and view")
        found["mfg_customers"] = (Source("", *words),)
    return found


def _queries(given: Given) -> dict[str, str]:
    names = given.text("query_qdocs").split()
    if len(names) != 4:
        raise given.wrong("query_qdocs", "must be four names")
    return dict(
        zip(("customers", "suppliers", "items", "sales_orders"), names, strict=True)
    )


def _versions(given: Given) -> dict[str, str]:
    """QDoc versions by QDoc; the one for all the others under no name."""
    found = {"": ""}
    for entry in filter(None, re.split(r"[,;\s]+", given.text("qdoc_version"))):
        name, equals, version = entry.partition("=")
        found[name if equals else ""] = version if equals else name
    if not found[""]:
        raise given.wrong("qdoc_version", "must name one for all QDocs, such as eB2_2")
    return found


def _ordering(given: Given, *, enterprise: bool) -> Ordering:
    number = given.text("order_number").upper() or ("" if enterprise else _NUMBER)
    fits = len(number) <= _LONGEST_NUMBER and bool(_TEMPLATE.match(number))
    if number and not fits:
        said = "must be up to 8 characters that end with #, such as H#######"
        raise given.wrong("order_number", said)
    return Ordering(
        site=given.text("default_site"),
        terms=given.text("credit_terms"),
        daybook=given.text("daybook_set"),
        number=number,
        due_days=given.number("due_days"),
        statuses=frozenset(given.codes("item_statuses")),
        language=given.text("order_language"),
        tolerance_cents=given.number("tolerance_cents"),
        price_decimals=given.number("price_decimals"),
        reference=given.text("order_reference_field"),
    )
