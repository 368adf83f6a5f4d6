"""Measure reports at the largest sizes: a mirror of ten times the site, SQLite by itself, and very large files."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Table

from benchmarks.report_site import DAYS, LAST_AT, SITE
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.files.reports.report_file import write_report
from dealtrace.operations.reports.ask import ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import MIRROR_MEMORY_DEFAULT, Database, open_database
from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.library import connect
from dealtrace.storage.reports.mirror.mirror import file_of, held_mirror

TIMES = 10
"""How many times the rows of the site are in the large mirror."""
_ID_STEP = 10**9
_IDS = ("id", "owner_id", "lead_id", "client_id", "visit_id")
_NUMBERS_OF_VISITORS = ("number", "visitor")
_REPEATED = (tables.visits, tables.leads, tables.deals, tables.lead_tags, tables.deal_tags, tables.visitors)
LITTLE_MEMORY_MIB = 128
"""A small limit for DuckDB, with which it writes to disk what it would group in memory."""
FILES = tuple(
    (extension, days, memory_mib)
    for extension in ("csv", "xlsx")
    for memory_mib in (MIRROR_MEMORY_DEFAULT, LITTLE_MEMORY_MIB)
    for days in (DAYS // 4, DAYS)
)
"""The files to write: the extension, the days that the report covers, and the memory of the mirror."""


def repeat_mirror(database: Database, times: int) -> None:
    """Repeat the visits, leads, deals and tags of a mirror under other ids, so that it has `times` as many.

    Visitors and clients are repeated too: each has as many visits and leads as before. The database does not change,
    and the mirror counts as up to date, because its stamps stay.
    """
    with held_mirror(database) as folder:
        mirror = connect(file_of(database), database.mirror_memory_mib, folder / "spilled")
        with closing(mirror):
            ((visitors,),) = mirror.execute("SELECT max(number) FROM visitors")
            for table in _REPEATED:
                for number in range(1, times):
                    mirror.execute(_repeating(table, number, visitors))
            mirror.execute("CHECKPOINT")


def _repeating(table: Table, number: int, visitors: int) -> str:
    """Return the SQL insert that adds a copy of the original rows of a table; `number` makes its ids different."""
    key = next(column.name for column in table.c if column.name in (*_IDS, "number"))
    original = f'"{key}" <= {visitors if key == "number" else _ID_STEP}'
    others = {name: f'"{name}" + {number * _ID_STEP}' for name in _IDS if name in table.c}
    if table is tables.visitors:
        others |= {"visitor": f"visitor || '-{number}'"}
    others |= {
        name: f'"{name}" + {number * visitors}'
        for name in _NUMBERS_OF_VISITORS
        if name in table.c and name not in others
    }
    replaced = ", ".join(f'{of} AS "{name}"' for name, of in others.items())
    return f"INSERT INTO {table.name} SELECT * REPLACE ({replaced}) FROM {table.name} WHERE {original}"  # noqa: S608


def measure_against_sqlite(
    database: Database, questions: Iterable[str], ask_question: Callable[[Database, str], None]
) -> None:
    """Print how many times as long each question takes SQLite itself as it takes the mirror, which is up to date."""
    without = replace(database, mirror_memory_mib=0)
    for name in questions:
        mirrored = min(_cpu_and_wall(lambda name=name: ask_question(database, name)) for _ in range(3))
        alone = _cpu_and_wall(lambda name=name: ask_question(without, name))
        ratios = f"{alone[0] / mirrored[0]:.0f} times the wall time, {alone[1] / mirrored[1]:.0f} times the CPU"
        print(f"SQLite itself: {name:30} {alone[0]:7.1f} s, {ratios}", flush=True)


def _cpu_and_wall(step: Callable[[], None]) -> tuple[float, float]:
    """Run `step` and return its wall and CPU time in seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure_files(file: Path) -> None:
    """Print the time and the memory of reports with a row for every deal of a site, in processes of their own."""
    for extension, days, memory_mib in FILES:
        command = [sys.executable, "-m", "benchmarks.report_scale", str(file), extension, str(days), str(memory_mib)]
        subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)


def write_large_file(file: Path, extension: str, days: int, memory_mib: int) -> None:
    """Write a report by a custom field that is different in every deal, and print its size, time and peak memory."""
    database = open_database(f"sqlite:///{file}", mirror_memory_mib=memory_mib)
    with database.read() as connection:
        site = find_site(connection, SITE)
    assert site is not None
    target = file.with_name(f"large.{extension}")
    started = time.process_time()
    with open_facts(database, site) as source:
        report = ask(source, site, _question(site, days), LAST_AT)
    write_report(target, report, overwrite=True)
    seconds = time.process_time() - started
    print(
        f"{extension} of {len(report.rows):,} rows, at most {memory_mib} MiB in DuckDB: "
        f"{target.stat().st_size / 2**20:.0f} MiB, CPU {seconds:.1f} s, "
        f"peak memory {peak_mib():.0f} MiB",
        flush=True,
    )
    target.unlink()
    database.close()


def forget_peak() -> None:
    """Let `peak_mib` count from the memory that this process has now."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """Return the most memory that this process has had, in MiB; `getrusage` would count that of its parent too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024  # type: ignore[union-attr]


def _question(site: Site, days: int) -> Question:
    last_on = LAST_AT.date()
    raw = RawQuestion(
        first=str(last_on - timedelta(days=days)), last=str(last_on), by="field:note", metrics="deals,amount"
    )
    known = QuestionContext(last_on, AttributionModel(site.attribution), ["note"], rows_max=None)
    return parse_question(raw, known)


if __name__ == "__main__":
    write_large_file(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
