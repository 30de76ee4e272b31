"""HubSpot's signatures: its own vectors, and its own library as a judge both ways."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hubspot.utils.signature import Signature

from connectors.sandbox.hubspot.webhooks import signing
from connectors.sdk.events import Delivery, DeliveryRefusedError
from connectors.systems.hubspot.events import signatures

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://www.example.com/webhook_uri"
BODY = b'{"example_field":"example_value"}'
EVENTS = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
    b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
ODD = "https://x.example/hooks/a/?q=%27a%20b%27&r=%2Fp%3Aq&ü=%C3%BC".replace("ü", "u")


def delivery(
    body: bytes = BODY, url: str = URI, method: str = "POST", **headers: str
) -> Delivery:
    named = {name.replace("_", "-").lower(): text for name, text in headers.items()}
    return Delivery(
        method=method, url=url, headers=named, body=body, at=datetime.now(UTC)
    )


def signed(body: bytes, url: str, version: str, ago_ms: int = 0) -> Delivery:
    """As the stand-in signs it, which shares no code with what judges it."""
    now = int(time.time() * 1000) - ago_ms
    made = signing.headers([version], SECRET, url, body, now)
    return delivery(
        body, url, **{name.replace("-", "_"): v for name, v in made.items()}
    )


def refused(given: Delivery, *secrets: str, only_v3: bool = False) -> str:
    with pytest.raises(DeliveryRefusedError) as told:
        signatures.prove(given, secrets or [SECRET], only_v3=only_v3)
    return told.value.message


def test_the_vendors_vectors() -> None:
    assert signatures.v1(SECRET, delivery(EVENTS)) == (
        "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    )
    assert signatures.v2(SECRET, delivery(b"", method="GET")) == (
        "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    )
    assert signatures.v2(SECRET, delivery()) == (
        "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"
    )
    stamped = delivery(X_HubSpot_Request_Timestamp="1790000001000")
    assert signatures.v3(SECRET, stamped) == (
        "Un73rNwJL6+R2UEL5dyAKAUVcU2ZhZL/dDEmp9zCP3A="
    )


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("body", [b"[]", EVENTS, '[{"n":"Bäckerei"}]'.encode()])
def test_the_vendors_library_and_we_agree(version: str, body: bytes) -> None:
    stamp = str(int(time.time() * 1000))
    theirs = Signature.get_signature(
        SECRET, body.decode(), version, http_uri=URI, http_method="POST",
        timestamp=stamp,
    )  # fmt: skip
    ours = getattr(signatures, version)
    given = delivery(body, X_HubSpot_Request_Timestamp=stamp)
    assert ours(SECRET, given) == theirs
    header = (
        {"X_HubSpot_Signature_v3": theirs, "X_HubSpot_Request_Timestamp": stamp}
        if version == "v3"
        else {"X_HubSpot_Signature": theirs, "X_HubSpot_Signature_Version": version}
    )
    signatures.prove(delivery(body, **header), ["another", SECRET], only_v3=False)
    assert Signature.is_valid(
        signature=ours(SECRET, given), client_secret=SECRET,
        request_body=body.decode(), http_uri=URI, signature_version=version,
        timestamp=stamp,
    )  # fmt: skip


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_whatever_is_changed_is_noticed(version: str) -> None:
    signatures.prove(signed(EVENTS, URI, version), [SECRET], only_v3=False)
    given = signed(EVENTS, URI, version)
    other = Delivery(
        method="POST", url=URI, headers=given.headers, body=EVENTS + b" ", at=given.at
    )
    assert f"{version} signature is wrong" in refused(other)
    assert f"{version} signature is wrong" in refused(given, "wrong", "wrong too")
    moved = Delivery(
        method="POST", url=URI + "s", headers=given.headers, body=EVENTS, at=given.at
    )
    if version != "v1":
        assert f"{version} signature is wrong" in refused(moved)


def test_v3_signs_the_address_with_some_characters_decoded() -> None:
    signatures.prove(signed(EVENTS, ODD, "v3"), [SECRET], only_v3=True)
    assert (
        signatures.decoded(ODD)
        == "https://x.example/hooks/a/?q='a%20b'&r=/p:q&u=%C3%BC"
    )


@pytest.mark.parametrize(
    ("ago", "taken"), [(0, True), (299_000, True), (301_000, False), (-301_000, False)]
)
def test_five_minutes_are_allowed_both_ways(ago: int, *, taken: bool) -> None:
    given = signed(EVENTS, URI, "v3", ago)
    if taken:
        signatures.prove(given, [SECRET], only_v3=True)
    else:
        assert "300 s are allowed" in refused(given)


def test_an_older_signature_does_not_make_good_a_wrong_v3() -> None:
    older = signed(EVENTS, URI, "v1").headers
    new = signed(EVENTS, URI, "v3").headers
    both = {**older, **new, "x-hubspot-signature-v3": "d3Jvbmc="}
    given = Delivery(
        method="POST", url=URI, headers=both, body=EVENTS, at=datetime.now(UTC)
    )
    assert "v3 signature is wrong" in refused(given)
    assert "takes no other" in refused(signed(EVENTS, URI, "v1"), only_v3=True)


def test_what_cannot_be_judged_is_refused() -> None:
    assert "no signature" in refused(delivery())
    assert "no timestamp" in refused(delivery(X_HubSpot_Signature_v3="eA=="))
    odd = delivery(X_HubSpot_Signature="x", X_HubSpot_Signature_Version="v9")
    assert "not known" in refused(odd)
    with pytest.raises(DeliveryRefusedError, match="No client secret"):
        signatures.prove(signed(EVENTS, URI, "v3"), [], only_v3=False)
    assert "wrong" in refused(delivery(X_HubSpot_Signature="ünicode"))
