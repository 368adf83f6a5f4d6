"""Which hosts webhooks may be sent to: a URL must not reach hosts that only this server can reach."""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


class TargetForbidden(Exception):  # noqa: N818 - it names what is the matter
    """All IP addresses of a host are private; the message names one, and the setting that allows it."""


class TargetUnknown(Exception):  # noqa: N818
    """The host name cannot be resolved."""


async def find_address(host: str, port: int, private: Sequence[str]) -> str:
    """Return the first allowed IP address of a host; `private` are private networks that are allowed.

    Connect to this very address: resolved again, the name may lead elsewhere.

    Raises:
        TargetUnknown: the name cannot be resolved.
        TargetForbidden: all its addresses are private.
    """
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise TargetUnknown(f"the host {host} cannot be resolved") from fault
    addresses = [ip_address(str(socket_address[0]).partition("%")[0]) for *_, socket_address in found]
    allowed = [address for address in addresses if is_allowed(address, private)]
    if not allowed:
        where = "" if str(addresses[0]) == host else f" ({addresses[0]})"
        raise TargetForbidden(f"{host}{where} is not public; DEALTRACE_WEBHOOK_PRIVATE_TARGETS can allow it")
    return str(allowed[0])


def is_allowed(address: Address, private: Iterable[str]) -> bool:
    """Whether an address is public or in one of the `private` networks; an IPv4 address within IPv6 counts as IPv4."""
    plain = _ipv4_within(address)
    networks = [ip_network(network) for network in private]
    if any(address in network or plain in network for network in networks):
        return True
    return plain.is_global and not plain.is_multicast


def _ipv4_within(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo is not None else None) or address
