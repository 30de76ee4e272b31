"""The Makefile: its help, and what it says where Python is too old."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.commands.shell import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TOOLS = ("make", "sh", "awk", "rm", "touch")


def make(folder: Path, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_lists_every_target() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
    done = make(ROOT, os.environ["PATH"], "help")
    listed = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", done.stdout, re.MULTILINE))
    assert {"demo", "test", "bench", "run", "lint", "format", "clean"} <= targets
    assert targets <= set(listed)


def test_help_is_what_bare_make_shows() -> None:
    path = os.environ["PATH"]
    assert make(ROOT, path).stdout == make(ROOT, path, "help").stdout


def test_an_old_python_is_named(tmp_path: Path) -> None:
    """A machine whose only Python answers like 3.9 does."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (bin_folder / tool).symlink_to(found)
    old = bin_folder / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "requirements.txt").write_text("")
    done = make(tmp_path, str(bin_folder), "demo")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "Found: Python 3.9.2" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_run_asks_for_settings_first(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / ".venv").mkdir()
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / ".venv" / ".runtime-installed").write_text("")
    done = make(tmp_path, os.environ["PATH"], "run")
    assert done.returncode != 0
    assert "cp .env.example .env" in done.stderr
