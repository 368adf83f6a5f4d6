"""Delete what servers stored for a deleted site before they learned, a few seconds later, of its deletion."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.deleted_sites import find_deleted_sites, forget_deleted_site
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.site_rows import delete_site_rows, has_site_rows

REMEMBERED_FOR = timedelta(days=1)
"""Ours: how long after its deletion a site's data is still looked for; no server stores anything later than that."""


def list_sites_to_clear(connection: Connection, now: datetime) -> list[int]:
    """List the ids of the deleted sites that have data again, or that may be forgotten."""
    return [
        site_id
        for site_id, deleted_at in find_deleted_sites(connection).items()
        if now - deleted_at >= REMEMBERED_FOR or has_site_rows(connection, site_id)
    ]


@operation(ids_per_command=0)
def clear_deleted_site(work: Work, commands: Sequence[WriteCommand[None]]) -> list[bool]:
    """Delete the data of a deleted site, and forget the site if it was deleted long enough ago.

    A site that was created again with the same id keeps its data. Each outcome is `False`, which tells the sweep that
    nothing is left to delete.
    """
    deleted_at = find_deleted_sites(work.connection).get(work.site.id)
    if deleted_at is not None:
        lock_registrations(work)
        is_deleted = find_site(work.connection, work.site.id) is None
        if is_deleted:
            delete_site_rows(work.connection, work.site.id, site_stays=False)
        if not is_deleted or work.now - deleted_at >= REMEMBERED_FOR:
            forget_deleted_site(work.connection, work.site.id)
    return [False] * len(commands)
