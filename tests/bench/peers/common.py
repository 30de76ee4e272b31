"""What the peers' scripts share: what they are to do, and the figures they leave."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def wish() -> dict[str, Any]:
    """What is to be done."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    return found


def measured(work: Callable[[], list[str]]) -> None:
    """Do the work, and leave what it took beside the keys that it says were refused."""
    before, began = _cpu(), time.monotonic()
    refused = work()
    figures = {
        "seconds": time.monotonic() - began,
        "cpu": _cpu() - before,
        "ended": time.time(),
        "refused": refused,
    }
    Path(wish()["folder"], "figures.json").write_text(json.dumps(figures))


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)
