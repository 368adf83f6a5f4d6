"""Registrations that were tried: what they would become, and why."""

from typing import TypedDict

from dealtrace.calltouch.answers.client_orders import MatchedBy, RefusedClientOrder, SentNumber, matched_by, warning_of
from dealtrace.calltouch.answers.formats import Id
from dealtrace.errors import Language
from dealtrace.operations.deals.explain import ExplanationAnswer, serialize_explanation
from dealtrace.operations.deals.try_register import Tried


class TriedOrder(TypedDict):
    """What a registration would become.

    `orderId` is that of the deal that it repeats, null if it would be new. `unknownFields` are the custom fields whose
    values would not be kept.
    """

    stored: bool
    isNew: bool
    orderId: Id | None
    orderNumber: str | None
    unknownFields: list[str]
    explanation: ExplanationAnswer


class TriedClientOrder(TypedDict):
    """What an order of deals 2.0 would become; `matched` and `warning` are as `client-order/create` answers them."""

    stored: bool
    isNew: bool
    orderNumber: SentNumber
    calltouchOrderId: Id | None
    matched: MatchedBy | None
    warning: str
    unknownFields: list[str]
    explanation: ExplanationAnswer


class _Tried(TypedDict):
    orders: list[TriedClientOrder | RefusedClientOrder]


class ClientOrdersTried(TypedDict):
    """What became of each order, in the order sent."""

    data: _Tried


def tried_order(tried: Tried) -> TriedOrder:
    """Build what a registration would become."""
    return {
        "stored": False,
        "isNew": tried.earlier is None,
        "orderId": tried.earlier or None,
        "orderNumber": tried.registration.number,
        "unknownFields": list(tried.unknown_fields),
        "explanation": serialize_explanation(tried.explanation),
    }


def tried_client_order(number: SentNumber, tried: Tried, name: str, language: Language) -> TriedClientOrder:
    """Build what an order of deals 2.0 would become; `name` is that of its list of matchers."""
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
