"""What a scene is: one ERP of the demo beside HubSpot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from connectors.management.demo.verdict import Verdict
from connectors.models import Flow
from connectors.sandbox.core.client import ControlClient


@dataclass(frozen=True, slots=True)
class Planted:
    """A record that is left to a person on purpose, by its id in its source."""

    system: str
    object_type: str
    key: str
    why: str

    @property
    def name(self) -> tuple[str, str, str]:
        """Tells it from all others."""
        return self.system, self.object_type, self.key


@dataclass(slots=True)
class Scene:
    """What people do around one ERP, by the control surfaces of both stand-ins.

    `both_ways` says whether anything is written into the ERP.
    """

    # As sentences call it.
    name: ClassVar[str]

    erp: ControlClient
    hubspot: ControlClient
    token: str
    both_ways: bool

    def prepare(self) -> None:
        """Before anything is moved, in a new demo only."""

    def adjust(self, flows: Sequence[Flow]) -> None:
        """Change what the recipes have installed, in a new demo only."""

    def act(self) -> None:
        """What HubSpot's users do once the ERP's records are there; nothing where they
        have done it in an earlier demo."""

    def customers(self) -> int:
        """How many customers the ERP has, as the demo was asked for."""
        raise NotImplementedError

    def left(self) -> list[Planted]:
        """What is left to a person, as both sides hold it now."""
        return []

    def check(self, verdict: Verdict, left: Sequence[Planted]) -> None:
        """Compare both sides by the sandbox's own books, not by ours; what is left to
        a person may be missing."""
        raise NotImplementedError
