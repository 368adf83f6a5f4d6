"""The labels of the kinds of host in a site's settings, in English; pages translate them."""

from collections.abc import Mapping

from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SITE_KINDS

HOST_LABELS: Mapping[str, str] = {
    HostKind.OWN: "a page of the site",
    HostKind.PAYMENT: "payment page",
    HostKind.SIGN_IN: "sign-in page",
    HostKind.SEARCH: "search engine",
    HostKind.SOCIAL: "social network",
}
assert set(HOST_LABELS) == set(SITE_KINDS)
