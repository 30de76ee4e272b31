"""A ring of the vendor requests seen, and running counts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"}
)


@dataclass(slots=True)
class LogEntry:
    """One request: `ms` is handling time, sizes are bytes, status 0 is no answer."""

    number: int
    time: str
    method: str
    path: str
    status: int
    ms: float
    request_bytes: int
    response_bytes: int
    headers: Mapping[str, str]
    correlation: str | None
    fault: str | None
    request_body: str | None = None
    response_body: str | None = None

    def as_dict(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in self.__slots__}
        shown["headers"] = blanked(self.headers)
        return shown


class RequestLog:
    """The last `size` requests, and totals since the last clearing."""

    def __init__(self, size: int) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=size)
        self._statuses: Counter[int] = Counter()
        self._number = 0

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def add(self, entry: LogEntry, size: int) -> None:
        if self._entries.maxlen != size:
            self._entries = deque(self._entries, maxlen=size)
        self._entries.append(entry)
        self._statuses[entry.status] += 1

    def clear(self) -> None:
        self._entries.clear()
        self._statuses.clear()

    def entries(self) -> list[dict[str, Any]]:
        """Oldest first; credentials are blanked here, where they would be seen."""
        return [entry.as_dict() for entry in self._entries]

    def stats(self) -> dict[str, Any]:
        """Requests in total, per status class, per status, and the 429s alone."""
        classes: Counter[str] = Counter()
        for status, count in self._statuses.items():
            classes[f"{status // 100}xx" if status else "dropped"] += count
        return {
            "requests": self._statuses.total(),
            "by_class": dict(classes),
            "by_status": {str(key): n for key, n in sorted(self._statuses.items())},
            "rate_limited": self._statuses[429],
        }


def blanked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values of credentials replaced."""
    return {
        name: "[blanked]" if name.lower() in SECRET_HEADERS else value
        for name, value in headers.items()
    }
