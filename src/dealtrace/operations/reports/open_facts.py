"""Open the facts of a site, such as visits and deals, for reports."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, stored_facts
from dealtrace.reports.refusals import MirrorBusy
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.planner_settings import prepare_large_reads
from dealtrace.storage.reports.fact_tables import parameters_of_site
from dealtrace.storage.reports.mirror.dialect import fetch_rows
from dealtrace.storage.reports.mirror.library import MirrorConnection, MirrorFault
from dealtrace.storage.reports.mirror.mirror import PATIENCE_SECONDS, current_mirror
from dealtrace.storage.reports.mirror.site_facts import find_mirror_facts
from dealtrace.storage.reports.mirror.statement_limit import StatementLimit
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection


@contextmanager
def open_facts(
    database: Database, site: Site, progress: Callable[[str], None] = lambda _table: None
) -> Iterator[FactSource]:
    """Yield the `FactSource` with a site's facts: the visits, leads, deals and costs that reports count.

    With SQLite they are read from the column mirror, a copy for reports; with PostgreSQL, from the database itself. All
    statements see the same state of the database, with everything that was committed before the call. If no mirror can
    be built, for example because the disk is full, SQLite itself is read, which takes longer. While a mirror is built,
    `progress` gets the name of each table.

    Raises:
        MirrorBusy: other threads or processes used the mirror for longer than a read may take.
        StatementStopped: the database was interrupted.
    """
    with ExitStack() as opened:
        mirror = _open_mirror(database, opened, progress)
        if mirror is not None:
            limit = opened.enter_context(mirror.statement_limit(database.read_seconds_max))
            yield _mirrored_facts(mirror, site, limit)
        else:
            connection = opened.enter_context(database.read())
            prepare_large_reads(connection)
            yield stored_facts(connection, site)


def _mirrored_facts(mirror: MirrorConnection, site: Site, limit: StatementLimit | None) -> FactSource:
    of_site = parameters_of_site(site)

    def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        with limit.of_statement() if limit is not None else nullcontext():
            return fetch_rows(mirror, statement, {**of_site, **parameters})

    return FactSource(find_mirror_facts(mirror, site), fetch)


def _open_mirror(database: Database, opened: ExitStack, progress: Callable[[str], None]) -> MirrorConnection | None:
    if not database.is_sqlite or not database.mirror_memory_mib:
        return None
    patience = database.read_seconds_max or PATIENCE_SECONDS
    try:
        return opened.enter_context(current_mirror(database, progress, patience))
    except MirrorBusy:
        if database.read_seconds_max:
            raise
        return None
    except (MirrorFault, OSError):
        database.interruption.require_none()
        return None
