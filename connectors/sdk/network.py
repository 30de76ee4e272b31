"""Where a server-side request may go.

ERPs live in private networks, so those can be opened by setting, one range at a time.
Link-local and metadata addresses never can: a cloud machine keeps its keys there.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.sdk.errors import UnsafeAddressError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "0.0.0.0/8",
        "224.0.0.0/4",
        "ff00::/8",
    )
)


_RESERVED = "is reserved for the machine itself or its cloud's metadata"
_PRIVATE = "lies in a private network that is not opened for connections"
_ADVICE = {
    _RESERVED: "No system lives there, and it is never called: enter the system's own "
    "address.",
    _PRIVATE: "If the system really lives there, an administrator adds its network to "
    "ALLOWED_PRIVATE_NETWORKS.",
}

# What a NAT64 gateway takes for the IPv4 address in its last 32 bits.
_NAT64 = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("::/96"),
)


def _inner(ip: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(ip, ipaddress.IPv4Address) or int(ip) <= 1:
        return ip
    if any(ip in network for network in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """The private ranges that requests may reach, besides the public internet."""

    private: tuple[Network, ...] = ()

    @classmethod
    def from_cidrs(cls, cidrs: Iterable[str]) -> NetworkPolicy:
        """Build from texts such as "10.0.0.0/8"; raises ValueError on another."""
        return cls(tuple(ipaddress.ip_network(cidr.strip()) for cidr in cidrs))

    def refusal(self, address: str) -> str:
        """Why this IP address must not be reached; "" when it may be."""
        ip = _inner(ipaddress.ip_address(address.split("%", maxsplit=1)[0]))
        if any(ip in network for network in _NEVER):
            return _RESERVED
        if not ip.is_global and not any(ip in network for network in self.private):
            return _PRIVATE
        return ""

    def check_address(self, address: str, host: str) -> None:
        """Raise UnsafeAddressError when `address` must not be reached."""
        why = self.refusal(address)
        if why:
            shown = host if host == address else f"{host} ({address})"
            raise UnsafeAddressError(f"{shown} {why}.", advice=_ADVICE[why])

    def check_url(self, url: str) -> SplitResult:
        """Raise UnsafeAddressError unless `url` is a web address we may call.

        A name that does not resolve passes: it is refused again on connecting, by
        the address it then has.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise UnsafeAddressError(f"This is not a web address: {error}.") from error
        if parts.scheme not in ("http", "https") or not host:
            raise UnsafeAddressError(
                "Only http:// and https:// addresses can be used.",
                advice="Write it like https://erp.example.com:9300.",
            )
        if parts.username or parts.password:
            raise UnsafeAddressError(
                "The address must not contain a user or password.",
                advice="Enter credentials in their own fields.",
            )
        for address in _addresses(host, port or 443):
            self.check_address(address, host)
        return parts


def travels_in_clear(url: str) -> bool:
    """Whether others can read what is sent there: plain http to another machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_here(parts.hostname or "")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(host: str, port: int) -> set[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(entry[4][0]) for entry in found}


class _WithoutQueries(logging.Filter):
    """Cuts the query off addresses in the log of urllib3: some hold secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                one.partition("?")[0] if isinstance(one, str) else one
                for one in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutQueries())


def guarded_adapter(policy: NetworkPolicy, pool_size: int) -> HTTPAdapter:
    """A requests adapter that looks at the address it is really connected to.

    The name was checked when it was entered, but a name can be pointed elsewhere
    later (DNS rebinding), so the socket's peer is checked before a byte is sent.
    """

    class GuardedHTTP(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), policy, self.host)

    class GuardedHTTPS(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), policy, self.host)

    class HTTPPool(HTTPConnectionPool):
        ConnectionCls = GuardedHTTP

    class HTTPSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHTTPS

    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool_size, pool_block=True)
    adapter.poolmanager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}
    return adapter


def _checked(sock: socket.socket, policy: NetworkPolicy, host: str) -> socket.socket:
    try:
        policy.check_address(str(sock.getpeername()[0]), host)
    except UnsafeAddressError:
        sock.close()
        raise
    return sock
