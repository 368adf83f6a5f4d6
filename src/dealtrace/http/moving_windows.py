"""Count requests in a moving window, in the memory of one process or in a Redis that several processes share.

Setting a clock back locks no client out: counts in memory use monotonic time, and counts in Redis drop requests
from the future.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

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


class WindowsUnavailable(Exception):  # noqa: N818 - it names the condition
    """Redis failed or did not answer in time."""


class MovingWindows(Protocol):
    """Counts requests (hits) by key in a moving window; refused hits are not counted."""

    async def hit(self, key: str, *, count: int, seconds: int) -> int:
        """Count a hit and return how many hits `key` has within `seconds` seconds, this one included.

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
        """Return how many keys are kept."""
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
        """Close nothing: memory has no connections."""

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
