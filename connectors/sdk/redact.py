"""Keeps secrets out of every text we log, store or show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from json import dumps
from urllib.parse import quote

MASK = "•••"

# Credentials that may stand in a text although nobody gave them to us as secrets:
# bearer tokens, HubSpot token shapes, JDE tokens inside links, user:password@host.
_PATTERNS = (
    re.compile(r"(?i)(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}"),
    re.compile(r"\bpat-[a-z]{2,3}\d?-[0-9A-Za-z-]{6,}"),
    re.compile(
        r"(?i)((?:^|[?&\s\"'{,(])\$?(?:\w*_?token|\w*passw(?:or)?d|\w*_?secret|"
        r"(?:h?api|private)_?key)[\"']?\s*[=:]\s*)"
        r"(?:\"[^\"]*\"|'[^']*'|[\"']?[^&\s\"',})]+)"
    ),
    re.compile(r"(://)[^/\s:@]+:[^/\s@]+@"),
)
_REPLACEMENTS = (rf"\1 {MASK}", MASK, rf"\1{MASK}", rf"\1{MASK}@")


class Redactor:
    """Blanks a connection's own secrets, and anything that looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Also blank this one (a session token, say) from now on."""
        for form in {secret, quote(secret, safe=""), dumps(secret)[1:-1]}:
            if len(form) >= 4 and form not in self._secrets:
                self._secrets.append(form)
        self._secrets.sort(key=len, reverse=True)

    def __call__(self, text: str) -> str:
        # Texts from outside come by here on their way into the database, and
        # PostgreSQL refuses a whole page of records for one NUL character.
        text = text.replace("\0", "")
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern, replacement in zip(_PATTERNS, _REPLACEMENTS, strict=True):
            text = pattern.sub(replacement, text)
        return text
