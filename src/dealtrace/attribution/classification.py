"""Find the traffic source of a visit from the URLs of its landing page and the referring page.

Ours: the vendor's rules are unknown, so we chose rules of our own. They are tried in this order: UTM tags, openstat,
click ids of advertising systems, the referring page, direct.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from dealtrace.attribution.host_names import bare_host, host_in_ascii, registered_domain
from dealtrace.attribution.known_hosts import APPS, LEAVING_PATH, SHARED_DOMAINS, HostKind, KnownHost, find_known
from dealtrace.attribution.landing_tags import CLICK_IDS, ORGANIC, SOCIAL, tags_of
from dealtrace.attribution.site_hosts import NO_HOSTS, SiteHosts
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.urls import query_parameters, split_url

NOT_SET = "(not set)"
REFERRAL = "referral"
PAGE_SCHEMES = frozenset({"", "http", "https"})
APP_SCHEME = "android-app"
_ADDRESS = re.compile("https?:/", re.IGNORECASE)
MEDIA: Mapping[HostKind, str] = {
    HostKind.MAIL: "email",
    HostKind.SEARCH: ORGANIC,
    HostKind.ASSISTANT: "ai",
    HostKind.SOCIAL: SOCIAL,
}
"""The medium of visits that come from each kind of host; visits from other kinds of host count as direct."""
_FREE_MEDIA = frozenset({SOCIAL, ORGANIC})


def classify(landing_url: str, referrer: str, hosts: SiteHosts = NO_HOSTS) -> TrafficSource:
    """Return the traffic source of a visit from the URLs of its landing page and of the referring page.

    `referrer` is empty if there was none. `hosts` are the hosts in the site's settings; they take precedence over hosts
    known to all sites.
    Ours: without `utm_source`, the other rules find the source, and UTM tags only set its campaign, content and term.
    If the referring page is missing or does not count, such as a page of the site itself, the page in `utm_referrer` is
    used, because redirects hide the page that people came from.
    """
    tags = tags_of(landing_url)
    if tags.utm.source:
        return tags.utm if tags.utm.medium else replace(tags.utm, medium=NOT_SET)
    sender = _sender_of(landing_url, referrer, hosts)
    if sender == DIRECT and tags.referrer:
        sender = _sender_of(landing_url, tags.referrer, hosts)
    source = sender if tags.openstat.is_empty else tags.openstat
    if tags.openstat.is_empty and tags.click_ids:
        source = _clicked(tags.click_ids, sender)
    stated = {part: text for part in ("campaign", "content", "term") if (text := getattr(tags.utm, part))}
    return replace(source, **stated) if stated else source


def _clicked(click_ids: Mapping[str, str], sender: TrafficSource) -> TrafficSource:
    """Return the source of the first click id, or `sender`, the source of the referring page, if that is more precise.

    `sender` is more precise if the click id belongs to a link that nobody pays for, and `sender` is a known search
    engine, social network, AI assistant or e-mail service. For example, Instagram adds `fbclid` too; search words are
    only in the URL of the search page; and people send links from Yandex's search, with their click ids, by messenger.
    """
    source = next(CLICK_IDS[name] for name in CLICK_IDS if name in click_ids)
    return sender if source.medium in _FREE_MEDIA and sender.medium in MEDIA.values() else source


def _sender_of(landing_url: str, referrer: str, hosts: SiteHosts) -> TrafficSource:
    """Return the traffic source of the referring page.

    The source is `DIRECT` if there is no referring page, or if the page does not count, such as a page of the site
    itself.
    """
    parts = split_url(referrer)
    host = bare_host(parts.hostname or "") if parts is not None else ""
    if parts is None or not host or parts.scheme not in {*PAGE_SCHEMES, APP_SCHEME}:
        return DIRECT
    if parts.scheme == APP_SCHEME:
        return _source_of(host, APPS.get(host), {})
    known = hosts.find(host)
    if known is None and _is_own(host, landing_url):
        return DIRECT
    parameters = {} if parts.path == LEAVING_PATH else query_parameters(parts.query)
    return _source_of(host, known or find_known(host) or APPS.get(host), parameters)


def _is_own(host: str, landing_url: str) -> bool:
    """Return whether a host has the same owner as the landing page.

    Equal hosts have the same owner. Hosts under the same registered domain do too, unless it is a shared domain.
    """
    landing = split_url(landing_url)
    own = bare_host(landing.hostname or "") if landing is not None else ""
    if not own:
        return False
    if host_in_ascii(own) == host_in_ascii(host):
        return True
    domain = registered_domain(own)
    return domain == registered_domain(host) and domain not in SHARED_DOMAINS


def _source_of(host: str, known: KnownHost | None, parameters: Mapping[str, str]) -> TrafficSource:
    if known is None:
        return TrafficSource(host, REFERRAL)
    if known.kind not in MEDIA:
        return DIRECT
    term = next((parameters[name] for name in known.search_words if name in parameters), "")
    return TrafficSource(known.name or host, MEDIA[known.kind], term="" if _ADDRESS.match(term) else term)
