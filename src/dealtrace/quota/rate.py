"""The limit on requests per second from one IP address.

Vendor: «не более 5 запросов в секунду с одного IP-адреса».
"""

from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from dealtrace.record import record

IPV6_PREFIX = 64
"""Ours: all addresses of a /64 network count as one address, because a household or server gets a whole network."""
_KEYS_CACHED = 4096


@record
class BusiestSecond:
    """The second in which one IP address sent the most requests: their number, and the limit that applied to it.

    Ours: `counted` is the number of admitted requests of the address to all sites of the server, like the number that
    is compared with the limit. The second ends at `ended_at` (UTC), with a request to the site that stores the record.
    """

    counted: int
    allowed: int
    ended_at: datetime


@lru_cache(_KEYS_CACHED)
def rate_key(address: str) -> str:
    """Return the key by which requests of an IP address are counted; any other string is returned unchanged."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))
