"""Keeps the records of stand-ins over a restart, in a file of the sandbox's own."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.sandbox.core.standin import StandIn

# What reading or restoring a file of another version of the sandbox may end in.
_STRANGE = (
    pickle.UnpicklingError, AttributeError, ImportError, EOFError, LookupError,
    TypeError, ValueError,
)  # fmt: skip


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


def load(path: Path, standins: Sequence[StandIn]) -> set[str]:
    """Fill the stand-ins from the file; which of them it holds.

    Raises StateError for a file of other stand-ins or of another version.
    """
    if not path.exists():
        return set()
    held = _read(path)
    if not set(held) <= {one.slug for one in standins}:
        raise StateError(f"{path} holds {', '.join(held)}: serve these, or delete it.")
    try:
        for one in standins:
            if one.slug in held:
                one.restore(held[one.slug])
    except _STRANGE as error:
        raise _of_another_version(path) from error
    return set(held)


def ensure_place(path: Path) -> None:
    """Raises StateError where no file can be written, while nothing is lost yet."""
    if not path.parent.is_dir() or path.is_dir():
        raise StateError(f"{path} cannot be written: name a file in a folder there is.")


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        # Our own file in a folder of the person who runs us, never a received one.
        held = pickle.loads(path.read_bytes())  # noqa: S301
    except _STRANGE as error:
        raise _of_another_version(path) from error
    if not isinstance(held, dict):
        raise _of_another_version(path)
    return held


def _of_another_version(path: Path) -> StateError:
    return StateError(
        f"{path} is of another version of the sandbox: delete it, which starts over "
        "with new records (make demo FRESH=1)."
    )
