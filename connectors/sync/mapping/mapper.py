"""Applies a flow's mapping rows to source records; pure, compiled once per flow.

The compiled form is what poll (which fields to read, their fingerprint), push (values
and references to write), preview and the record's story all share, so that what a
person is shown is what is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connectors.sdk.errors import MappingError
from connectors.sdk.records import FieldInfo, Fields, Scalar, SourceRecord
from connectors.sdk.values import coded_types, fingerprint, typed
from connectors.sync.mapping.row import Row, Run, compiled_row
from connectors.sync.mapping.transforms import TRANSFORMS, as_text

# Fields of a document's lines are named with this before their own name, and a stored
# record holds its lines under the same word.
LINES = "lines."
Catalogue: TypeAlias = Mapping[str, FieldInfo]


@dataclass(frozen=True, slots=True)
class Reference:
    """A target field that points to another record, by the source's key of it.

    `line` is the number, from nought, of the document's line whose field it is.
    """

    field: str
    source_object: str
    target_object: str
    source_key: str
    line: int | None = None


@dataclass(slots=True)
class Mapped:
    """What is to be written: values by target field, references to resolve, and the
    lines of a document, unless those it has are to be left."""

    values: dict[str, Scalar] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    lines: list[dict[str, Scalar]] = field(default_factory=list)
    leaves_lines: bool = True


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
        heads = [r for r in self.rows if not r.target.name.startswith(LINES)]
        self._references = [r for r in heads if r.target.type == "reference"]
        self._plain = [
            (r, r.target.name, r.run) for r in heads if r.target.type != "reference"
        ]
        self._of_lines = [r for r in self.rows if r.target.name.startswith(LINES)]
        # By target field: what its row reads, and the row as it was written down.
        self.reads = {r.target.name: frozenset(_reads(r)) for r in self.rows}
        self.settings = {r.target.name: r.row for r in self.rows}
        self.source_fields = sorted(set().union(*self.reads.values()))
        self._line_fields = [n for n in self.source_fields if n.startswith(LINES)]
        self.types = coded_types({n: f.type for n, f in source.items()})
        self.create_only = self._with_mode("create_only")
        self.fill_empty = self._with_mode("fill_empty")

    def _with_mode(self, mode: str) -> frozenset[str]:
        return frozenset(
            r.target.name for r in self.rows if r.row.get("update_mode") == mode
        )

    def stored(self, record: SourceRecord) -> Mapping[str, Any]:
        """What is kept of a source record: its fields, and its lines where rows read
        any. So a document without lines is told from one that was not asked for them.
        """
        if not (self._line_fields or record.lines):
            return record.fields
        return {**record.fields, "lines": list(record.lines)}

    def source_fingerprint(self, fields: Fields) -> str:
        """The same for two records exactly when every mapped source field is."""
        said = [fields.get(name) for name in self.source_fields]
        if not self._line_fields:
            return fingerprint(self.version, said)
        names = [name.removeprefix(LINES) for name in self._line_fields]
        lines = [[line.get(name) for name in names] for line in lines_of(fields)]
        return fingerprint(self.version, said, lines)

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
        if self._of_lines:
            self._apply_to_lines(fields, mapped)
        return mapped

    def _apply_to_lines(self, fields: Fields, mapped: Mapped) -> None:
        compiled = None  # the row at work, for the error's sake
        mapped.leaves_lines = fields.get("lines") is None
        try:
            for number, line in enumerate(lines_of(fields)):
                mapped.lines.append(one := {})
                scope = self._with_line(fields, line)
                for compiled in self._of_lines:
                    value = compiled.run(scope)
                    if compiled.target.type != "reference":
                        if value is not None:
                            one[compiled.target.name.removeprefix(LINES)] = value
                    elif value is not None and value != "":
                        mapped.references.append(_reference(compiled, value, number))
        except MappingError as error:
            raise _located(error, compiled) from error

    def _with_line(self, fields: Fields, line: Fields) -> Fields:
        """The record as a row of its lines sees it: its own fields and one line's."""
        named = {f"{LINES}{name}": value for name, value in line.items()}
        return {**fields, **typed(named, self.types)}

    def explain(self, fields: Fields) -> list[PreviewRow]:
        """What each row makes of a record, errors beside their row.

        The rows of a document's lines show what they make of the first one.
        """
        lines = lines_of(fields)
        scope = self._with_line(fields, lines[0]) if lines else fields
        return [_explained(compiled, scope) for compiled in self.rows]


def lines_of(fields: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The lines of a document, as they are stored with its fields."""
    lines: Sequence[Mapping[str, Any]] = fields.get("lines") or ()
    return lines


def _located(error: MappingError, compiled: _CompiledRow | None) -> MappingError:
    if compiled is None:
        return error
    source = compiled.row.get("source_field") or "no source field"
    return MappingError(
        f"Mapping {source} → {compiled.target.label}: {error.message}",
        advice=error.advice,
        field=compiled.target.name,
    )


def _reference(
    compiled: _CompiledRow, value: Scalar, line: int | None = None
) -> Reference:
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
        line,
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
        run=compiled_row(row, info),
        source=source.get(row.get("source_field", "")),
    )


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
