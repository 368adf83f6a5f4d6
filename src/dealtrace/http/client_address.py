"""Find the IP address of a client, even if the request came through proxies."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import structlog
from starlette.types import Scope

from dealtrace.http.request_headers import joined_header

Address = IPv4Address | IPv6Address
_MAPPED = IPv6Network("::ffff:0:0/96")
_MAPPED_BITS = 96
_ADDRESSES_CACHED = 4096
_BRACKETED = re.compile(r"\[(?P<address>[^\]]*)\](?::[0-9]{1,5})?")
_WITH_PORT = re.compile(r"(?P<address>[0-9.]+):[0-9]{1,5}")

_log = structlog.get_logger()
IPV6_PREFIX = 64
"""Ours: all addresses of a /64 network count as one address, because a household or server gets a whole network."""
_KEYS_CACHED = 4096


class Proxies:
    """The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` headers are trusted."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = [_plain_network(network) for network in trusted]
        self._warned = False

    def client_ip(self, scope: Scope) -> str:
        """Return the client's IP address, or an empty string if it is unknown.

        It is the last address of `X-Forwarded-For` that is not a trusted proxy's. If the header occurs several times,
        its values are joined in order, since a proxy either extends the received value or adds another header. If an
        entry is not an address, the proxy that wrote it counts as the client.
        """
        peer = _peer(scope)
        if not joined_header(scope, b"x-forwarded-for"):
            return _plain_ip(peer)
        nearest = read_address(peer)
        if nearest is None:
            return peer
        if not self._is_trusted(nearest):
            self._warn(peer)
        return str(self._walk(scope, nearest)[0])

    def is_https(self, scope: Scope) -> bool:
        """Return whether the client used https.

        If a trusted proxy forwarded the request, `X-Forwarded-Proto` decides. If this header has several values,
        the value written by the proxy to which the client connected decides. Counted from the end, this value has the
        same position as the client's address in `X-Forwarded-For`. If `X-Forwarded-Proto` has too few values for this,
        its first value decides.
        """
        peer = read_address(_peer(scope))
        values = _entries(scope, b"x-forwarded-proto")
        if peer is None or not self._is_trusted(peer) or not values:
            return bool(scope["scheme"] == "https")
        proxies = self._walk(scope, peer)[1]
        return values[-min(max(proxies, 1), len(values))].lower() == "https"

    def _walk(self, scope: Scope, peer: Address) -> tuple[Address, int]:
        """Return the client's address, and the number of entries of `X-Forwarded-For` written by trusted proxies.

        The header is read from its last entry, which the proxy `peer` wrote, because a client can write the
        first entries.
        """
        nearest, written = peer, 0
        for hop in reversed(_entries(scope, b"x-forwarded-for")):
            if not self._is_trusted(nearest):
                break
            written += 1
            address = read_address(hop)
            if address is None:
                break
            nearest = address
        return nearest, written

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _warn(self, peer: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("proxy_not_trusted", peer=peer, cure="list it in DEALTRACE_TRUSTED_PROXIES")


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _entries(scope: Scope, name: bytes) -> list[str]:
    """Return the non-empty values of a header that has a comma-separated list."""
    return [entry.strip() for entry in joined_header(scope, name).split(",") if entry.strip()]


@lru_cache(_ADDRESSES_CACHED)
def _plain_ip(peer: str) -> str:
    """Return the bare IP address in `peer`, dropping port and brackets, or `peer` itself if it has no IP address."""
    address = read_address(peer)
    return peer if address is None else str(address)


def read_address(hop: str) -> Address | None:
    """Return the IP address in a string without port, brackets and quotes; `::ffff:…` becomes IPv4.

    The result is `None` if the string has no IP address.
    """
    bare = hop.strip('"')
    found = _BRACKETED.fullmatch(bare) or _WITH_PORT.fullmatch(bare)
    try:
        address = ip_address(found["address"] if found else bare)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))  # without the zone of a link-local address


def _plain_network(network: str) -> IPv4Network | IPv6Network:
    """Parse a network; IPv4 addresses written as IPv6 (`::ffff:…`) become an IPv4 network."""
    parsed = ip_network(network)
    if isinstance(parsed, IPv6Network) and parsed.prefixlen >= _MAPPED_BITS and parsed.subnet_of(_MAPPED):
        mapped = parsed.network_address.ipv4_mapped
        return IPv4Network((int(mapped), parsed.prefixlen - _MAPPED_BITS)) if mapped is not None else parsed
    return parsed


@lru_cache(_KEYS_CACHED)
def rate_key(address: str) -> str:
    """Return the key by which requests from an IP address are counted: its network for IPv6, the address for IPv4.

    A string that is not an IP address is returned unchanged.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))
