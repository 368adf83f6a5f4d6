"""The source of a lead or a deal in answers: the visit, which the API calls a session, or the stated source."""

from collections.abc import Mapping
from typing import TypedDict
from zoneinfo import ZoneInfo

from dealtrace.attribution.campaign import advertisement_ids
from dealtrace.attribution.classification import NOT_SET
from dealtrace.attribution.origin import Origin
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.calltouch.answers.formats import (
    AttributionModelNumber,
    EmptyList,
    Id,
    SlashedClock,
    if_requested,
    slashed_clock,
    slashed_clock_or_none,
)
from dealtrace.http.parameter_table import Sent
from dealtrace.whole_number import parse_whole_number

NOT_SPECIFIED = "<не указано>"
"""The string that answers have in place of an unknown UTM tag or city."""

Attrs = Mapping[str, object]
"""Third-party parameters that a page attached to the visit: JSON of any shape."""


class Utm(TypedDict):
    """UTM tags."""

    utmSource: str
    utmMedium: str
    utmCampaign: str
    utmContent: str
    utmTerm: str


class EarlierVisit(Utm):
    """A visit of a lead's visitor that began no later than the lead and is recent enough to get credit for it."""

    sessionId: Id
    sessionDate: SlashedClock
    source: str
    medium: str
    keyword: str
    url: str
    ref: str
    city: str
    ip: str
    userAgent: str
    additionalTags: EmptyList
    guaClientId: str | None
    ctClientId: int | None
    ctGlobalId: None


class CreditedSession(Utm):
    """The source of a deal's lead; `sessionId` is null if the source was stated through the API."""

    keywords: str
    city: str
    ip: str
    browser: str
    source: str
    medium: str
    ref: str
    url: str
    guaClientId: str | None
    yaClientId: str | None
    sessionId: Id | None
    additionalTags: EmptyList
    attribution: AttributionModelNumber
    attrs: Attrs | None


class PublicLeadRequestSession(Utm):
    """The source of a lead request, in the answer to a form that was sent without a token."""

    sessionId: Id | None
    keywords: str
    city: str
    ip: str
    source: str
    medium: str
    ref: str
    url: str
    guaClientId: str | None
    sessionDate: SlashedClock | None
    attrs: Attrs | None
    attribution: AttributionModelNumber
    yaClientId: str | None
    additionalTags: EmptyList
    ctGlobalId: None
    browser: str


class LeadRequestSession(PublicLeadRequestSession):
    """The source of a lead request in the journal."""

    device: str
    os: str
    browserName: str


class YandexDirect(TypedDict):
    """The ids of an advertisement in Yandex Direct."""

    campaignId: int
    adGroupId: int | None
    adId: int | None
    criteriaId: int | None


class GoogleAds(TypedDict):
    """The ids of an advertisement in Google Ads."""

    campaignId: int
    adGroupId: int | None
    creativeId: int | None
    criteriaId: int | None


def utm_answer(utm: TrafficSource) -> Utm:
    """Build the UTM tags of a source, with `NOT_SPECIFIED` in place of absent tags."""
    return {
        "utmSource": utm.source or NOT_SPECIFIED,
        "utmMedium": utm.medium or NOT_SPECIFIED,
        "utmCampaign": utm.campaign or NOT_SPECIFIED,
        "utmContent": utm.content or NOT_SPECIFIED,
        "utmTerm": utm.term or NOT_SPECIFIED,
    }


def earlier_visit(visit: Visit, time_zone: ZoneInfo) -> EarlierVisit:
    """Build the record of a visit of the lead's visitor."""
    source = visit.traffic_source
    return {
        "sessionId": visit.id,
        "sessionDate": slashed_clock(visit.started_at, time_zone),
        "source": source.source or NOT_SET,
        "medium": source.medium or NOT_SET,
        "keyword": source.term or NOT_SET,
        **utm_answer(visit.utm),
        "url": visit.landing_url,
        "ref": visit.referrer,
        "city": visit.city or NOT_SPECIFIED,
        "ip": visit.ip,
        "userAgent": visit.user_agent,
        "additionalTags": [],
        "guaClientId": visit.google_client_id,
        "ctClientId": visitor_number(visit.visitor_id),
        "ctGlobalId": None,
    }


