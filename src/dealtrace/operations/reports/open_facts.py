"""Open the facts of a site, for the questions of reports."""

from collections.abc import Iterator
from contextlib import contextmanager

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.mirror.dialect import fetch_rows
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.mirror.mirror import current_mirror


@contextmanager
def open_facts(database: Database, site: Site) -> Iterator[FactSource]:
    """Yield where the facts of a site are asked: the mirror beside SQLite, the database itself on PostgreSQL.

    All questions put to it see one state of the database, which has everything that was committed before.
    """
    if database.is_sqlite and database.mirror_memory_mib:
        with current_mirror(database) as mirror:
            yield FactSource(MirrorFacts(site), lambda statement: fetch_rows(mirror, statement))
    else:
        with database.read() as connection:
            yield stored_facts(connection, site)
