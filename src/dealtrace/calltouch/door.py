"""Who may come in, and what it costs: rate, method, token, parameters, in this order.

Ours: the order of checks. The rate stands first, because it is the address's and not the site's; refused requests
cost no points, and neither does what the door itself turns away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.token import TokenId
from dealtrace.calltouch.batches import Batch
from dealtrace.calltouch.forms import Pairs, read_body, read_pairs
from dealtrace.calltouch.parameters import ACCESS_TOKEN, API_KEY, CLIENT_API_ID, SITE_ID
from dealtrace.calltouch.reading import ParameterTable
from dealtrace.calltouch.responses import Reply, refusal_reply
from dealtrace.calltouch.wire_types import DIGITS_MAX
from dealtrace.errors import (
    BodyTooLarge,
    FormRateExceeded,
    Language,
    MethodNotAllowed,
    RateExceeded,
    Refusal,
    SiteMismatch,
    SiteNotFound,
    TokenRejected,
    UnreadableBody,
)
from dealtrace.operations.spend_points import pay_for_reading
from dealtrace.operations.wish import Wish
from dealtrace.quota.points import PaidMethod
from dealtrace.quota.rate import rate_key
from dealtrace.storage.directory import Admission, Directory
from dealtrace.storage.readers import Readers
from dealtrace.storage.scribe import Operation, Scribe

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Asked = TypeVar("Asked")

BODY_SECONDS_MAX = 20
"""How long a body may take to arrive."""
DISCARDED_BYTES_MAX = 16 * 1024 * 1024
"""How much of a body that is too large is heard out, so that its sender reads the refusal."""
REDIS_SECONDS_MAX = 1
"""How long a request waits for the shared count; without one it is let in."""
FORM_RETRY_SECONDS = 60

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in: the site they may speak for, and the hands that read and write for them.

    `token_id` is `None` where no token is asked for. `address` holds what stood in the `{…}` parts of the path.
    """

    site: Site
    token_id: TokenId | None
    scribe: Scribe
    readers: Readers
    language: Language
    address: Mapping[str, str]

    async def write(self, operation: Operation, asked: Any, *, size: int = 1) -> Any:
        """Have a wish carried out and return its outcome once it is on disk; `size` is how many leads it brings.

        Raises:
            Refusal: the wish was refused; nothing of it was stored.
        """
        return await self.scribe.write(operation, self.site, Wish(asked, self.token_id), size=size)

    async def read(self, ask: Callable[..., Asked], *args: Any, **kwargs: Any) -> Asked:
        """Call a reading function of the storage for this site."""
        return await self.readers.read(ask, self.site.id, *args, **kwargs)

    async def pay_for_reading(self, method: PaidMethod) -> None:
        """Spend the points of a successful call that stores nothing else.

        Raises:
            PointsSpent: the site has none left today.
        """
        await self.scribe.write(pay_for_reading, self.site, Wish(method, self.token_id))


Respond = Callable[[Caller, Any], Awaitable[Reply]]
"""A handler: it takes what was sent, read by its table, or the items of its list."""


class Entrance(Enum):
    """How a caller shows which site they come for; the value names where the token stands."""

    CLIENT_API_ID = CLIENT_API_ID.name
    API_KEY = API_KEY.name
    HEADERS = ACCESS_TOKEN.name
    OPEN = ""
    """No token: the address names the site."""


class Pace(Enum):
    """Which limit a request counts against."""

    API = "api"
    EXCHANGE = "exchange"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Rates:
    """How many requests are let in from one address, and of forms for one site; 0 is no limit."""

    per_second: int
    exchange_per_second: int
    form_per_minute: int
    form_site_per_minute: int


@dataclass(frozen=True)
class Endpoint:
    """One address of the API: its path (no slash at the end), methods, parameters, and who answers.

    `name` tells it apart from others whose path ends alike. `refuse` writes its refusals. `batch` is for those that
    take a list of leads as JSON.
    """

    path: str
    methods: tuple[str, ...]
    table: ParameterTable
    respond: Respond
    ru: str
    en: str
    name: str = ""
    entrance: Entrance = Entrance.CLIENT_API_ID
    pace: Pace = Pace.API
    refuse: Callable[[Refusal, Language], Reply] = refusal_reply
    is_for_browsers: bool = False
    batch: Batch | None = None


