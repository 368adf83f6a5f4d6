"""The sites for which a process has background work, and doing that work for one site after another."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.storage.accounts.sites import find_sites


def list_due_sites(
    connection: Connection, list_ids: Callable[[Connection, datetime], Sequence[int]], now: datetime
) -> list[Site]:
    """List the sites whose ids `list_ids` returns for `now`; deleted sites are left out."""
    return list(find_sites(connection, list_ids(connection, now)).values())


async def serve_each(sites: Iterable[Site], serve: Callable[[Site], Awaitable[object]]) -> Refusal | None:
    """Call `serve` for one site after another, and return the first refusal, or `None` if there was none.

    A site that cannot be written, for example because another session has locked its rows, keeps none of the others
    from being served.
    """
    first: Refusal | None = None
    for site in sites:
        try:
            await serve(site)
        except Refusal as refusal:
            first = first or refusal
    return first
