"""Where a visit came from, told from the address it landed on and the page that sent it.

Ours: the vendor's rules are unknown; these give every value seen of it. They are tried in this order: utm tags, click
ids of advertising systems, search engines, social networks, other pages, nobody. To know another engine, network or
click id, add a line to its table.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from dealtrace.attribution.traffic_source import DIRECT, TrafficSource

NOT_SET = "(not set)"
PART_LENGTH_MAX = 1024
ADDRESS_LENGTH_MAX = 8192
"""Longer addresses are looked at so far and no further."""

UTM_TAGS: Mapping[str, str] = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "campaign",
    "utm_content": "content",
    "utm_term": "term",
}
CLICK_IDS: Mapping[str, str] = {
    "yclid": "yandex",
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "fbclid": "facebook",
    "rb_clickid": "vk",
    "msclkid": "bing",
    "ttclid": "tiktok",
}
"""The parameter an advertising system adds to the address it leads to, and the system's name."""
SEARCH_ENGINES: Mapping[str, tuple[str, str]] = {
    "yandex": ("yandex", "text"),
    "ya": ("yandex", "text"),
    "google": ("google", "q"),
    "bing": ("bing", "q"),
    "duckduckgo": ("duckduckgo", "q"),
    "go.mail": ("mail.ru", "q"),
    "rambler": ("rambler", "query"),
    "yahoo": ("yahoo", "p"),
    "ecosia": ("ecosia", "q"),
    "baidu": ("baidu", "wd"),
}
"""A host without its last part, and anything before it; the engine's name, and the parameter of the words searched."""
SOCIAL_NETWORKS: Mapping[str, str] = {
    "vk.com": "vk",
    "vk.ru": "vk",
    "ok.ru": "ok",
    "t.me": "telegram",
    "web.telegram.org": "telegram",
    "youtube.com": "youtube",
    "rutube.ru": "rutube",
    "dzen.ru": "dzen",
    "facebook.com": "facebook",
    "instagram.com": "instagram",
    "x.com": "x",
    "twitter.com": "x",
    "tiktok.com": "tiktok",
    "linkedin.com": "linkedin",
    "pinterest.com": "pinterest",
    "whatsapp.com": "whatsapp",
}
"""A host, with anything before it."""


def utm_of(landing_url: str) -> TrafficSource:
    """Read the utm tags of an address as they stand there; the first of a repeated one counts."""
    tags = _query_of(landing_url)
    return TrafficSource(**{part: _short(tags[tag]) for tag, part in UTM_TAGS.items() if tag in tags})


def click_ids_of(landing_url: str) -> dict[str, str]:
    """Read the click ids of advertising systems in an address, by their parameters."""
    parameters = _query_of(landing_url)
    return {name: _short(parameters[name]) for name in CLICK_IDS if name in parameters}


def classify(landing_url: str, referrer: str) -> TrafficSource:
    """Tell the traffic source of a visit that landed on `landing_url`, sent by the page `referrer` (empty: nobody).

    A page of the site itself sends nobody.
    """
    utm = utm_of(landing_url)
    if utm.source:
        return utm if utm.medium else TrafficSource(utm.source, NOT_SET, utm.campaign, utm.content, utm.term)
    return _by_click_id(landing_url, utm) or _by_referrer(_host_of(landing_url), referrer)


def _by_click_id(landing_url: str, utm: TrafficSource) -> TrafficSource | None:
    parameters = _query_of(landing_url)
    system = next((name for parameter, name in CLICK_IDS.items() if parameter in parameters), None)
    return TrafficSource(system, "cpc", utm.campaign, utm.content, utm.term) if system is not None else None


def _by_referrer(own_host: str, referrer: str) -> TrafficSource:
    host = _host_of(referrer)
    if not host or host == own_host:
        return DIRECT
    social = next(
        (name for known, name in SOCIAL_NETWORKS.items() if host == known or host.endswith(f".{known}")), None
    )
    if social is not None:
        return TrafficSource(social, "social")
    return _searched(host, referrer) or TrafficSource(host, "referral")


def _searched(host: str, referrer: str) -> TrafficSource | None:
    """Recognise a search engine in any country: `google.de`, `www.google.co.uk`, `search.yandex.com.tr`."""
    for known, (name, words) in SEARCH_ENGINES.items():
        labels, wanted = host.split("."), known.split(".")
        places = [labels[at : at + len(wanted)] for at in range(len(labels) - len(wanted))]
        if wanted in places and len(labels) - places.index(wanted) - len(wanted) <= _COUNTRY_LABELS_MAX:
            return TrafficSource(name, "organic", term=_short(_query_of(referrer).get(words, "")))
    return None


_COUNTRY_LABELS_MAX = 2


def _host_of(address: str) -> str:
    """Tell the host of an address, without `www.`, in small letters; empty if it has none that can be read."""
    try:
        host = urlsplit(address[:ADDRESS_LENGTH_MAX]).hostname or ""
    except ValueError:
        return ""
    return _short(host.lower().rstrip(".").removeprefix("www."))


def _query_of(address: str) -> Mapping[str, str]:
    try:
        query = urlsplit(address[:ADDRESS_LENGTH_MAX]).query
    except ValueError:
        return {}
    return {name: values[0] for name, values in parse_qs(query, errors="replace").items()}


def _short(text: str) -> str:
    """Cut a part to what is kept; a zero byte is nothing a database could hold."""
    return text.replace("\0", "").strip()[:PART_LENGTH_MAX]
