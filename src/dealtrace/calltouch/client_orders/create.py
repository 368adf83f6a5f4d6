"""`client-order/create`: register deals, up to 100 at once."""

from collections.abc import Mapping, Sequence

from dealtrace.calltouch.answers.client_orders import (
    ClientOrdersStored,
    RefusedClientOrder,
    StoredClientOrder,
    matched_by,
    refused_client_order,
    stored_client_order,
)
from dealtrace.calltouch.answers.matcher_warnings import warning_of
from dealtrace.calltouch.client_orders.parameters import MATCHING, NUMBER
from dealtrace.calltouch.client_orders.reading import read_order
from dealtrace.calltouch.json_bodies import outcomes_in_order, read_or_refuse
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.journal_note import note_refused_items
from dealtrace.http.replies import Reply, success
from dealtrace.operations.deals.register_lists import register_lists


async def respond(caller: Caller, items: Sequence[object]) -> Reply:
    """Register the valid orders, and answer with a result for each order, in input order.

    An order that is sent again with the same content gets the id of the existing deal, and costs no API points.
    """
    read = read_orders(caller, items)
    valid = [item for item in read if isinstance(item, Registration)]
    outcomes: Sequence[Receipt | Refusal] = await caller.write(register_lists, valid, size=len(valid)) if valid else ()
    final = outcomes_in_order(read, outcomes)
    note_refused_items(caller.scope, final, items)
    orders = [
        _answer(sent_number(item), each, outcome, caller.language)
        for item, each, outcome in zip(items, read, final, strict=True)
    ]
    answer: ClientOrdersStored = {"data": {"orders": orders}}
    stored = sum(isinstance(outcome, Receipt) for outcome in outcomes)
    return success(answer, "client_orders_created", site_id=caller.site.id, orders=len(items), stored=stored)


def read_orders(caller: Caller, items: Sequence[object]) -> list[Registration | InvalidParameters]:
    """Parse the orders of a list, in input order; an invalid order becomes an error that lists its violations."""
    return [read_or_refuse(read_order, caller.site, item) for item in items]


def sent_number(item: object) -> SentScalar:
    """Return the number of an order as it was sent, or `None` if it is missing or neither a string nor a number."""
    number = item.get(NUMBER.name) if isinstance(item, Mapping) else None
    return number if isinstance(number, str | int | float) else None


def _answer(
    number: SentScalar, sent: Registration | InvalidParameters, outcome: Receipt | Refusal, language: Language
) -> StoredClientOrder | RefusedClientOrder:
    if isinstance(outcome, Refusal):
        return refused_client_order(number, outcome, language)
    matchers = sent.matchers if isinstance(sent, Registration) else ()
    decided = matchers[outcome.matcher] if outcome.matcher is not None else None
    matched = matched_by(decided, outcome.lead, outcome.visit_id)
    return stored_client_order(number, outcome.deal_id, matched, warning_of(matchers, MATCHING.name, language))
