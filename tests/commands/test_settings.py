"""The settings file people copy, and what a production environment is told."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.management.demo.environment import (
    demo_environ,
    ensure_env_file,
)
from connectors.systems import registry
from tests.commands.shell import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()
NAMED = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
# Read by gunicorn and the Procfile.
NOT_DJANGO = {"WEB_CONCURRENCY", "WEB_THREADS", "PORT"}


def check(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` in an environment of nothing but these variables."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_example_names_every_setting() -> None:
    source = (ROOT / "mlconnector" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_key)\(\s*"([A-Z][A-Z0-9_]+)"', source))
    listed = {name for name, _ in NAMED.findall(EXAMPLE)}
    assert len(read) > 15
    for spec in registry.specs().values():
        read |= {one.environment for one in spec.settings.values() if one.environment}
    assert listed - NOT_DJANGO == read - {"ENV_FILE"}


def test_the_example_works_once_its_keys_are_filled_in(tmp_path: Path) -> None:
    lines = []
    for name, value in NAMED.findall(EXAMPLE):
        given = value or secrets.token_urlsafe(50) if "KEY" in name else value
        lines.append(f"{name}={given}")
    (tmp_path / "env").write_text("\n".join(lines))
    done = check(ENV_FILE=str(tmp_path / "env"), DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FERNET_KEYS"])
def test_without_a_key_it_says_what_to_do(tmp_path: Path, missing: str) -> None:
    keys = {"SECRET_KEY": "x" * 60, "FERNET_KEYS": "y"}
    keys.pop(missing)
    done = check(ENV_FILE=os.devnull, DATA_DIR=str(tmp_path), **keys)
    assert done.returncode != 0
    assert f"{missing} is not set" in done.stderr
    assert ".env.example" in done.stderr


def test_a_production_environment_is_clean(tmp_path: Path) -> None:
    done = check(
        *("--deploy", "--fail-level", "WARNING"),
        ENV_FILE=os.devnull,
        DATA_DIR=str(tmp_path),
        SECRET_KEY=secrets.token_urlsafe(50),
        FERNET_KEYS=secrets.token_urlsafe(32),
        ALLOWED_HOSTS="erp.example.com",
        SITE_URL="https://erp.example.com",
        BEHIND_PROXY="true",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def test_the_demo_keeps_its_keys(tmp_path: Path) -> None:
    path = ensure_env_file(tmp_path / "demo")
    first = path.read_text()
    assert path.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert ensure_env_file(tmp_path / "demo").read_text() == first
    assert ensure_env_file(tmp_path / "other").read_text() != first


def test_the_demo_takes_no_setting_of_another_installation(tmp_path: Path) -> None:
    shell = {
        "PATH": "/bin",
        "DATABASE_URL": "postgres://db.example.com/production",
        "ALLOWED_HOSTS": "erp.example.com",
        "DEMO_PASSWORD": "guessed",
        "DJANGO_SETTINGS_MODULE": "other.settings",
        "ENV_FILE": "/etc/other",
    }
    assert demo_environ(shell, tmp_path / "env", tmp_path, EXAMPLE) == {
        "PATH": "/bin",
        "ENV_FILE": str(tmp_path / "env"),
        "DATA_DIR": str(tmp_path),
    }
