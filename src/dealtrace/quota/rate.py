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
    """The second in which an IP address that calls a site sent the most requests: their number, and the limit.

    Ours: number and limit both count the admitted requests of the address to all sites of the server, so that they show
    how near the address came to the limit. The second ends at `ended_at` (UTC), with a request to this site.
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
