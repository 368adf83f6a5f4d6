"""The English words for the kinds of host in a site's settings; pages translate them."""

from collections.abc import Mapping

from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SITE_KINDS

HOST_WORDS: Mapping[str, str] = {
    HostKind.OWN: "a page of the site",
    HostKind.PAYMENT: "payment page",
    HostKind.SIGN_IN: "sign-in page",
    HostKind.SEARCH: "search engine",
    HostKind.SOCIAL: "social network",
}
assert set(HOST_WORDS) == set(SITE_KINDS)
