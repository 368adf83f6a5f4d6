"""Hosts that a site names: its own, its payment and sign-in pages, search engines, networks."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from dealtrace.attribution.addresses import bare_host, host_in_ascii, host_of, registered_domain
from dealtrace.attribution.known_hosts import SHARED_DOMAINS, HostKind, KnownHost
from dealtrace.record import record

SITE_KINDS = (HostKind.OWN, HostKind.PAYMENT, HostKind.SIGN_IN, HostKind.SEARCH, HostKind.SOCIAL)
"""The kinds of host that a site may name."""
NAMED_KINDS = frozenset({HostKind.SEARCH, HostKind.SOCIAL})
"""The kinds that need the name of a source; the other kinds count as direct."""
SITE_HOSTS_MAX = 1000
USUAL_SEARCH_WORDS = ("q", "text", "query", "search")
"""The parameters that may hold the search words of an engine that a site names."""


@record
class SiteHost:
    """A host that a site names: its kind, the host in ASCII, and its source (empty for kinds that count as direct)."""

    kind: HostKind
    host: str
    name: str = ""


@record
class SiteHosts:
    """The hosts of one site, by their ASCII spelling as `read_host` returns it; each is of one kind.

    A registered domain includes all hosts under it, unless it is a domain that different owners share.
    """

    known: Mapping[str, KnownHost] = field(default_factory=lambda: MappingProxyType({}))

    def find(self, host: str) -> KnownHost | None:
        """Return what the site says of a host, `None` if it says nothing."""
        if not self.known:
            return None
        if (exact := self.known.get(host_in_ascii(host))) is not None:
            return exact
        domain = registered_domain(host)
        return self.known.get(domain) if domain not in SHARED_DOMAINS else None


NO_HOSTS = SiteHosts()


def hosts_of(entries: Iterable[tuple[HostKind, str, str]]) -> SiteHosts:
    """Return the hosts of a site from stored triples of kind, host and name; of a repeated host the last counts."""
    return SiteHosts({host: KnownHost(kind, name, USUAL_SEARCH_WORDS) for kind, host, name in entries})


def read_host(text: str) -> str:
    """Return the host in what a person wrote, with or without a scheme, port, path or `*.`; empty if there is none."""
    text = text.strip()
    host = host_of(text) if "//" in text else host_of(f"//{text}")
    host = host_in_ascii(bare_host(host.removeprefix("*.")))
    is_name = host.isascii() and "." in host and all(_is_label(label) for label in host.split("."))
    return host if is_name else ""


def _is_label(label: str) -> bool:
    return label.replace("-", "").replace("_", "").isalnum()
