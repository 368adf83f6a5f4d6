"""The parameters that advertising systems add to the URLs of landing pages: UTM tags, openstat and click ids."""

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.urls import (
    decode_text,
    fragment_parameters_of,
    parameters_in_path,
    query_parameters,
    short,
    split_url,
)
from dealtrace.record import record

TAGS_REMEMBERED = 512
"""For how many URLs the tags are cached; the tags of each opened page are read four times."""
PAID = "cpc"
ORGANIC = "organic"
SOCIAL = "social"

UTM_TAGS: Mapping[str, str] = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "campaign",
    "utm_content": "content",
    "utm_term": "term",
}
OPENSTAT = "_openstat"
REFERRER = "utm_referrer"
"""The parameter in which redirects, such as those of a bot protection service, keep the URL of the referring page."""
OPENSTAT_SERVICES: Mapping[str, str] = {
    "direct.yandex.ru": "yandex",
    "direct.yandex.com": "yandex",
    "market.yandex.ru": "yandex.market",
    "begun.ru": "begun",
    "adwords.google.com": "google",
    "ads.google.com": "google",
    "target.my.com": "vk",
    "ads.vk.com": "vk",
}
"""The name of the traffic source for each service in an openstat label."""
CLICK_IDS: Mapping[str, TrafficSource] = {
    "yclid": TrafficSource("yandex", PAID),
    "ymclid": TrafficSource("yandex.market", PAID),
    "gclid": TrafficSource("google", PAID),
    "gbraid": TrafficSource("google", PAID),
    "wbraid": TrafficSource("google", PAID),
    "gad_source": TrafficSource("google", PAID),
    "gad_campaignid": TrafficSource("google", PAID),
    "rb_clickid": TrafficSource("vk", PAID),
    "vkclid": TrafficSource("vk", PAID),
    "msclkid": TrafficSource("bing", PAID),
    "ttclid": TrafficSource("tiktok", PAID),
    "twclid": TrafficSource("x", PAID),
    "li_fat_id": TrafficSource("linkedin", PAID),
    "rdt_cid": TrafficSource("reddit", PAID),
    "sccid": TrafficSource("snapchat", PAID),
    "epik": TrafficSource("pinterest", PAID),
    "dclid": TrafficSource("google", "display"),
    "fbclid": TrafficSource("facebook", SOCIAL),
    "igsh": TrafficSource("instagram", SOCIAL),
    "igshid": TrafficSource("instagram", SOCIAL),
    "ysclid": TrafficSource("yandex", ORGANIC),
    "etext": TrafficSource("yandex", ORGANIC),
    "srsltid": TrafficSource("google", ORGANIC),
}
"""The traffic source of each click id parameter; if a URL has several, the first in this order is used.

Facebook adds `fbclid` to every link, paid or not. Yandex adds `ysclid` and `etext` to links from its search, and Google
adds `srsltid` to links from its free product listings.
"""


@record
class LandingTags:
    """The advertising parameters in the URL of a landing page.

    `utm` has the UTM tags as they were written. `openstat` is the source in the openstat label, or `NOWHERE` if there
    is none. `click_ids` maps names of parameters, in lower case, to click ids. `referrer` is the URL of the referring
    page that a redirect has kept in the parameter `utm_referrer`; it is empty if there is none.
    """

    utm: TrafficSource = NOWHERE
    openstat: TrafficSource = NOWHERE
    click_ids: Mapping[str, str] = field(default_factory=dict)
    referrer: str = ""


NO_TAGS = LandingTags()


@lru_cache(maxsize=TAGS_REMEMBERED)
def tags_of(landing_url: str) -> LandingTags:
    """Return the advertising parameters in the URL of a landing page.

    Each kind (UTM tags, openstat, click ids) is read from the query, or from the fragment if the query lacks that kind,
    or from the path if both lack it, as in `/page&utm_source=x`.
    Ours: if the query has UTM tags but no `utm_source`, the other tags are expected in the fragment, so both are read;
    if a tag is in both, the query's value is used.
    """
    if not ("=" in landing_url or "%" in landing_url) or (parts := split_url(landing_url)) is None:
        return NO_TAGS
    in_path = parameters_in_path(parts.path)
    places = (query_parameters(parts.query), fragment_parameters_of(parts.fragment), in_path)
    in_query, *elsewhere = (_named(place, UTM_TAGS) for place in places)
    utm = in_query if "utm_source" in in_query else {**elsewhere[1], **elsewhere[0], **in_query}
    openstat = next((place[OPENSTAT] for place in places if OPENSTAT in place), "")
    clicks = next((found for place in places if (found := _named(place, CLICK_IDS))), {})
    return LandingTags(
        TrafficSource(**{UTM_TAGS[tag]: value for tag, value in utm.items()}),
        _openstat_source(openstat),
        clicks,
        next((place[REFERRER] for place in places if REFERRER in place), ""),
    )


def utm_of(landing_url: str) -> TrafficSource:
    """Return the UTM tags in a URL as a traffic source, unchanged; of a repeated tag, the first value is used."""
    return tags_of(landing_url).utm


def click_ids_of(landing_url: str) -> Mapping[str, str]:
    """Return the click ids in a URL, by the names of their parameters in lower case."""
    return tags_of(landing_url).click_ids


def _named(parameters: Mapping[str, str], names: Mapping[str, object]) -> dict[str, str]:
    return {name: parameters[name] for name in names if name in parameters}


def _openstat_source(label: str) -> TrafficSource:
    """Return the source in an openstat label, plain or in Base64, or `NOWHERE` if the string is not a label.

    A label is `service;campaign;advertisement;place`.
    """
    service, *ids = (short(part) for part in (label if ";" in label else _from_base64(label)).split(";"))
    if not service or not ids:
        return NOWHERE
    campaign, content, *_ = (*ids, "")
    return TrafficSource(OPENSTAT_SERVICES.get(service.lower(), service), PAID, campaign, content)


def _from_base64(label: str) -> str:
    """Decode a string in either alphabet of Base64, padded or not; return an empty string if it is invalid."""
    plain = re.sub(r"[\s=]", "", label.replace("/", "_").replace(" ", "-").replace("+", "-"))
    try:
        content = urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (Base64Error, ValueError):
        return ""
    return decode_text(content)
