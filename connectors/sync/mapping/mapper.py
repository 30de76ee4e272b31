"""Applies a flow's mapping rows to source records; pure, compiled once per flow.

The compiled form is what poll (which fields to read, their fingerprint), push (values
and references to write), preview and the record's story all share, so that what a
person is shown is what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from connectors.sdk.errors import MappingError
from connectors.sdk.records import FieldInfo, Fields, Scalar
from connectors.sdk.values import coded_types, fingerprint
from connectors.sync.mapping.coerce import COERCIONS, PYTHON
from connectors.sync.mapping.transforms import TRANSFORMS, as_text

Row: TypeAlias = Mapping[str, Any]
Catalogue: TypeAlias = Mapping[str, FieldInfo]
Run: TypeAlias = Callable[[Fields], Scalar]


@dataclass(frozen=True, slots=True)
class Reference:
    """A target field that points to another record, by the source's key of it."""

    field: str
    source_object: str
    target_object: str
    source_key: str


@dataclass(slots=True)
class Mapped:
    """What is to be written: values by target field, and references to resolve."""

    values: dict[str, Scalar] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """What one row made of one record, for a person."""

    source_field: str
    source_label: str
    source_value: str
    transform: str
    target_field: str
    target_label: str
    result: str = ""
    error: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class _CompiledRow:
    row: Row
    target: FieldInfo
    run: Run
    source: FieldInfo | None


class CompiledMapping:
    """A flow's rows, ready to apply.

    `version` is the mapping version the rows are from. Raises MappingError when a row
    cannot work with any record (an unknown transform, a field that is gone).
    """

    def __init__(
        self,
        rows: Iterable[Row],
        source: Catalogue,
        target: Catalogue,
        version: int = 0,
    ) -> None:
        self.version = version
        self.source = source
        self.target = target
        self.rows = [_compile(row, source, target) for row in rows]
        self._references = [r for r in self.rows if r.target.type == "reference"]
        self._plain = [
            (r, r.target.name, r.run) for r in self.rows if r.target.type != "reference"
        ]
        self.source_fields = sorted(set().union(*map(_reads, self.rows), set()))
        self.types = coded_types({n: f.type for n, f in source.items()})
        self.create_only = self._with_mode("create_only")
        self.fill_empty = self._with_mode("fill_empty")

    def _with_mode(self, mode: str) -> frozenset[str]:
        return frozenset(
            r.target.name for r in self.rows if r.row.get("update_mode") == mode
        )

    def source_fingerprint(self, fields: Fields) -> str:
        """The same for two records exactly when every mapped source field is."""
        return fingerprint(
            self.version, [fields.get(name) for name in self.source_fields]
        )

    def apply(self, fields: Fields) -> Mapped:
        """Map one record. Raises MappingError naming the row's target field."""
        mapped = Mapped()
        values = mapped.values
        compiled = None  # the row at work, for the error's sake
        try:
            for compiled, name, run in self._plain:  # noqa: B007
                value = run(fields)
                if value is not None:
                    values[name] = value
            for compiled in self._references:
                value = compiled.run(fields)
                if value is not None and value != "":
                    mapped.references.append(_reference(compiled, value))
        except MappingError as error:
            raise _located(error, compiled) from error
        return mapped

    def explain(self, fields: Fields) -> list[PreviewRow]:
        """What each row makes of a record, errors beside their row."""
        return [_explained(compiled, fields) for compiled in self.rows]


def _located(error: MappingError, compiled: _CompiledRow | None) -> MappingError:
    if compiled is None:
        return error
    source = compiled.row.get("source_field") or "no source field"
    return MappingError(
        f"Mapping {source} → {compiled.target.label}: {error.message}",
        advice=error.advice,
        field=compiled.target.name,
    )


def _reference(compiled: _CompiledRow, value: Scalar) -> Reference:
    source = compiled.source
    if source is None or not source.references:
        raise MappingError(
            f"“{compiled.target.label}” points to a record; map it from a field that "
            "names one in the source.",
            field=compiled.target.name,
        )
    return Reference(
        compiled.target.name,
        source.references,
        compiled.target.references,
        as_text(value),
    )


def _reads(compiled: _CompiledRow) -> set[str]:
    row = compiled.row
    names = {row["source_field"]} if row.get("source_field") else set()
    transform = TRANSFORMS.get(row.get("transform") or "")
    if transform:
        names |= transform.fields(row.get("argument", "")) - {"value"}
    return names


def _compile(row: Row, source: Catalogue, target: Catalogue) -> _CompiledRow:
    name = row["target_field"]
    if name not in target:
        raise MappingError(
            f"The target has no field “{name}” (any more).",
            advice="Remove the mapping row, or create the field in the target.",
            field=name,
        )
    info = target[name]
    return _CompiledRow(
        row=row,
        target=info,
        run=_run(row, info),
        source=source.get(row.get("source_field", "")),
    )


def _run(row: Row, info: FieldInfo) -> Run:
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


def _explained(compiled: _CompiledRow, fields: Fields) -> PreviewRow:
    row, source = compiled.row, compiled.source
    name = row.get("source_field", "")
    transform = TRANSFORMS.get(row.get("transform") or "")
    result = error = skipped = ""
    try:
        value = compiled.run(fields)
        result = as_text(value)
        skipped = (
            "The source does not say; nothing is written." if value is None else ""
        )
    except MappingError as problem:
        error = str(problem)
    return PreviewRow(
        source_field=name,
        source_label=source.label if source else name,
        source_value=as_text(fields.get(name)) if name else "",
        transform=f"{transform.label} {row.get('argument', '')}".strip()
        if transform
        else "",
        target_field=compiled.target.name,
        target_label=compiled.target.label,
        result=result,
        error=error,
        skipped=skipped,
    )
