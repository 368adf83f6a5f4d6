"""The sites for which a process has background work."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.storage.accounts.sites import find_sites


def list_due_sites(
    connection: Connection, list_ids: Callable[[Connection, datetime], Sequence[int]], now: datetime
) -> list[Site]:
    """List the sites whose ids `list_ids` returns for `now`; deleted sites are left out."""
    return list(find_sites(connection, list_ids(connection, now)).values())
