"""Search filters compiled to predicates over the indexed values of a record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

from connectors.sandbox.hubspot.crm.properties import Property
from connectors.sandbox.hubspot.crm.values import stored_ms
from connectors.sandbox.hubspot.errors import invalid

Values = dict[str, str]
Predicate = Callable[[Values], bool]
Reading = Callable[[str], Any]
Condition = dict[str, Any]
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": eq,
    "LT": lt,
    "LTE": le,
    "GT": gt,
    "GTE": ge,
}
Maker = Callable[[Property, Condition], Predicate]


def compiled(condition: dict[str, Any], definition: Property) -> Predicate:
    """One filter; 400 for an operator or operands it does not have."""
    operator = str(condition.get("operator"))
    if operator not in MAKERS:
        raise invalid(f"Invalid operator: {operator}")
    return MAKERS[operator](definition, condition)


def compiled_time(condition: Condition) -> Callable[[int], bool] | None:
    """A comparison of times as a test of epoch ms; None if it is another filter."""
    operator = str(condition.get("operator"))
    if operator == "BETWEEN":
        low, high = _moment(condition, "value"), _moment(condition, "highValue")
        return lambda ms: low <= ms <= high
    compare = COMPARISONS.get(operator)
    if compare is None:
        return None
    bound = _moment(condition, "value")
    return lambda ms: compare(ms, bound)


def _moment(condition: Condition, key: str) -> int:
    text = _operand(condition, key)
    found = stored_ms(text)
    if found is None:
        raise invalid(f"{text} is no time")
    return found


def reading(definition: Property) -> Reading:
    """How the values of a property compare: number, time, exact or folded text."""
    if definition.type == "number":
        return _decimal
    if definition.type in {"date", "datetime"}:
        return stored_ms
    if definition.type in {"enumeration", "bool"}:
        return str
    return str.lower


def sort_key(definition: Property, value: str | None) -> tuple[bool, Any]:
    """Unset values come first."""
    found = reading(definition)(value) if value else None
    return (found is not None, found if found is not None else 0)


def _decimal(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def _operand(condition: dict[str, Any], key: str) -> str:
    value = condition.get(key)
    if value is None or isinstance(value, list | dict):
        raise invalid(f"{condition.get('operator')} needs {key}")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _negated(make: Maker) -> Maker:
    """The opposite, which an unset value does not meet either."""

    def maker(definition: Property, condition: Condition) -> Predicate:
        test, name = make(definition, condition), definition.name
        return lambda props: bool(props.get(name)) and not test(props)

    return maker


def _set(definition: Property, _: Condition) -> Predicate:
    name = definition.name
    return lambda props: bool(props.get(name))


def _unset(definition: Property, _: Condition) -> Predicate:
    name = definition.name
    return lambda props: not props.get(name)


def _compared(compare: Callable[[Any, Any], bool], key: str = "value") -> Maker:
    def maker(definition: Property, condition: Condition) -> Predicate:
        name, read = definition.name, reading(definition)
        text = _operand(condition, key)
        bound = read(text)
        if bound is None:
            raise invalid(f"{text} cannot be compared with {name}")

        def matches(props: Values) -> bool:
            value = props.get(name)
            found = read(value) if value else None
            return found is not None and compare(found, bound)

        return matches

    return maker


def _between(definition: Property, condition: Condition) -> Predicate:
    low = _compared(ge)(definition, condition)
    high = _compared(le, "highValue")(definition, condition)
    return lambda props: low(props) and high(props)


def _member(definition: Property, condition: Condition) -> Predicate:
    values = condition.get("values")
    if not isinstance(values, list) or not values:
        raise invalid(f"{condition.get('operator')} needs values")
    name, read = definition.name, reading(definition)
    # Text is folded, the values asked for are not: they must come in lower case.
    folds = read is str.lower
    wanted = {str(one) if folds else read(str(one)) for one in values}

    def matches(props: Values) -> bool:
        value = props.get(name)
        return read(value) in wanted if value else False

    return matches


def _token(definition: Property, condition: Condition) -> Predicate:
    """Whole words, `*` standing for any part of one."""
    wanted, name = _operand(condition, "value").lower(), definition.name
    bare = wanted.strip("*")
    starts, ends = wanted.endswith("*"), wanted.startswith("*")

    def fits(word: str) -> bool:
        if starts and ends:
            return bare in word
        if starts:
            return word.startswith(bare)
        return word.endswith(bare) if ends else word == bare

    return lambda props: any(fits(word) for word in _words(props.get(name) or ""))


def _words(value: str) -> list[str]:
    folded = value.lower()
    for mark in "@.,;/-":
        folded = folded.replace(mark, " ")
    return [value.lower(), *folded.split()]


MAKERS: dict[str, Maker] = {
    **{name: _compared(compare) for name, compare in COMPARISONS.items()},
    "NEQ": _negated(_compared(eq)),
    "BETWEEN": _between,
    "IN": _member,
    "NOT_IN": _negated(_member),
    "HAS_PROPERTY": _set,
    "NOT_HAS_PROPERTY": _unset,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _negated(_token),
}
