"""The answers of the journal of calls, and of the counts of calls."""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Literal, TypedDict

from dealtrace.accounts.site import Site
from dealtrace.attribution.classification import NOT_SET
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin
from dealtrace.calltouch.answers.annotations import (
    CallComment,
    FieldAnswer,
    TagGroup,
    call_comments,
    field_answers,
    tag_groups,
)
from dealtrace.calltouch.answers.formats import (
    AttributionModelNumber,
    CallerId,
    Count,
    EmptyList,
    Id,
    SlashedClock,
    epoch_seconds,
    if_requested,
    slashed_clock,
    slashed_clock_or_none,
    whole_rubles,
    whole_seconds,
)
from dealtrace.calltouch.answers.journal_page import PageAnswer
from dealtrace.calltouch.answers.sources import (
    NOT_SPECIFIED,
    Attrs,
    EarlierVisit,
    GoogleAds,
    Utm,
    YandexDirect,
    earlier_visit,
    google_ads,
    utm_answer,
    visitor_number,
    yandex_direct,
)
from dealtrace.deals.deal import Deal
from dealtrace.http.parameter_table import Sent
from dealtrace.leads.call import Call
from dealtrace.leads.call_outcome import CallPhase, is_answered, phase_of
from dealtrace.leads.contact import normal_phone
from dealtrace.storage.journals.lead_entries import LeadEntry

PhaseName = Literal["callconnected", "calldisconnected"]
PHASE_NAMES: dict[CallPhase, PhaseName] = {
    CallPhase.ONGOING: "callconnected",
    CallPhase.ENDED: "calldisconnected",
}
CALLER_ID_BYTES = 16
DayCounts = dict[str, Count]
"""The number of calls by day (`dd/mm/yyyy`); days without calls have 0."""
KeywordCounts = dict[str, Count]
"""The number of calls by keyword."""


class _CallFacts(TypedDict):
    """The keys that describe the course of a call: its phone numbers, times and outcome."""

    callId: Id
    callphase: PhaseName
    attribution: AttributionModelNumber
    callTags: list[TagGroup] | None
    date: SlashedClock
    duration: Count
    callerNumber: str
    redirectNumber: str
    phoneNumber: str
    manager: str | None
    successful: bool
    uniqueCall: bool
    targetCall: bool
    uniqTargetCall: bool
    callbackCall: bool


class _Source(Utm):
    """The keys that describe where a call came from: the visit and the advertisement."""

    city: str
    source: str
    medium: str
    keyword: str
    url: str
    callUrl: None
    ref: str
    hostname: str


class _Identifiers(TypedDict):
    """The ids of a call, its caller and its visitor."""

    sessionId: Id | None
    ctCallerId: CallerId
    clientId: str | None
    yaClientId: str | None
    sipCallId: str
    userAgent: str
    ip: str
    waitingConnect: Count
    callReferenceId: str


class _Device(TypedDict):
    """The visitor's device and browser, and the start of the visit."""

    device: str
    os: str
    browser: str
    timestamp: int
    sessionDate: SlashedClock | None


class CallDeal(TypedDict):
    """A deal whose lead is the call, as shown in the journal of calls."""

    orderId: Id
    orderNumber: str
    plannedAmount: int | None
    completedAmount: int
    createdDate: SlashedClock
    orderDate: SlashedClock
    completedDate: None


class CallRecord(_CallFacts, _Source, _Identifiers, _Device):
    """A call in the journal; optional keys that were not requested are null."""

    mapVisits: list[EarlierVisit] | None
    attrs: Attrs | None
    comments: list[CallComment] | None
    phrases: EmptyList | None
    additionalTags: EmptyList
    callClientUniqueId: None
    orders: list[CallDeal]
    order: None
    yandexDirect: YandexDirect | None
    googleAdWords: GoogleAds | None
    siteId: Id
    siteName: str
    callbackInfo: None
    ctClientId: Count | None
    dcm: None
    phonesInText: None
    ctGlobalId: None
    subPoolName: str
    statusDetails: Literal["Connection succeeded", "Connection failed"]
    poolType: None
    customFields: list[FieldAnswer] | None


CallsAnswer = list[CallRecord] | PageAnswer[CallRecord]
"""All calls of one day, or one page of calls if `page` was sent."""


