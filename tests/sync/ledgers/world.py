"""Two accounts of HubSpot joined both ways, with their users, faults and a worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from tests.faults.processes import Driver
from tests.sync.ledgers.desks import HubSpotDesk
from tests.sync.ledgers.engine import Engine, forget
from tests.sync.pair import SHARED, Pair

WRITES = r"/companies/batch/(upsert|update|archive)"
READS = r"/companies(/search|/batch/read|\?)"
MISCHIEF = ("reject_share", "omit_share")
SLOW_DOWN = {
    "status": "error",
    "message": "You have reached your secondly limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "SECONDLY",
}
# What any system does wrong, and what HubSpot does besides.
LOST: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "cut before": {"drop": True},
    "cut after": {"apply_then_drop": True},
    "half a body": {"half_body": True},
}
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "json": SLOW_DOWN},
    "429 told": {"status": 429, "json": SLOW_DOWN, "headers": {"Retry-After": "600"}},
    **LOST,
}


class World(Engine):
    """A pair that begins with nothing, whatever was there before."""

    def __init__(self, left: SandboxThread, right: SandboxThread, worker: Driver):
        forget()
        for box in (left, right):
            box.control("hubspot").reset()
        self.pair = Pair(left, right)
        same = {name: name for name in SHARED}
        controls = {"left": self.pair.left.control, "right": self.pair.right.control}
        self.desks = {
            name: HubSpotDesk(one, "companies", same) for name, one in controls.items()
        }
        flows = {"left": self.pair.there, "right": self.pair.back}
        super().__init__(flows, controls, worker, self._calm)
        self._calm()

    def _calm(self) -> None:
        for control in self.controls.values():
            control.clear_faults()
            control.config(**dict.fromkeys(MISCHIEF, 0.0))


@contextmanager
def accounts() -> Iterator[tuple[SandboxThread, SandboxThread]]:
    """Serve both."""
    make = stand_in_class("hubspot")
    with SandboxThread(make()) as left, SandboxThread(make()) as right:
        yield left, right
