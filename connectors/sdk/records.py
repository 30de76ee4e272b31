"""The values that pass between the engine and a connector.

A field value is a plain Python type. `None` means "not said" and is never written;
the empty string means "said empty" and is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Self, TypeAlias

from connectors.sdk.errors import ConnectorError, ContractError, TransientError

Scalar: TypeAlias = str | int | Decimal | bool | date | datetime | None
Fields: TypeAlias = Mapping[str, Scalar]
Cursor: TypeAlias = Mapping[str, Any]  # opaque to the engine; JSON-safe

FieldType = Literal[
    "string",
    "integer",
    "decimal",
    "boolean",
    "date",
    "datetime",
    "enum",
    "list",
    "reference",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One allowed value of an enum field: the stored value and its caption."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """What the mapping editor and the mapper know of one field.

    `references` names the object type a reference field points to. `managed` marks a
    field of ours that `ensure_fields` can create in the target. `searchable` ones, and
    unique ones, can be given to `find`.
    """

    name: str
    label: str
    type: FieldType = "string"
    required: bool = False
    read_only: bool = False
    custom: bool = False
    unique: bool = False
    searchable: bool = False
    managed: bool = False
    max_length: int | None = None
    canonical: str = ""
    references: str = ""
    options: tuple[Option, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewField:
    """A field that could be created, as the system would have it.

    `kind` is the system's own word for its type and `group` where it would be shown.
    `refusal` says why it cannot be created; "" when it can.
    """

    info: FieldInfo
    kind: str = ""
    group: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One business record as the source shows it now.

    `key` is the record's id in its own system. `modified_at` is aware, or None where
    the source keeps no time. `lines` are those of a document, in its order. `deleted`
    means deleted or archived: `fields` may then be empty. `merged_keys` are the ids of
    records that were merged into this one and are gone.
    """

    key: str
    fields: Fields
    modified_at: datetime | None = None
    lines: Sequence[Fields] = ()
    deleted: bool = False
    merged_keys: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records and the cursor that is safe to store once they are stored.

    `total` is how many records the whole read is expected to bring, where the
    source tells cheaply.
    """

    records: Sequence[SourceRecord]
    cursor: Cursor
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteItem:
    """One record to create or update in the target.

    `key` is unique within the batch and comes back in the result. `target_id` is set
    when the record is known to exist. `refs` maps a reference field of the target to
    the id of the record it points to. `lines` are those of a document: a write replaces
    them all, and leaves them with None. `reference` is our own name of the record, the
    same at every attempt, for targets that cannot recognise a record they were sent
    before.

    With a `target_id` that very record is updated, and it is not found when it is gone;
    without one the record is recognised by the write's match field, or created.
    """

    key: str
    fields: Fields
    target_id: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[Fields] | None = None
    reference: str = ""


WriteOutcome = Literal["created", "updated", "unchanged", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """What became of one item. `failed` goes with an error, and only `failed` does.

    `assigned` are values that the target gave the record (a document number, a status),
    by its own field names. `modified_at` is when the record changed by the target's
    own clock, where it says so.
    """

    key: str
    outcome: WriteOutcome
    target_id: str = ""
    modified_at: datetime | None = None
    assigned: Fields = field(default_factory=dict)
    error: ConnectorError | None = None
    request_id: str = ""


def checked_results(
    items: Sequence[WriteItem], results: Sequence[WriteResult]
) -> Sequence[WriteResult]:
    """Return `results` unless an item is left without exactly one outcome.

    Raises ContractError: the engine trusts no connector with its bookkeeping.
    """
    asked, answered = {item.key for item in items}, [result.key for result in results]
    if len(answered) != len(items) or set(answered) != asked:
        raise ContractError(
            f"{len(items)} records were sent and {len(answered)} answered for"
        )
    for result in results:
        if (result.outcome == "failed") != (result.error is not None):
            raise ContractError(f"{result.key}: outcome and error do not agree")
        if result.outcome in ("created", "updated") and not result.target_id:
            raise ContractError(f"{result.key}: written, but without an id")
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something a connection is needed for: `by` says what needs it, in words.

    `fields` are those that are read or written, lines as "lines.<name>".
    """

    object_type: str
    verb: Literal["read", "write"]
    by: str
    fields: frozenset[str] = frozenset()


# "note": worth knowing, nothing to mend. It does not colour the connection.
Level = Literal["ok", "note", "warning", "error"]
GRAVEST_FIRST: tuple[Level, ...] = ("error", "warning", "ok", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a connection test: what was looked at, what to do about it.

    `silent` where the system did not answer, so that it refused nothing either.
    """

    level: Level
    title: str
    advice: str = ""
    silent: bool = False

    @classmethod
    def of(cls, error: ConnectorError) -> Self:
        """What a test found by failing."""
        silent = isinstance(error, TransientError)
        return cls(
            level="error", title=error.message, advice=error.advice, silent=silent
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of a connection test.

    `account` names the account on the other side (a HubSpot portal id, a JDE
    environment); it guards a connection against being pointed elsewhere by mistake.
    """

    findings: tuple[Finding, ...]
    account: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when nothing found is an error."""
        return all(finding.level != "error" for finding in self.findings)

    @property
    def silent(self) -> bool:
        """True when all that is wrong is that the system does not answer."""
        errors = [finding for finding in self.findings if finding.level == "error"]
        return bool(errors) and all(finding.silent for finding in errors)

    @property
    def message(self) -> str:
        """The worst finding in one line."""
        for level in GRAVEST_FIRST:
            for finding in self.findings:
                if finding.level == level:
                    return f"{finding.title} {finding.advice}".strip()
        return "Nothing was checked."
