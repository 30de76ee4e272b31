"""Documents with lines: the lines first, then their document, then what joins them.

A line is a record of its own in HubSpot and belongs to one document. It is recognised
by a key made of its document's key and its number, so a repeated write finds it again.
Lines that carry such a key and are in the document no more are archived; those that a
person added in HubSpot are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.sdk.errors import ConnectorError, RejectedError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import Fields, Scalar, WriteItem
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.codec import Codec
from connectors.systems.hubspot.reader import Reader
from connectors.systems.hubspot.reading.associations import Associations
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.archive import Archive
from connectors.systems.hubspot.writing.ledger import Book
from connectors.systems.hubspot.writing.links import Link, Linker
from connectors.systems.hubspot.writing.upsert import Upsert

LINE_ITEMS = "line_items"
KEY = "erp_key"
NUMBER = "hs_position_on_quote"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is written; `number` is the document's own, or its place."""

    number: str
    item: WriteItem


@dataclass(slots=True)
class Documents:
    """The lines of one call of `write`; `line` is the spec of line items."""

    http: HttpClient
    paths: Paths
    target: ObjectSpec
    line: ObjectSpec
    codec: Codec
    match_field: str
    _lines: dict[str, list[Line]] = field(default_factory=dict)
    _prefixes: dict[str, str] = field(default_factory=dict)
    _held: dict[str, str] = field(default_factory=dict)

    # ------------------------------------------------------------------ lines first

    def write_lines(self, items: Sequence[WriteItem], book: Book) -> None:
        """Write the lines of all items; a document whose line was refused fails.

        Raises when none was written for a reason not in them.
        """
        documents = [one for one in items if one.lines is not None]
        if not documents:
            return
        parents = self._parents(documents)
        for item in documents:
            try:
                prefix = f"{self.target.name}/{parents[item.key]}/"
                self._prefixes[item.key] = prefix
                self._lines[item.key] = list(_numbered(item, prefix))
            except RejectedError as error:
                book.fail(item.key, error)
        self._send(documents, book)

    def _send(self, documents: Sequence[WriteItem], book: Book) -> None:
        lines = [line.item for held in self._lines.values() for line in held]
        written = Book()
        Upsert(
            http=self.http,
            paths=self.paths,
            target=self.line,
            codec=self.codec,
            match_field=KEY,
            book=written,
        ).send(lines)
        for key, held in self._lines.items():
            for line in held:
                result = written.results[line.item.key]
                if result.error is not None:
                    book.fail(key, _of_line(line.number, result.error))
                self._held[line.item.key] = result.target_id

    def _parents(self, documents: Sequence[WriteItem]) -> dict[str, str]:
        """What names each document in the keys of its lines: our key or its unique
        value, said or held by HubSpot, or else its id."""
        names = [KEY, *([self.match_field] if self.match_field != KEY else [])]
        said = {one.key: _first(one.fields, names) for one in documents}
        nameless = [one for one in documents if not said[one.key]]
        ids = [one.target_id for one in nameless if one.target_id]
        if ids:
            rows = Reader(self.http, self.paths).rows(self.target.name, ids, names)
            held = {row.id: _first(row.properties, names) for row in rows}
            for one in nameless:
                said[one.key] = held.get(one.target_id) or one.target_id
        return said

    # ------------------------------------------------------------- then the joining

    def join(self, items: Sequence[WriteItem], book: Book) -> None:
        """Associate the written documents with their lines, and archive old lines."""
        done = [
            one.key
            for one in items
            if one.key in self._lines and book.results[one.key].error is None
        ]
        ids = {key: book.results[key].target_id for key in done}
        known = [ids[key] for key in done if book.results[key].outcome != "created"]
        try:
            held = self._links().of(self.target.name, LINE_ITEMS, known)
        except ConnectorError as error:
            for key in done:
                book.fail_written(key, error)
            return
        self._link(ids, held, book)
        self._drop(ids, held, book)

    def _links(self) -> Associations:
        return Associations(self.http, self.paths)

    def _link(
        self,
        ids: Mapping[str, str],
        held: Mapping[str, Sequence[str]],
        book: Book,
    ) -> None:
        owner: dict[str, str] = {}
        links = []
        for key, document in ids.items():
            for line in self._lines[key]:
                target = self._held[line.item.key]
                if target not in held.get(document, ()):
                    owner[line.item.key] = key
                    links.append(Link(line.item.key, document, target))
        if links:
            linker = Linker(self.http, self.paths, self.target.name, LINE_ITEMS)
            for name, error in linker.link(links).items():
                book.fail_written(owner[name], error)

    def _drop(
        self,
        ids: Mapping[str, str],
        held: Mapping[str, Sequence[str]],
        book: Book,
    ) -> None:
        """Archive the lines of ours that a document has no more."""
        suspects = {
            line: key
            for key, document in ids.items()
            for line in held.get(document, ())
            if line not in self._ids_of(key)
        }
        try:
            rows = Reader(self.http, self.paths).rows(LINE_ITEMS, list(suspects), [KEY])
            old = [
                row.id
                for row in rows
                if (row.properties.get(KEY) or "").startswith(
                    self._prefixes[suspects[row.id]]
                )
            ]
            results = Archive(self.http, self.paths, LINE_ITEMS).send(old)
        except ConnectorError as error:
            for key in suspects.values():
                book.fail_written(key, error)
            return
        for result in results:
            if result.error is not None:
                book.fail_written(suspects[result.key], result.error)

    def _ids_of(self, key: str) -> set[str]:
        return {self._held[line.item.key] for line in self._lines[key]}


def _first(values: Mapping[str, Scalar], names: Sequence[str]) -> str:
    return next((str(values[name]) for name in names if values.get(name)), "")


def _numbered(item: WriteItem, prefix: str) -> Iterator[Line]:
    """The lines with their keys. Raises RejectedError where two have one number."""
    seen: set[str] = set()
    for place, line in enumerate(item.lines or (), 1):
        number = _number(line.get(NUMBER)) or str(place)
        if number in seen:
            raise RejectedError(
                f"Two lines of the document have the number {number}.",
                advice="Map a field that tells the lines apart, or none.",
                field=f"lines.{NUMBER}",
                code="LINE_NUMBER",
            )
        seen.add(number)
        fields: Fields = {NUMBER: place, **line, KEY: prefix + number}
        yield Line(number, WriteItem(key=f"{item.key}#{number}", fields=fields))


def _number(value: Scalar) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return "" if value is None else str(value)


def _of_line(number: str, error: ConnectorError) -> ConnectorError:
    """The error of a line as one of its document."""
    told = copy(error)
    told.message = f"Line {number}: {error.message}"
    told.args = (told.message,)
    told.field = f"lines.{error.field}" if error.field else ""
    return told
