"""What is wrong with a mapping row, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.transforms import TRANSFORMS, Transform


def validate_row(
    row: Mapping[str, str],
    source_fields: Mapping[str, FieldInfo],
    target_fields: Mapping[str, FieldInfo],
) -> dict[str, str]:
    """What is wrong with a mapping row, by form field; empty when nothing is."""
    errors: dict[str, str] = {}
    source, target = row.get("source_field", ""), row.get("target_field", "")
    name, argument = row.get("transform", ""), row.get("argument", "")
    if source and source_fields and source not in source_fields:
        errors["source_field"] = f"The source has no field “{source}”."
    if target_fields and target not in target_fields:
        errors["target_field"] = f"The target has no field “{target}”."
    elif target_fields and target_fields[target].read_only:
        errors["target_field"] = f"“{target_fields[target].label}” cannot be written."
    transform = TRANSFORMS.get(name)
    if name and not transform:
        errors["transform"] = f"There is no transform “{name}”."
    if not source and not argument and not row.get("default"):
        errors.setdefault("source_field", "Choose a field, or give a fixed value.")
    if transform:
        errors |= _argument_errors(transform, argument, source_fields)
    return errors


def _argument_errors(
    transform: Transform, argument: str, source_fields: Mapping[str, FieldInfo]
) -> dict[str, str]:
    if transform.argument_required and not argument:
        return {"argument": f"{transform.argument_label} is missing."}
    try:
        transform.prepare(argument)
    except ValueError as error:
        return {"argument": str(error)}
    unknown = transform.fields(argument) - set(source_fields) - {"value"}
    if unknown and source_fields:
        return {"argument": f"The source has no field {', '.join(sorted(unknown))}."}
    return {}
