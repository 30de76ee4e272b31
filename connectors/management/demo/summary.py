"""What the demo prints at its end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from connectors.management.common import shown
from connectors.management.demo.verdict import Verdict
from connectors.management.progress import speed
from connectors.models import Review, SyncRun

ALWAYS = ("read", "created", "updated", "unchanged", "failed")
NEEDS_A_PERSON = "/admin/connectors/syncrecord/?outcome=needs-me"
QUESTIONS = "/admin/connectors/review/"
SOMETIMES = ("waiting", "conflict", "dead", "skipped", "replayed")


def moved(runs: Sequence[SyncRun]) -> Table:
    """What moved, a row per flow; rarer outcomes only where there are some."""
    names = [*ALWAYS, *(n for n in SOMETIMES if any(getattr(r, n) for r in runs))]
    table = Table(
        title="What moved",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("Flow")
    for name in names:
        table.add_column(name.capitalize(), justify="right", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Speed", justify="right", no_wrap=True)
    seen: set[int] = set()
    for run in runs:
        name = f"{run.flow}, again" if run.flow_id in seen else str(run.flow)
        seen.add(run.flow_id)
        seconds = run.duration.total_seconds() if run.duration else 0.0
        counts = [shown(getattr(run, count)) for count in names]
        table.add_row(name, *counts, f"{seconds:.1f} s", speed(run))
    return table


def verdict(console: Console, found: Verdict) -> None:
    """Whether both sides agree, and where not."""
    if found.ok:
        console.print("\n".join(found.agreed), style="green")
        return
    console.print("This is not as it should be:", style="bold red")
    for problem in found.problems:
        console.print(f"  {problem}", style="red", markup=False)


def footnote(console: Console, left: Sequence[str], url: str) -> None:
    """The records that need a person on purpose, and where to repair or decide them."""
    if not left:
        return
    several = len(left) > 1
    console.print(
        f"{len(left)} {'records are' if several else 'record is'} left to you on "
        "purpose, to be repaired or decided in the console:"
    )
    for one in left:
        console.print(f"  {one}", markup=False)
    console.print(f"  {url}{NEEDS_A_PERSON}", markup=False)
    if Review.objects.filter(decided_at=None).exists():
        console.print(f"  {url}{QUESTIONS}", markup=False)


def address(console: Console, url: str, user: str, password: str) -> None:
    """Where to go and how to sign in."""
    table = Table.grid(padding=(0, 2))
    table.add_row("Console", f"[bold]{url}/admin/[/bold]")
    table.add_row("User", user)
    table.add_row("Password", password)
    console.print()
    console.print(table)
