"""Signatures of deliveries, as HubSpot documents them. Vendor sheet, section 8.4."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

# Of the address, v3 decodes these and leaves the rest as it is.
_PLAIN = [
    "%3A:",
    "%2F/",
    "%3F?",
    "%40@",
    "%21!",
    "%24$",
    "%27'",
    "%28(",
    "%29)",
    "%2A*",
    "%2C,",
    "%3B;",
]


def headers(
    versions: Sequence[str], secret: str, url: str, body: bytes, now_ms: int
) -> dict[str, str]:
    """The headers of a POST signed in these versions ("v1", "v2", "v3")."""
    made: dict[str, str] = {}
    for version in versions:
        if version == "v3":
            made["X-HubSpot-Request-Timestamp"] = str(now_ms)
            made["X-HubSpot-Signature-v3"] = _v3(secret, url, body, now_ms)
        else:
            middle = f"POST{url}".encode() if version == "v2" else b""
            digest = hashlib.sha256(secret.encode() + middle + body).hexdigest()
            made["X-HubSpot-Signature"] = digest
            made["X-HubSpot-Signature-Version"] = version
    return made


def _v3(secret: str, url: str, body: bytes, now_ms: int) -> str:
    for pair in _PLAIN:
        url = url.replace(pair[:3], pair[3:])
    source = b"POST" + url.encode() + body + str(now_ms).encode()
    digest = hmac.new(secret.encode(), source, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")
