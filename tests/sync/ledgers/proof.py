"""How a machine is run."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from connectors.sdk.http import RetryPolicy
from connectors.sync import execution

THOROUGH = os.environ.get("MLC_THOROUGH") == "1"
# Shrinking takes minutes, which nobody waits for who does not look for it.
PHASES = (Phase.generate, Phase.shrink) if THOROUGH else (Phase.generate,)


def prove(
    make: Callable[[], RuleBasedStateMachine],
    monkeypatch: pytest.MonkeyPatch,
    examples: int,
    steps: int,
) -> None:
    """Run so many examples of so many steps: always the same ones, but for thorough
    runs, which `--hypothesis-seed` repeats."""
    # What is waited out here is waited out in a moment.
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.0)
    monkeypatch.setattr(execution, "PATIENCE", 0.05)
    monkeypatch.setattr(execution, "IDLE", 0.01)
    run_state_machine_as_test(
        # Made anew for each example; a class is only one way to say how.
        cast("type[RuleBasedStateMachine]", make),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not THOROUGH,
            database=None,
            report_multiple_bugs=False,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
