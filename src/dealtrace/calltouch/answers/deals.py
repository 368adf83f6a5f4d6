"""The answers about deals that were registered, changed, deleted or listed in the journal."""

from decimal import Decimal
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

from dealtrace.accounts.site import Site
from dealtrace.attribution.classification import NOT_SET
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import LeadVisit, Origin, origin_of_lead
from dealtrace.calltouch.answers.annotations import FieldAnswer, TagGroup, field_answers, tag_groups
from dealtrace.calltouch.answers.clients import ChangedDealClient, DealClient, changed_deal_client, deal_client
from dealtrace.calltouch.answers.formats import (
    AttributionModelNumber,
    Count,
    DottedDay,
    FourDecimals,
    Id,
    SlashedClock,
    dotted_day,
    epoch_ms,
    four_decimals,
    if_requested,
    plain_number,
    slashed_clock,
    whole_seconds,
)
from dealtrace.calltouch.answers.journal_page import PageAnswer
from dealtrace.calltouch.answers.sources import (
    CreditedSession,
    GoogleAds,
    Utm,
    YandexDirect,
    credited_session,
    google_ads,
    utm_answer,
    yandex_direct,
)
from dealtrace.deals.deal import Deal
from dealtrace.deals.registration import Receipt
from dealtrace.http.parameter_table import Sent
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.storage.journals.deal_entries import DealEntry


class _Order(TypedDict):
    """The keys that answers about a registered or changed deal have in common."""

    orderId: Id
    callId: Id | None
    dateCreated: int
    status: str
    realSum: None
    offered: DottedDay | None
    sent: DottedDay
    isMarked: None
    commentsCount: Count
    orderNumber: str


class RegisteredOrder(_Order):
    """A deal that was just registered; `sum` is the amount as it was sent; `currentAmount` is the same as a number."""

    sum: str
    currentAmount: int | Decimal


class StoredOrder(_Order):
    """The stored values of a deal; `offered` is the day of its last change, or null if it was never changed."""

    sum: FourDecimals | None
    currentAmount: int | None


class ChangedOrder(TypedDict):
    """A deal that was just changed, with its client and the source of its lead."""

    order: StoredOrder
    client: ChangedDealClient | None
    orderComments: str
    session: CreditedSession | None


class DeletedOrder(TypedDict):
    """A deal that was just deleted."""

    orderId: Id
    orderNumber: str


class CallAsOrigin(TypedDict):
    """A call that is the lead of a deal."""

    type: Literal["CALL"]
    callId: Id
    duration: Count
    callUrl: None


class LeadRequestAsOrigin(TypedDict):
    """A lead request that is the lead of a deal."""

    type: Literal["REQUEST"]
    requestId: Id
    formName: str


DealLead = CallAsOrigin | LeadRequestAsOrigin


class DealVisit(Utm):
    """The source of a deal: a visit, or a source that was stated through the API (then `sessionId` is null)."""

    sessionId: Id | None
    source: str
    medium: str
    keyword: str
    city: str | None
    url: str | None
    ref: str | None
    attribution: AttributionModelNumber
    yaClientId: str | None
    gaClientId: str | None
    yandexDirect: YandexDirect | None
    googleAdWords: GoogleAds | None


class DealContacts(TypedDict):
    """The contacts that were sent with a deal."""

    phones: list[str]
    emails: list[str]


class DealRecord(TypedDict):
    """A deal in the journal; optional keys that were not requested are null."""

    orderId: Id
    orderNumber: str
    orderName: str | None
    orderStatus: str
    createdDate: SlashedClock
    updatedDate: SlashedClock
    orderDate: SlashedClock
    plannedAmount: int | Decimal | None
    completedAmount: int
    funnel: str | None
    service: str
    manager: str | None
    siteId: Id
    client: DealClient | None
    visit: DealVisit | None
    orderSource: DealLead | None
    allOrderOrigins: list[DealLead] | None
    contacts: DealContacts | None
    tags: list[TagGroup] | None
    comment: str | None
    customFields: list[FieldAnswer]


DealsPage = PageAnswer[DealRecord]


def registered_order(receipt: Receipt, time_zone: ZoneInfo, amount: Decimal) -> RegisteredOrder:
    """Build the answer of `orders/register`, with the amount as it was sent and as a number.

    Vendor: «После успешной отправки API-запроса на создание сделки, возвращается следующий JSON-ответ».
    """
    return {
        "orderId": receipt.deal_id,
        "callId": receipt.call_id,
        "dateCreated": epoch_ms(receipt.happened_at),
        "status": receipt.status,
        "realSum": None,
        "offered": None,
        "sent": dotted_day(receipt.happened_at, time_zone),
        "sum": receipt.amount_as_sent,
        "isMarked": None,
        "commentsCount": 0,
        "currentAmount": plain_number(amount),
        "orderNumber": receipt.number,
    }


