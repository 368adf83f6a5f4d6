"""Read deals together with their past statuses."""

from collections.abc import Sequence

from sqlalchemy import Connection

from dealtrace.deals.deal import Deal, DealKey, choose_deal
from dealtrace.deals.status_history import PastStatus, status_history
from dealtrace.leads.reference import all_spellings
from dealtrace.record import record
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.storage.deals.versions import find_versions


@record
class DealWithHistory:
    """A deal, and the statuses it has had, oldest first."""

    deal: Deal
    history: list[PastStatus]


def list_deals_with_history(
    connection: Connection, site_id: int, keys: Sequence[DealKey]
) -> list[DealWithHistory | None]:
    """List the non-deleted deals identified by `keys`, in the order of the keys, with `None` where there is no deal."""
    known = list_deals_by_key(
        connection,
        site_id,
        ids=[key.id for key in keys if key.id is not None],
        numbers=all_spellings(key.number for key in keys if key.number is not None),
        lock=False,
    )
    by_id = {deal.id: deal for deal in known}
    by_number = {deal.number: deal for deal in known}
    versions = find_versions(connection, site_id, [deal.id for deal in known])
    chosen = [choose_deal(key, by_id, by_number) for key in keys]
    return [
        DealWithHistory(deal, status_history(versions.get(deal.id, ()))) if deal is not None else None
        for deal in chosen
    ]
