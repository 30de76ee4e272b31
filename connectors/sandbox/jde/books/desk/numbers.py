"""Next numbers: counted up once, never given back, so that gaps are normal."""

from __future__ import annotations

from collections.abc import Callable

from connectors.sandbox.jde.config import JdeConfig


class NextNumbers:
    """The counters by name; each starts behind what the tables hold."""

    def __init__(self, config: JdeConfig):
        self._config = config
        self.last: dict[str, int] = {}

    def take(
        self, name: str, start: Callable[[], int], taken: Callable[[int], bool]
    ) -> int:
        """The next number; one that a person used already is passed over."""
        number = self.last.get(name)
        if number is None:
            number = start()
        number += 1
        gap = self._config.number_gap
        while taken(number) or (gap and number % gap == 0):
            number += 1
        self.last[name] = number
        return number
