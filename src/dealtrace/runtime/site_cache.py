"""Who a token opens the door to, remembered until a setting changes."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.token import TokenId, token_digest
from dealtrace.record import record
from dealtrace.storage.accounts.accounts import find_revision, find_site, find_token

TOKENS_CACHED_MAX = 10_000
"""Live tokens remembered at once; unknown ones are not, so that guessing fills no memory."""


@record
class Admission:
    """What a token opens: one site, and in whose name."""

    site: Site
    token_id: TokenId


class SiteCache:
    """Remembers admissions; `follow`, called every second, forgets them all once anything about them changed."""

    def __init__(self) -> None:
        self._admissions: dict[str, Admission] = {}
        self._sites: dict[int, Site] = {}
        self._revision = -1

    def remembered(self, token: str) -> Admission | None:
        """Tell what a token opens, if that is remembered."""
        return self._admissions.get(token_digest(token))

    def look_up(self, connection: Connection, token: str) -> Admission | None:
        """Find what a token opens, and remember it; `None` if it opens nothing."""
        memory = self._admissions  # if `follow` puts a new one in its place, what is old by then is lost with it
        revision = find_revision(connection)
        digest = token_digest(token)
        found = find_token(connection, digest)
        site = find_site(connection, found.site_id) if found is not None else None
        if found is None or site is None:
            return None
        admission = Admission(site, found.id)
        if revision == self._revision:
            if len(memory) >= TOKENS_CACHED_MAX:
                memory.clear()
            memory[digest] = admission
        return admission

    def remembered_site(self, site_id: int) -> Site | None:
        """Tell a site that is remembered; for those who come without a token."""
        return self._sites.get(site_id)

    def look_up_site(self, connection: Connection, site_id: int) -> Site | None:
        """Find a site, and remember it; `None` if there is none."""
        memory = self._sites
        revision = find_revision(connection)
        site = find_site(connection, SiteId(site_id))
        if site is not None and revision == self._revision:
            memory[site_id] = site
        return site

    def follow(self, connection: Connection) -> int | None:
        """Forget everything if sites, tokens or fields changed; return their new revision, `None` if it is the same."""
        revision = find_revision(connection)
        if revision == self._revision:
            return None
        self._admissions = {}
        self._sites = {}
        self._revision = revision
        return revision
