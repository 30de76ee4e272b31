"""HubSpot's batch answers, decoded straight into what we look at.

Typed decoding skips what nobody reads: an upsert answer repeats dozens of system
properties for each record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from connectors.sdk.errors import UnavailableError
from connectors.sdk.http import Response

MAX_INPUTS = 100


class Written(msgspec.Struct, rename="camel"):
    """One result of a write. `new` only comes with upserts."""

    id: str
    new: bool | None = None
    object_write_trace_id: str | None = None
    created_at: str = ""
    updated_at: str = ""


class WriteAnswer(msgspec.Struct, rename="camel"):
    """The answer of a batch write; `errors` are envelopes.

    `warnings` only come from version 2026-09 on: values that HubSpot has put right,
    where older versions refuse the record.
    """

    results: list[Written] = []
    errors: list[Any] | None = None
    warnings: list[Any] | None = None
    completed_at: str = ""


class Row(msgspec.Struct, rename="camel"):
    """One record of a batch read, a list or a search."""

    id: str
    properties: dict[str, str | None] = {}
    created_at: str = ""
    updated_at: str = ""
    archived: bool = False
    archived_at: str = ""


class Next(msgspec.Struct):
    """Where the next page begins."""

    after: str


class Paging(msgspec.Struct):
    """Only the last page is without `next`, however short a page is."""

    next: Next | None = None


class RowPage(msgspec.Struct):
    """A page of a list or a search; only a search tells `total`."""

    results: list[Row] = []
    paging: Paging | None = None
    total: int | None = None

    @property
    def after(self) -> str:
        """The next page's own name; "" on the last one."""
        return self.paging.next.after if self.paging and self.paging.next else ""


class LinkType(msgspec.Struct, rename="camel"):
    """One way in which two records are associated."""

    type_id: int = 0
    category: str = ""
    label: str | None = None


class Far(msgspec.Struct, rename="camel"):
    """The far end of an association; its id comes as a number or as text."""

    to_object_id: int | str
    association_types: list[LinkType] = []


class Near(msgspec.Struct):
    """A record whose associations were asked for."""

    id: str


class Linked(msgspec.Struct, rename={"near": "from"}):
    """The associations of one record, or a page of them."""

    near: Near
    to: list[Far] = []
    paging: Paging | None = None


class LinkAnswer(msgspec.Struct):
    """The answer of a batch read of associations; `errors` are envelopes."""

    results: list[Linked] = []
    errors: list[Any] | None = None


class ReadAnswer(msgspec.Struct, rename="camel"):
    """The answer of a batch read; what is missing is simply not in it."""

    results: list[Row] = []


_write = msgspec.json.Decoder(WriteAnswer)
_read = msgspec.json.Decoder(ReadAnswer)
_page = msgspec.json.Decoder(RowPage)
_links = msgspec.json.Decoder(LinkAnswer)
Item = TypeVar("Item")


def write_answer(response: Response) -> WriteAnswer:
    """Decode a batch write. Raises UnavailableError on anything else."""
    try:
        return _write.decode(response.body)
    except msgspec.DecodeError as error:
        raise _unreadable(response) from error


def read_answer(response: Response) -> ReadAnswer:
    """Decode a batch read. Raises UnavailableError on anything else."""
    try:
        return _read.decode(response.body)
    except msgspec.DecodeError as error:
        raise _unreadable(response) from error


def row_page(response: Response) -> RowPage:
    """Decode a page of a list or search. Raises UnavailableError on anything else."""
    try:
        return _page.decode(response.body)
    except msgspec.DecodeError as error:
        raise _unreadable(response) from error


def link_answer(response: Response) -> LinkAnswer:
    """Decode associations. Raises UnavailableError on anything else."""
    try:
        return _links.decode(response.body)
    except msgspec.DecodeError as error:
        raise _unreadable(response) from error


def chunks(items: Sequence[Item], size: int = MAX_INPUTS) -> Iterator[Sequence[Item]]:
    """`items` in pieces that one batch call takes."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def unique(values: Iterable[str]) -> list[str]:
    """Each value once, in order: HubSpot refuses a batch that names one twice."""
    return list(dict.fromkeys(values))


def _unreadable(response: Response) -> UnavailableError:
    return UnavailableError(
        f"{response.where} answered {response.status} with {response.content_kind} "
        "instead of records.",
        advice="Check the API address of the connection if this stays.",
        status=response.status,
    )
