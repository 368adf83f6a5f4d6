"""`orders-diary/orders`: the journal of deals, page by page."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.parameters import ORDERS_DIARY
from dealtrace.calltouch.responses import KEYWORD_UNKNOWN, instant_of, plain_number, slashed_clock
from dealtrace.deals.deal import Deal
from dealtrace.door.caller import Caller
from dealtrace.door.parameters import REQUIRED, ParameterTable, Sent
from dealtrace.door.replies import Reply, success
from dealtrace.errors import FaultyParameters, Violation
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_story import LeadStory
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.deal_journal import DealPage, JournalMoment, JournalQuery, list_deal_page
from dealtrace.storage.leads import list_lead_stories

TABLE = ParameterTable(ORDERS_DIARY)
PAGE_SIZE_MAX = 1000
TAG_TYPE = "API"

_MOMENTS = {"created": JournalMoment.HAPPENED, "updated": JournalMoment.TOUCHED, "session": JournalMoment.VISITED}
_LEAD_KINDS = {"CALL": LeadKind.CALL, "REQUEST": LeadKind.LEAD_REQUEST}
_WIRE_KINDS = {kind: word for word, kind in _LEAD_KINDS.items()}


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with one page of deals; a chat is never a deal's lead here, so its pages are empty."""
    query = read_query(caller.site, sent)
    number, limit = max(1, sent.get("page", 1)), min(sent.get("limit") or PAGE_SIZE_MAX, PAGE_SIZE_MAX)
    if sent.get("orderSource") == "CHAT":
        page, stories = DealPage([], 0), dict[LeadRef, LeadStory]()
    else:
        page, stories = await caller.read(_gather, query, AttributionModel(caller.site.attribution), number, limit)
    await caller.pay_for_reading(PaidMethod.ORDERS_DIARY)
    envelope = {
        "page": number,
        "pageTotal": max(1, -(-page.total // limit)),
        "pageSize": limit,
        "recordsTotal": page.total,
        "records": [_record(deal, stories, caller.site, sent) for deal in page.deals],
    }
    return success(envelope, "deals_listed", site_id=caller.site.id, records=len(page.deals))


def read_query(site: Site, sent: Sent) -> JournalQuery:
    """Turn what was sent into a query; an interval covers whole days of the site.

    Raises:
        FaultyParameters: no interval though no deal is named, or one that ends before it begins.
    """
    first, last = sent.get("dateFrom"), sent.get("dateTo")
    if "orderId" not in sent.values and "orderNumber" not in sent.values:
        missing = [name for name in ("dateFrom", "dateTo") if name not in sent.values]
        if missing:
            raise FaultyParameters([Violation(name, *REQUIRED) for name in missing])
    if first is not None and last is not None and first > last:
        raise FaultyParameters([Violation("dateFrom", "позже, чем dateTo", "later than dateTo")])
    return JournalQuery(
        moment=_MOMENTS[sent.get("bindTo", "created")],
        since=_midnight(first, site) if first is not None else None,
        until=_midnight(last + timedelta(days=1), site) if last is not None else None,
        deal_id=sent.get("orderId"),
        number=sent.get("orderNumber"),
        lead_kind=_LEAD_KINDS.get(sent.get("orderSource")),
    )


def _midnight(day_on: date, site: Site) -> datetime:
    return instant_of(datetime.combine(day_on, time()), site.time_zone)


def _gather(
    connection: Connection, site_id: int, query: JournalQuery, model: AttributionModel, number: int, limit: int
) -> tuple[DealPage, dict[LeadRef, LeadStory]]:
    page = list_deal_page(connection, site_id, query, page=number, limit=limit)
    leads = [deal.lead for deal in page.deals if deal.lead is not None]
    return page, list_lead_stories(connection, site_id, leads, model)


def _record(deal: Deal, stories: Mapping[LeadRef, LeadStory], site: Site, sent: Sent) -> dict[str, Any]:
    """Tell of one deal; keys are never dropped, what was not asked for is null."""
    story = stories.get(deal.lead) if deal.lead is not None else None
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
        "visit": _visit(deal, story, site.attribution),
        "orderSource": origin,
        "allOrderOrigins": _when(sent, "withAllOrderOrigins", [origin] if origin is not None else []),
        "contacts": _when(sent, "withContacts", _contacts(deal)),
        "tags": _when(sent, "withOrdersTags", _tags(deal)),
        "comment": _when(sent, "withComments", deal.comment or ""),
        "customFields": [{"field": name, "value": value} for name, value in (deal.custom_values or {}).items()],
    }


def _when(sent: Sent, flag: str, value: Any) -> Any:
    return value if sent.get(flag) else None


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


def _contacts(deal: Deal) -> dict[str, list[str]]:
    clue = deal.clue.contact
    phone, email = (clue.phone, clue.email) if clue is not None else (None, None)
    return {"phones": [phone.as_sent] if phone else [], "emails": [email.as_sent] if email else []}


def _tags(deal: Deal) -> list[dict[str, Any]]:
    return [{"category": "", "type": TAG_TYPE, "names": list(deal.tags)}] if deal.tags else []


def _visit(deal: Deal, story: LeadStory | None, attribution: int) -> dict[str, Any] | None:
    """Tell where the deal came from: its lead's credited visit, or the source that was stated, without a session.

    A lead's own stated source stands above the deal's, as its visit does.
    """
    visit = story.visit if story is not None else None
    stated = story.stated_source if story is not None else (deal.stated_source if deal.lead is None else None)
    source = visit.traffic_source if visit is not None else stated
    if source is None:
        return None
    return {
        "sessionId": visit.id if visit is not None else None,
        "source": source.source,
        "medium": source.medium,
        "keyword": source.term or KEYWORD_UNKNOWN,
        "utmSource": visit.utm.source if visit is not None else "",
        "utmMedium": visit.utm.medium if visit is not None else "",
        "utmCampaign": visit.utm.campaign if visit is not None else source.campaign,
        "utmContent": visit.utm.content if visit is not None else source.content,
        "utmTerm": visit.utm.term if visit is not None else source.term,
        "city": visit.city if visit is not None else None,
        "url": visit.landing_url if visit is not None else None,
        "ref": visit.referrer if visit is not None else None,
        "attribution": attribution,
        "yaClientId": visit.yandex_client_id if visit is not None else None,
        "gaClientId": visit.google_client_id if visit is not None else None,
        "yandexDirect": None,
        "googleAdWords": None,
    }
