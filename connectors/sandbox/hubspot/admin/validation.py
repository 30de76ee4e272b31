"""Validation rules that an admin has set on a property; they judge API writes too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

Arguments = list[str]
Test = Callable[[str, Arguments], bool]
CODE = "PROPERTY_VALIDATION_RULE_NOT_MET"


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _places(text: str) -> int:
    return len(text.partition(".")[2])


TESTS: Mapping[str, Test] = {
    "REGEX": lambda text, given: re.fullmatch(given[0], text) is not None,
    "MIN_LENGTH": lambda text, given: len(text) >= int(given[0]),
    "MAX_LENGTH": lambda text, given: len(text) <= int(given[0]),
    "MIN_NUMBER": lambda text, given: _number(text) >= Decimal(given[0]),
    "MAX_NUMBER": lambda text, given: _number(text) <= Decimal(given[0]),
    "ALPHANUMERIC": lambda text, _: text.isalnum(),
    "DECIMAL": lambda text, given: _places(text) <= int(given[0]),
    "WHITESPACE": lambda text, _: text == text.strip(),
}


def broken(rules: Mapping[str, Arguments], text: str) -> str:
    """The first rule that a value does not meet; "" when it meets all."""
    for name, arguments in rules.items():
        if not TESTS[name](text, arguments):
            return name
    return ""


def unfit(rule: str, arguments: object) -> str:
    """Why a rule cannot be set like this; "" when it can."""
    if rule not in TESTS:
        return f"{rule} is not a rule type."
    if not isinstance(arguments, list):
        return "ruleArguments must be a list."
    try:
        TESTS[rule]("1", [str(one) for one in arguments])
    except (IndexError, ValueError, InvalidOperation, re.error):
        return f"These arguments do not fit the rule {rule}: {arguments}"
    return ""
