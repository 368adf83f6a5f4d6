"""Limit the requests of each IP address, and the requests without a token to each site.

Vendor: «не более 5 запросов в секунду с одного IP-адреса».
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from dealtrace.errors import AnonymousRateExceeded, RateExceeded
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.http.moving_windows import WindowsUnavailable, moving_windows
from dealtrace.log import Outage
from dealtrace.printable import server_of
from dealtrace.record import record

IPV6_PREFIX = 64
"""Ours: all addresses of a /64 network count as one address, because a household or server gets a whole network."""
_KEYS_CACHED = 4096

MINUTE_SECONDS = 60
_EFFECT = "until Redis answers, no limit on requests is applied and every request is admitted"


@record
class _Limit:
    """At most `count` requests in `seconds` seconds."""

    count: int
    seconds: int


@record
class RequestRates:
    """The rate limits per IP address; limits named `…_site_…` are per site, for requests without a token.

    0 means no limit.
    """

    per_second: int
    pbx_per_second: int
    form_per_minute: int
    form_site_per_minute: int
    visit_per_minute: int
    visit_site_per_minute: int
    cabinet_per_minute: int


class RateLimits:
    """Counts requests, in memory or in a Redis that several processes share, and refuses requests beyond the limits."""

    def __init__(self, rates: RequestRates, redis_url: str) -> None:
        self._per_ip: Mapping[RateLimitClass, _Limit | None] = {
            RateLimitClass.API: _per_second(rates.per_second),
            RateLimitClass.PBX: _per_second(rates.pbx_per_second),
            RateLimitClass.FORM: _per_minute(rates.form_per_minute),
            RateLimitClass.VISIT: _per_minute(rates.visit_per_minute),
            RateLimitClass.CABINET: _per_minute(rates.cabinet_per_minute),
        }
        self._per_site: Mapping[RateLimitClass, _Limit | None] = {
            RateLimitClass.FORM: _per_minute(rates.form_site_per_minute),
            RateLimitClass.VISIT: _per_minute(rates.visit_site_per_minute),
        }
        self._windows = moving_windows(redis_url)
        self._redis = server_of(redis_url)
        self._outage = Outage("rate_limit_unavailable", "rate_limit_back")

    def per_second(self, rate_limit_class: RateLimitClass) -> int:
        """Return how many requests per second one IP address may send, or 0 if there is no limit per second."""
        limit = self._per_ip[rate_limit_class]
        return limit.count if limit is not None and limit.seconds == 1 else 0

    def counts(self, rate_limit_class: RateLimitClass) -> tuple[int, int]:
        """Return how many requests of a class are admitted from one IP address, and to one site without a token.

        The first is per second for the classes with tokens, all others are per minute; 0 means no limit.
        """
        limits = (self._per_ip[rate_limit_class], self._per_site.get(rate_limit_class))
        per_ip, per_site = (limit.count if limit is not None else 0 for limit in limits)
        return per_ip, per_site

    async def check_ip(self, rate_limit_class: RateLimitClass, ip: str) -> int:
        """Admit a request from an IP address to an endpoint of the class `rate_limit_class`, and count the request.

        Return the number of requests from this IP address that now count towards the limit, this request included, or
        0 if requests are not counted.

        Ours: while Redis is unavailable, every request is admitted: a lost deal costs more than an excess request.
        Vendor: «если в 1 секунду с одного IP-адреса поступит 11 API-запросов, то 5 выполнятся сразу, а остальные
        API-запросы завершатся с ошибкой».

        Raises:
            RateExceeded, AnonymousRateExceeded: the limit is reached.
        """
        limit = self._per_ip[rate_limit_class]
        key = rate_key(ip)
        names = (key,) if rate_limit_class is RateLimitClass.API else (rate_limit_class.value, key)
        if limit is None:
            return 0
        hits = await self._hit(limit, *names)
        if hits is None:
            return 0
        if hits:
            return hits
        if limit.seconds == MINUTE_SECONDS:
            raise AnonymousRateExceeded(retry_after_seconds=MINUTE_SECONDS)
        raise RateExceeded(per_second=limit.count, retry_after_seconds=1)

    async def check_site(self, rate_limit_class: RateLimitClass, site_id: int) -> None:
        """Admit a request that names a site and has no token, and count the request.

        Ours: such requests are also limited per site, because anyone may send them from any number of IP addresses.

        Raises:
            AnonymousRateExceeded: the limit is reached.
        """
        if not await self._admits(self._per_site.get(rate_limit_class), rate_limit_class.value, f"site {site_id}"):
            raise AnonymousRateExceeded(retry_after_seconds=MINUTE_SECONDS)

    async def check_login(self, login: str) -> None:
        """Admit an attempt to log in, and count the attempt.

        Attempts are counted per login and not per IP address, since an attacker may use many addresses.

        Raises:
            AnonymousRateExceeded: there were too many attempts with this login.
        """
        limit = self._per_ip[RateLimitClass.CABINET]
        if not await self._admits(limit, RateLimitClass.CABINET.value, f"login {login}"):
            raise AnonymousRateExceeded(retry_after_seconds=MINUTE_SECONDS)

    async def stop(self) -> None:
        """Close the connections to Redis."""
        await self._windows.aclose()

    async def _admits(self, limit: _Limit | None, *names: str) -> bool:
        return limit is None or await self._hit(limit, *names) != 0

    async def _hit(self, limit: _Limit, *names: str) -> int | None:
        """Count a request; return the count, 0 if the request is refused, or `None` if Redis is unavailable."""
        try:
            hits = await self._windows.hit("/".join(names), count=limit.count, seconds=limit.seconds)
        except WindowsUnavailable as fault:
            self._outage.failed(str(fault), redis=self._redis, effect=_EFFECT)
            return None
        self._outage.ended()
        return hits


def _per_second(count: int) -> _Limit | None:
    return _Limit(count, 1) if count else None


def _per_minute(count: int) -> _Limit | None:
    return _Limit(count, MINUTE_SECONDS) if count else None


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
