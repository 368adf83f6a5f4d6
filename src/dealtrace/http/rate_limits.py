"""Limit how often one IP address may send requests, and how often a site takes requests without a token."""

from collections.abc import Mapping

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from dealtrace.errors import AnonymousRateExceeded, RateExceeded
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.quota.rate import rate_key
from dealtrace.record import record

REDIS_SECONDS_MAX = 1
"""How long a request waits for the count in Redis; without an answer it is admitted."""
ANONYMOUS_RETRY_SECONDS = 60

_log = structlog.get_logger()


@record
class Rates:
    """How many requests are admitted from one IP address, and without a token for one site; 0 means no limit."""

    per_second: int
    exchange_per_second: int
    form_per_minute: int
    form_site_per_minute: int
    visit_per_minute: int
    visit_site_per_minute: int


class RateLimits:
    """Counts requests, in memory or in a Redis shared by several processes."""

    def __init__(self, rates: Rates, redis_url: str) -> None:
        self._per_ip: Mapping[RateLimitClass, RateLimitItem | None] = {
            RateLimitClass.API: _per_second(rates.per_second),
            RateLimitClass.EXCHANGE: _per_second(rates.exchange_per_second),
            RateLimitClass.FORM: _per_minute(rates.form_per_minute),
            RateLimitClass.VISIT: _per_minute(rates.visit_per_minute),
        }
        self._per_site: Mapping[RateLimitClass, RateLimitItem | None] = {
            RateLimitClass.FORM: _per_minute(rates.form_site_per_minute),
            RateLimitClass.VISIT: _per_minute(rates.visit_site_per_minute),
        }
        self._limiter = MovingWindowRateLimiter(_rate_storage(redis_url))

    async def check_ip(self, rate_limit_class: RateLimitClass, ip: str) -> None:
        """Count a request against its IP address, and refuse it beyond the limit.

        Ours: while Redis is unavailable every request is admitted; a lost deal costs more than a request too many.
        Seed: «если в 1 секунду с одного IP-адреса поступит 11 API-запросов, то 5 выполнятся сразу, а остальные
        API-запросы завершатся с ошибкой».

        Raises:
            RateExceeded, AnonymousRateExceeded: the limit is reached.
        """
        limit = self._per_ip[rate_limit_class]
        key = rate_key(ip)
        names = (key,) if rate_limit_class is RateLimitClass.API else (rate_limit_class.value, key)
        if limit is None or await self._admits(limit, *names):
            return
        if rate_limit_class in self._per_site:
            raise AnonymousRateExceeded(retry_after_seconds=ANONYMOUS_RETRY_SECONDS)
        raise RateExceeded(per_second=limit.amount, retry_after_seconds=1)

    async def check_site(self, rate_limit_class: RateLimitClass, site_id: int) -> None:
        """Count a request without a token against its site.

        Ours: a site has a limit of its own here, because anyone may send from any number of IP addresses.

        Raises:
            AnonymousRateExceeded: the limit is reached.
        """
        if not await self._admits(self._per_site.get(rate_limit_class), rate_limit_class.value, f"site {site_id}"):
            raise AnonymousRateExceeded(retry_after_seconds=ANONYMOUS_RETRY_SECONDS)

    async def _admits(self, limit: RateLimitItem | None, *names: str) -> bool:
        try:
            return limit is None or await self._limiter.hit(limit, *names)
        except StorageError as fault:
            _log.warning("rate_limit_unavailable", reason=str(fault))
            return True


def _per_second(count: int) -> RateLimitItem | None:
    return RateLimitItemPerSecond(count) if count else None


def _per_minute(count: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(count) if count else None


def _rate_storage(redis_url: str) -> Storage:
    if not redis_url:
        return MemoryStorage()
    storage = storage_from_string(
        f"async+{redis_url}", implementation="redispy", wrap_exceptions=True, socket_timeout=REDIS_SECONDS_MAX
    )
    assert isinstance(storage, Storage)
    return storage
