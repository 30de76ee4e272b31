"""One mapping row as a function of the source record.

Field, transform, value map, default, type, blank: in this order, and each only where
the row has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from connectors.sdk.errors import MappingError
from connectors.sdk.records import FieldInfo, Fields, Scalar
from connectors.sync.mapping.coerce import COERCIONS, PYTHON
from connectors.sync.mapping.transforms import TRANSFORMS, as_text

Row: TypeAlias = Mapping[str, Any]
Run: TypeAlias = Callable[[Fields], Scalar]


def compiled_row(row: Row, info: FieldInfo) -> Run:
    """What a row makes of a record, in the type of its target field.

    Raises MappingError when it cannot work with any record.
    """
    run = _valued(row, info)
    blank = row.get("blank")
    if blank == "ignore":
        return partial(_unless_blank, run)
    if blank == "clear":
        return partial(_cleared, run)
    return run


def _unless_blank(run: Run, fields: Fields) -> Scalar:
    value = run(fields)
    return None if value == "" else value


def _cleared(run: Run, fields: Fields) -> Scalar:
    value = run(fields)
    return "" if value is None else value


def _valued(row: Row, info: FieldInfo) -> Run:
    name = row.get("source_field", "")
    if not (row.get("transform") or row.get("value_map") or row.get("default")):
        return _straight(name, info)
    run: Run = lambda fields: fields.get(name)  # noqa: E731
    if row.get("transform"):
        run = _transforming(run, row)
    if row.get("value_map"):
        run = partial(_looked_up, run, row["value_map"])
    if row.get("default"):
        run = partial(_defaulted, run, row["default"])
    return partial(_coerced, run, COERCIONS[info.type], info)


def _straight(name: str, info: FieldInfo) -> Run:
    """Most rows: a field as it is, in the type of the target."""
    coerce, kind = COERCIONS[info.type], PYTHON.get(info.type)
    longest = info.max_length if info.type == "string" else None

    def run(fields: Fields) -> Scalar:
        value = fields.get(name)
        if value is None or value == "":
            return value
        if type(value) is kind and (longest is None or len(value) <= longest):  # type: ignore[arg-type]
            return value
        return coerce(value, info)

    return run


def _transforming(run: Run, row: Row) -> Run:
    transform = TRANSFORMS.get(row["transform"])
    if transform is None:
        raise MappingError(f"There is no transform “{row['transform']}”.")
    try:
        step = transform.prepare(row.get("argument", ""))
    except ValueError as error:
        raise MappingError(
            f"{transform.label}: {error}", field=row["target_field"]
        ) from error
    return lambda fields: step(run(fields), fields)


def _looked_up(run: Run, table: Mapping[str, Any], fields: Fields) -> Scalar:
    value = run(fields)
    if value is None or value == "":
        return value
    text = as_text(value).strip()
    found: str | None = table["entries"].get(text)
    if found is not None:
        return found
    if table["otherwise"] == "keep":
        return value
    if table["otherwise"] == "blank":
        return ""
    raise MappingError(
        f"The value map “{table['name']}” does not list “{text}”.",
        advice="Add it to the value map, then replay the record.",
    )


def _defaulted(run: Run, default: str, fields: Fields) -> Scalar:
    value = run(fields)
    return default if value is None or value == "" else value


def _coerced(
    run: Run,
    coerce: Callable[[Scalar, FieldInfo], Scalar],
    info: FieldInfo,
    fields: Fields,
) -> Scalar:
    value = run(fields)
    return value if value is None or value == "" else coerce(value, info)