def changed_order(
    deal: Deal, lead_summary: LeadSummary | None, visit: LeadVisit | None, time_zone: ZoneInfo, attribution: int
) -> ChangedOrder:
    """Build the answer of `orders/update-by-id`.

    `lead_summary` describes the deal's lead; a deal without a lead may have a `visit`.
    Vendor: «После успешной отправки API-запроса на обновление сделки, возвращается следующий JSON-ответ».
    """
    origin = lead_summary.origin if lead_summary is not None else origin_of_lead(visit, None)
    return {
        "order": stored_order(deal, time_zone),
        "client": changed_deal_client(lead_summary) if lead_summary is not None else None,
        "orderComments": deal.comment or "",
        "session": credited_session(origin, attribution),
    }


def stored_order(deal: Deal, time_zone: ZoneInfo) -> StoredOrder:
    """Build the stored values of a deal; `currentAmount` is null."""
    is_call = deal.lead is not None and deal.lead.kind is LeadKind.CALL
    return {
        "orderId": deal.id,
        "callId": deal.lead.id if deal.lead is not None and is_call else None,
        "dateCreated": epoch_ms(deal.happened_at),
        "status": deal.status,
        "realSum": None,
        "offered": dotted_day(deal.changed_at, time_zone) if deal.changed_at is not None else None,
        "sent": dotted_day(deal.happened_at, time_zone),
        "sum": four_decimals(deal.amount_rub),
        "isMarked": None,
        "commentsCount": 0,
        "currentAmount": None,
        "orderNumber": deal.number,
    }


def deleted_order(deal: Deal) -> DeletedOrder:
    """Build the answer of `orders/delete-by-id`."""
    return {"orderId": deal.id, "orderNumber": deal.number}


def deal_record(deal: DealEntry, site: Site, model: AttributionModel, sent: Sent) -> DealRecord:
    """Build the journal's record of a deal; an optional key is null unless its flag, such as `withComments`, is set."""
    lead_summary = deal.lead_summary
    happened = slashed_clock(deal.happened_at, site.time_zone)
    lead = _lead(lead_summary) if lead_summary is not None else None
    return {
        "orderId": deal.id,
        "orderNumber": deal.number,
        "orderName": deal.name,
        "orderStatus": deal.status,
        "createdDate": happened,
        "updatedDate": slashed_clock(deal.touched_at, site.time_zone),
        "orderDate": happened,
        "plannedAmount": plain_number(deal.amount_rub) if deal.amount_rub is not None else None,
        "completedAmount": 0,
        "funnel": deal.funnel,
        "service": deal.service,
        "manager": deal.manager,
        "siteId": site.id,
        "client": deal_client(lead_summary.client) if lead_summary is not None else None,
        "visit": _visit(deal.origin, model),
        "orderSource": lead,
        "allOrderOrigins": if_requested(sent, "withAllOrderOrigins", [lead] if lead is not None else []),
        "contacts": if_requested(sent, "withContacts", _contacts(deal)),
        "tags": if_requested(sent, "withOrdersTags", tag_groups(deal.tags)),
        "comment": if_requested(sent, "withComments", deal.comment or ""),
        "customFields": field_answers(deal.custom_values),
    }


def _lead(lead_summary: LeadSummary) -> DealLead:
    if lead_summary.ref.kind is LeadKind.CALL:
        duration = whole_seconds(lead_summary.duration)
        return {"type": "CALL", "callId": lead_summary.ref.id, "duration": duration, "callUrl": None}
    return {"type": "REQUEST", "requestId": lead_summary.ref.id, "formName": lead_summary.form_name}


def _contacts(deal: DealEntry) -> DealContacts:
    return {"phones": [deal.phone] if deal.phone else [], "emails": [deal.email] if deal.email else []}


def _visit(origin: Origin, model: AttributionModel) -> DealVisit | None:
    """Build the source of a deal, or `None` if it is unknown; a source stated through the API has no city or URLs."""
    if not origin.is_known:
        return None
    source, details, is_visit = origin.source, origin.details, origin.visit is not None
    return {
        "sessionId": origin.visit_id,
        "source": source.source,
        "medium": source.medium,
        "keyword": source.term or NOT_SET,
        **utm_answer(origin.utm),
        "city": details.city if is_visit else None,
        "url": details.landing_url if is_visit else None,
        "ref": details.referrer if is_visit else None,
        "attribution": int(model),
        "yaClientId": details.yandex_client_id,
        "gaClientId": details.google_client_id,
        "yandexDirect": yandex_direct(origin.credited),
        "googleAdWords": google_ads(origin.credited),
    }
