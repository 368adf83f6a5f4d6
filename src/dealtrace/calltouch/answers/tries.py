"""The answers of `/api/try/…`: what a registration would do, and why."""

from typing import TypedDict

from dealtrace.answers.explanation import ExplanationAnswer, serialize_explanation
from dealtrace.calltouch.answers.client_orders import MatchedBy, RefusedClientOrder, matched_by
from dealtrace.calltouch.answers.formats import Id
from dealtrace.calltouch.answers.matcher_warnings import warning_of
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.errors import Language
from dealtrace.operations.deals.try_register import TriedRegistration


class TriedOrder(TypedDict):
    """What `orders/register` would do with a deal.

    `orderId` is the id of the deal that an equal request has already registered; null if the deal would be new.
    `unknownFields` are the custom fields whose values would not be stored.
    """

    stored: bool
    isNew: bool
    orderId: Id | None
    orderNumber: str | None
    unknownFields: list[str]
    explanation: ExplanationAnswer


class TriedClientOrder(TypedDict):
    """What `client-order/create` would do with an order; `matched` and `warning` are as in that method's answer."""

    stored: bool
    isNew: bool
    orderNumber: SentScalar
    calltouchOrderId: Id | None
    matched: MatchedBy | None
    warning: str
    unknownFields: list[str]
    explanation: ExplanationAnswer


class _Tried(TypedDict):
    orders: list[TriedClientOrder | RefusedClientOrder]


class ClientOrdersTried(TypedDict):
    """What `client-order/create` would do with each order, in input order."""

    data: _Tried


def tried_order(tried: TriedRegistration) -> TriedOrder:
    """Build the answer that shows what `orders/register` would do with a deal."""
    return {
        "stored": False,
        "isNew": tried.earlier is None,
        "orderId": tried.earlier or None,
        "orderNumber": tried.registration.number,
        "unknownFields": list(tried.unknown_fields),
        "explanation": serialize_explanation(tried.explanation),
    }


def tried_client_order(number: SentScalar, tried: TriedRegistration, name: str, language: Language) -> TriedClientOrder:
    """Build the result that shows what `client-order/create` would do with an order.

    `name` is the key of the list of matchers (searches) in the request.
    """
    matchers, decision = tried.registration.matchers, tried.decision
    decided = matchers[decision.matcher] if decision.matcher is not None else None
    return {
        "stored": False,
        "isNew": tried.earlier is None,
        "orderNumber": number,
        "calltouchOrderId": tried.earlier or None,
        "matched": matched_by(decided, decision.match.lead, decision.match.visit_id),
        "warning": warning_of(matchers, name, language),
        "unknownFields": list(tried.unknown_fields),
        "explanation": serialize_explanation(tried.explanation),
    }
