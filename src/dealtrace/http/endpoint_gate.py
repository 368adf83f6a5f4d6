"""Admit or refuse requests: rate limit, method, token and parameters are checked, in this order.

Ours: the rate limit comes first, because it belongs to the client's IP address and not to the site; refused requests
cost no points (the API's daily quota).
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from starlette.types import Receive, Scope

from dealtrace import clock
from dealtrace.accounts.api_request import item_parameters
from dealtrace.accounts.counter_code import is_counter_code
from dealtrace.accounts.site import Site
from dealtrace.accounts.token import TokenId
from dealtrace.errors import InvalidParameters, MethodNotAllowed, SiteMismatch, SiteNotFound, TokenRejected, Violation
from dealtrace.http.body import receive_body
from dealtrace.http.caller import Caller
from dealtrace.http.client_address import Proxies
from dealtrace.http.endpoint import AuthScheme, Endpoint, RateLimitClass
from dealtrace.http.journal_note import NOTE, RequestNote
from dealtrace.http.json_item_keys import UNKNOWN_KEYS_MAX
from dealtrace.http.language import language_of
from dealtrace.http.parameter_table import REQUIRED, Sent
from dealtrace.http.query_string import Pairs, read_pairs
from dealtrace.http.rate_limits import RateLimits
from dealtrace.http.received_parameters import receive_pairs
from dealtrace.http.request_headers import header
from dealtrace.runtime.busiest_seconds import BusiestSeconds
from dealtrace.runtime.last_uses import uses_of_tokens
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.runtime.site_cache import Admission, SiteCache
from dealtrace.runtime.unknown_parameters import UnknownParametersTally
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.whole_number import parse_whole_number


class Gate:
    """Admits or refuses requests; `site_parameter` is the name of the site's id in paths and parameters.

    `unknown_parameters` counts the parameters that admitted requests have but their endpoints do not know.
    `busiest_seconds` has, for each site and day, the highest number of requests that an IP address sent in a second.
    """

    def __init__(  # noqa: PLR0913 - all that is needed to answer a request
        self,
        site_cache: SiteCache,
        write_queue: WriteQueue,
        read_pool: ReadPool,
        report_pool: ReportPool,
        *,
        site_parameter: str,
        rate_limits: RateLimits,
        proxies: Proxies,
        body_bytes_max: int,
    ) -> None:
        self._site_cache = site_cache
        self._write_queue = write_queue
        self._read_pool = read_pool
        self._report_pool = report_pool
        self._site_parameter = site_parameter
        self._body_bytes_max = body_bytes_max
        self._rate_limits = rate_limits
        self.unknown_parameters = UnknownParametersTally()
        self.busiest_seconds = BusiestSeconds(clock.now)
        self.token_uses = uses_of_tokens()
        self._proxies = proxies

    async def admit(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[Caller, Sent | Sequence[object]]:
        """Return the caller of a request with the parsed parameters, or, for a `batch`, with the items of the body.

        Raises:
            Refusal: the first check that failed; nothing was stored and no points were spent.
        """
        ip = self._proxies.client_ip(scope)
        requests = await self._rate_limits.check_ip(endpoint.rate_limit_class, ip)
        if scope["method"] not in endpoint.methods:
            raise MethodNotAllowed(method=scope["method"], allowed=", ".join(endpoint.methods))
        if endpoint.batch is not None:
            body = await receive_body(scope, receive, self._body_bytes_max)
            caller = await self._identify(endpoint, scope, receive, Pairs(), ip)
            self._observe_rate(endpoint.rate_limit_class, caller.site, requests)
            listed = endpoint.batch.items_of(body)
            items = endpoint.item_keys.respelt(listed.items)
            note: RequestNote = scope[NOTE]
            note.sent = item_parameters(items)
            in_query = read_pairs(scope["query_string"]).values
            keys = chain(in_query, listed.unknown_beside, endpoint.item_keys.unknown(items))
            unknown = list(islice(keys, UNKNOWN_KEYS_MAX))
            self._count_unknown(caller.site, endpoint, unknown, endpoint.item_key_paths)
            return caller, items
        pairs = await receive_pairs(scope, receive, reads_json=endpoint.reads_json, body_bytes_max=self._body_bytes_max)
        pairs = endpoint.table.respelt(pairs)
        note = scope[NOTE]
        note.sent = pairs.values
        caller = await self._identify(endpoint, scope, receive, pairs, ip)
        self._observe_rate(endpoint.rate_limit_class, caller.site, requests)
        sent = endpoint.table.read(pairs)
        if sent.unknown and not endpoint.is_script:
            self._count_unknown(caller.site, endpoint, sent.unknown, endpoint.table.named)
        return caller, sent

    def _observe_rate(self, rate_limit_class: RateLimitClass, site: Site, requests: int) -> None:
        """Record that an IP address sent `requests` requests within a second, the last of them to `site`."""
        if requests and rate_limit_class is RateLimitClass.API:
            self.busiest_seconds.observe(site, requests, self._rate_limits.per_second(rate_limit_class))

    def _count_unknown(self, site: Site, endpoint: Endpoint, names: Sequence[str], known: Iterable[str]) -> None:
        if names := [name for name in names if name != self._site_parameter]:
            is_open = endpoint.auth_scheme.token is None
            self.unknown_parameters.count(site, endpoint.path, names, sorted(known), is_open=is_open)

    async def _identify(self, endpoint: Endpoint, scope: Scope, receive: Receive, pairs: Pairs, ip: str) -> Caller:
        """Return the caller of a request; its site is found by token, counter code or id.

        Raises:
            Refusal: the token is not valid, no known site is named, the named site is not the token's site, or too many
                requests came without a token.
        """
        path_params = scope.get("path_params", {})
        in_path = path_params.get(self._site_parameter)
        token_id: TokenId | None = None
        if endpoint.auth_scheme.counter is not None:
            named = pairs.values.get(endpoint.auth_scheme.counter.name, "")
            site = await self._find_site_of_counter(endpoint.rate_limit_class, named)
        elif endpoint.auth_scheme.token is None:
            site = await self._find_site(
                endpoint.rate_limit_class, in_path or pairs.values.get(self._site_parameter, "")
            )
        else:
            admission = await self._check_token(endpoint.auth_scheme, endpoint.auth_scheme.token.name, scope, pairs)
            site, token_id = admission.site, admission.token_id
            _check_site(admission, in_path, scope)
        note: RequestNote = scope[NOTE]
        note.site_id, note.token_id, note.cors_origins = site.id, token_id, site.cors_origins
        return Caller(
            site, token_id, self._write_queue, self._read_pool, self._report_pool, language_of(scope), path_params, ip,
            scope, receive,
        )  # fmt: skip

    async def allows_page(self, scope: Scope, origin: str) -> bool:
        """Return whether the gate admits scripts of a page: whether the site lists the page's `origin`.

        Ours: the path or the query names the site. If neither does, any site that lists the origin is enough; the
        actual request is then checked against its token's site.
        """
        named = scope.get("path_params", {}).get(self._site_parameter)
        if named is None:
            try:
                named = read_pairs(scope["query_string"]).values.get(self._site_parameter)
            except InvalidParameters:
                return False
        if named is None:
            origins = self._site_cache.remembered_cors_origins()
            if origins is None:
                origins = await self._read_pool.read_newest(self._site_cache.look_up_cors_origins)
            return origin in origins
        site = await self._site_of_number(named)
        return site is not None and origin in site.cors_origins

    async def _find_site(self, rate_limit_class: RateLimitClass, site_id: str) -> Site:
        """Find the site that a request without a token names by its id.

        Raises:
            InvalidParameters: no site is named.
            SiteNotFound: no site has this id.
            AnonymousRateExceeded: the site got too many requests without a token.
        """
        if not site_id:
            raise InvalidParameters([Violation(self._site_parameter, *REQUIRED)])
        site = await self._site_of_number(site_id)
        if site is None:
            raise SiteNotFound(site_id=site_id)
        await self._rate_limits.check_site(rate_limit_class, site.id)
        return site

    async def _find_site_of_counter(self, rate_limit_class: RateLimitClass, named: str) -> Site:
        """Find the site that a web page names by the code of the site's visit counter or by the site's id."""
        site: Site | None = None
        if is_counter_code(named):
            site = self._site_cache.remembered_site_of_counter(named)
            if site is None:
                site = await self._read_pool.read_newest(self._site_cache.look_up_site_of_counter, named)
        if site is None:
            return await self._find_site(rate_limit_class, named or "0")
        await self._rate_limits.check_site(rate_limit_class, site.id)
        return site

    async def _site_of_number(self, site_id: str) -> Site | None:
        """Return the site with the id `site_id`, or `None` if no site has this id or `site_id` is not a number."""
        number = parse_whole_number(site_id) or 0
        site = self._site_cache.remembered_site(number)
        if site is None:
            site = await self._read_pool.read_newest(self._site_cache.look_up_site, number)
        return site if site is not None and str(site.id) == site_id else None

    async def _check_token(self, scheme: AuthScheme, name: str, scope: Scope, pairs: Pairs) -> Admission:
        """Admit a request by its token, and return the token's site, from the database if the token is not cached.

        Vendor: «Токен доступа к статистике Вашего ЛК через API».
        """
        token = _named_header(scope, name) if scheme.is_header else pairs.values.get(name, "")
        other = scheme.instead.token if scheme.instead is not None else None
        if not token and scheme.instead is not None and other is not None and _named_header(scope, other.name):
            return await self._check_token(scheme.instead, other.name, scope, pairs)
        admission = self._site_cache.remembered(token) if token else None
        if admission is None and token:
            admission = await self._read_pool.read_newest(self._site_cache.look_up, token)
        if admission is None:
            raise TokenRejected(field=name)
        self.token_uses.add(admission.token_id, clock.now())
        if scheme.site is not None:
            _check_site(admission, _named_header(scope, scheme.site.name) or None, scope)
        return admission


def _check_site(admission: Admission, site_id: str | None, scope: Scope) -> None:
    """Refuse a request with a token if its path or a header names a site other than the token's.

    Ours: a request that names another site is journalled under the token's site, since its owner has to correct it.

    Raises:
        SiteMismatch: another site is named.
    """
    if site_id is not None and site_id != str(admission.site.id):
        note: RequestNote = scope[NOTE]
        note.site_id, note.token_id = admission.site.id, admission.token_id
        raise SiteMismatch(site_id=site_id)


def _named_header(scope: Scope, name: str) -> str:
    return header(scope, name.lower().encode())
