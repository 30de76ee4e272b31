"""The stand-ins of a demo: started, filled, and a scene for each ERP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from connectors.management.demo.scenes import SCENES
from connectors.management.demo.scenes.scene import Scene
from connectors.management.demo.systems import HUBSPOT, SYSTEMS
from connectors.sandbox.core.client import ControlClient

# Where they listen unless somebody else does, in the order of the systems.
PORTS = tuple(8801 + place for place in range(len(SYSTEMS)))


def arguments(state: Path, ready: Path, ports: Sequence[int]) -> list[str]:
    """What `manage.py sandbox` is called with: all stand-ins, still empty."""
    said = ["--state", str(state), "--ready-file", str(ready), "--customers", "0"]
    for system, port in zip(SYSTEMS.values(), ports, strict=True):
        said += [f"--{system.slug}-port", str(port), "--only", system.slug]
        for knob, value in system.knobs.items():
            said += ["--set", f"{system.slug}.{knob}={json.dumps(value)}"]
    return said


def controls(ready: Path) -> dict[str, ControlClient]:
    """The control surface of each, once the sandbox has said where they are."""
    told = json.loads(ready.read_text())
    return {slug: ControlClient(one["url"]) for slug, one in told.items()}


def fill(
    found: Mapping[str, ControlClient], slugs: Iterable[str], customers: int
) -> None:
    """Give these stand-ins their share of so many customers, and nothing else."""
    for slug in slugs:
        system = SYSTEMS[slug]
        found[slug].reset()
        found[slug].seed(system.customers(customers), system.seed)


def scenes(
    found: Mapping[str, ControlClient], erps: Iterable[str], *, both_ways: bool
) -> dict[str, Scene]:
    """A scene for each of these ERPs, in their order."""
    hubspot, token = found[HUBSPOT], SYSTEMS[HUBSPOT].values["access_token"]
    return {slug: SCENES[slug](found[slug], hubspot, token, both_ways) for slug in erps}
