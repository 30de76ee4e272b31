"""What a system tells by itself: that records have changed.

Nothing of what it says about their content is used: the record is read again. So an
event may come late, twice, or after its successor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.sdk.errors import AuthenticationError, TransientError

ToldKind = Literal["changed", "deleted", "merged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One record that is said to have changed.

    `identity` is the same for every delivery of one event, whatever else differs.
    `object_type` is a name of spec.toml, or the system's own word for an object that it
    does not know. `account` is the account it happened in, "" where that is not said.
    `what` and `source` are the system's words for what happened and who did it; `ours`
    means that nobody but this connection could have done it. `merged_keys` are gone
    into `key`. `at` is aware, `attempt` counts from 0.
    """

    object_type: str
    key: str
    identity: str
    kind: ToldKind = "changed"
    at: datetime | None = None
    account: str = ""
    what: str = ""
    source: str = ""
    ours: bool = False
    merged_keys: Sequence[str] = ()
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What was posted to us: the address as the sender wrote it, the body byte by byte.

    Names of `headers` are in lower case; `at` is when it arrived.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


class DeliveryRefusedError(AuthenticationError):
    """What was posted is not proven to come from the system, or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage:
    """Events of a journal, and the place behind them that is safe once they are stored.

    `last` means that there is nothing more at present.
    """

    told: Sequence[Told]
    offset: str
    last: bool = False


class JournalLostError(TransientError):
    """The stored place in the journal is not there any more: events may be missing."""

    error_class = "journal_lost"
    default_advice = "What may have been missed is found by polling."
