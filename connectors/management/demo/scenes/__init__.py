"""What people do in the demo besides, and what must be true at its end, ERP by ERP."""

from __future__ import annotations

from connectors.management.demo.scenes.jde import JdeScene
from connectors.management.demo.scenes.qad import QadScene
from connectors.management.demo.scenes.scene import Scene
from connectors.management.demo.scenes.syspro import SysproScene

SCENES: dict[str, type[Scene]] = {
    "jde": JdeScene,
    "syspro": SysproScene,
    "qad": QadScene,
}
