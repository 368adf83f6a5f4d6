"""Hosts that a site knows better than we do: its own, its payment and sign-in pages, engines, networks."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from dealtrace.attribution.addresses import bare_host, host_in_ascii, host_of, registered_domain
from dealtrace.attribution.known_hosts import SHARED_DOMAINS, HostKind, KnownHost
from dealtrace.record import record

SITE_KINDS = (HostKind.OWN, HostKind.PAYMENT, HostKind.SIGN_IN, HostKind.SEARCH, HostKind.SOCIAL)
"""The kinds of host that a site may name."""
NAMED_KINDS = frozenset({HostKind.SEARCH, HostKind.SOCIAL})
"""Those that need the name of the source; the others send nobody."""
SITE_HOSTS_MAX = 1000
USUAL_SEARCH_WORDS = ("q", "text", "query", "search")
"""The parameters in which an engine that a site names may tell the words searched for."""


@record
class SiteHost:
    """A host that a site names: its kind, the host in ASCII, and the source it is (empty for what sends nobody)."""

    kind: HostKind
    host: str
    name: str = ""


@record
class SiteHosts:
    """The hosts of one site, by their ASCII spelling as `read_host` returns it; each is of one kind.

    A host that is a registered domain stands for all hosts under it as well, unless strangers share that domain.
    """

    known: Mapping[str, KnownHost] = field(default_factory=lambda: MappingProxyType({}))

    def find(self, host: str) -> KnownHost | None:
        """Find what the site says of a host; `None` if it says nothing."""
        if not self.known:
            return None
        if (exact := self.known.get(host_in_ascii(host))) is not None:
            return exact
        domain = registered_domain(host)
        return self.known.get(domain) if domain not in SHARED_DOMAINS else None


NO_HOSTS = SiteHosts()


def hosts_of(entries: Iterable[tuple[HostKind, str, str]]) -> SiteHosts:
    """Make the hosts of a site from what is stored: kind, host and name of each; of a repeated host the last counts."""
    return SiteHosts({host: KnownHost(kind, name, USUAL_SEARCH_WORDS) for kind, host, name in entries})


def read_host(text: str) -> str:
    """Read a host as a person writes it, with or without a scheme, port, path or `*.`; empty if it is none."""
    text = text.strip()
    host = host_of(text) if "//" in text else host_of(f"//{text}")
    host = host_in_ascii(bare_host(host.removeprefix("*.")))
    is_name = host.isascii() and "." in host and all(_is_label(label) for label in host.split("."))
    return host if is_name else ""


def _is_label(label: str) -> bool:
    return label.replace("-", "").replace("_", "").isalnum()
