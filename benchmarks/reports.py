"""Measure reports from the column mirror, a DuckDB copy of SQLite: building it, updating it and computing reports.

Triggers mark changed rows for the mirror, which makes registrations slower; this is measured too.
"""

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from benchmarks.report_pairs import FIELD, measure_groupings
from benchmarks.report_scale import (
    forget_peak,
    measure_against_sqlite,
    measure_files,
    peak_mib,
    repeat_mirror,
)
from benchmarks.report_site import LAST_AT, SITE, copy_site, fill_site
from benchmarks.serving import environment_of
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.deals.registration import Registration
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.reports.mirror.marks import start_marking, stop_marking
from dealtrace.storage.reports.mirror.mirror import current_mirror, file_of, folder_of

VISITS_PER_LEAD = 5
CHANGES = 1_000
BATCH = 250
ROUNDS = 5
AIM_MS = 300
"""The most milliseconds that any report by one or two dimensions should take on SQLite with its mirror."""
MODELS = (0, 4)
"""The models of reports by every dimension: one that names a visit, and one that shares a deal among visits."""
YEAR = {"first": "2025-11-26", "last": "2026-11-25", "compare": "year"}
QUESTIONS = {
    "source, model 0": {"by": "source", "metrics": "deals,amount,won,leads,visits,cost,roi", "model": "0"},
    "source × month, model 4": {"by": "source,month", "metrics": "deals,amount", "model": "4"},
    "campaign, model 5": {"by": "campaign", "metrics": "deals,amount", "model": "5"},
    "manager": {"by": "manager", "metrics": "deals,amount,leads"},
    "status × week": {"by": "status,week", "metrics": "deals,amount"},
    "field × tag": {"by": "field:branch,tag", "metrics": "deals,amount"},
    "client kind": {"by": "client_kind", "metrics": "leads,deals,cac"},
    "city × device, visitors": {"by": "city,device", "metrics": "visits,visitors,leads,deals"},
}


def report_reports(folder: Path, creators: Mapping[str, Callable[[str], str]], deals: int, times: int) -> None:
    """Measure a site with `deals` deals, as many leads and five times as many visits, on each database.

    If `times` is not 0, also measure files of all deals, SQLite without a mirror, and a mirror `times` as large.
    """
    file = folder / "reports.db"
    _create_site(f"sqlite:///{file}")
    fill_site(file, deals, deals, deals * VISITS_PER_LEAD)
    if "postgresql" in creators:
        url = creators["postgresql"]("reports")
        _create_site(url)
        measure_postgresql(file, url)
    measure_reports(file)
    if times:
        measure_files(file)
        _measure_scale(file, times)


def _measure_scale(file: Path, times: int) -> None:
    """Compare a site's mirror with SQLite itself, then make it `times` as large and print the time of each report."""
    database = open_database(f"sqlite:///{file}")
    site = _find_site(database)
    _open(database)
    measure_against_sqlite(database, QUESTIONS, lambda asked, name: _ask(asked, site, QUESTIONS[name]))
    repeat_mirror(database, times)
    for name, raw in QUESTIONS.items():
        _timed(f"{times} times: {name}", lambda raw=raw: _ask(database, site, raw), ROUNDS)
    database.close()


def _find_site(database: Database) -> Site:
    with database.read() as connection:
        site = find_site(connection, SITE)
    assert site is not None
    return site


def _create_site(url: str) -> None:
    command = [sys.executable, "-m", "dealtrace", "site", "create", "Bench"]
    subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True)


def measure_postgresql(file: Path, url: str) -> None:
    """Copy the site in a SQLite file to PostgreSQL, and print how long each report takes there.

    The CPU time printed is without that of the PostgreSQL server.
    """
    database = open_database(url)
    copy_site(open_database(f"sqlite:///{file}"), database)
    with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")  # as autovacuum does after a while
    site = _find_site(database)
    for name, raw in QUESTIONS.items():
        _timed(f"PostgreSQL: {name}", lambda raw=raw: _ask(database, site, raw), ROUNDS)
    database.close()


