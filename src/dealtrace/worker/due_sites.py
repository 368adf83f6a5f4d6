"""The sites for which a process has background work, and doing that work for one site after another."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.storage.accounts.sites import find_sites
from dealtrace.storage.database.database_errors import is_database_failure


def list_due_sites(
    connection: Connection, list_ids: Callable[[Connection, datetime], Sequence[int]], now: datetime
) -> list[Site]:
    """List the sites whose ids `list_ids` returns for `now`; deleted sites are left out."""
    return list(find_sites(connection, list_ids(connection, now)).values())


async def serve_each(sites: Iterable[Site], serve: Callable[[Site], Awaitable[object]]) -> Exception | None:
    """Call `serve` for one site after another; return the first refusal or database failure, or `None` without any.

    A site that cannot be read or written, for example because another session has locked its rows, keeps none of the
    others from being served.
    """
    first: Exception | None = None
    for site in sites:
        try:
            await serve(site)
        except Exception as fault:
            if not isinstance(fault, Refusal) and not is_database_failure(fault):
                raise
            first = first or fault
    return first
