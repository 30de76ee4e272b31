"""Start again whatever should be under way and is not."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from connectors.management.common import ConsoleCommand, add_json
from connectors.sync.sweep import sweep

WORDS = {
    "started": "flows that were due were started",
    "requeued": "runs whose worker had gone silent were queued again",
    "reclaimed": "records whose worker had died were given back",
    "poisoned": "records were given up: they had killed their worker too often",
    "pushed": "flows with records left over were sent on",
}


class Command(ConsoleCommand):
    help = """\
Starts the flows that are due and queues again what a dead worker has left behind.

The worker does this by itself every few seconds. Run it by hand, or from cron, where
no worker of this version runs; it may run anywhere and any number of times at once.
It only queues: the work is done by a worker."""
    examples = ("sweep", "sweep --json")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_json(parser)

    def handle(self, *, json: bool, **_options: Any) -> None:
        swept = asdict(sweep())
        if json:
            self.write_json(swept)
            return
        for name, count in swept.items():
            if count:
                self.stdout.write(f"{count:>6,} {WORDS[name]}")
        if not any(swept.values()):
            self.stdout.write("Nothing was left to do.")