def measure_reports(file: Path) -> None:
    """Print the time of each step (building, opening, updating, reporting) at the site in a SQLite file."""
    database = open_database(f"sqlite:///{file}")
    site = _find_site(database)
    shutil.rmtree(folder_of(database), ignore_errors=True)
    forget_peak()
    _timed("build the mirror", lambda: _open(database))
    print(f"peak memory {peak_mib():.0f} MiB, file {file_of(database).stat().st_size / 2**20:.0f} MiB")
    _timed("open it", lambda: _open(database), ROUNDS)
    for number in range(ROUNDS):
        _change(file, number)
        _timed(f"take over {CHANGES} registrations", lambda: _open(database))
    for name, raw in QUESTIONS.items():
        _timed(name, lambda raw=raw: _ask(database, site, raw), ROUNDS)
    measure_every_grouping(database, site, AIM_MS)
    _report_marking(database, site)
    database.close()


def measure_every_grouping(database: Database, site: Site, aim_ms: int) -> None:
    """Print how many reports by one or two dimensions take at most `aim_ms`, and the slowest of them."""
    for model in MODELS:
        print(f"model {model}, a year with the year before")
        measure_groupings(lambda raw, model=model: _ask(database, site, raw | {"model": str(model)}), aim_ms)


def _open(database: Database) -> None:
    with current_mirror(database):
        pass


def _ask(database: Database, site: Site, raw: dict[str, str]) -> None:
    known = QuestionContext(LAST_AT.date(), AttributionModel(site.attribution), [FIELD])
    with open_facts(database, site) as source:
        ask(source, site, parse_question(RawQuestion(**YEAR, **raw), known), LAST_AT)


def _timed(name: str, step: Callable[[], None], rounds: int = 1) -> None:
    """Run `step` several times, and print the medians of wall and CPU time in milliseconds."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    wall_ms, cpu_ms = statistics.median(walls) * 1000, statistics.median(cpus) * 1000
    print(f"{name:36} {wall_ms:9.0f} ms, CPU {cpu_ms:9.0f} ms", flush=True)


_COPIED = (
    "status, amount_rub, happened_at, recorded_at, touched_at, version, service, custom_values, lead_kind, lead_id"
)
_COPY = f"""INSERT INTO deal (site_id, id, number, fingerprint, {_COPIED})
SELECT site_id, id + :base, 'c' || (id + :base), '', {_COPIED} FROM deal WHERE site_id = :site ORDER BY id LIMIT :deals
"""  # noqa: S608 - names of ours


def _change(file: Path, number: int) -> None:
    """Insert copies of `CHANGES` deals with new ids; each `number` gives different ids."""
    base = 10**12 * (number + 1)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(_COPY, {"base": base, "site": SITE, "deals": CHANGES})
        connection.commit()


def _report_marking(database: Database, site: Site) -> None:
    """Register deals in turn without and with marking changes for the mirror, and print the CPU time per deal."""
    ids = IdBlocks(database.writer)
    without, marked = [], []
    for _ in range(2 * ROUNDS):
        with database.write() as connection:
            stop_marking(connection)
        without.append(_register(database, ids, site))
        with database.write() as connection:
            start_marking(connection)
        marked.append(_register(database, ids, site))
    before, after = statistics.median(without), statistics.median(marked)
    print(f"registering a deal with a tag: CPU {before:.1f} µs, with marks {after:.1f} µs")


def _register(database: Database, ids: IdBlocks, site: Site) -> float:
    """Register several batches of deals, and return the CPU microseconds per deal of the fastest batch."""
    now = datetime.now(UTC)
    ids.ensure(BATCH * 2 * ROUNDS)
    spent = []
    for _ in range(ROUNDS):
        commands = [WriteCommand(_registration(now), 1) for _ in range(BATCH)]
        started = time.process_time()
        with database.write() as connection:
            register_deals(Work(connection, ids, now, site), commands)
        spent.append((time.process_time() - started) / BATCH * 1e6)
    return min(spent)


def _registration(now: datetime) -> Registration:
    return Registration(
        number=None, status="new", amount_rub=Decimal(100), amount_as_sent="100", happened_at=now, service="CRM",
        manager=None, comment=None, tags=("a",), custom_values={}, stated_source=None, clue=NO_CLUE,
        fingerprint=os.urandom(8).hex(),
    )  # fmt: skip
