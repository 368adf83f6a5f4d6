"""Open the facts of a site, for the questions of reports."""

from collections.abc import Iterator
from contextlib import contextmanager

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.storage.database.engine import Database


@contextmanager
def open_facts(database: Database, site: Site) -> Iterator[FactSource]:
    """Yield where the facts of a site are asked; all questions put to it see one state of the database."""
    with database.read() as connection:
        yield stored_facts(connection, site)
