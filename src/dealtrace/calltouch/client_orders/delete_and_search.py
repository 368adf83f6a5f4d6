"""`client-order/delete` and `client-order/search`: delete deals by number, or find deals by number or id."""

from collections.abc import Sequence

import msgspec

from dealtrace.calltouch.answers.client_orders import (
    ClientOrdersDeleted,
    ClientOrdersFound,
    DeletedClientOrder,
    FoundClientOrder,
    MissingClientOrder,
    RefusedClientOrder,
    found_client_order,
    refused_client_order,
)
from dealtrace.calltouch.client_orders.parameters import IDS, NUMBERS
from dealtrace.calltouch.json_bodies import outcomes_in_order, read_item, read_or_refuse
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.leads.annotate import parse_checked
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import DealKeyMissing, Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.journal_note import note_refused_items
from dealtrace.http.parameter_types import Integer, Text
from dealtrace.http.replies import Reply, success
from dealtrace.leads.limits import NUMBER_LENGTH_MAX
from dealtrace.operations.deals.find import deal_not_found
from dealtrace.operations.deals.register_lists import delete_lists
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.deals.deals_with_history import DealWithHistory, list_deals_with_history


class OrderKeys(msgspec.Struct, frozen=True, rename="camel"):
    """The JSON body of the request: numbers of deals, ids of deals, or both."""

    order_numbers: Sequence[SentScalar] = ()
    calltouch_order_ids: Sequence[SentScalar] = ()


async def delete(caller: Caller, items: Sequence[object]) -> Reply:
    """Delete the deals with the sent numbers, and answer with a result for each number, in input order."""
    numbers = read_item(items[0], OrderKeys).order_numbers
    keys = [_key_of_number(number) for number in numbers]
    valid = [key for key in keys if isinstance(key, DealKey)]
    outcomes: Sequence[Deal | Refusal] = await caller.write(delete_lists, valid) if valid else ()
    final = outcomes_in_order(keys, outcomes)
    note_refused_items(caller.scope, final)
    orders: list[DeletedClientOrder | RefusedClientOrder] = []
    for number, outcome in zip(numbers, final, strict=True):
        if isinstance(outcome, Deal):
            orders.append({"orderNumber": number, "deleted": True})
        else:
            orders.append(refused_client_order(number, outcome, caller.language))
    answer: ClientOrdersDeleted = {"data": {"orders": orders}}
    deleted = sum(isinstance(outcome, Deal) for outcome in outcomes)
    return success(answer, "client_orders_deleted", site_id=caller.site.id, orders=len(numbers), deleted=deleted)


async def search(caller: Caller, items: Sequence[object]) -> Reply:
    """Search for deals: answer with the values of a deal, or an error, for each sent number and then for each sent id.

    Ours: we chose the keys of the request and the answer, since the vendor only mentions this method.

    Raises:
        InvalidParameters: a number or an id is malformed.
        PointsSpent: the site has no API points left today.
    """
    order_keys = read_item(items[0], OrderKeys)
    texts = [
        parse_checked(NUMBERS.name, Text(NUMBER_LENGTH_MAX).read, scalar_text(each))
        for each in order_keys.order_numbers
    ]
    ids = [parse_checked(IDS.name, Integer(1).read, scalar_text(each)) for each in order_keys.calltouch_order_ids]
    keys = [*(DealKey(None, text) for text in texts), *(DealKey(deal_id, None) for deal_id in ids)]
    found = await caller.read(list_deals_with_history, keys)
    await caller.pay_for_reading(PaidMethod.ORDER_SEARCH)
    final = [deal_not_found(key) if whole is None else whole for key, whole in zip(keys, found, strict=True)]
    note_refused_items(caller.scope, final)
    orders = [_found(caller, key, outcome) for key, outcome in zip(keys, final, strict=True)]
    answer: ClientOrdersFound = {"data": {"orders": orders}}
    there = sum(whole is not None for whole in found)
    return success(answer, "client_orders_found", site_id=caller.site.id, orders=len(keys), found=there)


def _found(caller: Caller, key: DealKey, outcome: DealWithHistory | Refusal) -> FoundClientOrder | MissingClientOrder:
    if isinstance(outcome, DealWithHistory):
        return found_client_order(outcome.deal, outcome.history, caller.site.time_zone)
    return {
        "orderNumber": key.number,
        "calltouchOrderId": key.id,
        "error": outcome.text(caller.language),
        "errorCode": outcome.code,
    }


def _key_of_number(number: SentScalar) -> DealKey | Refusal:
    text = read_or_refuse(parse_checked, NUMBERS.name, Text(NUMBER_LENGTH_MAX).read, scalar_text(number))
    if isinstance(text, Refusal):
        return text
    return DealKey(None, text) if text.strip() else DealKeyMissing()
