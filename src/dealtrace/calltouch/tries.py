"""`/api/try/…`: show what a registration would do, and why, without storing anything.

Ours: we added these methods, which Calltouch does not have. A try has a path of its own rather than a header, since a
mistyped header would be ignored and the deal would be registered.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.client_orders import RefusedClientOrder, refused_client_order
from dealtrace.calltouch.answers.tries import ClientOrdersTried, TriedClientOrder, tried_client_order, tried_order
from dealtrace.calltouch.client_orders.create import read_orders, sent_number
from dealtrace.calltouch.client_orders.parameters import MATCHING
from dealtrace.calltouch.deals.register import read_registration
from dealtrace.calltouch.json_bodies import outcomes_in_order
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.deals.registration import Registration
from dealtrace.errors import Language, NumberTaken, Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.journal_note import note_refused_items
from dealtrace.http.parameter_table import Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.deals.try_register import TriedRegistration, try_registrations


async def try_register(caller: Caller, sent: Sent) -> Reply:
    """Answer with what `orders/register` would do with these parameters.

    Raises:
        CallAndLeadRequest: the parameters identify both a call and a lead request.
        NumberTaken: another deal has the number.
    """
    (tried,) = await _try(caller, [read_registration(caller, sent)])
    if isinstance(tried, Refusal):
        raise tried
    return success(tried_order(tried), "deal_tried", site_id=caller.site.id)


async def try_create(caller: Caller, items: Sequence[object]) -> Reply:
    """Answer with what `client-order/create` would do with each order, in input order."""
    read = read_orders(caller, items)
    final = outcomes_in_order(read, await _try(caller, [each for each in read if isinstance(each, Registration)]))
    note_refused_items(caller.scope, final, items)
    orders = [_answer(sent_number(item), outcome, caller.language) for item, outcome in zip(items, final, strict=True)]
    answer: ClientOrdersTried = {"data": {"orders": orders}}
    return success(answer, "client_orders_tried", site_id=caller.site.id, orders=len(items))


async def _try(caller: Caller, registrations: Sequence[Registration]) -> list[TriedRegistration | NumberTaken]:
    return await caller.read(_read, caller.site, registrations)


def _read(
    connection: Connection, site_id: int, site: Site, registrations: Sequence[Registration]
) -> list[TriedRegistration | NumberTaken]:
    del site_id
    return try_registrations(connection, site, registrations)


def _answer(
    number: SentScalar, outcome: TriedRegistration | Refusal, language: Language
) -> TriedClientOrder | RefusedClientOrder:
    if isinstance(outcome, Refusal):
        return refused_client_order(number, outcome, language)
    return tried_client_order(number, outcome, MATCHING.name, language)
