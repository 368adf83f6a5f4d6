"""`requests`: the journal of lead requests, always an array."""

from functools import partial
from typing import Any

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin
from dealtrace.calltouch.journals.lead_pages import tell_all, tell_leads
from dealtrace.calltouch.journals.pages import answer_page, asked_page, read_interval, require_dates
from dealtrace.calltouch.journals.parameters import REQUESTS
from dealtrace.calltouch.journals.words import (
    comment_words,
    field_words,
    google_ads,
    map_visits,
    tag_words,
    utm_words,
    visitor_number,
    when_asked,
    yandex_direct,
)
from dealtrace.calltouch.responses import (
    KEYWORD_UNKNOWN,
    STATUS_NOT_SET,
    UNTOLD,
    credited_session,
    email_contacts,
    epoch_ms,
    four_decimals,
    slashed_clock,
    stored_order,
    whole_rubles,
)
from dealtrace.deals.deal import Deal
from dealtrace.errors import SiteMismatch
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.journals.keyset_pages import Cursor, Page, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads

TABLE = ParameterTable(REQUESTS)
PART_SIZE_MAX = 10_000
"""Ours: an array does not tell its page size, and a client that asked for more reads a shorter one as the last."""
PHONE_TYPE = "OTHER"
_EVENT = "lead_requests_listed"


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with an array: a part of the list if one is asked for, else the whole.

    Raises:
        SiteMismatch: a site is named, and not the token's.
    """
    site = caller.site
    if sent.get("siteId", site.id) != site.id:
        raise SiteMismatch(site_id=sent["siteId"])
    query = read_query(site, sent)
    if "page" in sent.values or "limit" in sent.values:
        number, limit = asked_page(sent, PART_SIZE_MAX)
        answer = partial(_answer_part, site=site, query=query, sent=sent)
        reply = await answer_page(caller, query, (number - 1) * limit, answer)
    else:
        reply = await caller.read_pool.read(_answer_whole, site, query, sent)
    await caller.pay_for_reading(PaidMethod.REQUESTS)
    return reply


def read_query(site: Site, sent: Sent) -> LeadQuery:
    """Turn what was sent into a query.

    Raises:
        InvalidParameters: no interval though no lead request is named, or one that ends before it begins.
    """
    if "requestId" not in sent.values and "requestNumber" not in sent.values:
        require_dates(sent)
    since, until = read_interval(site, sent)
    return LeadQuery(
        kind=LeadKind.LEAD_REQUEST,
        model=sent.get("attribution", AttributionModel(site.attribution)),
        since=since,
        until=until,
        by_visit="bindTo" in sent.values,
        lead_id=sent.get("requestId"),
        number=sent.get("requestNumber"),
    )


def _answer_part(
    connection: Connection, cursor: Cursor, *, site: Site, query: LeadQuery, sent: Sent
) -> tuple[Page, Reply]:
    _, limit = asked_page(sent, PART_SIZE_MAX)
    page = find_page(connection, query_leads(site, query), cursor, limit)
    tell = partial(record, site=site, model=query.model, sent=sent)
    records = tell_leads(connection, site, query, page.ids, sent, tell)
    return page, success(records, _EVENT, site_id=site.id, records=len(records))


def _answer_whole(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> Reply:
    records = tell_all(connection, site, query, sent, partial(record, site=site, model=query.model, sent=sent))
    return success(records, _EVENT, site_id=site.id, records=len(records))


def record(entry: LeadEntry, site: Site, model: AttributionModel, sent: Sent) -> dict[str, Any]:
    """Tell of one lead request; keys are never dropped, what was not asked for is null."""
    taken, origin, annotations = entry.lead, entry.origin, entry.annotations
    assert isinstance(taken, LeadRequest)
    return {
        "date": epoch_ms(taken.requested_at),
        "comments": comment_words(taken.id, "requestId", annotations.comment),
        "requestType": None,
        "dateStr": slashed_clock(taken.requested_at, site.time_zone),
        "manager": annotations.manager,
        "session": _session(origin, site, model, sent),
        "subject": taken.form_name,
        "uniqTargetRequest": entry.standing.is_unique_target,
        "uniqueRequest": entry.standing.is_unique,
        "yandexDirect": when_asked(sent, "withYandexDirect", yandex_direct(origin.visit)),
        "googleAdWords": when_asked(sent, "withGoogleAdwords", google_ads(origin.visit)),
        "requestNumber": taken.number,
        "requestId": taken.id,
        "client": _client(entry.client),
        "siteId": site.id,
        "orders": [_deal(deal, origin, site, model) for deal in entry.deals],
        "targetRequest": entry.standing.is_target,
        "status": STATUS_NOT_SET,
        "order": None,
        "mapVisits": when_asked(sent, "withMapVisits", map_visits(entry, site.time_zone)),
        "requestUrl": entry.page_url,
        "ctClientId": visitor_number(origin.visitor_id),
        "dcm": None,
        "ctGlobalId": None,
        "widgetInfo": None,
        "RequestTags": when_asked(sent, "withRequestTags", tag_words(annotations.tags)),
        "hostname": origin.landing_host,
        "customFields": when_asked(sent, "withCustomFields", field_words(annotations.custom_values)),
    }


def _session(origin: Origin, site: Site, model: AttributionModel, sent: Sent) -> dict[str, Any] | None:
    """Tell of the credited visit, or of a stated source, which has no `sessionId`; null if neither is known."""
    if not origin.is_known:
        return None
    source, utm, visited_at = origin.source, utm_words(origin.utm), origin.visited_at
    return {
        "sessionId": origin.visit_id,
        "keywords": source.term or KEYWORD_UNKNOWN,
        "city": origin.city or UNTOLD,
        "ip": origin.ip,
        "source": source.source or KEYWORD_UNKNOWN,
        "medium": source.medium or KEYWORD_UNKNOWN,
        "ref": origin.referrer,
        "url": origin.landing_url,
        **{name: utm[name] for name in ("utmSource", "utmMedium", "utmTerm", "utmContent", "utmCampaign")},
        "guaClientId": origin.google_client_id,
        "sessionDate": slashed_clock(visited_at, site.time_zone) if visited_at is not None else None,
        "attrs": when_asked(sent, "withAttrs", origin.attrs),
        "attribution": int(model),
        "yaClientId": origin.yandex_client_id,
        "additionalTags": [],
        "ctGlobalId": None,
        "browser": origin.user_agent,
        "device": origin.device,
        "os": origin.os,
        "browserName": origin.browser,
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "clientId": client.id,
        "fio": client.name or "",
        "phones": [{"phoneNumber": phone, "phoneType": PHONE_TYPE} for phone in client.phones],
        "contacts": email_contacts(client),
    }


def _deal(deal: Deal, origin: Origin, site: Site, model: AttributionModel) -> dict[str, Any]:
    """Tell of a deal as `orders/update-by-id` does, in one object, its sum in whole rubles where a number stands."""
    return {
        **stored_order(deal, site.time_zone),
        "currentAmount": whole_rubles(deal.amount_rub),
        "orderSum": four_decimals(deal.amount_rub),
        "orderStatus": deal.status,
        "orderComments": deal.comment or "",
        "session": credited_session(origin, int(model)),
    }
