"""A database and an environment for one benchmark, apart from every installation."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

import psycopg

ROOT = Path(__file__).resolve().parents[2]
SERVER = "postgres://postgres@127.0.0.1:5432"
# Another name lets two benchmarks run beside each other.
DATABASE = os.environ.get("BENCH_DATABASE", "mlc_bench")
WORKERS = 2
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def postgresql_problem() -> str:
    """Why PostgreSQL cannot be measured, or nothing."""
    try:
        psycopg.connect(f"{SERVER}/postgres", connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return ""


def _recreate() -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")


def _drop() -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


@contextmanager
def environment(database: str) -> Iterator[dict[str, str]]:
    """The variables of a process that works on a fresh database of this kind."""
    with tempfile.TemporaryDirectory(prefix="mlc-bench-") as folder:
        variables = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "mlconnector.settings",
            "ENV_FILE": os.devnull,
            "DATA_DIR": folder,
            "SECRET_KEY": token_urlsafe(48),
            "FERNET_KEYS": token_urlsafe(32),
            "HTTPS": "false",
            "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "WARNING",
            "LOG_FORMAT": "console",
            "Q_WORKERS": str(WORKERS),
        }
        if database == "sqlite":
            yield variables
            return
        _recreate()
        try:
            yield {**variables, "DATABASE_URL": f"{SERVER}/{DATABASE}"}
        finally:
            _drop()


class CaseError(RuntimeError):
    """A case did not come to an end; the text is what it said last."""


def run_case(module: str, database: str, *options: str, seconds: float) -> str:
    """What `python -m module` prints, in an environment of its own.

    It has `seconds` to end. Raises CaseError with its last words otherwise.
    """
    with environment(database) as variables:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            said, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # It ends its own children on SIGTERM.
            said, complaint = _ended(process)
            complaint += f"\nnot done after {seconds:.0f} s"
        except KeyboardInterrupt:
            _ended(process)
            raise
    if process.returncode != 0:
        raise CaseError("\n".join(complaint.strip().splitlines()[-12:]))
    return said


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.terminate()
    try:
        return process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate(timeout=10)
