"""The management command, run as people and benchmarks run it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from connectors.sandbox.core.client import ControlClient

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}


def command(*arguments: str) -> list[str]:
    only = ("--only", "hubspot")
    return [sys.executable, "manage.py", "sandbox", *only, *arguments]


@contextmanager
def running(ready: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command once it listens; killed if the test forgot to stop it."""
    process = subprocess.Popen(
        command("--hubspot-port", "0", "--ready-file", str(ready), *arguments),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not ready.exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_serves_until_told_to_stop(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    settings = ("--customers", "40", "--set", "hubspot.search_lag_s=9", "--seed", "3")
    with running(ready, *settings, "--rate-limit", "77") as process:
        served = json.loads(ready.read_text())["hubspot"]
        assert served["url"].endswith(f":{served['port']}")
        control = ControlClient(served["url"])
        knobs = control.config()
        assert (knobs["search_lag_s"], knobs["rate_limit"]) == (9.0, 77)
        assert control.describe()["records"]["companies"] == 2
        assert requests.get(served["url"], timeout=5).status_code == 401
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    for expected in (
        "pat-na1-sandbox-full",
        f"{served['url']}/__sandbox__/",
        "stopped",
    ):
        assert expected in output


def test_taken_port_is_said_clearly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command("--hubspot-port", port),
            cwd=ROOT,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {port} for HubSpot is taken" in done.stderr


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("hubspot.speed=1", "there is no setting 'speed'"),
        ("hubspot.rate_limit=fast", "rate_limit must be int"),
        ("nonsense", "expected SYSTEM.KNOB=VALUE"),
        ("mars.speed=1", "SYSTEM one of hubspot"),
    ],
)
def test_wrong_settings_are_said_clearly(setting: str, message: str) -> None:
    told = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("sandbox", "--only", "hubspot", "--set", setting, stderr=told)
    assert stopped.value.code == 2
    assert message in told.getvalue()


@pytest.mark.parametrize("option", ["--state", "--ready-file"])
def test_a_file_that_cannot_be_written_is_said_before_anything(
    tmp_path: Path, option: str
) -> None:
    told, lost = StringIO(), str(tmp_path / "gone" / "file")
    with pytest.raises(SystemExit) as stopped:
        call_command("sandbox", "--only", "hubspot", option, lost, stderr=told)
    assert stopped.value.code == 2
    assert f"{lost} cannot be written" in told.getvalue()


def test_fewer_than_no_customers_are_refused() -> None:
    with pytest.raises(CommandError, match="“-5” is not a whole number"):
        call_command("sandbox", "--customers", "-5")
