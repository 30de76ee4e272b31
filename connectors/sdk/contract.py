"""What a system is written against.

`check`, `read` and what `spec.toml` declares are required; a capability that is not
declared refuses loudly. The docstrings are the contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from connectors.sdk.errors import UnsupportedOperationError
from connectors.sdk.events import Delivery, JournalPage, Told
from connectors.sdk.http import Limiter
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    CheckResult,
    Cursor,
    FieldInfo,
    NewField,
    Page,
    SourceRecord,
    Use,
    WriteItem,
    WriteResult,
)
from connectors.sdk.shared.credentials import (
    Consent,
    CredentialStore,
    MemoryCredentials,
)
from connectors.sdk.spec import ObjectSpec, SystemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the engine lends a connector: the shared rate budget, the network rules,
    the credentials that are renewed, the object types that were found before.

    `account` is the one the connection has worked with so far ("" before its first
    test): credentials of another one are to be refused. `uses` tells a test what the
    connection is needed for.
    """

    limiter: Limiter | None = None
    objects: Sequence[ObjectSpec] = ()
    network: NetworkPolicy = field(default_factory=NetworkPolicy)
    credentials: CredentialStore = field(default_factory=MemoryCredentials)
    account: str = ""
    uses: Sequence[Use] = ()


class Connector(ABC):
    """Speaks to one system with one connection's settings and secrets.

    Used as a context manager: leaving it gives back sessions and sockets. Methods
    may be called from several threads at once.
    """

    spec: SystemSpec

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self.spec = self.spec.with_objects(context.objects)
        self.settings = settings
        self.context = context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def parallel(self) -> int:
        """How many requests this connection may have open at once."""
        return int(self.settings.get("parallel_requests") or self.spec.concurrency)

    def close(self) -> None:  # noqa: B027 - most connectors hold nothing
        """Give back the session and the sockets; must not raise."""

    @property
    def consent(self) -> Consent:
        """How a person connects it on the system's own page, where that is offered."""
        raise UnsupportedOperationError(
            f"{self.spec.label} is not connected through a page of its own.",
            advice="Enter its credentials in the connection.",
        )

    @abstractmethod
    def check(self) -> CheckResult:
        """Prove address, credentials, permissions and version with cheap reads.

        Everything a person can mend becomes a finding; nothing is raised.
        """

    def read(
        self,
        object_type: str,
        cursor: Cursor | None,
        *,
        fields: Sequence[str] = (),
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """Yield pages of records changed since `cursor`.

        None means everything. Each page carries the cursor that is safe once that
        page is stored, so stopping after any page loses nothing; the last page's
        cursor is where the next read begins. A record may come twice and must never
        be missed. `fields` are the ones wanted (more may come, empty: all); `until`
        leaves later changes to a later read.
        """
        raise self._unsupported("read", object_type)

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """The named records as they are now; those that are gone are left out."""
        raise self._unsupported("fetch", object_type)

    def reread(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """The named records after a change was told: those that are gone as deleted,
        and in place of merged ones their survivor."""
        found = self.fetch(object_type, keys, fields=fields)
        there = {one.key for one in found}
        gone = [key for key in dict.fromkeys(keys) if key not in there]
        return [*found, *(SourceRecord(key=k, fields={}, deleted=True) for k in gone)]

    def documents(
        self, object_type: str, lines: Sequence[str]
    ) -> Mapping[str, Sequence[str]]:
        """The documents that lines belong to, by the line's key, for an object type
        with `lines_of`. Lines of no such document may be left out."""
        raise self._unsupported("documents of lines", object_type)

    @classmethod
    def received(cls, settings: Mapping[str, Any], delivery: Delivery) -> list[Told]:
        """What was posted to us, once it is proven to be from the system.

        Calls nobody. Raises DeliveryRefusedError with the reason otherwise.
        """
        raise UnsupportedOperationError(f"{cls.spec.label} posts nothing to us.")

    def journal(self, offset: str) -> JournalPage:
        """The events behind a place in the system's journal; at "" only the place of
        the newest. Raises JournalLostError when the place is not there any more."""
        raise UnsupportedOperationError(f"{self.spec.label} keeps no journal.")

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """Records by the value of a field, each value with all that carry it.

        Every unique or searchable field of spec.toml will do; case does not count.
        """
        raise self._unsupported("find", object_type)

    def keys(self, object_type: str) -> Iterator[Sequence[str]]:
        """The keys of all records there are, in pages; tells what was deleted."""
        raise self._unsupported("list the keys of", object_type)

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """Create or update up to the object's `max_batch` items, one result each.

        Idempotent: an item is recognised by `match_field`, a unique field that each
        item carries, so the same items twice leave one record each. An object that is
        declared `create_is_not_idempotent` is not, and keeps `item.reference` instead;
        an item whose answer was lost gets an UncertainWriteError. A fault of one
        record becomes its result; raise only when the whole batch was refused for a
        reason that is not in its data, was never sent, or is in doubt.
        """
        raise self._unsupported("write", object_type)

    def archive(self, object_type: str, keys: Sequence[str]) -> list[WriteResult]:
        """Archive the named records, one result each; `key` is the record's id.

        One that is gone already is "unchanged".
        """
        raise self._unsupported("archive", object_type)

    def objects(self) -> list[ObjectSpec]:
        """Object types that this connection has besides those of spec.toml."""
        return []

    def discover(self, object_type: str) -> list[FieldInfo]:
        """The fields this connection really has, custom ones included."""
        return list(self.spec.object(object_type).fields.values())

    def ensure_fields(self, object_type: str, names: Sequence[str]) -> dict[str, str]:
        """Create the named managed fields that are missing.

        Returns what became of each name: "created", "exists", or the reason it
        cannot be created.
        """
        raise self._unsupported("ensure_fields", object_type)

    def propose_fields(
        self, object_type: str, like: Sequence[FieldInfo]
    ) -> list[NewField]:
        """A field of the object for each of these, which are another system's.

        Creates nothing.
        """
        raise self._unsupported("create fields of", object_type)

    def create_fields(
        self, object_type: str, fields: Sequence[FieldInfo]
    ) -> dict[str, str]:
        """Create fields of a person's choosing; the report is that of `ensure_fields`.

        Nothing is sent for a field that could not be created.
        """
        raise self._unsupported("create fields of", object_type)

    def record_url(self, object_type: str, key: str, details: Mapping[str, str]) -> str:
        """Where a person sees this record; "" when the system has no such page.

        `details` is what the last check kept. Calls nobody.
        """
        return ""

    def _unsupported(self, verb: str, object_type: str) -> UnsupportedOperationError:
        return UnsupportedOperationError(
            f"{self.spec.label} cannot {verb} {object_type}.",
            advice="Choose an object that offers this.",
        )
