"""The answers of the deals API 2.0 (`client-order`): a result for each order of a list, and stored orders."""

from decimal import Decimal
from typing import Annotated, NotRequired, TypedDict
from zoneinfo import ZoneInfo

from msgspec import Meta

from dealtrace.calltouch.answers.annotations import FieldAnswer, field_answers
from dealtrace.calltouch.answers.formats import Id, day_first_clock, plain_number
from dealtrace.calltouch.client_order_names import CONTACT_NAMES, type_of_matcher
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.deals.currency import RUBLE
from dealtrace.deals.deal import Deal
from dealtrace.deals.details import ContactBook, Product
from dealtrace.deals.matchers import Matcher
from dealtrace.deals.status_history import PastStatus
from dealtrace.errors import Language, Refusal
from dealtrace.leads.lead import KIND_NAMES, LeadKindName, LeadRef

DashedClock = Annotated[str, Meta(pattern="^[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]


class MatchedBy(TypedDict):
    """The matcher that found a deal's source; a matcher is one of the searches that the request lists.

    `id` is the id of the lead, or of the visit if `type` is `session`. `leadType` and `id` are null if the matcher
    itself gives the source (`customSources`) or is `withoutSource`.
    """

    type: str
    leadType: LeadKindName | None
    id: Id | None


class StoredClientOrder(TypedDict):
    """The result for an order that was stored; `warning` names the sent matchers (searches) that are never tried."""

    orderNumber: SentScalar
    calltouchOrderId: Id
    matched: MatchedBy | None
    warning: NotRequired[str]


class DeletedClientOrder(TypedDict):
    """The result for an order that was deleted."""

    orderNumber: SentScalar
    deleted: bool


class RefusedClientOrder(TypedDict):
    """The result for an order that was refused: the error and its code."""

    orderNumber: SentScalar
    error: str
    errorCode: int


class MissingClientOrder(TypedDict):
    """The result for an order that was searched for and not found."""

    orderNumber: str | None
    calltouchOrderId: Id | None
    error: str
    errorCode: int


class ProductAnswer(TypedDict):
    """A product of an order."""

    name: str
    price: int | Decimal | None
    brand: str
    category: str
    variant: str
    quantity: int | Decimal | None


class StatusAnswer(TypedDict):
    """A status of an order, its funnel, and the time at which the order got this status."""

    funnel: str
    status: str
    statusDate: DashedClock


class LeadAnswer(TypedDict):
    """The lead of an order."""

    leadType: LeadKindName
    id: Id


class TagAnswer(TypedDict):
    """A tag of an order."""

    tag: str


class CommentText(TypedDict):
    """The comment on an order."""

    text: str


class ContactsAnswer(TypedDict):
    """Contacts of an order."""

    fio: str
    phoneNumber: list[str]
    email: list[str]
    waPhone: list[str]
    tgId: list[str]
    tgUsername: list[str]
    vkId: list[str]


class OrderContactsAnswer(TypedDict):
    """The main contacts and the other contacts of an order; a key is null if there are no such contacts."""

    mainContacts: ContactsAnswer | None
    otherContacts: ContactsAnswer | None


class FoundClientOrder(TypedDict):
    """All stored values of an order."""

    orderNumber: str
    calltouchOrderId: Id
    crm: str
    funnel: str
    status: str
    statusDate: DashedClock
    statusHistory: list[StatusAnswer]
    orderDate: DashedClock
    updateDate: DashedClock
    currency: str
    revenue: int | Decimal | None
    margin: int | Decimal | None
    manager: str | None
    orderLink: str
    orderName: str
    comment: CommentText
    tags: list[TagAnswer]
    customFields: list[FieldAnswer]
    products: list[ProductAnswer]
    orderContacts: OrderContactsAnswer
    lead: LeadAnswer | None
    sessionId: Id | None


class _Stored(TypedDict):
    orders: list[StoredClientOrder | RefusedClientOrder]


class _Deleted(TypedDict):
    orders: list[DeletedClientOrder | RefusedClientOrder]


class _Found(TypedDict):
    orders: list[FoundClientOrder | MissingClientOrder]


class ClientOrdersStored(TypedDict):
    """The answer of `client-order/create` and `client-order/update`: a result for each order, in input order."""

    data: _Stored


class ClientOrdersDeleted(TypedDict):
    """The answer of `client-order/delete`: a result for each order, in input order."""

    data: _Deleted


class ClientOrdersFound(TypedDict):
    """The answer of `client-order/search`: for each order, its stored values or an error."""

    data: _Found


def matched_by(matcher: Matcher | None, lead: LeadRef | None, visit_id: int | None) -> MatchedBy | None:
    """Build `matched`: the matcher (search) that succeeded and the lead or visit that it found; `None` if none did."""
    if matcher is None:
        return None
    found = lead_answer(lead)
    if found is None:
        return {"type": type_of_matcher(matcher), "leadType": None, "id": visit_id}
    return {"type": type_of_matcher(matcher), **found}


def lead_answer(lead: LeadRef | None) -> LeadAnswer | None:
    """Build the type and id of an order's lead, or return `None` if the order has no lead."""
    if lead is None:
        return None
    return {"leadType": KIND_NAMES[lead.kind], "id": lead.id}


def stored_client_order(
    number: SentScalar, deal_id: int, matched: MatchedBy | None, warning: str = ""
) -> StoredClientOrder:
    """Build the result for an order that was stored."""
    stored: StoredClientOrder = {"orderNumber": number, "calltouchOrderId": deal_id, "matched": matched}
    if warning:
        stored["warning"] = warning
    return stored


def refused_client_order(number: SentScalar, refusal: Refusal, language: Language) -> RefusedClientOrder:
    """Build the result for an order that was refused."""
    return {"orderNumber": number, "error": refusal.text(language), "errorCode": refusal.code}


def found_client_order(deal: Deal, history: list[PastStatus], time_zone: ZoneInfo) -> FoundClientOrder:
    """Build the stored values of an order; `history` lists its statuses, the current status last."""
    details = deal.details
    statuses = [_status(past, time_zone) for past in history]
    return {
        "orderNumber": deal.number,
        "calltouchOrderId": deal.id,
        "crm": deal.service,
        "funnel": details.funnel,
        "status": deal.status,
        "statusDate": day_first_clock(deal.status_since or deal.happened_at, time_zone),
        "statusHistory": statuses,
        "orderDate": day_first_clock(deal.happened_at, time_zone),
        "updateDate": day_first_clock(deal.touched_at, time_zone),
        "currency": deal.currency or RUBLE,
        "revenue": _number(deal.amount_rub),
        "margin": _number(deal.margin_rub),
        "manager": deal.manager,
        "orderLink": details.link,
        "orderName": details.name,
        "comment": {"text": deal.comment or ""},
        "tags": [{"tag": tag} for tag in deal.tags],
        "customFields": field_answers(deal.custom_values),
        "products": [_product(product) for product in details.products],
        "orderContacts": {
            "mainContacts": _contacts(details.main_contacts),
            "otherContacts": _contacts(details.other_contacts),
        },
        "lead": lead_answer(deal.lead),
        "sessionId": deal.visit_id,
    }


def _status(past: PastStatus, time_zone: ZoneInfo) -> StatusAnswer:
    return {"funnel": past.funnel, "status": past.status, "statusDate": day_first_clock(past.since, time_zone)}


def _number(amount: Decimal | None) -> int | Decimal | None:
    return plain_number(amount) if amount is not None else None


def _product(product: Product) -> ProductAnswer:
    return {
        "name": product.name,
        "price": _number(product.amount),
        "brand": product.brand,
        "category": product.category,
        "variant": product.variant,
        "quantity": _number(product.quantity),
    }


def _contacts(book: ContactBook | None) -> ContactsAnswer | None:
    if book is None:
        return None
    lists = {name: list(getattr(book, ours)) for name, ours in CONTACT_NAMES.items()}
    return {
        "fio": book.full_name,
        "phoneNumber": lists["phoneNumber"],
        "email": lists["email"],
        "waPhone": lists["waPhone"],
        "tgId": lists["tgId"],
        "tgUsername": lists["tgUsername"],
        "vkId": lists["vkId"],
    }
