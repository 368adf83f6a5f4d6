"""Read deals together with their past statuses."""

from collections.abc import Sequence

from sqlalchemy import Connection

from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.status_history import PastStatus, status_history
from dealtrace.record import record
from dealtrace.storage.deals.deals import list_named_deals
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
    chosen = list_named_deals(connection, site_id, keys, lock=False)
    versions = find_versions(connection, site_id, sorted({deal.id for deal in chosen if deal is not None}))
    return [
        DealWithHistory(deal, status_history(versions.get(deal.id, ()))) if deal is not None else None
        for deal in chosen
    ]
