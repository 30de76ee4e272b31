"""The GET form of a query: repeated $field, $filter and $sort parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multidict import MultiMapping

from connectors.sandbox.jde.errors import bad_request

_OPERATORS = {
    "EQ": "EQUAL",
    "NE": "NOT_EQUAL",
    "LT": "LESS",
    "LE": "LESS_EQUAL",
    "GT": "GREATER",
    "GE": "GREATER_EQUAL",
    "CONTAINS": "STR_CONTAIN",
    "STARTSWITH": "STR_START_WITH",
    "ENDSWITH": "STR_END_WITH",
}
_KNOWN = frozenset(
    {
        "$field",
        "$filter",
        "$filterType",
        "$limit",
        "$sort",
        "$outputType",
        "$allowCache",
        "$environment",
        "$role",
        "$token",
        "$device",
        "$username",
        "$password",
    }
)


def body_of_query(kind: str, name: str, query: MultiMapping[str]) -> dict[str, Any]:
    """The same request as a POST body; AisError for what cannot be read."""
    unknown = sorted(set(query) - _KNOWN)
    if unknown:
        raise bad_request(f"Unknown query parameter {', '.join(unknown)}")
    body: dict[str, Any] = {
        "targetName": name,
        "targetType": kind,
        "dataServiceType": "BROWSE",
        "findOnEntry": "TRUE",
        "query": {
            "autoFind": True,
            "matchType": query.get("$filterType", "MATCH_ALL"),
            "condition": _each(query, "$filter", _condition),
        },
        "aggregation": {"orderBy": _each(query, "$sort", _sort)},
    }
    fields = query.getall("$field", [])
    if fields:
        body["returnControlIDs"] = "|".join(fields)
    if "$limit" in query:
        body["maxPageSize"] = query["$limit"]
    if "$outputType" in query:
        body["outputType"] = query["$outputType"]
    return body


def _each(
    query: MultiMapping[str], name: str, read: Callable[[str], dict[str, Any]]
) -> list[dict[str, Any]]:
    return [read(one) for one in query.getall(name, [])]


def _condition(text: str) -> dict[str, Any]:
    # Only two blanks separate: those after belong to the value, as in a business unit.
    column, _, rest = text.partition(" ")
    operator, _, value = rest.partition(" ")
    if operator not in _OPERATORS:
        raise bad_request(f"$filter {text!r} has no valid operator")
    content, _, last = value.rpartition(" ")
    special = last if last.startswith("TODAY") or last == "LOGIN_USER" else "LITERAL"
    given = value if special == "LITERAL" else content
    return {
        "controlId": column,
        "operator": _OPERATORS[operator],
        "value": [{"content": given, "specialValueId": special}],
    }


def _sort(text: str) -> dict[str, Any]:
    column, _, direction = text.partition(" ")
    return {"column": column, "direction": direction or "ASC"}
