"""Ctrl-C while DuckDB works for a command: the command ends, and the next one is answered."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from cast import Stage
from commands import CommandLine, Terminal
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from waiting import PATIENCE_SECONDS

READING = """import sys
from sqlalchemy import func, select, text
from dealtrace.cli.reports.facts import facts_of
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.engine import open_database
database = open_database(sys.argv[1])
with database.read() as connection:
    (site,) = list_sites(connection)
with facts_of(database, site) as facts:
    numbers = "range(1000000000) AS a, range(1000000000) AS b WHERE a.range % 7 = b.range % 11"
    print("reading", flush=True)
    facts.fetch(select(func.count()).select_from(text(numbers)))
"""
"""A program that asks the mirror for something endless, as a command asks it for a report."""


def test_ctrl_c_ends_a_long_statement_and_the_next_command_is_answered(
    copy_sqlite: CopySqlite, command_line: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "dealtrace.db"
    with closing(open_database(copy_sqlite(file))) as database:
        site = Stage(database).open_site().site
        arguments = [sys.executable, "-c", READING, str(database.url)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as read:
            assert read.stdout is not None
            assert read.stdout.readline() == b"reading\n"
            read.send_signal(signal.SIGINT)
            _, said = read.communicate(timeout=PATIENCE_SECONDS)
        assert said.endswith(b"KeyboardInterrupt\n")
        beside = Terminal(command_line, str(database.url), tmp_path)
        beside.done("report", "--site", str(site.id), "--metrics", "deals")
