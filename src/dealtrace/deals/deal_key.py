"""The id and the number by which a request identifies a deal, and the rule by which that deal is chosen."""

from collections.abc import Mapping
from dataclasses import replace

from dealtrace.deals.deal import Deal, DealId
from dealtrace.leads.reference_spelling import find_spelt, spellings
from dealtrace.record import record


@record
class DealKey:
    """The key by which a request identifies a deal: its id, its number in the CRM, or both."""

    id: int | None
    number: str | None


def choose_deal(key: DealKey, by_id: Mapping[DealId, Deal], by_number: Mapping[str, Deal]) -> Deal | None:
    """Return the deal with the id in `key`, or else the deal with the number in `key`; `None` if there is neither.

    Vendor: «Если по значению из orderId сделка не была найдена, то поиск идет по значению в orderNumber».
    """
    found = by_id.get(DealId(key.id)) if key.id is not None else None
    if found is None and key.number is not None:
        found = find_spelt(key.number, by_number)
    return found


def named_as_sent(deal: Deal, key: DealKey) -> Deal:
    """Return a deal for the response, with its number spelled as in `key`, the key that the request gave."""
    if key.number is None or key.number == deal.number or deal.number not in spellings(key.number):
        return deal
    return replace(deal, number=key.number)
