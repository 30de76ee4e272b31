"""Accounts that are got ready once per test process, and copied for every test."""

from __future__ import annotations

import pickle
from collections.abc import Callable

from connectors.sandbox.core.runner import SandboxThread

_READY: dict[object, bytes] = {}


def prepared(
    box: SandboxThread, slug: str, kind: object, prepare: Callable[[], None]
) -> None:
    """Have the stand-in as `prepare` leaves it, which is the same for one `kind`."""
    standin = box.standin[slug]
    if kind in _READY:
        state = pickle.loads(_READY[kind])  # noqa: S301 - our own
        box.call(lambda: standin.restore(state))
    else:
        prepare()
        _READY[kind] = box.call(lambda: pickle.dumps(standin.state()))
