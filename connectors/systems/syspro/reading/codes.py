"""Reference data: terms and customer classes."""

from __future__ import annotations

from typing import ClassVar

from connectors.sdk.records import SourceRecord
from connectors.systems.syspro.reading.entity import Entity, Heads, record, text
from connectors.systems.syspro.wire.query import Query


class Terms(Entity):
    """TblArTerms; which column holds the days is the connection's to say."""

    table: ClassVar[str] = "TblArTerms"
    columns: ClassVar[tuple[str, ...]] = ("TermsCode", "Description")

    def records(self, heads: Heads) -> list[SourceRecord]:
        """One for each code."""
        found, days = [], self.options.due_days_column
        for row in heads.rows:
            fields = dict(row)
            if row.get(days) is not None:
                fields["days"] = int(text(row, days).partition(".")[0])
            found.append(record(text(row, "TermsCode"), fields))
        return found

    @property
    def query(self) -> Query:
        """With the column of the days."""
        columns = (*self.columns, self.options.due_days_column)
        return self.tables.query(self.table, columns)


class Classes(Entity):
    """TblCustomerClass."""

    table: ClassVar[str] = "TblCustomerClass"
    columns: ClassVar[tuple[str, ...]] = ("Class", "Description")

    def records(self, heads: Heads) -> list[SourceRecord]:
        """One for each code."""
        return [record(text(row, "Class"), dict(row)) for row in heads.rows]
