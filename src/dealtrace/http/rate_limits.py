"""Limit the requests of each IP address, and the requests without a token to each site.

Vendor: «не более 5 запросов в секунду с одного IP-адреса».
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from dealtrace.errors import AnonymousRateExceeded, RateExceeded
from dealtrace.http.client_address import rate_key
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.log import Outage
from dealtrace.printable import server_of
from dealtrace.record import record

REDIS_SECONDS_MAX = 1
"""How many seconds a request waits for Redis to count it; without an answer, the request is admitted."""
REDIS_CONNECTIONS_MAX = 64
"""The maximum number of connections of a process to Redis; each uses a file descriptor that a client could use."""
_KEY_PREFIX = "dealtrace:rate:"
_HIT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000000
local newest = tonumber(redis.call('LINDEX', KEYS[1], 0) or 0)
if newest > now then
    redis.call('DEL', KEYS[1])
end
local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and tonumber(oldest) <= now - window do
    redis.call('RPOP', KEYS[1])
    oldest = redis.call('LINDEX', KEYS[1], -1)
end
if redis.call('LLEN', KEYS[1]) >= limit then
    return 0
end
local hits = redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return hits
"""

MINUTE_SECONDS = 60
_EFFECT = "until Redis answers, no limit on requests is applied and every request is admitted"


class WindowsUnavailable(Exception):  # noqa: N818 - it names the condition
    """Redis failed or did not answer in time."""


class MovingWindows(Protocol):
    """Counts requests (hits) by key in a moving window; refused hits are not counted."""

    async def hit(self, key: str, *, count: int, seconds: int) -> int:
        """Count a hit and return the number of hits of `key` within `seconds` seconds, this one included.

        If `key` already has `count` hits within this time, the hit is refused: return 0.

        Raises:
            WindowsUnavailable: Redis failed or did not answer in time; the hit may have been counted.
        """

    async def aclose(self) -> None:
        """Close the connections, if there are any."""


class MemoryWindows:
    """Moving windows in memory; a key is dropped when its last admitted hit has left the window.

    All hits of a key must have the same `seconds`. Keys are grouped by this number, so that a key with a
    long window does not delay the removal of keys whose window has passed.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._hits: dict[int, OrderedDict[str, deque[float]]] = {}

    def __len__(self) -> int:
        """Return the number of keys in memory."""
        return sum(map(len, self._hits.values()))

    async def hit(self, key: str, *, count: int, seconds: int) -> int:
        """Count a hit; see `MovingWindows.hit`."""
        now = self._monotonic()
        by_key = self._hits.setdefault(seconds, OrderedDict())
        hits = by_key.get(key)
        if hits is None:
            hits = by_key[key] = deque[float]()
        while hits and hits[0] <= now - seconds:
            hits.popleft()
        if len(hits) >= count:
            return 0
        hits.append(now)
        by_key.move_to_end(key)
        self._drop_passed(now)
        return len(hits)

    async def aclose(self) -> None:
        """Do nothing, since memory has no connections."""

    def _drop_passed(self, now: float) -> None:
        for seconds, by_key in self._hits.items():
            while by_key and next(iter(by_key.values()))[-1] <= now - seconds:
                by_key.popitem(last=False)


class RedisWindows:
    """Counts requests in moving windows of time, in Redis or Valkey, by the clock of the Redis or Valkey server."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url.replace("redis+unix://", "unix://", 1),
            max_connections=REDIS_CONNECTIONS_MAX,
            timeout=REDIS_SECONDS_MAX,
            socket_timeout=REDIS_SECONDS_MAX,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis.from_pool(pool)
        self._hit = self._redis.register_script(_HIT)

    async def hit(self, key: str, *, count: int, seconds: int) -> int:
        """Count a hit; see `MovingWindows.hit`."""
        try:
            async with asyncio.timeout(REDIS_SECONDS_MAX):
                hits = await self._hit(keys=[_KEY_PREFIX + key], args=[count, seconds])
        except (RedisError, OSError, TimeoutError) as fault:
            raise WindowsUnavailable(type(fault).__name__) from fault
        return int(hits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def moving_windows(redis_url: str) -> MovingWindows:
    """Return moving windows in the Redis at `redis_url`, or in memory if the URL is empty.

    Raises:
        ValueError: the URL is not a Redis URL.
    """
    return RedisWindows(redis_url) if redis_url else MemoryWindows()


@record
class _Limit:
    """A limit of `count` requests in `seconds` seconds."""

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
        """Return the maximum number of requests per second from an IP address, or 0 if there is no such limit."""
        limit = self._per_ip[rate_limit_class]
        return limit.count if limit is not None and limit.seconds == 1 else 0

    def counts(self, rate_limit_class: RateLimitClass) -> tuple[int, int]:
        """Return the limits of a class: of requests from an IP address, and of requests without a token to a site.

        The first limit is per second for classes with tokens; all other limits are per minute. 0 means no limit.
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
        """Count a request that names a site and has no token, and refuse it beyond the site's rate limit.

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
