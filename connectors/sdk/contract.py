"""What a system is written against.

`check`, `read` and what `spec.toml` declares are required; a capability that is not
declared refuses loudly. The docstrings are the contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self

from connectors.sdk.errors import UnsupportedOperationError
from connectors.sdk.http import Limiter
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    CheckResult,
    Cursor,
    FieldInfo,
    Page,
    SourceRecord,
    WriteItem,
    WriteResult,
)
from connectors.sdk.spec import SystemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the engine lends a connector: the shared rate budget, the network rules."""

    limiter: Limiter | None = None
    network: NetworkPolicy = field(default_factory=NetworkPolicy)


class Connector(ABC):
    """Speaks to one system with one connection's settings and secrets.

    Used as a context manager: leaving it gives back sessions and sockets. Methods
    may be called from several threads at once.
    """

    spec: ClassVar[SystemSpec]

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
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

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """Records by the value of a field, each value with all that carry it."""
        raise self._unsupported("find", object_type)

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """Create or update up to the object's `max_batch` items, one result each.

        Idempotent: an item is recognised by `match_field`, a unique field that each
        item carries, so the same items twice leave one record each. A fault of one
        record becomes its result; raise only when the whole batch was refused for a
        reason that is not in its data, was never sent, or is in doubt.
        """
        raise self._unsupported("write", object_type)

    def discover(self, object_type: str) -> list[FieldInfo]:
        """The fields this connection really has, custom ones included."""
        return list(self.spec.object(object_type).fields.values())

    def ensure_fields(self, object_type: str, names: Sequence[str]) -> dict[str, str]:
        """Create the named managed fields that are missing.

        Returns what became of each name: "created", "exists", or the reason it
        cannot be created.
        """
        raise self._unsupported("ensure_fields", object_type)

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
