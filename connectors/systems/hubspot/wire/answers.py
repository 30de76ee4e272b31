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


class WriteAnswer(msgspec.Struct, rename="camel"):
    """The answer of a batch write; `errors` are envelopes."""

    results: list[Written] = []
    errors: list[Any] | None = None
    completed_at: str = ""


class Row(msgspec.Struct, rename="camel"):
    """One record of a batch read."""

    id: str
    properties: dict[str, str | None] = {}
    created_at: str = ""
    updated_at: str = ""
    archived: bool = False


class ReadAnswer(msgspec.Struct, rename="camel"):
    """The answer of a batch read; what is missing is simply not in it."""

    results: list[Row] = []


_write = msgspec.json.Decoder(WriteAnswer)
_read = msgspec.json.Decoder(ReadAnswer)
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
        "instead of a batch answer.",
        advice="Check the API address of the connection if this stays.",
        status=response.status,
    )
