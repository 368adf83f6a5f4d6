"""Open the facts of a site, to ask questions of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.storage.database.engine import Database


@contextmanager
def open_facts(database: Database, site: Site) -> Iterator[FactSource]:
    """Yield the facts of a site as they are now; they stay the same until the end of the block."""
    with database.read() as connection:
        yield stored_facts(connection, site)
