"""The operations of e.net that are used, by their names in REST and in SOAP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.sdk.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` below the REST address; `service` and `name` of the .asmx service."""

    path: str
    service: str
    name: str


LOGON = Operation("Logon", "utilities", "Logon")
LOGOFF = Operation("Logoff", "utilities", "Logoff")
PROFILE = Operation("GetLogonProfile", "utilities", "GetLogonProfile")
QUERY = Operation("Query/Query", "query", "Query")
FETCH = Operation("Query/Fetch", "query", "Fetch")
ADD = Operation("Setup/Add", "setup", "Add")
UPDATE = Operation("Setup/Update", "setup", "Update")


class EnetRefusedError(ConnectorError):
    """e.net answered a text instead of a document; `message` is that text."""


class Wire(Protocol):
    """One way of carrying an operation to e.net."""

    def send(
        self, operation: Operation, given: Mapping[str, str], *, repeatable: bool = True
    ) -> str:
        """The text of the answer. Raises EnetRefusedError, or what the network did."""

    def reach(self) -> str:
        """Prove the address without credentials; the version, where it is told."""

    def close(self) -> None:
        """Release the sockets."""
