"""What the journals tell of leads in common: their sources, visits, tags, comments, fields and deals."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.calltouch.responses import KEYWORD_UNKNOWN, UNTOLD, slashed_clock
from dealtrace.http.parameter_types import DIGITS_MAX, ID_MAX
from dealtrace.http.parameters import Sent
from dealtrace.storage.journals.lead_entries import LeadEntry

TAG_TYPE = "API"
_SECOND = timedelta(seconds=1)
_CPC = "cpc"
_CLICKS = {"yandex": ("yclid",), "google": ("gclid", "gbraid", "wbraid")}


def utm_words(utm: TrafficSource) -> dict[str, str]:
    """Write utm tags; `UNTOLD` stands for an absent one."""
    return {
        "utmSource": utm.source or UNTOLD,
        "utmMedium": utm.medium or UNTOLD,
        "utmCampaign": utm.campaign or UNTOLD,
        "utmContent": utm.content or UNTOLD,
        "utmTerm": utm.term or UNTOLD,
    }


def visitor_number(visitor_id: str) -> int | None:
    """Write a visitor's name as a number if it is one that JavaScript can hold, else null."""
    if not (visitor_id.isascii() and visitor_id.isdigit() and len(visitor_id) <= DIGITS_MAX):
        return None
    return int(visitor_id) if int(visitor_id) <= ID_MAX else None


def map_visits(entry: LeadEntry, time_zone: ZoneInfo) -> list[dict[str, Any]]:
    """Tell what the visitor did up to the lead, earliest first."""
    return [_map_visit(visit, time_zone) for visit in entry.visits]


def _map_visit(visit: Visit, time_zone: ZoneInfo) -> dict[str, Any]:
    source = visit.traffic_source
    return {
        "sessionId": visit.id,
        "sessionDate": slashed_clock(visit.started_at, time_zone),
        "source": source.source or KEYWORD_UNKNOWN,
        "medium": source.medium or KEYWORD_UNKNOWN,
        "keyword": source.term or KEYWORD_UNKNOWN,
        **utm_words(visit.utm),
        "url": visit.landing_url,
        "ref": visit.referrer,
        "city": visit.city or UNTOLD,
        "ip": visit.ip,
        "userAgent": visit.user_agent,
        "additionalTags": [],
        "guaClientId": visit.google_client_id,
        "ctClientId": visitor_number(visit.visitor_id),
        "ctGlobalId": None,
    }


def yandex_direct(visit: Visit | None) -> dict[str, int | None] | None:
    """Tell the ids of Yandex Direct that the utm tags of an advertisement bear; `None` without a campaign's.

    Ours: the tags are read as `{campaign_id}`, `{ad_id}` and `{phrase_id}` fill them; a click id alone names no
    campaign.
    """
    told = _ids_in_tags(visit, "yandex")
    if told is None:
        return None
    campaign, advertisement, criteria = told
    return {"campaignId": campaign, "adGroupId": None, "adId": advertisement, "criteriaId": criteria}


def google_ads(visit: Visit | None) -> dict[str, int | None] | None:
    """Tell the ids of Google Ads likewise."""
    told = _ids_in_tags(visit, "google")
    if told is None:
        return None
    campaign, creative, criteria = told
    return {"campaignId": campaign, "adGroupId": None, "creativeId": creative, "criteriaId": criteria}


def _ids_in_tags(visit: Visit | None, system: str) -> tuple[int, int | None, int | None] | None:
    if visit is None:
        return None
    campaign = _number(visit.utm.campaign)
    if campaign is None:
        return None
    source, clicks = visit.traffic_source, visit.click_ids
    if (source.source, source.medium) != (system, _CPC) and not any(name in clicks for name in _CLICKS[system]):
        return None
    return campaign, _number(visit.utm.content), _number(visit.utm.term)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < DIGITS_MAX else None


def tag_words(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Tell tags; they came in through the API."""
    return [{"category": "", "type": TAG_TYPE, "names": list(names)}] if names else []


def comment_words(lead_id: int, owner: str, text: str | None) -> list[dict[str, Any]]:
    """Tell the one comment a lead may have; it bears the id of its lead, under the name `owner`."""
    if not text:
        return []
    return [{"commentId": lead_id, owner: lead_id, "comment": text, "partyId": None, "partyName": None}]


def field_words(values: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Tell the values of custom fields."""
    return [{"field": name, "value": value} for name, value in (values or {}).items()]


def whole_seconds(duration: timedelta | None) -> int:
    """Write a duration as whole seconds; an unknown one is 0."""
    return duration // _SECOND if duration is not None else 0


def when_asked(sent: Sent, flag: str, value: Any) -> Any:
    """Tell something if its flag asks for it, else null."""
    return value if sent.get(flag) else None
