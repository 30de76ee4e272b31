"""A small client of the control surface, on the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

# A proxy of the environment must never stand between a test and its own machine.
_OPEN = build_opener(ProxyHandler({})).open


class ControlError(RuntimeError):
    """The control surface refused; the text is its answer."""


class ControlClient:
    """Drives one running stand-in: knobs, faults, clock, log, ledger, records."""

    def __init__(self, url: str, timeout: float = 60.0):
        self.url = url.rstrip("/")
        self.timeout = timeout

    def describe(self) -> Any:
        return self._call("GET", "")

    def config(self, **knobs: Any) -> Any:
        """All knobs, after setting those given."""
        return self._call("PATCH", "config", knobs)

    def reset(self) -> Any:
        return self._call("POST", "reset")

    def seed(self, customers: int, seed: int = 1) -> Any:
        return self._call("POST", "seed", {"customers": customers, "seed": seed})

    def log(self) -> Any:
        return self._call("GET", "log")

    def clear_log(self) -> Any:
        return self._call("DELETE", "log")

    def faults(self, *rules: dict[str, Any]) -> Any:
        """Replace the fault plan; without rules, show the present one."""
        return (
            self._call("PUT", "faults", rules) if rules else self._call("GET", "faults")
        )

    def clear_faults(self) -> Any:
        return self._call("DELETE", "faults")

    def ledger(self, object_type: str | None = None, *, detail: bool = True) -> Any:
        query = {
            "detail": int(detail),
            **({"type": object_type} if object_type else {}),
        }
        return self._call("GET", f"ledger?{urlencode(query)}")

    def records(self, object_type: str, ids: Sequence[str] | None = None) -> Any:
        query = f"?{urlencode({'ids': ','.join(ids)})}" if ids else ""
        return self._call("GET", f"records/{quote(object_type)}{query}")

    def edit(self, **change: Any) -> Any:
        return self._call("POST", "edit", change)

    def clock(self, **change: Any) -> Any:
        """The clock, after `now`, `offset_s`, `advance_s` or `frozen`."""
        return self._call("PATCH", "clock", change)

    def stats(self) -> Any:
        return self._call("GET", "stats")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 (our own loopback address)
            f"{self.url}/__sandbox__/{path}", data=data, method=method
        )
        try:
            with _OPEN(request, timeout=self.timeout) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            raise ControlError(error.read().decode(errors="replace")) from error
