"""Which addresses a server-side request may reach."""

from __future__ import annotations

import socket

import pytest

from connectors.sdk.errors import UnsafeAddressError
from connectors.sdk.http import HttpClient
from connectors.sdk.network import NetworkPolicy
from tests.sdk.server import Server, answer

CLOSED = NetworkPolicy()
OPEN = NetworkPolicy.from_cidrs(["10.0.0.0/8", " 127.0.0.0/8", "fc00::/7"])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_the_public_internet_is_open(address: str) -> None:
    assert CLOSED.refusal(address) == ""


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "192.168.0.1", "172.16.0.1", "::1", "fc00::1"],
)
def test_private_networks_are_closed(address: str) -> None:
    assert "not opened" in CLOSED.refusal(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "fc00::1"])
def test_a_range_can_be_opened(address: str) -> None:
    assert OPEN.refusal(address) == ""
    assert OPEN.refusal("192.168.0.1")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "192.0.0.192",
        "0.0.0.1",
        "224.0.0.1",
        "::ffff:169.254.169.254",
    ],
)
def test_metadata_addresses_stay_closed_whatever_is_opened(address: str) -> None:
    everything = NetworkPolicy.from_cidrs(["0.0.0.0/0", "::/0"])
    assert "metadata" in everything.refusal(address)
    with pytest.raises(UnsafeAddressError) as refused:
        everything.check_address(address, address)
    assert "ALLOWED_PRIVATE_NETWORKS" not in refused.value.advice


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "::ffff:127.0.0.1"])
def test_a_mapped_address_counts_as_what_it_maps_to(address: str) -> None:
    assert CLOSED.refusal(address)
    assert OPEN.refusal(address) == ""


def test_what_is_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        NetworkPolicy.from_cidrs(["nonsense"])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://erp.example.com/",
        "file:///etc/passwd",
        "erp.example.com",
        "http://",
        "http://user:pass@8.8.8.8/",
        "http://127.0.0.1:9300/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://8.8.8.8:99999/",
        "http://[::1",
    ],
)
def test_an_unsafe_url_is_refused(url: str) -> None:
    with pytest.raises(UnsafeAddressError):
        CLOSED.check_url(url)


def test_a_name_that_points_inside_is_refused_with_its_address() -> None:
    with pytest.raises(UnsafeAddressError, match=r"localhost \((127\.0\.0\.1|::1)\)"):
        CLOSED.check_url("http://localhost:9300/")


def test_a_good_url_is_taken_apart() -> None:
    parts = OPEN.check_url("https://10.0.0.5:9300/jderest")
    assert (parts.hostname, parts.port) == ("10.0.0.5", 9300)


def test_a_name_that_does_not_resolve_passes_for_now() -> None:
    assert CLOSED.check_url("https://nowhere.invalid").hostname == "nowhere.invalid"


def test_the_address_connected_to_is_what_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that was public when entered and points inside later (rebinding)."""
    with Server(answer()) as server:
        port = server.server_address[1]
        honest = socket.getaddrinfo

        def rebound(host: str, *rest: object, **more: object) -> object:
            target = "127.0.0.1" if host == "erp.example.com" else host
            return honest(target, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        http = HttpClient(base_url=f"http://erp.example.com:{port}")
        with pytest.raises(
            UnsafeAddressError, match=r"erp\.example\.com \(127\.0\.0\.1\)"
        ):
            http.get("/secret")
        http.close()
    assert not server.heard
