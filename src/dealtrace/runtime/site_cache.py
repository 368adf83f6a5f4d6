"""The sites that tokens give access to, cached until the accounts (sites, tokens and so on) change."""

from collections.abc import Mapping

from sqlalchemy import Connection

from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.token import TokenId, token_digest
from dealtrace.record import record
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.sites import find_cors_origins, find_site, find_site_names, find_site_of_counter
from dealtrace.storage.accounts.tokens import find_token

TOKENS_CACHED_MAX = 10_000
"""How many valid tokens are cached; unknown tokens are not cached, so that guesses do not fill the memory."""


@record
class Admission:
    """The access that a token gives: the site, and the id of the token."""

    site: Site
    token_id: TokenId


class _Memory:
    """What is cached at one revision of the accounts; `SiteCache.follow` replaces it as a whole."""

    __slots__ = ("admissions", "cors_origins", "names", "revision", "sites", "sites_of_counters")

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.admissions: dict[str, Admission] = {}
        self.sites: dict[int, Site] = {}
        self.sites_of_counters: dict[str, Site] = {}
        self.cors_origins: frozenset[str] | None = None
        self.names: Mapping[SiteId, str] | None = None


class SiteCache:
    """Caches sites and the access that tokens give; `follow`, called every second, clears the cache after changes.

    Lookups in the database may run on other threads while `follow` clears the cache. A lookup stores its result only in
    the `_Memory` that was current when the lookup began, and only if the database still had the revision of that
    memory. So the cache never has data that is older than its revision.
    """

    def __init__(self) -> None:
        self._memory = _Memory(-1)
        self._newest = -1

    @property
    def newest_revision(self) -> int:
        """Return the newest revision of the accounts (sites, tokens and so on) that this process has seen."""
        return self._newest

    def remembered(self, token: str) -> Admission | None:
        """Return the cached access of a token, or `None` if it is not cached."""
        return self._memory.admissions.get(token_digest(token))

    def look_up(self, connection: Connection, token: str) -> Admission | None:
        """Look up the access of a token in the database and cache it; return it, or `None` if the token is invalid."""
        memory = self._memory
        revision = self._find_revision(connection)
        digest = token_digest(token)
        found = find_token(connection, digest)
        site = find_site(connection, found.site_id) if found is not None else None
        if found is None or site is None:
            return None
        admission = Admission(site, found.id)
        if revision == memory.revision:
            if len(memory.admissions) >= TOKENS_CACHED_MAX:
                memory.admissions.clear()
            memory.admissions[digest] = admission
        return admission

    def remembered_site(self, site_id: int) -> Site | None:
        """Return the site with this id, for requests without a token, or `None` if the site is not cached."""
        return self._memory.sites.get(site_id)

    def look_up_site(self, connection: Connection, site_id: int) -> Site | None:
        """Look up a site in the database and cache it; return it, or `None` if there is no such site."""
        memory = self._memory
        revision = self._find_revision(connection)
        site = find_site(connection, SiteId(site_id))
        if site is not None and revision == memory.revision:
            memory.sites[site_id] = site
        return site

    def remembered_site_of_counter(self, code: str) -> Site | None:
        """Return the cached site whose visit counter has this code, or `None` if the site is not cached."""
        return self._memory.sites_of_counters.get(code)

    def look_up_site_of_counter(self, connection: Connection, code: str) -> Site | None:
        """Look up and cache the site whose visit counter has this code; return it, or `None` if there is none."""
        memory = self._memory
        revision = self._find_revision(connection)
        site = find_site_of_counter(connection, code)
        if site is not None and revision == memory.revision:
            memory.sites_of_counters[code] = site
        return site

    def remembered_site_names(self) -> Mapping[SiteId, str] | None:
        """Return the cached names of all sites by their ids, or `None` if they are not cached."""
        return self._memory.names

    def look_up_site_names(self, connection: Connection) -> Mapping[SiteId, str]:
        """Look up the names of all sites in the database, cache them and return them by the ids of the sites."""
        memory = self._memory
        revision = self._find_revision(connection)
        found = find_site_names(connection)
        if revision == memory.revision:
            memory.names = found
        return found

    def remembered_cors_origins(self) -> frozenset[str] | None:
        """Return the cached CORS origins of all sites, or `None` if they are not cached."""
        return self._memory.cors_origins

    def look_up_cors_origins(self, connection: Connection) -> frozenset[str]:
        """Look up the CORS origins of all sites in the database, cache them and return them."""
        memory = self._memory
        revision = self._find_revision(connection)
        found = find_cors_origins(connection)
        if revision == memory.revision:
            memory.cors_origins = found
        return found

    def follow(self, connection: Connection) -> int | None:
        """Clear the cache if the accounts changed; return their new revision, or `None` if nothing changed."""
        revision = self._find_revision(connection)
        if revision == self._memory.revision:
            return None
        self._memory = _Memory(revision)
        return revision

    def _find_revision(self, connection: Connection) -> int:
        revision = find_revision(connection)
        self._newest = max(self._newest, revision)
        return revision
