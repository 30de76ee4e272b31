"""Rows as JSON, tables as $metadata."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.data.tables import TABLES, Column, Row

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def row_json(row: Row, columns: Iterable[Column], config: SysproConfig) -> str:
    """One row as a JSON object; decimals keep all their digits."""
    cells = (
        f"{json.dumps(one.name)}:{_value(one, row[one.name], config)}"
        for one in columns
    )
    return "{" + ",".join(cells) + "}"


def _value(column: Column, value: Any, config: SysproConfig) -> str:
    if value is None:
        return "null"
    if column.kind == "n":
        return str(value)
    if column.kind == "t":
        return json.dumps(base64.b64encode(value.to_bytes(8, "big")).decode())
    if column.kind == "d":
        time = "" if config.odata_dates == "Edm.Date" else "T00:00:00"
        return json.dumps(value.isoformat() + (time and time + config.odata_offset))
    if config.pad_chars:
        value = value.ljust(column.size)
    elif config.blank_as_space and not value:
        value = " "
    return json.dumps(value, ensure_ascii=False)


def _property(column: Column, config: SysproConfig) -> str:
    if column.kind == "n":
        kind = f'Edm.Decimal" Precision="{column.size}" Scale="{column.scale}'
    elif column.kind == "c":
        kind = f'Edm.String" MaxLength="{column.size}'
    else:
        kind = "Edm.Binary" if column.kind == "t" else config.odata_dates
    nullable = "true" if column.kind == "d" else "false"
    return f'<Property Name="{column.name}" Type="{kind}" Nullable="{nullable}"/>'


def metadata(config: SysproConfig) -> str:
    """The schema of all tables."""
    types, sets = [], []
    for name, table in TABLES.items():
        keys = "".join(f'<PropertyRef Name="{one}"/>' for one in table.key)
        properties = "".join(_property(one, config) for one in table.columns.values())
        types.append(
            f'<EntityType Name="{name}"><Key>{keys}</Key>{properties}</EntityType>'
        )
        sets.append(f'<EntitySet Name="{name}" EntityType="Syspro.{name}"/>')
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<edmx:Edmx Version="4.0" xmlns:edmx="{_EDMX}">'
        f'<edmx:DataServices><Schema Namespace="Syspro" xmlns="{_EDM}">{"".join(types)}'
        f'<EntityContainer Name="Container">{"".join(sets)}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )
