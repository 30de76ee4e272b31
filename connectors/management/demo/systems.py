"""The systems of the demo, as `systems.toml` says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HUBSPOT = "hubspot"
# So few that a share of them still shows something.
FEWEST = 6


@dataclass(frozen=True, slots=True)
class System:
    """One stand-in, its connection and its recipes; see `systems.toml`."""

    slug: str
    name: str
    share: float
    values: Mapping[str, str]
    seed: int = 1
    path: str = ""
    recipes: Sequence[str] = ()
    one_way: Sequence[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def connection(self) -> str:
        """The name of its connection."""
        return f"{self.name} (demo)"

    def customers(self, wanted: int) -> int:
        """How many customers it is given."""
        return wanted if self.share == 1 else max(FEWEST, round(wanted * self.share))


def _read() -> dict[str, System]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {slug: System(slug=slug, **table) for slug, table in tables.items()}


SYSTEMS = _read()
ERPS = tuple(slug for slug in SYSTEMS if slug != HUBSPOT)
