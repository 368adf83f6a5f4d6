"""Refresh the database's statistics after an import, so that its planner knows what was imported."""

from dealtrace.storage.database.database_errors import is_locked_out, message_of
from dealtrace.storage.database.engine import Database


def refresh_statistics(database: Database) -> str | None:
    """Refresh the statistics of the database's planner; return why this failed, or `None` if it succeeded.

    An import is complete even if this fails, for example because a worker node of the cluster is unavailable.
    """
    try:
        database.gather_statistics()
    except Exception as error:
        message = message_of(error)
        if message is None and is_locked_out(error):
            return "no connection to the database became free"
        if message is None:
            raise
        return message
    return None
