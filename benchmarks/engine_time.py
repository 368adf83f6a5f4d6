"""A server that writes down how long the engine of reports takes, so that pages can be measured without it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from dealtrace import app
from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.runtime import report_pool
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection

SPENT_IN = "BENCH_ENGINE_TIME"
"""The environment variable with the file in which the server writes a line for each time that it opens the facts."""


def create_app() -> ASGIApp:
    """Return the application of `dealtrace serve`, which adds to the file how many milliseconds the engine took."""
    vars(report_pool)["open_facts"] = _timed_facts
    return app.create_app()


@contextmanager
def _timed_facts(database: Database, site: Site) -> Iterator[FactSource]:
    """Yield the facts; opening them, taking over changes, each statement and closing them are the engine's time."""
    marks, statements = [time.perf_counter()], []
    with open_facts(database, site) as source:

        def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
            started = time.perf_counter()
            try:
                return source.fetch(statement, parameters)
            finally:
                statements.append(time.perf_counter() - started)

        marks.append(time.perf_counter())
        yield FactSource(source.tables, fetch, source.proceed)
        marks.append(time.perf_counter())
    began, opened, ended = marks
    spent = opened - began + sum(statements) + time.perf_counter() - ended
    with Path(os.environ[SPENT_IN]).open("a") as file:
        file.write(f"{spent * 1000:.3f}\n")


def milliseconds_in(file: Path) -> float:
    """Return the milliseconds that the engine has taken so far."""
    return sum(map(float, file.read_text().split())) if file.is_file() else 0.0
