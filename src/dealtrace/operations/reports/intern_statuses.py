"""Store the statuses that deals of a site have."""

from collections.abc import Collection

from dealtrace.operations.work import Work
from dealtrace.storage.reports.statuses import insert_statuses


def intern_statuses(work: Work, spellings: Collection[str]) -> None:
    """Store the statuses that are new to the site, in the same transaction as the deals that have them.

    A process remembers the stored statuses, so that it needs no query for them. Earlier in the transaction, points must
    have been spent for the deals, or the registrations of the site must have been locked.
    """
    unknown = work.known_statuses.unknown(work.site.id, spellings)
    if unknown:
        insert_statuses(work.connection, work.site.id, unknown, work.now, work.known_statuses)