def credited_session(origin: Origin, attribution: int) -> CreditedSession | None:
    """Build the source of a deal's lead, or `None` if it is unknown.

    Vendor: «Объект будет содержать вложенные объекты с описанием источника звонка или заявки».
    Ours: a source that was stated through the API has the same keys as a visit, but `sessionId` is null, since there
    was no visit.
    """
    if not origin.is_known:
        return None
    source, utm, details = origin.source, origin.utm, origin.details
    return {
        "keywords": source.term or NOT_SET,
        "city": details.city,
        "ip": details.ip,
        "browser": details.user_agent,
        "source": source.source,
        "medium": source.medium,
        "ref": details.referrer,
        "url": details.landing_url,
        "utmSource": utm.source,
        "utmMedium": utm.medium,
        "utmTerm": utm.term,
        "utmContent": utm.content,
        "utmCampaign": utm.campaign,
        "guaClientId": details.google_client_id,
        "yaClientId": details.yandex_client_id,
        "sessionId": origin.visit_id,
        "additionalTags": [],
        "attribution": attribution,
        "attrs": details.attrs,
    }


def lead_request_session(origin: Origin, time_zone: ZoneInfo, attribution: int, sent: Sent) -> LeadRequestSession:
    """Build the source of a lead request in the journal.

    Ours: an unknown source is an object too, with `sessionId` null and strings such as `(not set)`, since clients read
    its keys without checking for null.
    """
    source, utm, details = origin.source, origin.utm, origin.details
    return {
        "sessionId": origin.visit_id,
        "keywords": source.term or NOT_SET,
        "city": details.city or NOT_SPECIFIED,
        "ip": details.ip,
        "source": source.source or NOT_SET,
        "medium": source.medium or NOT_SET,
        "ref": details.referrer,
        "url": details.landing_url,
        "utmSource": utm.source or NOT_SPECIFIED,
        "utmMedium": utm.medium or NOT_SPECIFIED,
        "utmTerm": utm.term or NOT_SPECIFIED,
        "utmContent": utm.content or NOT_SPECIFIED,
        "utmCampaign": utm.campaign or NOT_SPECIFIED,
        "guaClientId": details.google_client_id,
        "sessionDate": slashed_clock_or_none(origin.visited_at, time_zone),
        "attrs": if_requested(sent, "withAttrs", details.attrs),
        "attribution": attribution,
        "yaClientId": details.yandex_client_id,
        "additionalTags": [],
        "ctGlobalId": None,
        "browser": details.user_agent,
        "device": details.device,
        "os": details.os,
        "browserName": details.browser,
    }


def public_lead_request_session(
    origin: Origin, time_zone: ZoneInfo, attribution: int
) -> PublicLeadRequestSession | None:
    """Build the source of a lead request for a caller without a token, or `None` if the request has no visit.

    Ours: everything that reveals who visitors are, where they are and what they read is left out, since a stranger
    could send the id of another person's visit.
    """
    if origin.visit is None:
        return None
    source, utm = origin.source, origin.utm
    return {
        "sessionId": origin.visit_id,
        "keywords": source.term or NOT_SET,
        "city": NOT_SPECIFIED,
        "ip": "",
        "source": source.source,
        "medium": source.medium,
        "ref": "",
        "url": "",
        "utmSource": utm.source or NOT_SPECIFIED,
        "utmMedium": utm.medium or NOT_SPECIFIED,
        "utmTerm": utm.term or NOT_SPECIFIED,
        "utmContent": utm.content or NOT_SPECIFIED,
        "utmCampaign": utm.campaign or NOT_SPECIFIED,
        "guaClientId": None,
        "sessionDate": slashed_clock_or_none(origin.visited_at, time_zone),
        "attrs": None,
        "attribution": attribution,
        "yaClientId": None,
        "additionalTags": [],
        "ctGlobalId": None,
        "browser": "",
    }


def visitor_number(visitor_id: str) -> int | None:
    """Return a visitor's id as a number, or `None` if it is not a number that JavaScript represents exactly."""
    return parse_whole_number(visitor_id)


def yandex_direct(visit: Visit | None) -> YandexDirect | None:
    """Build the Yandex Direct ids in the UTM tags of a visit, or `None` if the tags have no campaign id."""
    ids = advertisement_ids(visit, "yandex") if visit is not None else None
    if ids is None:
        return None
    return {"campaignId": ids.campaign, "adGroupId": None, "adId": ids.advertisement, "criteriaId": ids.criterion}


def google_ads(visit: Visit | None) -> GoogleAds | None:
    """Build the Google Ads ids in the UTM tags of a visit, or `None` if the tags have no campaign id."""
    ids = advertisement_ids(visit, "google") if visit is not None else None
    if ids is None:
        return None
    return {"campaignId": ids.campaign, "adGroupId": None, "creativeId": ids.advertisement, "criteriaId": ids.criterion}
