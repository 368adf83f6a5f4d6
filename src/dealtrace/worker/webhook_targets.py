"""The hosts to which webhooks may be sent: a webhook must not reach hosts in the server's private network."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

ReceiverAddress = IPv4Address | IPv6Address

_UNICAST_IPV6 = IPv6Network("2000::/3")
"""The network of public IPv6 addresses; mapped, translated, local and reserved addresses lie outside it."""
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_CLOSED = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, with a metadata service; `ipaddress` lists only parts of it
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, deprecated: an IPv4 address, possibly a private one
        "3ffe::/16",  # 6bone, deprecated
        "3fff::/20",  # documentation
    )
)
_METADATA_SERVICES = frozenset(
    ip_address(address)
    for address in (
        "168.63.129.16",  # Azure; a public address that leads to the host of the virtual machine
        "169.254.169.254",  # nearly all clouds
        "169.254.0.23",  # Tencent
        "169.254.42.42",  # Scaleway
        "169.254.170.2",  # containers of AWS
        "169.254.170.23",  # pods of AWS
        "192.0.0.192",  # Oracle, older
        "100.100.100.200",  # Alibaba
        "fd00:ec2::23",  # pods of AWS
        "fd00:ec2::254",  # AWS
        "fd00:c1::a9fe:a9fe",  # Oracle
        "fd00:42::42",  # Scaleway
        "fd20:ce::254",  # Google
    )
)


class TargetForbidden(Exception):  # noqa: N818 - it names the condition
    """All IP addresses of a host are private; the message names the host and the setting that can allow an address."""


class TargetUnknown(Exception):  # noqa: N818
    """The host name cannot be resolved."""


async def find_addresses(host: str, port: int, private: Sequence[str]) -> list[str]:
    """Find the IP addresses of a host that `is_allowed` accepts, in the resolver's order.

    Connect only to these addresses: the name may resolve to other addresses the next time. `host` must be ASCII and is
    resolved unchanged. The standard library would encode an international name by IDNA 2003, which may mean another
    host.

    Raises:
        TargetUnknown: the host name cannot be resolved.
        TargetForbidden: no address of the host is allowed.
    """
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise TargetUnknown(f"the host {host} cannot be resolved") from fault
    texts = dict.fromkeys(str(socket_address[0]).partition("%")[0] for *_, socket_address in found)
    addresses = [ip_address(text) for text in texts]
    allowed = [str(address) for address in addresses if is_allowed(address, private)]
    if not allowed:
        where = "" if str(addresses[0]) == host else f" ({addresses[0]})"
        raise TargetForbidden(
            f"{host}{where} is not public; to allow it, list its address in DEALTRACE_WEBHOOK_PRIVATE_TARGETS"
        )
    return allowed


def is_allowed(address: ReceiverAddress, private: Sequence[str]) -> bool:
    """Return whether an address is public or in one of the `private` networks.

    IPv4 mapped to IPv6 counts as IPv4. A metadata service is allowed only if its own address is listed; a listed
    network that contains the address is not enough. The same holds for IPv6 addresses that are translated to a metadata
    service.
    """
    plain = (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    networks = [ip_network(network) for network in private]
    is_metadata = not _METADATA_SERVICES.isdisjoint((plain, *_translations(plain)))
    if is_metadata:
        networks = [network for network in networks if network.num_addresses == 1]
    if any(address in network or plain in network for network in networks):
        return True
    return not is_metadata and _is_public(plain)


def _translations(address: ReceiverAddress) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses to which translators and tunnels may forward packets for an IPv6 address.

    Many prefixes have an IPv4 address at their end: NAT64, IPv4-compatible, ISATAP. In `64:ff9b:1::/48`, the IPv4
    address may also come after 48, 56 or 64 bits, with eight zero bits in its middle or before it (RFC 6052).
    """
    if not isinstance(address, IPv6Address):
        return
    yield IPv4Address(address.packed[-4:])
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _LOCAL_NAT64:
        behind = address.packed[:8] + address.packed[9:]
        yield from (IPv4Address(behind[start : start + 4]) for start in (6, 7, 8))


def _is_public(address: ReceiverAddress) -> bool:
    """Return whether an address is public, according to the IANA registries of 2026.

    Ours: translated addresses (`64:ff9b::/96` and others) are not public either, since the translator may reach
    private addresses in its own network.
    """
    if isinstance(address, IPv6Address) and address not in _UNICAST_IPV6:
        return False
    if any(address in network for network in _CLOSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
