"""Whether a delivery is HubSpot's: its signature, in three versions.

All prove that the sender knows the app's client secret and that the body is whole; v2
and v3 cover the address too, v3 the time. Source: vendor sheet, section 8.4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from connectors.sdk.events import Delivery, DeliveryRefusedError

V3, OLDER, VERSION = (
    "x-hubspot-signature-v3",
    "x-hubspot-signature",
    "x-hubspot-signature-version",
)
TIMESTAMP = "x-hubspot-request-timestamp"
OLDEST_MS = 300_000
# HubSpot signs the address with these characters decoded, and no others.
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


def prove(delivery: Delivery, secrets: Sequence[str], *, only_v3: bool) -> None:
    """Raise DeliveryRefusedError unless one of the secrets has signed the delivery.

    Several count at once while a secret is being exchanged. A v3 signature that is
    wrong is not made good by an older one.
    """
    if not secrets:
        raise DeliveryRefusedError(
            "No client secret is stored, so no signature can be checked.",
            advice="Enter the app's client secret in the connection.",
        )
    headers = delivery.headers
    if V3 in headers:
        _in_time(headers, delivery.at)
        _match(headers[V3], delivery, secrets, v3)
        return
    if OLDER not in headers:
        raise DeliveryRefusedError("It carries no signature of HubSpot's.")
    if only_v3:
        raise DeliveryRefusedError(
            "It carries no v3 signature, and the connection takes no other."
        )
    version = headers.get(VERSION, "v1").lower()
    if version not in _BY_VERSION:
        raise DeliveryRefusedError("It is signed in a version that is not known.")
    _match(headers[OLDER], delivery, secrets, _BY_VERSION[version])


def v1(secret: str, delivery: Delivery) -> str:
    """SHA-256 over secret and body, hex."""
    return hashlib.sha256(secret.encode() + delivery.body).hexdigest()


def v2(secret: str, delivery: Delivery) -> str:
    """SHA-256 over secret, method, address and body, hex."""
    head = f"{secret}{delivery.method}{delivery.url}"
    return hashlib.sha256(head.encode() + delivery.body).hexdigest()


def v3(secret: str, delivery: Delivery) -> str:
    """HMAC-SHA256 over method, address, body and timestamp, base64."""
    head = f"{delivery.method}{decoded(delivery.url)}".encode()
    source = head + delivery.body + delivery.headers.get(TIMESTAMP, "").encode()
    digest = hmac.new(secret.encode(), source, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def decoded(url: str) -> str:
    """The address as v3 signs it."""
    for coded, plain in _DECODED.items():
        url = url.replace(coded, plain).replace(coded.lower(), plain)
    return url


Sign = Callable[[str, Delivery], str]
_BY_VERSION: Mapping[str, Sign] = {"v1": v1, "v2": v2}


def _match(given: str, delivery: Delivery, secrets: Sequence[str], sign: Sign) -> None:
    right = [_same(given, sign(secret, delivery)) for secret in secrets]
    if not any(right):
        raise DeliveryRefusedError(
            f"Its {sign.__name__} signature is wrong.",
            advice="Compare the client secret, and the address entered in HubSpot, "
            "with those of the connection.",
        )


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.strip().encode(), right.encode())


def _in_time(headers: Mapping[str, str], at: datetime) -> None:
    try:
        stamped = int(headers.get(TIMESTAMP, ""))
    except ValueError:
        raise DeliveryRefusedError("Its v3 signature has no timestamp.") from None
    age = at.timestamp() * 1000 - stamped
    if abs(age) > OLDEST_MS:
        when = "old" if age > 0 else "in the future"
        raise DeliveryRefusedError(
            f"Its signature is {abs(age) / 1000:,.0f} s {when}; 300 s are allowed.",
            advice="Check the clock of this machine.",
        )
