"""One call of `write`: known records by their id, the others by their unique value.

What is refused before it is sent, and the lines of documents, come first; what joins a
document with its lines comes last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import WriteItem, WriteResult
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.access.account import AccountGuard
from connectors.systems.hubspot.catalogue.labels import Labels
from connectors.systems.hubspot.codec import Codec
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.admission import Admission
from connectors.systems.hubspot.writing.documents import LINE_ITEMS, Documents
from connectors.systems.hubspot.writing.ledger import Book
from connectors.systems.hubspot.writing.links import Linker, Ways, link_all
from connectors.systems.hubspot.writing.update import Update
from connectors.systems.hubspot.writing.upsert import Upsert
from connectors.systems.hubspot.writing.wording import SETUP_CODES


class _Shared(TypedDict):
    http: HttpClient
    paths: Paths
    target: ObjectSpec
    codec: Codec
    book: Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Writes to one account; `line` is the spec of line items, `primary` whether a
    company is linked as the primary one."""

    http: HttpClient
    paths: Paths
    line: ObjectSpec
    codecs: Mapping[str, Codec]
    labels: Labels
    guard: AccountGuard
    primary: bool

    def send(
        self, target: ObjectSpec, items: Sequence[WriteItem], match_field: str
    ) -> list[WriteResult]:
        """See the contract. Raises when none was written for a reason not in them."""
        codec = self.codecs[target.name]
        ways = Ways(
            self.labels, target.name, codec.references, primary=self.primary
        ).of(items)
        book = self._written(target, codec, items, match_field)
        for name, (to_type, label) in ways.items():
            linker = Linker(self.http, self.paths, target.name, to_type, label=label)
            link_all(linker, items, name, book)
        return book.in_order(items)

    def _written(
        self,
        target: ObjectSpec,
        codec: Codec,
        items: Sequence[WriteItem],
        match_field: str,
    ) -> Book:
        """Everything up to the links between records."""
        book = Book()
        admission = Admission(target, self.guard.currencies())
        for item in items:
            refusal = admission.refusal(item)
            if refusal:
                book.fail(item.key, refusal)
        documents = self._documents(target, match_field)
        documents.write_lines(_left(items, book), book)
        shared: _Shared = {
            "http": self.http,
            "paths": self.paths,
            "target": target,
            "codec": codec,
            "book": book,
        }
        _send(_left(items, book), match_field, shared)
        _raise_if_set_up_wrong(book)
        documents.join(items, book)
        return book

    def _documents(self, target: ObjectSpec, match_field: str) -> Documents:
        codec = self.codecs[LINE_ITEMS]
        return Documents(self.http, self.paths, target, self.line, codec, match_field)


def _send(items: Sequence[WriteItem], match_field: str, shared: _Shared) -> None:
    """Known records by their id, then the others."""
    named = match_field == shared["target"].key
    by_id = [item for item in items if item.target_id or named]
    chosen = {item.key for item in by_id}
    known = [_without_blank(item, match_field) for item in by_id]
    Update(match_field="", **shared).send(known)
    by_value = [item for item in items if item.key not in chosen]
    Upsert(match_field=match_field, **shared).send(by_value)


def _left(items: Sequence[WriteItem], book: Book) -> list[WriteItem]:
    return [item for item in items if item.key not in book.results]


def _without_blank(item: WriteItem, name: str) -> WriteItem:
    """An empty unique value would be cleared in HubSpot; it means "not said"."""
    if item.fields.get(name):
        return item
    fields = {one: value for one, value in item.fields.items() if one != name}
    return replace(item, fields=fields)


def _raise_if_set_up_wrong(book: Book) -> None:
    """A property that fails every record is the mapping's fault, not theirs."""
    errors = [result.error for result in book.results.values()]
    first = errors[0] if errors else None
    if first is None or any(e is None or e.code not in SETUP_CODES for e in errors):
        return
    raise ConfigurationError(
        first.message,
        advice=first.advice,
        field=first.field,
        code=first.code,
        request_id=first.request_id,
    )
