"""A case of a benchmark, carried out by a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench import report
from tests.bench.environment import NAMES, CaseError, run_case
from tests.bench.report import Line, console


@dataclass(frozen=True)
class Case:
    """One run of a benchmark's module."""

    module: str
    options: Sequence[str]
    seconds: float


def lines_of(case: Case, database: str) -> list[Line]:
    """What the case has found, or the one line that says why it found nothing."""
    name = " ".join((case.module.rpartition(".")[2], *case.options))
    console.print(f"[dim]{NAMES[database]}: {name} ...[/dim]", highlight=False)
    try:
        said = run_case(case.module, database, *case.options, seconds=case.seconds)
    except CaseError as error:
        return [Line(name, {}, [str(error)])]
    return report.received(said)
