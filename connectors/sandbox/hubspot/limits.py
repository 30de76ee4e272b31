"""Rate limits: a rolling window per token, a day and a search second per portal."""

from __future__ import annotations

import uuid
from collections import deque
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.hubspot.config import HubSpotConfig
from connectors.sandbox.hubspot.errors import ApiError

WINDOW_S = 10.0


class Limiter:
    """Counts requests by the stand-in's clock; a refused request counts nowhere."""

    def __init__(self, config: HubSpotConfig, clock: Clock):
        self.config = config
        self.clock = clock
        self.clear()

    def clear(self) -> None:
        self._windows: dict[str, deque[float]] = {}
        self._searches: dict[int, deque[float]] = {}
        self._days: dict[int, int] = {}
        self._day_ends = 0.0

    def admit(self, token: str, portal: int, *, search: bool, oauth: bool) -> None:
        """Count one request; ApiError 429 when a limit is reached.

        `token` names who has a window of its own: a token, or an OAuth app in a portal.
        """
        now = self.clock.time()
        if not oauth and self.used_today(portal) >= self.config.daily_limit:
            raise self._refused("DAILY", "daily")
        if search:
            recent = _recent(self._searches.setdefault(portal, deque()), now, 1.0)
            free = self.config.search_per_second - self.config.foreign_search_per_s
            if len(recent) >= free:
                raise self._refused("SECONDLY", "secondly")
        else:
            recent = _recent(self._windows.setdefault(token, deque()), now, WINDOW_S)
            if len(recent) >= self._most(oauth=oauth) - self.config.foreign_per_10s:
                raise self._refused("TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
        recent.append(now)
        if not oauth:
            self._days[portal] = self._days.get(portal, 0) + 1

    def _most(self, *, oauth: bool) -> int:
        return self.config.oauth_rate_limit if oauth else self.config.rate_limit

    def used_today(self, portal: int) -> int:
        """Requests of the portal since its last midnight, other clients included."""
        if self.clock.time() >= self._day_ends:
            self._days.clear()
            self._day_ends = self.day_ends().timestamp()
        return self._days.get(portal, 0) + self.config.foreign_daily

    def day_ends(self) -> datetime:
        """The next midnight in the portal's time zone."""
        local = self.clock.now().astimezone(ZoneInfo(self.config.time_zone))
        tomorrow = local.date() + timedelta(days=1)
        return datetime(
            tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=local.tzinfo
        )

    def headers(self, token: str, portal: int, *, oauth: bool) -> dict[str, str]:
        """The five headers of every answer but a search; OAuth has no daily ones."""
        window = self._windows.get(token, ())
        used, most = len(window) + self.config.foreign_per_10s, self._most(oauth=oauth)
        headers = {
            "X-HubSpot-RateLimit-Max": str(most),
            "X-HubSpot-RateLimit-Remaining": str(max(most - used, 0)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }
        if not oauth:
            left = max(self.config.daily_limit - self.used_today(portal), 0)
            headers["X-HubSpot-RateLimit-Daily"] = str(self.config.daily_limit)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(left)
        return headers

    def _refused(self, policy: str, word: str) -> ApiError:
        waits = {"DAILY": 3600, "SECONDLY": 1, "TEN_SECONDLY_ROLLING": 10}
        headers = {"Retry-After": str(waits[policy])} if self.config.retry_after else {}
        return ApiError(
            429,
            f"You have reached your {word} limit.",
            headers=headers,
            errorType="RATE_LIMIT",
            policyName=policy,
            requestId=str(uuid.uuid4()),
        )


def _recent(window: deque[float], now: float, length: float) -> deque[float]:
    while window and window[0] <= now - length:
        window.popleft()
    return window
