"""Writes by setup objects: one document for each record, one outcome for each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.sdk.errors import (
    ConfigurationError,
    NotFoundError,
    RecordError,
    RejectedError,
    UncertainWriteError,
)
from connectors.sdk.records import Fields, Scalar, WriteItem, WriteResult
from connectors.sdk.spec import ObjectSpec
from connectors.systems.syspro.link import Link
from connectors.systems.syspro.options import Setup
from connectors.systems.syspro.writing.answer import refusal
from connectors.systems.syspro.writing.codes import NAMED, Codes
from connectors.systems.syspro.writing.documents import document, parameters


@dataclass(frozen=True, slots=True)
class Target:
    """What is written: its table, its setup object, whether records may be new."""

    table: str
    setup: Setup | None
    creates: bool


class Writer:
    """One object type of one connection."""

    def __init__(self, link: Link, spec: ObjectSpec) -> None:
        options = link.options
        targets = {
            "customers": Target("ArCustomer", options.customer_setup, creates=False),
            "classes": Target("TblCustomerClass", options.class_setup, creates=True),
            "terms": Target("TblArTerms", options.terms_setup, creates=True),
        }
        self._link, self._spec, self._target = link, spec, targets[spec.name]
        self._codes = Codes(link.tables)

    def write(self, items: Sequence[WriteItem]) -> list[WriteResult]:
        """One result each. Raises what would meet every item alike."""
        return [self._one(item) for item in items]

    def _one(self, item: WriteItem) -> WriteResult:
        call = uuid.uuid4().hex[:12]
        try:
            return self._written(item, call)
        except RecordError as error:
            return WriteResult(
                key=item.key, outcome="failed", error=error, request_id=call
            )

    def _written(self, item: WriteItem, call: str) -> WriteResult:
        setup = self._setup()
        key = item.target_id or str(item.fields.get(self._spec.key) or "").rstrip()
        if not key:
            raise RejectedError(
                f"{self._spec.label} need {self._spec.key}, which is empty.",
                field=self._spec.key,
            )
        exists = self._exists(key)
        if not exists and (item.target_id or not self._target.creates):
            raise NotFoundError(
                f"SYSPRO has no {self._target.table} {key}.",
                advice="Customers are made in SYSPRO; keys have all their zeros.",
            )
        fields = self._fields(item.fields)
        answer = self._sent(setup, key, fields, adding=not exists)
        return WriteResult(
            key=item.key,
            outcome="created" if answer else "updated",
            target_id=key,
            request_id=call,
        )

    def _exists(self, key: str) -> bool:
        """Whether the table has this key, as read: e.net says it in words alone."""
        tables = self._link.tables
        query = tables.query(self._target.table, ())
        return bool(tables.named(query, query.table.key, [(key,)]))

    def _setup(self) -> Setup:
        if self._target.setup is None:
            raise ConfigurationError(
                f"The connection names no business object for {self._spec.label}.",
                advice="Ask your SYSPRO partner for its name, enter it in the "
                "connection and test it.",
            )
        return self._target.setup

    def _fields(self, given: Fields) -> dict[str, Scalar]:
        """What is to be sent: values that were said, of fields that can be written."""
        known = self._spec.fields
        fields: dict[str, Scalar] = {}
        for name, value in given.items():
            info = known.get(name)
            if value is None or name == self._spec.key or (info and info.read_only):
                continue
            if info and info.max_length and len(str(value)) > info.max_length:
                raise RejectedError(
                    f"{info.label} is longer than {info.max_length} characters.",
                    field=name,
                )
            if name in NAMED:
                name, value = self._codes.column(name, value)  # noqa: PLW2901
            fields[self._column(name)] = value
        return fields

    def _column(self, name: str) -> str:
        days = self._link.options.due_days_column
        if name == "days" and not days:
            raise RejectedError(
                "The connection does not say which column holds the days to pay.",
                field=name,
            )
        return days if name == "days" else name

    def _sent(
        self, setup: Setup, key: str, fields: Mapping[str, Scalar], *, adding: bool
    ) -> bool:
        """Whether the record is new. Raises RecordError when it was refused.

        When the answer to an addition is lost, the table is asked for the record: its
        key is ours, so what is there has come of it.
        """
        rules = parameters(setup, ignore_warnings=self._link.options.ignore_warnings)
        text = document(setup, key, fields)
        try:
            answer = self._link.enet.setup(setup.name, rules, text, adding=adding)
        except UncertainWriteError:
            if not self._exists(key):
                raise
            return True
        names = {name.lower(): name for name in (*fields, self._spec.key)}
        refused = refusal(answer, names, "RecordsRead")
        if refused:
            raise refused
        return adding
