"""`calls-diary/calls`: the journal of calls, a page of any interval or the array of one day."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin
from dealtrace.calltouch.journals.call_words import PHASES, call_of, caller_id, caller_number
from dealtrace.calltouch.journals.lead_pages import tell_all, tell_leads
from dealtrace.calltouch.journals.pages import (
    answer_page,
    asked_page,
    envelope,
    nothing,
    read_interval,
)
from dealtrace.calltouch.journals.parameters import CALLS_DIARY, FILTERED
from dealtrace.calltouch.journals.words import (
    comment_words,
    field_words,
    google_ads,
    map_visits,
    tag_words,
    utm_words,
    visitor_number,
    when_asked,
    whole_seconds,
    yandex_direct,
)
from dealtrace.calltouch.responses import KEYWORD_UNKNOWN, UNTOLD, epoch_ms, slashed_clock, whole_rubles
from dealtrace.deals.deal import Deal
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.call import is_answered, phase_of
from dealtrace.leads.lead import LeadKind
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.journals.keyset_pages import Cursor, Page, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry
from dealtrace.storage.journals.lead_journal import Counting, Field, Filter, LeadQuery, Operator, query_leads

TABLE = ParameterTable(CALLS_DIARY)
ANSWERED = "Connection succeeded"
NOT_ANSWERED = "Connection failed"
NOT_CALLED_BACK = False
_EVENT = "calls_listed"
_COUNTING = {
    "uniqueOnly": Counting.UNIQUE,
    "targetOnly": Counting.TARGET,
    "uniqTargetOnly": Counting.UNIQUE_TARGET,
}


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with a page of calls if one is asked for, else with all calls of the one day."""
    query, site = read_query(caller.site, sent), caller.site
    number, limit = asked_page(sent)
    if "page" not in sent.values:
        _check_one_day(sent)
        reply = await caller.read_pool.read(_answer_array, site, query, sent)
    elif sent.get("callbackOnly"):
        reply = nothing(number, limit, site, _EVENT)
    else:
        answer = partial(answer_page_of_calls, site=site, query=query, sent=sent)
        reply = await answer_page(caller, query, (number - 1) * limit, answer)
    await caller.pay_for_reading(PaidMethod.CALLS_DIARY)
    return reply


def _check_one_day(sent: Sent) -> None:
    if sent["dateFrom"] != sent["dateTo"]:
        raise InvalidParameters(
            [
                Violation(
                    "dateTo",
                    "без page доступен только один день: передайте page=1 или dateTo, равный dateFrom",
                    "without page one day only: send page=1, or a dateTo that equals dateFrom",
                )
            ]
        )


def read_query(site: Site, sent: Sent) -> LeadQuery:
    """Turn what was sent into a query.

    Raises:
        InvalidParameters: the interval ends before it begins.
    """
    since, until = read_interval(site, sent)
    return LeadQuery(
        kind=LeadKind.CALL,
        model=sent.get("attribution", AttributionModel(site.attribution)),
        since=since,
        until=until,
        by_visit="bindTo" in sent.values,
        lead_id=sent.get("callId"),
        counting=frozenset(counting for flag, counting in _COUNTING.items() if sent.get(flag)),
        matches=tuple(_matches(sent)),
    )


def _matches(sent: Sent) -> Iterator[Filter]:
    """Tell what is asked of sources and phones; the words that stand for nothing are asked for as they are shown."""
    for name, told in (
        ("clientId", Field.GOOGLE_CLIENT_ID),
        ("utmSource", Field.UTM_SOURCE),
        ("utmMedium", Field.UTM_MEDIUM),
    ):
        if name in sent.values:
            yield Filter(told, _plain(sent[name]))
    for name, (told, _) in FILTERED.items():
        if f"{name}.value" in sent.values:
            yield Filter(told, _plain(sent[f"{name}.value"]), sent.get(f"{name}.filterMode", Operator.EQUAL))


def _plain(text: str) -> str:
    return "" if text in (KEYWORD_UNKNOWN, UNTOLD) else text


def answer_page_of_calls(
    connection: Connection, cursor: Cursor, *, site: Site, query: LeadQuery, sent: Sent
) -> tuple[Page, Reply]:
    """Answer with the page that begins at a place, and tell its keys."""
    number, limit = asked_page(sent)
    page = find_page(connection, query_leads(site, query), cursor, limit)
    tell = partial(record, site=site, model=query.model, sent=sent)
    records = tell_leads(connection, site, query, page.ids, sent, tell)
    answer = envelope(number, limit, page.total, records)
    return page, success(answer, _EVENT, site_id=site.id, records=len(records))


