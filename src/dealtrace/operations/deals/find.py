"""Find the deals that a batch of callers names, by id or by number."""

from collections.abc import Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal, DealKey, choose_deal
from dealtrace.errors import DealKeyMissing, DealNotFound, Refusal
from dealtrace.record import record
from dealtrace.storage.deals import deals


@record
class NamedDeals:
    """What each position of a batch names: a deal, or a refusal; the found ones are paid for in their order."""

    found: Mapping[int, Deal]
    refused: Mapping[int, Refusal]

    def first(self, paid: int) -> dict[int, Deal]:
        """Tell the deals of the first `paid` positions that name one."""
        return dict(islice(self.found.items(), paid))


def find_deals(connection: Connection, site: Site, keys: Sequence[DealKey]) -> NamedDeals:
    """Find the deal each key names; they stay locked until the transaction ends.

    Seed: «или указаны, но найти сделку по их значениям не удалось, возвращается ошибка 400 Bad Request».
    """
    known = deals.list_deals_by_key(
        connection,
        site.id,
        ids=[key.id for key in keys if key.id is not None],
        numbers=[key.number for key in keys if key.number is not None],
    )
    by_id = {deal.id: deal for deal in known}
    by_number = {deal.number: deal for deal in known}
    found: dict[int, Deal] = {}
    refused: dict[int, Refusal] = {}
    for position, key in enumerate(keys):
        deal = choose_deal(key, by_id, by_number)
        if deal is not None:
            found[position] = deal
        else:
            refused[position] = _refusal(key)
    return NamedDeals(found, refused)


def _refusal(key: DealKey) -> Refusal:
    if key.id is None and key.number is None:
        return DealKeyMissing()
    said = (("orderId", key.id), ("orderNumber", key.number))
    return DealNotFound(key=", ".join(f"{name}={value}" for name, value in said if value is not None))
