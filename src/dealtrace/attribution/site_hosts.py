"""The hosts in a site's settings: its own hosts, payment and sign-in pages, search engines and social networks."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from dealtrace.attribution.host_names import bare_host, host_in_ascii, host_of, registered_domain
from dealtrace.attribution.known_hosts import SHARED_DOMAINS, HostKind, KnownHost
from dealtrace.record import record

SITE_KINDS = (HostKind.OWN, HostKind.PAYMENT, HostKind.SIGN_IN, HostKind.SEARCH, HostKind.SOCIAL)
"""The kinds of host that a site can have in its settings."""
NAMED_KINDS = frozenset({HostKind.SEARCH, HostKind.SOCIAL})
"""The kinds of host that need the name of a traffic source; visits from hosts of the other kinds count as direct."""
SITE_HOSTS_MAX = 1000
USUAL_SEARCH_WORDS = ("q", "text", "query", "search")
"""The URL parameters in which a search engine from a site's settings may send the search words."""


@record
class SiteHost:
    """A host in a site's settings: its kind, the host in ASCII, and its source (empty for kinds without a source)."""

    kind: HostKind
    host: str
    name: str = ""


def format_host_kind(entry: SiteHost) -> str:
    """Return the kind of a host and, if it has one, the name of its source: `KIND` or `KIND NAME`."""
    return f"{entry.kind} {entry.name}".rstrip()


@record
class SiteHosts:
    """The hosts in the settings of one site; `known` maps each host, in ASCII, to its entry.

    A registered domain, such as `example.com`, includes all hosts under it, unless different owners share the domain.
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
    """Return the hosts of a site from stored triples (kind, host, name); if a host repeats, its last triple is used."""
    return SiteHosts({host: KnownHost(kind, name, USUAL_SEARCH_WORDS) for kind, host, name in entries})


def read_host(text: str) -> str:
    """Return the host in a string that a person typed, in ASCII, or an empty string if it is not a host.

    Scheme, port, path, `www.` and `*.` are removed.
    """
    text = text.strip()
    host = host_of(text) if "//" in text else host_of(f"//{text}")
    host = host_in_ascii(bare_host(host.removeprefix("*.")))
    is_name = host.isascii() and "." in host and all(_is_label(label) for label in host.split("."))
    return host if is_name else ""


def _is_label(label: str) -> bool:
    return label.replace("-", "").replace("_", "").isalnum()
