"""Running commands in this process and in ones of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, what it printed, why it failed."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        """Its output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


def command(*arguments: str) -> Ended:
    """Run a command here, on the test's own database."""
    out, progress = StringIO(), StringIO()
    try:
        with redirect_stderr(progress):
            call_command(*arguments, stdout=out, stderr=progress)
    except CommandError as error:
        return Ended(error.returncode, out.getvalue(), str(error))
    return Ended(0, out.getvalue(), progress.getvalue())


def process(*arguments: str, **environ: str) -> subprocess.Popen[str]:
    """Start manage.py in a process of its own, on the test's own database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(started: subprocess.Popen[str], *, seconds: float = 60) -> Ended:
    """Wait for a process; it is killed when it takes too long."""
    try:
        out, error = started.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        started.kill()
        raise
    return Ended(started.returncode, out, error)


def database_url() -> str:
    """The test database for another process."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    login = f"{quote(known['USER'])}:{quote(known['PASSWORD'])}"
    return f"postgres://{login}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