def call_record(entry: LeadEntry, site: Site, model: AttributionModel, sent: Sent) -> CallRecord:
    """Build the journal's record of a call; an optional key is null unless its flag, such as `withComments`, is set."""
    call, origin, annotations = call_of(entry), entry.origin, entry.annotations
    details = origin.details
    answered = is_answered(entry.circumstances, call.duration)
    visits = [earlier_visit(visit, site.time_zone) for visit in entry.visits]
    return {
        **_course(entry, call, site, model, sent, answered=answered),
        **_source(origin),
        **_identifiers(entry, call, origin, site),
        "mapVisits": if_requested(sent, "withMapVisits", visits),
        "attrs": if_requested(sent, "withAttributionFields", details.attrs),
        "comments": if_requested(sent, "withComments", call_comments(call.id, annotations.comment)),
        "phrases": if_requested(sent, "withText", []),
        "additionalTags": [],
        "callClientUniqueId": None,
        **_device(call, origin, site),
        "orders": [_deal(deal, site) for deal in entry.deals],
        "order": None,
        "yandexDirect": if_requested(sent, "withYandexDirect", yandex_direct(origin.credited)),
        "googleAdWords": if_requested(sent, "withGoogleAdwords", google_ads(origin.credited)),
        "siteId": site.id,
        "siteName": site.name,
        "callbackInfo": None,
        "ctClientId": visitor_number(details.visitor_id),
        "dcm": None,
        "phonesInText": None,
        "ctGlobalId": None,
        "subPoolName": "",
        "statusDetails": "Connection succeeded" if answered else "Connection failed",
        "poolType": None,
        "customFields": if_requested(sent, "withCustomFields", field_answers(annotations.custom_values)),
    }


def _course(
    entry: LeadEntry, call: Call, site: Site, model: AttributionModel, sent: Sent, *, answered: bool
) -> _CallFacts:
    circumstances, qualification = entry.circumstances, entry.qualification
    return {
        "callId": call.id,
        "callphase": PHASE_NAMES[phase_of(circumstances, call.duration)],
        "attribution": int(model),
        "callTags": if_requested(sent, "withCallTags", tag_groups(entry.annotations.tags)),
        "date": slashed_clock(call.started_at, site.time_zone),
        "duration": whole_seconds(call.duration),
        "callerNumber": caller_number(entry),
        "redirectNumber": circumstances.answering_phone or "",
        "phoneNumber": circumstances.dialled_phone or "",
        "manager": entry.annotations.manager,
        "successful": answered,
        "uniqueCall": qualification.is_unique,
        "targetCall": qualification.is_target,
        "uniqTargetCall": qualification.is_unique_target,
        "callbackCall": False,
    }


def _source(origin: Origin) -> _Source:
    source, details = origin.source, origin.details
    return {
        "city": details.city or NOT_SPECIFIED,
        "source": source.source or NOT_SET,
        "medium": source.medium or NOT_SET,
        "keyword": source.term or NOT_SET,
        "url": details.landing_url,
        "callUrl": None,
        "ref": details.referrer,
        "hostname": origin.landing_host,
        **utm_answer(origin.utm),
    }


def _identifiers(entry: LeadEntry, call: Call, origin: Origin, site: Site) -> _Identifiers:
    details = origin.details
    return {
        "sessionId": origin.visit_id,
        "ctCallerId": caller_id(entry, site),
        "clientId": details.google_client_id,
        "yaClientId": details.yandex_client_id,
        "sipCallId": entry.circumstances.sip_id or "",
        "userAgent": details.user_agent,
        "ip": details.ip,
        "waitingConnect": whole_seconds(entry.circumstances.waiting),
        "callReferenceId": call.reference or "",
    }


def _device(call: Call, origin: Origin, site: Site) -> _Device:
    details = origin.details
    return {
        "device": details.device,
        "os": details.os,
        "browser": details.browser,
        "timestamp": epoch_seconds(call.started_at),
        "sessionDate": slashed_clock_or_none(origin.visited_at, site.time_zone),
    }


def _deal(deal: Deal, site: Site) -> CallDeal:
    happened = slashed_clock(deal.happened_at, site.time_zone)
    return {
        "orderId": deal.id,
        "orderNumber": deal.number,
        "plannedAmount": whole_rubles(deal.amount_rub),
        "completedAmount": 0,
        "createdDate": happened,
        "orderDate": happened,
        "completedDate": None,
    }


def call_of(entry: LeadEntry) -> Call:
    """Return the call of a journal entry; the entry must be about a call."""
    assert isinstance(entry.lead, Call)
    return entry.lead


def caller_number(entry: LeadEntry) -> str:
    """Return the caller's phone, normalised if it is valid, or an empty string if the caller hid the number."""
    return normal_phone(entry.phone or "") or entry.phone or ""


def caller_id(entry: LeadEntry, site: Site) -> str:
    """Return 32 hexadecimal digits that identify a caller's phone at a site.

    Ours: without a valid number, the digits identify the client instead; each call with a hidden number has a client of
    its own.
    """
    phone = normal_phone(entry.phone or "")
    name = f"client {entry.client.id}" if phone is None else phone
    return hashlib.blake2b(f"{site.id} {name}".encode(), digest_size=CALLER_ID_BYTES).hexdigest()


def day_counts(counts: Iterable[tuple[date, int]]) -> DayCounts:
    """Build the counts of calls by day (`dd/mm/yyyy`), in input order."""
    return {f"{day:%d/%m/%Y}": count for day, count in counts}


def keyword_counts(counts: Iterable[tuple[str, int]]) -> KeywordCounts:
    """Build the counts of calls by keyword, in input order; calls without a keyword are counted as `(not set)`."""
    answer: KeywordCounts = {}
    for keyword, count in counts:
        name = keyword or NOT_SET
        answer[name] = answer.get(name, 0) + count
    return answer
