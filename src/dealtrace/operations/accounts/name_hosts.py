"""Add hosts to the settings of a site, and remove them.

Hosts are of several kinds: the site's own, payment and sign-in pages, search engines, and social networks.
"""

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import (
    NAMED_KINDS,
    SITE_HOSTS_MAX,
    SITE_KINDS,
    SiteHost,
    format_host_kind,
    read_host,
)
from dealtrace.errors import HostNotFound, InvalidSetting
from dealtrace.operations.accounts.change_site_settings import checked_name
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts import revision, site_hosts


def add_host(work: AccountWork, site_id: int, kind: str, host: str, name: str) -> SiteHost:
    """Add a host to a site and return the stored host; an existing entry for the same host is replaced.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the kind, the host or the name is not valid, or the site has too many hosts.
    """
    site = require_site(work.connection, site_id)
    named = read_named_host(kind, host, name)
    if named.host not in site.hosts.known and len(site.hosts.known) >= SITE_HOSTS_MAX:
        raise InvalidSetting(
            key="host",
            ru=f"у сайта уже {SITE_HOSTS_MAX} доменов: удалите ненужный домен",
            en=f"the site already has {SITE_HOSTS_MAX} hosts; remove one first",
        )
    before = _formatted(work.connection, site_id, named.host)
    site_hosts.upsert_host(work.connection, site_id, named, work.now)
    after = format_host_kind(named)
    record_change(work, site_id, ChangeKind.HOST, named.host, before=before, after=after)
    revision.raise_revision(work.connection)
    return named


def remove_host(work: AccountWork, site_id: int, kind: str, host: str) -> SiteHost:
    """Remove a host from a site and return the removed host; the `name` in the result is empty.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the kind or the host is not valid.
        HostNotFound: the site has no such host of that kind.
    """
    require_site(work.connection, site_id)
    named = SiteHost(_kind(kind), checked_host("HOST", host))
    before = _formatted(work.connection, site_id, named.host)
    if not site_hosts.delete_host(work.connection, site_id, named):
        raise HostNotFound(host=named.host, kind=named.kind.value, site_id=site_id)
    record_change(work, site_id, ChangeKind.HOST, named.host, before=before)
    revision.raise_revision(work.connection)
    return named


def _formatted(connection: Connection, site_id: int, host: str) -> str:
    """Return the kind and the source of a stored host as one string, empty if the site has no such host."""
    stored = (each for each in site_hosts.list_hosts(connection, site_id) if each.host == host)
    return next(map(format_host_kind, stored), "")


def read_named_host(kind: str, host: str, name: str) -> SiteHost:
    """Return a host that a person typed, with its kind and the name of its source.

    Raises:
        InvalidSetting: the kind, the host or the name is not valid.
    """
    known = _kind(kind)
    if known in NAMED_KINDS:
        return SiteHost(known, checked_host("HOST", host), checked_name("--name", name))
    if name:
        raise InvalidSetting(
            key="--name",
            ru="имя источника указывают только для search и social",
            en="give a name only with the kinds search and social",
        )
    return SiteHost(known, checked_host("HOST", host))


def _kind(text: str) -> HostKind:
    kinds = {kind.value: kind for kind in SITE_KINDS}
    if text not in kinds:
        known = ", ".join(kinds)
        raise InvalidSetting(key="KIND", ru=f"ожидается одно из: {known}", en=f"one of these is expected: {known}")
    return kinds[text]


def checked_host(key: str, text: str) -> str:
    """Return the host in a string that a person typed, in the form in which hosts are compared.

    Raises:
        InvalidSetting: the string contains no host.
    """
    if not (host := read_host(text)):
        raise InvalidSetting(
            key=key, ru="ожидается домен, например pay.example.com", en="a host is expected, such as pay.example.com"
        )
    return host
