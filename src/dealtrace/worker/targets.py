"""Where deliveries may go: whoever names an address must not reach through us what only we can reach."""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


class TargetForbidden(Exception):  # noqa: N818 - it names what is the matter
    """All addresses of a host are private; the message names one and the cure."""


class TargetUnknown(Exception):  # noqa: N818
    """No address of a host can be found."""


async def find_address(host: str, port: int, private: Sequence[str]) -> str:
    """Find the address of a host to send to; `private` are networks that may be reached although they are private.

    What connects must connect to this very address: asked again, a name may lead elsewhere.

    Raises:
        TargetUnknown: the name leads nowhere.
        TargetForbidden: it leads only to where nobody outside gets.
    """
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise TargetUnknown(f"the host {host} cannot be found") from fault
    addresses = [ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    allowed = [address for address in addresses if is_allowed(address, private)]
    if not allowed:
        where = "" if str(addresses[0]) == host else f" ({addresses[0]})"
        raise TargetForbidden(f"{host}{where} is not public; DEALTRACE_WEBHOOK_PRIVATE_TARGETS can allow it")
    return str(allowed[0])


def is_allowed(address: Address, private: Iterable[str]) -> bool:
    """Whether an address is public, or in one of the networks `private`; an IPv4 address in IPv6 counts as itself."""
    plain = _within(address)
    if any(one in ip_network(network) for network in private for one in (address, plain)):
        return True
    return plain.is_global and not plain.is_multicast


def _within(address: Address) -> Address:
    """Find the IPv4 address that an IPv6 address leads to, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo is not None else None) or address
