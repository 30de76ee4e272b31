"""What the demo prints at its end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from connectors.management.common import shown
from connectors.management.demo.planted import Planted
from connectors.management.demo.verify import Verdict
from connectors.management.progress import speed
from connectors.models import SyncRun

ALWAYS = ("read", "created", "updated", "unchanged", "failed")
NEEDS_A_PERSON = "/admin/connectors/syncrecord/?outcome=needs-me"
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
    for run in runs:
        seconds = run.duration.total_seconds() if run.duration else 0.0
        counts = [shown(getattr(run, name)) for name in names]
        table.add_row(str(run.flow), *counts, f"{seconds:.1f} s", speed(run))
    return table


def verdict(console: Console, found: Verdict) -> None:
    """Whether both sides agree, and where not."""
    if found.ok:
        console.print(found.agreed, style="green")
        return
    console.print("This is not as it should be:", style="bold red")
    for problem in found.problems:
        console.print(f"  {problem}", style="red", markup=False)


def footnote(console: Console, failing: Sequence[Planted], url: str) -> None:
    """The records that fail on purpose, and where to repair them."""
    if not failing:
        return
    several = len(failing) > 1
    console.print(
        f"{len(failing)} {'contacts fail' if several else 'contact fails'} on purpose, "
        "to be repaired and replayed in the console:"
    )
    for one in failing:
        console.print(f"  {one.key}: “{one.email}” is no e-mail address", markup=False)
    console.print(
        f"  {url}/admin/connectors/syncrecord/?outcome=needs-me", markup=False
    )


def address(console: Console, url: str, user: str, password: str) -> None:
    """Where to go and how to sign in."""
    table = Table.grid(padding=(0, 2))
    table.add_row("Console", f"[bold]{url}/admin/[/bold]")
    table.add_row("User", user)
    table.add_row("Password", password)
    console.print()
    console.print(table)
