"""Misbehaviour on demand: which request is hit, and what happens to it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

RULE_KEYS = {"name", "match", "skip", "times", "probability", "seed", "do"}
MATCH_KEYS = {"method", "path", "body"}
ACTION_KEYS = {
    "status",
    "headers",
    "json",
    "text",
    "html",
    "drop",
    "apply_then_drop",
    "half_body",
    "delay_s",
    "after",
    "pass",
}


class FaultError(ValueError):
    """A fault plan that cannot be understood."""


class FaultRule:
    """One rule: matching requests, of which `skip` pass and `times` are hit.

    `do` holds any of: `status` with optional `headers` and `json`, `text` or `html`
    (no body: the vendor's own shape); `drop`; `apply_then_drop`; `half_body`;
    `delay_s` (with `after`: wait once it is applied); `pass` (knobs for the
    stand-in, after which the request is handled as usual).
    """

    def __init__(self, rule: Mapping[str, Any], position: int):
        _only(rule, RULE_KEYS, "a fault rule")
        match, self.do = rule.get("match", {}), dict(rule.get("do", {}))
        _only(match, MATCH_KEYS, "match")
        _only(self.do, ACTION_KEYS, "do")
        if not self.do:
            message = "a fault rule needs something to do"
            raise FaultError(message)
        self.source = dict(rule)
        self.name = str(rule.get("name") or f"rule-{position}")
        self.method = str(match["method"]).upper() if match.get("method") else None
        self.path = _pattern(match.get("path"))
        self.body = _pattern(match.get("body"))
        self.skip = int(rule.get("skip") or 0)
        self.times = None if rule.get("times") is None else int(rule["times"])
        self.probability = float(rule.get("probability", 1.0))
        # Repeatable on purpose; nothing here needs to be unpredictable.
        self._random = random.Random(rule.get("seed", 0))
        self.matched = 0
        self.hits = 0

    def fires(self, method: str, path: str, body: str) -> bool:
        """Whether this request is hit; counts it either way."""
        if not self._matches(method, path, body):
            return False
        self.matched += 1
        if self.matched <= self.skip:
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def as_dict(self) -> dict[str, Any]:
        counts = {"matched": self.matched, "hits": self.hits}
        return {**self.source, "name": self.name, **counts}

    def _matches(self, method: str, path: str, body: str) -> bool:
        if self.method is not None and self.method != method:
            return False
        if self.path is not None and not self.path.search(path):
            return False
        return self.body is None or self.body.search(body) is not None


class FaultPlan:
    """The rules in order; the first that fires decides."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    @property
    def active(self) -> bool:
        return bool(self._rules)

    @property
    def reads_bodies(self) -> bool:
        """Whether any rule looks into the body, else it is not decoded."""
        return any(rule.body is not None for rule in self._rules)

    def replace(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Take new rules, all or none; their counts start at nought."""
        self._rules = [FaultRule(rule, n) for n, rule in enumerate(rules, start=1)]

    def clear(self) -> None:
        self._rules = []

    def choose(self, method: str, path: str, body: str) -> FaultRule | None:
        """The rule that hits this request; `path` carries the query string."""
        for rule in self._rules:
            if rule.fires(method, path, body):
                return rule
        return None

    def as_list(self) -> list[dict[str, Any]]:
        return [rule.as_dict() for rule in self._rules]


def _only(given: Any, known: set[str], where: str) -> None:
    if not isinstance(given, Mapping):
        message = f"{where} must be an object, not {given!r}"
        raise FaultError(message)
    unknown = set(given) - known
    if unknown:
        message = f"{where} does not know {', '.join(sorted(unknown))}"
        raise FaultError(message)


def _pattern(text: Any) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(str(text))
    except re.error as error:
        message = f"not a regular expression: {text!r} ({error})"
        raise FaultError(message) from error