def _answer_array(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> Reply:
    if sent.get("callbackOnly"):
        return success([], _EVENT, site_id=site.id, records=0)
    records = tell_all(connection, site, query, sent, partial(record, site=site, model=query.model, sent=sent))
    return success(records, _EVENT, site_id=site.id, records=len(records))


def record(entry: LeadEntry, site: Site, model: AttributionModel, sent: Sent) -> dict[str, Any]:
    """Tell of one call; keys are never dropped, what was not asked for is null."""
    origin = entry.origin
    return {
        **_how_it_went(entry, site, model, sent),
        **_where_from(origin),
        **_how_it_is_known(entry, origin, site),
        "mapVisits": when_asked(sent, "withMapVisits", map_visits(entry, site.time_zone)),
        "attrs": when_asked(sent, "withAttributionFields", origin.attrs),
        "comments": when_asked(sent, "withComments", comment_words(entry.lead.id, "callId", entry.annotations.comment)),
        "phrases": when_asked(sent, "withText", []),
        "additionalTags": [],
        "callClientUniqueId": None,
        **_seen_with(entry, origin, site),
        "orders": [_deal(deal, site) for deal in entry.deals],
        "order": None,
        "yandexDirect": when_asked(sent, "withYandexDirect", yandex_direct(origin.visit)),
        "googleAdWords": when_asked(sent, "withGoogleAdwords", google_ads(origin.visit)),
        "siteId": site.id,
        "siteName": site.name,
        "callbackInfo": None,
        "ctClientId": visitor_number(origin.visitor_id),
        "dcm": None,
        "phonesInText": None,
        "ctGlobalId": None,
        "subPoolName": "",
        "statusDetails": ANSWERED if is_answered(entry.circumstances, call_of(entry).duration) else NOT_ANSWERED,
        "poolType": None,
        "customFields": when_asked(sent, "withCustomFields", field_words(entry.annotations.custom_values)),
    }


def _how_it_went(entry: LeadEntry, site: Site, model: AttributionModel, sent: Sent) -> dict[str, Any]:
    call, told = call_of(entry), entry.circumstances
    return {
        "callId": call.id,
        "callphase": PHASES[phase_of(told, call.duration)],
        "attribution": int(model),
        "callTags": when_asked(sent, "withCallTags", tag_words(entry.annotations.tags)),
        "date": slashed_clock(call.started_at, site.time_zone),
        "duration": whole_seconds(call.duration),
        "callerNumber": caller_number(entry),
        "redirectNumber": told.answering_phone or "",
        "phoneNumber": told.dialled_phone or "",
        "manager": entry.annotations.manager,
        "successful": is_answered(told, call.duration),
        "uniqueCall": entry.standing.is_unique,
        "targetCall": entry.standing.is_target,
        "uniqTargetCall": entry.standing.is_unique_target,
        "callbackCall": NOT_CALLED_BACK,
    }


def _where_from(origin: Origin) -> dict[str, Any]:
    source = origin.source
    return {
        "city": origin.city or UNTOLD,
        "source": source.source or KEYWORD_UNKNOWN,
        "medium": source.medium or KEYWORD_UNKNOWN,
        "keyword": source.term or KEYWORD_UNKNOWN,
        "url": origin.landing_url,
        "callUrl": None,
        "ref": origin.referrer,
        "hostname": origin.landing_host,
        **utm_words(origin.utm),
    }


def _how_it_is_known(entry: LeadEntry, origin: Origin, site: Site) -> dict[str, Any]:
    return {
        "sessionId": origin.visit_id,
        "ctCallerId": caller_id(entry, site),
        "clientId": origin.google_client_id,
        "yaClientId": origin.yandex_client_id,
        "sipCallId": entry.circumstances.sip_id or "",
        "userAgent": origin.user_agent,
        "ip": origin.ip,
        "waitingConnect": whole_seconds(entry.circumstances.waiting),
        "callReferenceId": call_of(entry).reference or "",
    }


def _seen_with(entry: LeadEntry, origin: Origin, site: Site) -> dict[str, Any]:
    visited_at = origin.visited_at
    return {
        "device": origin.device,
        "os": origin.os,
        "browser": origin.browser,
        "timestamp": epoch_ms(call_of(entry).started_at) // 1000,
        "sessionDate": slashed_clock(visited_at, site.time_zone) if visited_at is not None else None,
    }


def _deal(deal: Deal, site: Site) -> dict[str, Any]:
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
