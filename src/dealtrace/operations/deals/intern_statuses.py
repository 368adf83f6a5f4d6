"""Store the statuses of deals."""

from collections.abc import Collection

from dealtrace.operations.work import Work
from dealtrace.storage.reports.statuses import insert_statuses


def intern_statuses(work: Work, spellings: Collection[str]) -> None:
    """Store the deal statuses that are new to the site, in the same transaction as the deals that have them.

    A process remembers the stored statuses and makes no query for them. Before this call, the transaction must have
    spent API points for the deals or called `lock_registrations`; both lock the same row of the site, so that such
    transactions run one after another.
    """
    unknown = work.known_statuses.unknown(work.site.id, spellings)
    if unknown:
        insert_statuses(work.connection, work.site.id, unknown, work.now, work.known_statuses)
