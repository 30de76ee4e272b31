"""Keeps the records of stand-ins over a restart, in a file of the sandbox's own."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.sandbox.core.standin import StandIn


class StateError(RuntimeError):
    """The file cannot be used; the text says what to do."""


def save(path: Path, standins: Sequence[StandIn]) -> None:
    """Write what the stand-ins hold; the file is complete as soon as it is there."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.touch(mode=0o600)
    # Highest protocol: a shared text stays shared, so the file is as small as memory.
    unfinished.write_bytes(
        pickle.dumps({one.slug: one.state() for one in standins}, protocol=5)
    )
    unfinished.rename(path)


def load(path: Path, standins: Sequence[StandIn]) -> bool:
    """Fill the stand-ins from the file; False when there is none.

    Raises StateError for a file of other stand-ins or of another version.
    """
    if not path.exists():
        return False
    held = _read(path)
    if set(held) != {one.slug for one in standins}:
        raise StateError(f"{path} holds {', '.join(held)}: serve these, or delete it.")
    for one in standins:
        one.restore(held[one.slug])
    return True


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        # Our own file in a folder of the person who runs us, never a received one.
        held = pickle.loads(path.read_bytes())  # noqa: S301
    except (
        pickle.UnpicklingError, AttributeError, ImportError, EOFError, TypeError,
        ValueError, KeyError,
    ) as error:  # fmt: skip
        raise StateError(f"{path} is of another version: delete it.") from error
    if not isinstance(held, dict):
        raise StateError(f"{path} is of another version: delete it.")
    return held
