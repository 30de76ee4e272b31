"""`python -m connectors.management.demo`: what `make demo` calls.

Django reads its settings before any command runs, so the demo's own settings have to
be there first.
"""

from __future__ import annotations

import sys
from pathlib import Path

from connectors.management.demo.environment import main

main(sys.argv[1:], root=Path(__file__).resolve().parents[3], python=sys.executable)
