"""The hosts that a site has named: its own, its payment and sign-in pages, search engines, social networks."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from dealtrace.attribution.addresses import bare_host, host_in_ascii, host_of, registered_domain
from dealtrace.attribution.known_hosts import SHARED_DOMAINS, HostKind, KnownHost
from dealtrace.record import record

SITE_KINDS = (HostKind.OWN, HostKind.PAYMENT, HostKind.SIGN_IN, HostKind.SEARCH, HostKind.SOCIAL)
"""The kinds of host that a site can name."""
NAMED_KINDS = frozenset({HostKind.SEARCH, HostKind.SOCIAL})
"""The kinds of host that need the name of a traffic source; hosts of the other kinds count as direct."""
SITE_HOSTS_MAX = 1000
USUAL_SEARCH_WORDS = ("q", "text", "query", "search")
"""The parameters in which a search engine that a site has named may send the search words."""


@record
class SiteHost:
    """A host that a site has named: its kind, the host in ASCII, and its source (empty for kinds without one)."""

    kind: HostKind
    host: str
    name: str = ""


@record
class SiteHosts:
    """The hosts that one site has named, by their ASCII spelling; each host is of one kind.

    A registered domain includes all hosts under it, unless it is a domain that different owners share.
    """

    known: Mapping[str, KnownHost] = field(default_factory=lambda: MappingProxyType({}))

    def find(self, host: str) -> KnownHost | None:
        """Return the site's entry for a host or for the domain that includes it, or `None` if there is none."""
        if not self.known:
            return None
        if (exact := self.known.get(host_in_ascii(host))) is not None:
            return exact
        domain = registered_domain(host)
        return self.known.get(domain) if domain not in SHARED_DOMAINS else None


NO_HOSTS = SiteHosts()


def hosts_of(entries: Iterable[tuple[HostKind, str, str]]) -> SiteHosts:
    """Return the hosts of a site from stored triples of kind, host and name; of a repeated host, the last counts."""
    return SiteHosts({host: KnownHost(kind, name, USUAL_SEARCH_WORDS) for kind, host, name in entries})


def read_host(text: str) -> str:
    """Return the host in a text that a person typed, without scheme, port and path, or an empty text."""
    text = text.strip()
    host = host_of(text) if "//" in text else host_of(f"//{text}")
    host = host_in_ascii(bare_host(host.removeprefix("*.")))
    is_name = host.isascii() and "." in host and all(_is_label(label) for label in host.split("."))
    return host if is_name else ""


def _is_label(label: str) -> bool:
    return label.replace("-", "").replace("_", "").isalnum()
