"""The facts of a site (visits, leads, deals and costs) for commands, with a progress bar while the mirror is built."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.progress import Progress

from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import ended_by_ctrl_c, error_console
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.mirror.copy_facts import MIRRORED_TABLES
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection


@contextmanager
def facts_of(database: Database, site: Site) -> Iterator[FactSource]:
    """Yield an object to query a site's facts.

    If the column mirror (a copy of the data for reports) must be built first, a terminal shows the progress.
    """
    with ExitStack() as opened, ended_by_ctrl_c(database) as call:
        progress = Progress(console=error_console, transient=True, disable=not error_console.is_terminal)
        bar = progress.add_task("Mirror", total=MIRRORED_TABLES)

        def advance(table: str) -> None:
            progress.start()
            progress.update(bar, advance=1, description=f"Mirror: {table}")

        try:
            facts = call(opened.enter_context, open_facts(database, site, advance))
        finally:
            progress.stop()

        def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
            return call(facts.fetch, statement, parameters)

        yield FactSource(facts.tables, fetch, facts.proceed)
