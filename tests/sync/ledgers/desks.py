"""One kind of record on one side, as the users of that side see and change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from connectors.sandbox.core.client import ControlClient

Values = dict[str, str]


class Desk(Protocol):
    """Values go by the names that both sides share; "" is none.

    `fields` are the names that the engine has for them, by the shared ones.
    """

    @property
    def fields(self) -> Mapping[str, str]: ...

    def live(self) -> dict[str, Values]:
        """What is there, by id."""

    def create(self, values: Values) -> str:
        """A new one; its id."""

    def edit(self, key: str, values: Values) -> None:
        """Change one."""

    def delete(self, key: str) -> None:
        """Take one away."""

    def touch(self, key: str) -> None:
        """Change something of it that nobody maps."""

    def mark(self, key: str) -> str:
        """What the engine recognises it by, if the engine has made it."""

    def marks(self) -> dict[str, str]:
        """Those of all that are there, by id."""


class HubSpotDesk:
    """One type of record of one account."""

    def __init__(
        self,
        control: ControlClient,
        kind: str,
        fields: Mapping[str, str],
        untold: str = "description",
    ) -> None:
        self.control = control
        self.kind = kind
        self.fields = fields
        self.untold = untold

    def live(self) -> dict[str, Values]:
        """See Desk."""
        return {
            one["id"]: {
                name: one["properties"].get(property_) or ""
                for name, property_ in self.fields.items()
            }
            for one in self.control.records(self.kind)
            if not one["archived"]
        }

    def create(self, values: Values) -> str:
        """See Desk."""
        made = self._do(action="create", set=self._named(values))
        return str(made["id"])

    def edit(self, key: str, values: Values) -> None:
        """See Desk."""
        self._do(id=key, set=self._named(values))

    def touch(self, key: str) -> None:
        """See Desk."""
        self._do(id=key, set={self.untold: "touched"})

    def delete(self, key: str) -> None:
        """Into the recycle bin."""
        self._do(action="delete", id=key)

    def merge(self, key: str, into: str) -> str:
        """Merge one into another; the id of what is left."""
        return str(self._do(action="merge", id=key, into=into)["id"])

    def restore(self, key: str) -> None:
        """Out of it."""
        self._do(action="restore", id=key)

    def mark(self, key: str) -> str:
        """See Desk."""
        (found,) = self.control.records(self.kind, [key])
        return str(found["properties"].get("erp_key") or "")

    def marks(self) -> dict[str, str]:
        """See Desk."""
        return {
            one["id"]: one["properties"].get("erp_key") or ""
            for one in self.control.records(self.kind)
            if not one["archived"]
        }

    def binned(self) -> list[str]:
        """Ids of those in the recycle bin whose place nothing else has taken."""
        taken = {*self.marks().values()} - {""}
        found = self.control.records(self.kind)
        return [
            one["id"]
            for one in found
            if one["archived"] and one["properties"].get("erp_key") not in taken
        ]

    def _named(self, values: Values) -> Values:
        return {self.fields[name]: value for name, value in values.items()}

    def _do(self, **change: Any) -> Any:
        return self.control.edit(type=self.kind, **change)
