"""Sets of values as sorted, disjoint spans: what an index can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.sandbox.jde.data.columns import Value
from connectors.sandbox.jde.data.store import Span, after

Spans = list[Span]


def spans_of(operator: str, values: Sequence[Value]) -> Spans | None:
    """The values an operator admits, or None where an index is of no help."""
    if not values or any(isinstance(one, Decimal) for one in values):
        return None
    first = values[0]
    if operator in {"EQUAL", "LIST"}:
        return [(one, after(one)) for one in sorted(set(values))]
    if operator == "BETWEEN":
        return [(first, after(values[1]))] if first <= values[1] else []
    ranges: dict[str, Span] = {
        "GREATER": (after(first), None),
        "GREATER_EQUAL": (first, None),
        "LESS": (None, first),
        "LESS_EQUAL": (None, after(first)),
    }
    return [ranges[operator]] if operator in ranges else None


def intersection(left: Spans, right: Spans) -> Spans:
    """Values in both."""
    found: Spans = []
    i = j = 0
    while i < len(left) and j < len(right):
        low = _greater_low(left[i][0], right[j][0])
        high = _lesser_high(left[i][1], right[j][1])
        if low is None or high is None or low < high:
            found.append((low, high))
        if _ends_first(left[i][1], right[j][1]):
            i += 1
        else:
            j += 1
    return found


def union(left: Spans, right: Spans) -> Spans:
    """Values in either."""
    merged: Spans = []
    for low, high in sorted([*left, *right], key=_by_low):
        if merged and _reaches(merged[-1][1], low):
            last_low, last_high = merged[-1]
            ends = _ends_first(last_high, high)
            merged[-1] = (last_low, high if ends else last_high)
        else:
            merged.append((low, high))
    return merged


def _by_low(span: Span) -> tuple[bool, Value]:
    return (span[0] is not None, span[0] if span[0] is not None else "")


def _reaches(high: Value | None, low: Value | None) -> bool:
    return high is None or low is None or low <= high


def _ends_first(left: Value | None, right: Value | None) -> bool:
    if left is None:
        return False
    return right is None or left < right


def _greater_low(left: Value | None, right: Value | None) -> Value | None:
    if left is None or right is None:
        return right if left is None else left
    return max(left, right)


def _lesser_high(left: Value | None, right: Value | None) -> Value | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)
