"""Refusals in HubSpot's own shape and words."""

from __future__ import annotations

from typing import Any

import orjson

VALIDATION = "VALIDATION_ERROR"
SCOPES_PAGE = "https://developers.hubspot.com/scopes"


class ApiError(Exception):
    """An answer other than success; `body` lacks only the correlation id."""

    def __init__(
        self,
        status: int,
        message: str,
        category: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ):
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.headers = headers or {}
        self.more = more

    def body(self) -> dict[str, Any]:
        body = {"status": "error", "message": self.message, **self.more}
        if self.category is not None:
            body["category"] = self.category
        return body

    def batch_entry(self, trace: str | None) -> dict[str, Any]:
        """The same refusal as one of the `errors` of a 207."""
        context = dict(self.more.get("context", {}))
        if trace is not None:
            context["objectWriteTraceId"] = [trace]
        return {
            "status": "error",
            "category": self.category or VALIDATION,
            "message": self.message,
            "context": context,
        }


def invalid(message: str, **more: Any) -> ApiError:
    """400 VALIDATION_ERROR."""
    return ApiError(400, message, VALIDATION, **more)


def missing_scopes(scopes: list[str]) -> ApiError:
    return ApiError(
        403,
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": scopes},
            }
        ],
        links={"scopes": SCOPES_PAGE},
    )


def no_record() -> ApiError:
    """404 of a numeric id that does not exist: without a category."""
    return ApiError(404, "resource not found")


def not_an_id(value: str) -> ApiError:
    text = "Object not found.  objectId are usually numeric."
    return ApiError(404, text, "OBJECT_NOT_FOUND", context={"id": [value]})


def bad_properties(problems: list[dict[str, Any]], portal: int) -> ApiError:
    """400 naming every offending property; problem: code, message, name, value."""
    embedded = [
        {
            "isValid": False,
            "message": one["message"],
            "error": one["code"],
            "name": one["name"],
            "localizedErrorMessage": one["message"],
            **({"propertyValue": one["value"]} if "value" in one else {}),
            "portalId": portal,
        }
        for one in problems
    ]
    return invalid(
        f"Property values were not valid: {orjson.dumps(embedded).decode()}",
        errors=[
            {
                "message": one["message"],
                "code": one["code"],
                "context": {"propertyName": [one["name"]]},
            }
            for one in problems
        ],
    )


def admin_rules(problems: list[dict[str, Any]]) -> ApiError:
    """400 of 2026-09 when a rule made in the portal is not met."""
    return invalid("The property values provided are invalid", errors=problems)


def required_not_set(legacy: str, names: list[str]) -> ApiError:
    return invalid(
        f"Error creating {legacy}. Some required properties were not set.",
        context={"properties": names},
    )


def value_taken(
    portal: int, legacy: str, coordinates: str, writing: str, owner: str
) -> ApiError:
    """400 of a unique property; the second id is the record that has the value."""
    return invalid(
        f"Cannot set PropertyValueCoordinates{{portalId={portal}, "
        f"objectTypeId=ObjectTypeId{{legacyObjectType={legacy}}}, {coordinates}}} "
        f"on {writing}. {owner} already has that value."
    )


def contact_exists(owner: str) -> ApiError:
    return ApiError(409, f"Contact already exists. Existing ID: {owner}", "CONFLICT")


def not_unique(type_id: str, name: str) -> ApiError:
    return invalid(
        f"Unable to perform update/upsert by non-unique {type_id} property {name}"
    )


def bad_json(line: int, column: int, text: str) -> ApiError:
    return ApiError(400, f"Invalid input JSON on line {line}, column {column}: {text}")