class Door:
    """Lets callers in, one request at a time."""

    def __init__(
        self,
        directory: Directory,
        scribe: Scribe,
        readers: Readers,
        *,
        rates: Rates,
        redis_url: str,
        trusted_proxies: Sequence[str],
        body_bytes_max: int,
    ) -> None:
        self._directory = directory
        self._scribe = scribe
        self._readers = readers
        self._body_bytes_max = body_bytes_max
        self._limits: Mapping[Pace, RateLimitItem | None] = {
            Pace.API: RateLimitItemPerSecond(rates.per_second) if rates.per_second else None,
            Pace.EXCHANGE: RateLimitItemPerSecond(rates.exchange_per_second) if rates.exchange_per_second else None,
            Pace.FORM: RateLimitItemPerMinute(rates.form_per_minute) if rates.form_per_minute else None,
        }
        per_site = rates.form_site_per_minute
        self._site_limit = RateLimitItemPerMinute(per_site) if per_site else None
        self._limiter = MovingWindowRateLimiter(_rate_storage(redis_url))
        self._trusted = [ip_network(network) for network in trusted_proxies]
        self._warned_of_proxy = False

    async def admit(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[Caller, Any]:
        """Let a request in, or refuse it.

        Raises:
            Refusal: the first reason met; nothing was stored and no points were spent.
        """
        await self._check_rate(endpoint.pace, scope)
        if scope["method"] not in endpoint.methods:
            raise MethodNotAllowed(method=scope["method"], allowed=", ".join(endpoint.methods))
        if endpoint.batch is not None:
            body = await self._read_body(scope, receive)
            caller = await self._let_in(endpoint, scope, Pairs())
            return caller, endpoint.batch.items_of(body)
        pairs = await self._read_pairs(scope, receive)
        caller = await self._let_in(endpoint, scope, pairs)
        return caller, endpoint.table.read(pairs)

    async def _let_in(self, endpoint: Endpoint, scope: Scope, pairs: Pairs) -> Caller:
        """Find the site a caller may speak for."""
        address = scope.get("path_params", {})
        stated = address.get("siteId")
        if endpoint.entrance is Entrance.OPEN:
            site, token_id = await self._find_site(endpoint.pace, stated), None
        else:
            name = endpoint.entrance.value
            is_header = endpoint.entrance is Entrance.HEADERS
            token = header(scope, name.lower().encode()) if is_header else pairs.values.get(name, "")
            admission = await self._check_token(name, token)
            site, token_id = admission.site, admission.token_id
            _check_site(site, (header(scope, SITE_ID.name.lower().encode()) or None) if is_header else stated)
        return Caller(site, token_id, self._scribe, self._readers, language_of(scope), address)

    async def _find_site(self, pace: Pace, stated: str) -> Site:
        """Find the site that an address names, for whoever comes without a token.

        Ours: a site has a limit of its own for forms, because anybody may send them from any number of addresses.
        """
        site_id = int(stated) if stated.isascii() and stated.isdigit() and len(stated) <= DIGITS_MAX else 0
        site = self._directory.remembered_site(site_id)
        if site is None:
            site = await self._readers.read(self._look_up_site, site_id)
        if site is None or str(site.id) != stated:
            raise SiteNotFound(site_id=stated)
        if pace is Pace.FORM and not await self._admits(self._site_limit, pace.value, f"site {site.id}"):
            raise FormRateExceeded(retry_after_seconds=FORM_RETRY_SECONDS)
        return site

    async def _check_rate(self, pace: Pace, scope: Scope) -> None:
        """Count the request against its address, refusing those beyond the limit at once.

        Ours: when the shared count is away, everybody is let in; a deal that is lost costs more than one too many.
        Seed: «если в 1 секунду с одного IP-адреса поступит 11 API-запросов, то 5 выполнятся сразу, а остальные
        API-запросы завершатся с ошибкой».
        """
        limit = self._limits[pace]
        key = rate_key(self._address_of(scope))
        names = (key,) if pace is Pace.API else (pace.value, key)
        if limit is None or await self._admits(limit, *names):
            return
        if pace is Pace.FORM:
            raise FormRateExceeded(retry_after_seconds=FORM_RETRY_SECONDS)
        raise RateExceeded(per_second=limit.amount, retry_after_seconds=1)

    async def _admits(self, limit: RateLimitItem | None, *names: str) -> bool:
        try:
            return limit is None or await self._limiter.hit(limit, *names)
        except StorageError as fault:
            _log.warning("rate_limit_unavailable", reason=str(fault))
            return True

    def _address_of(self, scope: Scope) -> str:
        """Tell the caller's address; a trusted proxy is believed about whom it speaks for, nobody else is."""
        peer: str = scope["client"][0] if scope.get("client") else ""
        forwarded = header(scope, b"x-forwarded-for")
        if not forwarded:
            return peer
        if not self._is_trusted(peer):
            self._warn_of_proxy(peer)
            return peer
        for hop in reversed([hop.strip() for hop in forwarded.split(",")]):
            if not self._is_trusted(hop):
                return hop
        return peer

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def _warn_of_proxy(self, peer: str) -> None:
        if not self._warned_of_proxy:
            self._warned_of_proxy = True
            _log.warning("proxy_not_trusted", peer=peer, cure="list it in DEALTRACE_TRUSTED_PROXIES")

    async def _read_pairs(self, scope: Scope, receive: Receive) -> Pairs:
        """Read the parameters of query and body; the body's win.

        Seed: «Поддерживаемые методы отправки: GET и POST».
        """
        pairs = read_pairs(scope["query_string"])
        if scope["method"] != "POST":
            return pairs
        body = await self._read_body(scope, receive)
        return pairs.overridden_by(read_body(header(scope, b"content-type"), body))

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        """Read a body whole, or refuse it: one that is too large, breaks off, or stops coming.

        One that is somewhat too large is heard to its end, since clients that are not hear no answer either.
        """
        if int(header(scope, b"content-length") or 0) > self._body_bytes_max + DISCARDED_BYTES_MAX:
            raise BodyTooLarge(bytes_max=self._body_bytes_max)
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                return await self._collect(receive)
        except TimeoutError as fault:
            raise UnreadableBody(
                ru=f"не пришло целиком за {BODY_SECONDS_MAX} с", en=f"it did not arrive within {BODY_SECONDS_MAX} s"
            ) from fault

    async def _collect(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise UnreadableBody(ru="соединение закрыто раньше", en="the connection closed too early")
            size += len(message.get("body", b""))
            is_too_large, is_last = size > self._body_bytes_max, not message.get("more_body", False)
            if is_too_large and (is_last or size > self._body_bytes_max + DISCARDED_BYTES_MAX):
                raise BodyTooLarge(bytes_max=self._body_bytes_max)
            if not is_too_large:
                chunks.append(message.get("body", b""))
            if is_last:
                return b"".join(chunks)

    async def _check_token(self, name: str, token: str) -> Admission:
        """Find the site a token opens; one that is unknown is looked for anew each time.

        Seed: «Токен доступа к статистике Вашего ЛК через API».
        """
        admission = self._directory.remembered(token) if token else None
        if admission is None and token:
            admission = await self._readers.read(self._look_up, token)
        if admission is None:
            raise TokenRejected(field=name)
        return admission

    def _look_up_site(self, connection: Connection, site_id: int) -> Site | None:
        return self._directory.look_up_site(connection, site_id)

    def _look_up(self, connection: Connection, token: str) -> Admission | None:
        return self._directory.look_up(connection, token)


def _check_site(site: Site, stated: str | None) -> None:
    if stated is not None and stated != str(site.id):
        raise SiteMismatch(site_id=stated)


def _rate_storage(redis_url: str) -> Storage:
    if not redis_url:
        return MemoryStorage()
    storage = storage_from_string(
        f"async+{redis_url}", implementation="redispy", wrap_exceptions=True, socket_timeout=REDIS_SECONDS_MAX
    )
    assert isinstance(storage, Storage)
    return storage


def header(scope: Scope, name: bytes) -> str:
    """Tell a header's value, empty if it was not sent; `name` is lower-case."""
    return next(_values(scope, name), b"").decode("latin-1")


def _values(scope: Scope, name: bytes) -> Iterator[bytes]:
    return (value for key, value in scope["headers"] if key == name)


def language_of(scope: Scope) -> Language:
    """Tell the language to answer in: Russian, unless the client asks for English first.

    Ours: `Accept-Language` decides by its first tag.
    """
    return "en" if header(scope, b"accept-language").strip().lower().startswith("en") else "ru"
