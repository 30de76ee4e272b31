"""AGGREGATION: sums and the like over groups of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.data.columns import AMOUNT, DATE, Column, Row
from connectors.sandbox.jde.errors import bad_request
from connectors.sandbox.jde.query.target import Target

_AVERAGE_DIGITS = Decimal("0.000001")


def _average(values: list[Any]) -> Decimal:
    return (Decimal(sum(values)) / len(values)).quantize(_AVERAGE_DIGITS)


_ON_ANY: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
}
_ON_ORDERED: dict[str, Callable[[list[Any]], Any]] = {"MIN": min, "MAX": max}
_ON_NUMBERS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": sum,
    "AVG": _average,
    "SUM_DISTINCT": lambda values: sum(set(values)),
    "AVG_DISTINCT": lambda values: _average(list(set(values))),
}
_FUNCTIONS = _ON_ANY | _ON_ORDERED | _ON_NUMBERS
Wish = tuple[str, int]


class AggregationError(Exception):
    """The rows cannot be aggregated so; told inside a 200."""


def aggregate(
    rows: Iterable[Row], target: Target, aggregation: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The `output` list: per group its columns and one member per function.

    AggregationError where a function does not suit its column, AisError for a
    request that cannot be understood.
    """
    wishes = [_wish(one, target) for one in _list(aggregation, "aggregations")]
    if not wishes:
        raise bad_request("aggregations must name at least one column")
    places = [
        target.condition_position(one.get("column") if isinstance(one, dict) else one)
        for one in _list(aggregation, "groupBy")
    ]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[one] for one in places), []).append(row)
    return [
        _entry(key, members, target, places, wishes)
        for key, members in _ordered(groups, target, places, aggregation)
    ]


def _list(aggregation: Mapping[str, Any], name: str) -> list[Any]:
    found = aggregation.get(name) or []
    if not isinstance(found, list):
        raise bad_request(f"{name} must be a list")
    return found


def _wish(entry: Any, target: Target) -> Wish:
    if not isinstance(entry, dict) or entry.get("aggregation") not in _FUNCTIONS:
        raise bad_request("aggregations need column and a known aggregation")
    function = str(entry["aggregation"])
    place = target.condition_position(entry.get("column"))
    _check_suits(function, target.column(place))
    return function, place


def _check_suits(function: str, column: Column) -> None:
    suits = function in _ON_ANY or not column.is_text
    if column.kind == DATE and function in _ON_NUMBERS:
        suits = False
    if not suits:
        message = f"{function} cannot be used on column {column.alias}"
        raise AggregationError(message)


def _ordered(
    groups: dict[tuple[Any, ...], list[Row]],
    target: Target,
    places: list[int],
    aggregation: Mapping[str, Any],
) -> list[tuple[tuple[Any, ...], list[Row]]]:
    # Read backwards, the keys sort into a fixed order that is of no use to anyone.
    found = sorted(groups.items(), key=lambda item: repr(item[0])[::-1])
    for entry in reversed(_list(aggregation, "orderBy")):
        if not isinstance(entry, dict) or entry.get("direction") not in {"ASC", "DESC"}:
            raise bad_request("orderBy needs column and direction (ASC or DESC)")
        place = target.condition_position(entry.get("column"))
        if place not in places:
            raise bad_request("orderBy of an aggregation names a groupBy column")
        at = places.index(place)
        found.sort(key=lambda item: item[0][at], reverse=entry["direction"] == "DESC")
    return found


def _entry(
    key: tuple[Any, ...],
    rows: list[Row],
    target: Target,
    places: list[int],
    wishes: list[Wish],
) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    if places:
        entry["groupBy"] = {
            _dotted(target, place): _shown(target, place, value)
            for place, value in zip(places, key, strict=True)
        }
    for function, place in wishes:
        value = _FUNCTIONS[function]([row[place] for row in rows])
        shown = _shown(target, place, value) if function in _ON_ORDERED else value
        entry[f"{_dotted(target, place)}_{function}"] = shown
    return entry


def _dotted(target: Target, place: int) -> str:
    return f"{target.table_name}.{target.column(place).alias}"


def _shown(target: Target, place: int, value: Any) -> Any:
    column = target.column(place)
    if column.kind == AMOUNT:
        return Decimal(value)
    return (value or None) if column.kind == DATE else value
