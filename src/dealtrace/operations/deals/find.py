"""Find deals by their ids or numbers."""

from collections.abc import Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import DealKeyMissing, DealNotFound, Refusal
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.deals import deals


@record
class NamedDeals:
    """The deal that each command of a batch identifies, or else the command's refusal, by position of the command.

    Points (the API's daily quota) are spent for the deals in the order of `found`.
    """

    found: Mapping[int, Deal]
    refused: Mapping[int, Refusal]

    def first(self, paid: int) -> dict[int, Deal]:
        """Return the deals for which points were spent, by position of the command; `paid` is their number."""
        return dict(islice(self.found.items(), paid))

    def first_naming(self) -> list[int]:
        """Return, for each deal that was found, the position of the first command that identifies it."""
        naming: dict[DealId, int] = {}
        for position, deal in self.found.items():
            naming.setdefault(deal.id, position)
        return list(naming.values())


def find_deals(work: Work, keys: Sequence[DealKey]) -> NamedDeals:
    """Find the deal with each key, or else the refusal to send as the answer, and lock the deals that are found.

    Until the transaction ends, the deals stay locked, and registrations of the site wait.

    Vendor: «или указаны, но найти сделку по их значениям не удалось, возвращается ошибка 400 Bad Request».
    """
    lock_registrations(work)
    named = enumerate(deals.list_named_deals(work.connection, work.site.id, keys, lock=True))
    found = {position: deal for position, deal in named if deal is not None}
    refused = {position: _refusal(key) for position, key in enumerate(keys) if position not in found}
    return NamedDeals(found, refused)


def _refusal(key: DealKey) -> Refusal:
    if key.id is None and key.number is None:
        return DealKeyMissing()
    return deal_not_found(key)


def deal_not_found(key: DealKey) -> DealNotFound:
    """Return the refusal that says that the site has no deal with this key."""
    parameters = (("orderId", key.id), ("orderNumber", key.number))
    return DealNotFound(key=", ".join(f"{name}={value}" for name, value in parameters if value is not None))


def find_deal(
    connection: Connection, site: Site, deal_id: int, *, with_deleted: bool = False, lock: bool = True
) -> Deal:
    """Find a deal of the site by its id; with `lock`, the deal is locked until the transaction ends.

    Raises:
        DealNotFound: the site has no such deal, or the deal is deleted and `with_deleted` is false.
    """
    found = deals.list_deals_by_key(
        connection, site.id, ids=[deal_id], numbers=[], with_deleted=with_deleted, lock=lock
    )
    if not found:
        raise no_deal_with_id(deal_id)
    return found[0]


def no_deal_with_id(deal_id: int) -> DealNotFound:
    """Return the refusal that says that the site has no deal with this id."""
    return deal_not_found(DealKey(deal_id, None))
