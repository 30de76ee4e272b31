"""The search engine: groups of filters over the lagging index, sorted and cached."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import orjson

from connectors.sandbox.hubspot.crm.records import Record, RecordStore
from connectors.sandbox.hubspot.crm.values import stored_ms
from connectors.sandbox.hubspot.errors import invalid
from connectors.sandbox.hubspot.search.filters import (
    Predicate,
    compiled,
    compiled_time,
    sort_key,
)

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.properties import Property

GROUPS, FILTERS, IN_TOTAL = 5, 6, 18
CACHED = 8
ASSOCIATIONS = "associations."
QUERY_PROPERTIES = (
    *("name", "domain", "email", "firstname", "lastname", "phone", "dealname"),
    *("hs_sku", "hs_title", "hs_order_name", "subject"),
)

Conditions = list[dict[str, Any]]


class Searcher:
    """Answers searches over one object type of one portal."""

    def __init__(self, portal: Portal, store: RecordStore):
        self.portal = portal
        self.store = store
        self.modified = store.object_type.modified
        self._cache: dict[bytes, tuple[int, list[Record]]] = {}

    def hits(self, body: dict[str, Any]) -> list[Record]:
        """All matches in order; the pages of one search share one list."""
        self.portal.settle_index(self.store)
        key = orjson.dumps(
            [body.get(k) for k in ("filterGroups", "filters", "query", "sorts")]
        )
        version = self.store.index_version
        cached = self._cache.get(key)
        if cached is not None and cached[0] == version:
            return cached[1]
        found = self._sorted(self._matching(body), body.get("sorts") or [])
        if ASSOCIATIONS.encode() not in key:
            # Associations change without a write that the index would notice.
            if len(self._cache) >= CACHED:
                self._cache.pop(next(iter(self._cache)))
            self._cache[key] = (version, found)
        return found

    def _matching(self, body: dict[str, Any]) -> list[Record]:
        groups = _groups(body)
        wanted = str(body.get("query") or "").lower()
        found: dict[int, Record] = {}
        for group in groups or [[]]:
            tests = [self._test(condition) for condition in group]
            for record in self._candidates(group):
                props = record.indexed
                if props is None or record.number in found:
                    continue
                if wanted and not _mentions(props, wanted):
                    continue
                if all(test(record, props) for test in tests):
                    found[record.number] = record
        return list(found.values())

    def _test(
        self, condition: dict[str, Any]
    ) -> Callable[[Record, dict[str, str]], bool]:
        name = str(condition.get("propertyName") or "")
        if name.startswith(ASSOCIATIONS):
            return self._linked(name.removeprefix(ASSOCIATIONS), condition)
        if name == self.modified:
            in_time = compiled_time(condition)
            if in_time is not None:
                return lambda record, _: in_time(record.indexed_ms)
        test: Predicate = compiled(condition, self._definition(name))
        return lambda _, props: test(props)

    def _linked(
        self, word: str, condition: dict[str, Any]
    ) -> Callable[[Record, dict[str, str]], bool]:
        kind = self.portal.kinds.get(word)
        if kind is None or condition.get("operator") not in {"EQ", "IN"}:
            raise invalid(f"Cannot search by associations with {word}")
        pair = (self.store.object_type.name, kind.name)
        wanted = set(map(str, condition.get("values") or [condition.get("value")]))
        held = self.portal.links.held
        return lambda record, _: not wanted.isdisjoint(held(pair, record.id))

    def _definition(self, name: str) -> Property:
        known = self.portal.schemas[self.store.object_type.name].live
        if name not in known:
            raise invalid(
                "There was a problem with the request.",
                errors=[
                    {
                        "message": f"Property {name} does not exist",
                        "code": "PROPERTY_DOESNT_EXIST",
                        "context": {"propertyName": [name]},
                    }
                ],
            )
        return known[name]

    def _candidates(self, group: Conditions) -> Iterable[Record]:
        """A superset of the matches, narrowed by id, unique value or time."""
        for condition in group:
            name, operator = condition.get("propertyName"), condition.get("operator")
            values = _asked(condition)
            if name == "hs_object_id" and operator in {"EQ", "IN"}:
                return filter(None, map(self.store.by_id, values))
            if name == self.modified and operator in {"GT", "GTE", "BETWEEN", "EQ"}:
                return self._since(values[0] if values else "")
            if name in self.store.unique and operator == "EQ" and values:
                owner = self.store.find(str(name), values[0])
                # Not under this spelling: search ignores case, so look at all.
                if owner is not None:
                    return [owner]
        return self.store.records.values()

    def _since(self, value: str) -> Iterable[Record]:
        start = stored_ms(value)
        if start is None or not self.store.timeline_ordered:
            return self.store.records.values()
        timeline = self.store.timeline
        first = bisect_left(timeline, (start, 0))
        return (row[2] for row in timeline[first:] if row[0] == row[2].indexed_ms)

    def _sorted(self, found: list[Record], sorts: list[Any]) -> list[Record]:
        """One rule only; without it the oldest record comes first."""
        if len(sorts) > 1:
            raise invalid("Only one sort is allowed.")
        found.sort(key=lambda record: record.number)
        if not sorts:
            return found
        rule = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
        name = str(rule.get("propertyName") or "")
        definition = self._definition(name)
        falls = rule.get("direction") == "DESCENDING"
        if name == self.modified:
            found.sort(key=lambda record: record.indexed_ms, reverse=falls)
        else:
            found.sort(
                key=lambda record: sort_key(
                    definition, (record.indexed or {}).get(name)
                ),
                reverse=falls,
            )
        return found


def _groups(body: dict[str, Any]) -> list[Conditions]:
    """Filter groups within their limits; a bare list of filters is one group."""
    groups = [one.get("filters") or [] for one in body.get("filterGroups") or []]
    if body.get("filters"):
        groups.append(body["filters"])
    if len(groups) > GROUPS:
        raise invalid(f"Too many filterGroups: {len(groups)}, {GROUPS} are allowed.")
    if any(len(group) > FILTERS for group in groups):
        raise invalid(f"Too many filters in a group, {FILTERS} are allowed.")
    if sum(map(len, groups)) > IN_TOTAL:
        raise invalid(f"Too many filters, {IN_TOTAL} are allowed.")
    return groups


def _asked(condition: dict[str, Any]) -> list[str]:
    values = condition.get("values")
    if isinstance(values, list) and values:
        return [str(one) for one in values]
    return [str(condition["value"])] if condition.get("value") is not None else []


def _mentions(props: dict[str, str], wanted: str) -> bool:
    return any(wanted in props.get(name, "").lower() for name in QUERY_PROPERTIES)
