"""Encrypt what is stored under the first of the keys."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from connectors.management.common import LOOK, ConsoleCommand, add_json
from connectors.management.rotation import Rotation, encrypted_columns


class Command(ConsoleCommand):
    help = """\
Encrypts every stored secret anew under the first key of FERNET_KEYS, history included.

To change the key: put the new one first in FERNET_KEYS and keep the old one behind it,
restart web and workers everywhere, run this command, run it with --dry-run until it
says rotated 0 and unreadable 0, then drop the old key and restart. It may run while
all else does: a secret that somebody saves meanwhile wins and counts as raced."""
    examples = ("rotate_keys --dry-run", "rotate_keys", "rotate_keys --batch 100")
    exit_codes = {
        1: "some secrets cannot be read with any key: they are listed; put the key "
        "that wrote them back",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only count, change nothing"
        )
        parser.add_argument(
            "--batch",
            type=int,
            default=500,
            help="secrets per transaction (default: 500)",
        )
        add_json(parser)

    def handle(self, *, dry_run: bool, batch: int, json: bool, **_options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch must be at least 1.", returncode=2)
        rotations = [
            Rotation(column, dry_run=dry_run, batch=batch)
            for column in encrypted_columns()
        ]
        for rotation in rotations:
            rotation.run()
        if json:
            self.write_json([rotation.as_json() for rotation in rotations])
        else:
            self._write(rotations, dry_run=dry_run)
        lost = sum(len(rotation.unreadable) for rotation in rotations)
        if lost:
            raise CommandError(
                f"{lost:,} secrets cannot be read with any of the keys.",
                returncode=LOOK,
            )

    def _write(self, rotations: list[Rotation], *, dry_run: bool) -> None:
        self.write_table(
            ("Secrets", ">Current", ">Would rotate" if dry_run else ">Rotated",
             ">Raced", ">Unreadable"),
            (
                (str(one.column), one.current, one.rotated, one.raced,
                 len(one.unreadable))
                for one in rotations
            ),
        )  # fmt: skip
        for one in rotations:
            if one.unreadable:
                shown = ", ".join(str(pk) for pk in one.unreadable[:20])
                self.stdout.write(f"Unreadable in {one.column}: {shown}")
