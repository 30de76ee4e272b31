"""The demo's own settings file, made once; the standard library alone."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

# Letters and digits that nobody mistakes for another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_SETTING = re.compile(r"^#?\s?([A-Z][A-Z0-9_]+)=", re.MULTILINE)


def ensure_env_file(folder: Path) -> Path:
    """`env` in the demo's folder, readable by its owner alone; kept once it is there.

    Keys and password must outlive the demo: what they encrypted is kept as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "env"
    if not path.exists():
        unfinished = path.with_name("env.part")
        unfinished.touch(mode=0o600)
        unfinished.chmod(0o600)
        unfinished.write_text(_settings(), encoding="utf-8")
        unfinished.rename(path)
    return path


def _settings() -> str:
    return f"""\
# Settings of the demo in this folder. Made by `make demo`; kept, because the keys
# must fit what is stored beside them.
SECRET_KEY={secrets.token_urlsafe(50)}
FERNET_KEYS={secrets.token_urlsafe(32)}
DEMO_PASSWORD={_password()}
HTTPS=false
ALLOWED_PRIVATE_NETWORKS=127.0.0.0/8
LOG_FORMAT=console
"""


def _password() -> str:
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)
    )


def demo_environ(
    environ: Mapping[str, str], env_file: Path, folder: Path, example: str
) -> dict[str, str]:
    """The environment without any setting of another installation.

    `example` is the text of .env.example, which names every setting there is: one
    that is set in the shell would otherwise win over the demo's file.
    """
    known = {*_SETTING.findall(example), "DEMO_PASSWORD", "DJANGO_SETTINGS_MODULE"}
    kept = {name: value for name, value in environ.items() if name not in known}
    return {**kept, "ENV_FILE": str(env_file), "DATA_DIR": str(folder)}


def main(arguments: list[str], *, root: Path, python: str) -> None:
    """Become `manage.py demo` under the demo's settings.

    `--folder FOLDER` as the first two arguments puts it elsewhere than var/demo.
    """
    folder = root / "var" / "demo"
    if arguments[:1] == ["--folder"]:
        folder, arguments = Path(arguments[1]).resolve(), arguments[2:]
    env_file = ensure_env_file(folder)
    example = (root / ".env.example").read_text(encoding="utf-8")
    environ = demo_environ(os.environ, env_file, folder, example)
    command = [python, str(root / "manage.py"), "demo", *arguments]
    os.execve(python, command, environ)  # noqa: S606 - ourselves, no shell
