"""Verdicts on single values: the problems and warnings a write answers with."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.sandbox.hubspot.admin.validation import CODE
from connectors.sandbox.hubspot.crm.values import LONGEST_TEXT, BadValue


def text(value: Any) -> str | None:
    """Numbers and booleans are taken as text; null, lists and objects are not."""
    if value is None or isinstance(value, list | dict):
        return None
    return str(orjson.dumps(value), "ascii")


def problem(name: str, value: Any, code: str, message: str) -> dict[str, Any]:
    return {"name": name, "value": value, "code": code, "message": message}


def no_text(name: str, value: Any) -> dict[str, Any]:
    return problem(name, value, "INVALID_TYPE", f"{name} is neither text nor number.")


def unknown(name: str) -> dict[str, Any]:
    text = f'Property "{name}" does not exist'
    return {"name": name, "code": "PROPERTY_DOESNT_EXIST", "message": text}


def read_only(name: str) -> dict[str, Any]:
    text = f'"{name}" is a read only property; its value cannot be set.'
    return {"name": name, "code": "READ_ONLY_VALUE", "message": text}


def rule_broken(name: str, value: str, rule: str) -> dict[str, Any]:
    text = f"{value} does not meet the validation rule {rule} of {name}."
    return problem(name, value, CODE, text)


def too_long(name: str, text: str) -> dict[str, Any]:
    message = f"{name} is {len(text)} characters long, {LONGEST_TEXT} are allowed."
    return {"name": name, "code": "VALUE_TOO_LONG", "message": message}


def required(name: str, code: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": f"A value for {name} must be provided",
        "context": {"propertyName": [name]},
    }


def normalized(name: str, raw: str, bad: BadValue) -> dict[str, Any]:
    return {
        "category": "PROPERTY_VALUE_NORMALIZED",
        "message": f"{name} was normalized",
        "context": {
            "propertyName": name,
            "rawValue": raw,
            "normalizedValue": str(bad.lenient_ms),
        },
    }
