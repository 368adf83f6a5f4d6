"""Who may come in: rate, method, token, parameters, in this order.

Ours: the order of checks. The rate stands first, because it is the address's and not the site's; refused requests
cost no points, and neither does what the door itself turns away.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.types import Receive, Scope

from dealtrace.accounts.site import Site
from dealtrace.errors import (
    InvalidParameters,
    MethodNotAllowed,
    SiteMismatch,
    SiteNotFound,
    TokenRejected,
    Violation,
)
from dealtrace.http.asgi import header, language_of
from dealtrace.http.body import receive_body
from dealtrace.http.caller import Caller
from dealtrace.http.client_address import Proxies
from dealtrace.http.endpoint import Endpoint, RateLimitClass
from dealtrace.http.forms import Pairs, read_body, read_pairs
from dealtrace.http.parameter_types import DIGITS_MAX
from dealtrace.http.parameters import REQUIRED
from dealtrace.http.rate_limits import RateLimits, Rates
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.site_cache import Admission, SiteCache
from dealtrace.runtime.write_queue import WriteQueue

SITE = "siteId"
"""What an address or a parameter names the site by."""


class Gate:
    """Lets callers in, one request at a time."""

    def __init__(
        self,
        site_cache: SiteCache,
        write_queue: WriteQueue,
        read_pool: ReadPool,
        *,
        rates: Rates,
        redis_url: str,
        trusted_proxies: Sequence[str],
        body_bytes_max: int,
    ) -> None:
        self._site_cache = site_cache
        self._write_queue = write_queue
        self._read_pool = read_pool
        self._body_bytes_max = body_bytes_max
        self._rates = RateLimits(rates, redis_url)
        self._proxies = Proxies(trusted_proxies)

    async def admit(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[Caller, Any]:
        """Let a request in, or refuse it.

        Raises:
            Refusal: the first reason met; nothing was stored and no points were spent.
        """
        ip = self._proxies.address_of(scope)
        await self._rates.check_address(endpoint.rate_limit_class, ip)
        if scope["method"] not in endpoint.methods:
            raise MethodNotAllowed(method=scope["method"], allowed=", ".join(endpoint.methods))
        if endpoint.batch is not None:
            body = await receive_body(scope, receive, self._body_bytes_max)
            caller = await self._let_in(endpoint, scope, Pairs(), ip)
            return caller, endpoint.batch.items_of(body)
        pairs = await self._read_pairs(scope, receive)
        caller = await self._let_in(endpoint, scope, pairs, ip)
        return caller, endpoint.table.read(pairs)

    async def _let_in(self, endpoint: Endpoint, scope: Scope, pairs: Pairs, ip: str) -> Caller:
        """Find the site a caller may speak for."""
        address = scope.get("path_params", {})
        stated = address.get(SITE)
        auth_scheme = endpoint.auth_scheme
        if auth_scheme.token is None:
            site, token_id = (
                await self._find_site(endpoint.rate_limit_class, stated or pairs.values.get(SITE, "")),
                None,
            )
        else:
            name = auth_scheme.token.name
            admission = await self._check_token(
                name, _named(scope, name) if auth_scheme.is_header else pairs.values.get(name, "")
            )
            site, token_id = admission.site, admission.token_id
            _check_site(site, stated)
            if auth_scheme.site is not None:
                _check_site(site, _named(scope, auth_scheme.site.name) or None)
        return Caller(site, token_id, self._write_queue, self._read_pool, language_of(scope), address, ip, scope)

    async def _find_site(self, rate_limit_class: RateLimitClass, stated: str) -> Site:
        """Find the site that an address or a parameter names, for whoever comes without a token."""
        if not stated:
            raise InvalidParameters([Violation(SITE, *REQUIRED)])
        site_id = int(stated) if stated.isascii() and stated.isdigit() and len(stated) <= DIGITS_MAX else 0
        site = self._site_cache.remembered_site(site_id)
        if site is None:
            site = await self._read_pool.read(self._look_up_site, site_id)
        if site is None or str(site.id) != stated:
            raise SiteNotFound(site_id=stated)
        await self._rates.check_site(rate_limit_class, site.id)
        return site

    async def _read_pairs(self, scope: Scope, receive: Receive) -> Pairs:
        """Read the parameters of query and body; the body's win.

        Seed: «Поддерживаемые методы отправки: GET и POST».
        """
        pairs = read_pairs(scope["query_string"])
        if scope["method"] != "POST":
            return pairs
        body = await receive_body(scope, receive, self._body_bytes_max)
        return pairs.overridden_by(read_body(header(scope, b"content-type"), body))

    async def _check_token(self, name: str, token: str) -> Admission:
        """Find the site a token opens; one that is unknown is looked for anew each time.

        Seed: «Токен доступа к статистике Вашего ЛК через API».
        """
        admission = self._site_cache.remembered(token) if token else None
        if admission is None and token:
            admission = await self._read_pool.read(self._look_up, token)
        if admission is None:
            raise TokenRejected(field=name)
        return admission

    def _look_up_site(self, connection: Connection, site_id: int) -> Site | None:
        return self._site_cache.look_up_site(connection, site_id)

    def _look_up(self, connection: Connection, token: str) -> Admission | None:
        return self._site_cache.look_up(connection, token)


def _check_site(site: Site, stated: str | None) -> None:
    if stated is not None and stated != str(site.id):
        raise SiteMismatch(site_id=stated)


def _named(scope: Scope, name: str) -> str:
    return header(scope, name.lower().encode())
