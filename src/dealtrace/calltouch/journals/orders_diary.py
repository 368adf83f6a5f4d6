"""`orders-diary/orders`: the journal of deals, page by page."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin
from dealtrace.calltouch.journals.pages import (
    answer_page,
    asked_page,
    envelope,
    nothing,
    read_interval,
    require_dates,
)
from dealtrace.calltouch.journals.parameters import ORDERS_DIARY
from dealtrace.calltouch.journals.words import field_words, google_ads, tag_words, when_asked, yandex_direct
from dealtrace.calltouch.responses import KEYWORD_UNKNOWN, plain_number, slashed_clock
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, ready, success
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_story import LeadStory
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.deals.daily_counts import JournalMoment
from dealtrace.storage.journals.deal_entries import DealEntry, list_deal_entries
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, Page, find_page

TABLE = ParameterTable(ORDERS_DIARY)
_EVENT = "deals_listed"

_MOMENTS = {"created": JournalMoment.HAPPENED, "updated": JournalMoment.TOUCHED, "session": JournalMoment.VISITED}
_LEAD_KINDS = {"CALL": LeadKind.CALL, "REQUEST": LeadKind.LEAD_REQUEST}
_WIRE_KINDS = {kind: word for word, kind in _LEAD_KINDS.items()}


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with one page of deals; a chat is never a deal's lead here, so its pages are empty."""
    query, site = read_query(caller.site, sent), caller.site
    number, limit = asked_page(sent)
    if sent.get("orderSource") == "CHAT":
        reply = nothing(number, limit, site, _EVENT)
    else:
        answer = partial(answer_page_of_deals, site=site, query=query, sent=sent)
        reply = await answer_page(caller, query, (number - 1) * limit, answer)
    await caller.pay_for_reading(PaidMethod.ORDERS_DIARY)
    return reply


def read_query(site: Site, sent: Sent) -> JournalQuery:
    """Turn what was sent into a query; an interval covers whole days of the site.

    Raises:
        InvalidParameters: no interval though no deal is named, or one that ends before it begins.
    """
    if "orderId" not in sent.values and "orderNumber" not in sent.values:
        require_dates(sent)
    since, until = read_interval(site, sent)
    return JournalQuery(
        moment=_MOMENTS[sent.get("bindTo", "created")],
        since=since,
        until=until,
        deal_id=sent.get("orderId"),
        number=sent.get("orderNumber"),
        lead_kind=_LEAD_KINDS.get(sent.get("orderSource")),
    )


def answer_page_of_deals(
    connection: Connection, cursor: Cursor, *, site: Site, query: JournalQuery, sent: Sent
) -> tuple[Page, Reply]:
    """Answer with the page that begins at a place, and tell its keys."""
    number, limit = asked_page(sent)
    model = sent.get("attribution", AttributionModel(site.attribution))
    page = find_page(connection, query_deals(site.id, query), cursor, limit)
    records = tell_deals(list_deal_entries(connection, site.id, page.ids, model), site=site, model=model, sent=sent)
    answer = envelope(number, limit, page.total, records)
    return page, success(answer, _EVENT, site_id=site.id, records=len(records))


def tell_deals(entries: Iterable[DealEntry], *, site: Site, model: AttributionModel, sent: Sent) -> list[msgspec.Raw]:
    """Tell of deals, ready to be sent."""
    return [ready(_record(one, site, model, sent)) for one in entries]


def _record(deal: DealEntry, site: Site, model: AttributionModel, sent: Sent) -> dict[str, Any]:
    """Tell of one deal; keys are never dropped, what was not asked for is null."""
    story = deal.story
    happened = slashed_clock(deal.happened_at, site.time_zone)
    origin = _origin(story) if story is not None else None
    return {
        "orderId": deal.id,
        "orderNumber": deal.number,
        "orderName": None,
        "orderStatus": deal.status,
        "createdDate": happened,
        "updatedDate": slashed_clock(deal.touched_at, site.time_zone),
        "orderDate": happened,
        "plannedAmount": plain_number(deal.amount_rub) if deal.amount_rub is not None else None,
        "completedAmount": 0,
        "funnel": None,
        "service": deal.service,
        "manager": deal.manager,
        "siteId": site.id,
        "client": _client(story) if story is not None else None,
        "visit": _visit(deal.origin, model),
        "orderSource": origin,
        "allOrderOrigins": when_asked(sent, "withAllOrderOrigins", [origin] if origin is not None else []),
        "contacts": when_asked(sent, "withContacts", _contacts(deal)),
        "tags": when_asked(sent, "withOrdersTags", tag_words(deal.tags)),
        "comment": when_asked(sent, "withComments", deal.comment or ""),
        "customFields": field_words(deal.custom_values),
    }


def _client(story: LeadStory) -> dict[str, Any]:
    client = story.client
    return {"fio": client.name, "phones": list(client.phones), "emails": list(client.emails)}


def _origin(story: LeadStory) -> dict[str, Any]:
    if story.ref.kind is LeadKind.CALL:
        return {
            "type": _WIRE_KINDS[story.ref.kind],
            "callId": story.ref.id,
            "duration": story.duration // timedelta(seconds=1),
            "callUrl": None,
        }
    return {"type": _WIRE_KINDS[story.ref.kind], "requestId": story.ref.id, "formName": story.form_name}


def _contacts(deal: DealEntry) -> dict[str, list[str]]:
    return {"phones": [deal.phone] if deal.phone else [], "emails": [deal.email] if deal.email else []}


def _visit(origin: Origin, model: AttributionModel) -> dict[str, Any] | None:
    """Tell where the deal came from: a credited visit, or a stated source, which has no session; null if unknown."""
    if not origin.is_known:
        return None
    source, utm, is_visit = origin.source, origin.utm, origin.visit is not None
    return {
        "sessionId": origin.visit_id,
        "source": source.source,
        "medium": source.medium,
        "keyword": source.term or KEYWORD_UNKNOWN,
        "utmSource": utm.source,
        "utmMedium": utm.medium,
        "utmCampaign": utm.campaign,
        "utmContent": utm.content,
        "utmTerm": utm.term,
        "city": origin.city if is_visit else None,
        "url": origin.landing_url if is_visit else None,
        "ref": origin.referrer if is_visit else None,
        "attribution": int(model),
        "yaClientId": origin.yandex_client_id,
        "gaClientId": origin.google_client_id,
        "yandexDirect": yandex_direct(origin.visit),
        "googleAdWords": google_ads(origin.visit),
    }
