"""A command that is ended by a signal says in one line what is stored and how to go on, and exits with 128 + it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from commands import Terminal
from dealtrace.storage.database.engine import open_database
from engines import on_one_engine
from processes import Order, Process, keeper
from stored import is_waiting_for_a_lock
from waiting import PATIENCE_SECONDS, wait_until

STOPPED: dict[str, tuple[str, str, str]] = {
    "import calls": (
        "import calls calls.csv --site {site}",
        "call",
        "Stopped after row 0. Run the same command to continue.",
    ),
    "import deals, before it begins": (
        "import deals deals.csv --site {site}",
        "file_import",
        "Stopped before the first row.",
    ),
    "import costs": (
        "import costs costs.csv --site {site} --system own --account a --source vk --medium cpc",
        "cost",
        "Stopped. A file of costs is imported as a whole or not at all",
    ),
    "demo": ("demo --part 0.015", "visit", "Stopped. To remove what was stored: dealtrace demo --remove --site "),
    "source reclassify": (
        "source reclassify {site}",
        "visit",
        "Stopped after 0 visits. Run the same command to continue.",
    ),
    "match": ("match {site}", "deal", "Stopped. To continue: dealtrace match {site} --after 0"),
    "export": ("export deals x.csv --site {site}", "deal", "Stopped after 0 rows; x.csv was not written."),
    "db upgrade": (
        "db upgrade",
        "schema_version",
        "Stopped. The schema is as before. To upgrade it: dealtrace db upgrade",
    ),
    "db recount": ("db recount", "deal_day", "Stopped. Each site has either all its old or all its new counts."),
    "db renormalise": ("db renormalise", "contact_reading", "Stopped"),
    "backup": ("backup x.dump", "visit", "Stopped. x.dump was not written."),
    "a command without a message of its own": ("deal list --site {site}", "deal", "Stopped."),
}
"""Each with the table that another session keeps locked while it is stopped, and how its line begins."""


@pytest.fixture
def site(terminal: Terminal) -> str:
    site_id = str(terminal.json("site", "create", "Shop")["siteId"])
    lay = terminal.folder.joinpath
    lay("calls.csv").write_text("date;callerNumber\n26.03.2018 10:00;79205550055\n")
    lay("deals.csv").write_text("orderId;orderNumber;orderDate;orderStatus;orderSum\n7;n;26.03.2018 10:00;new;5\n")
    lay("costs.csv").write_text("date;campaign;cost\n2018-03-26;spring;5\n")
    return site_id


@contextmanager
def started(terminal: Terminal, *arguments: str, how: str = "program") -> Iterator[Process]:
    """Start the program itself, or a fork that runs a command, for a third of the CPU; it prints to files."""
    program = () if how == "command" else (sys.executable, "-m", "dealtrace")
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": terminal.url}
    folder, printed = str(terminal.folder), {name: str(terminal.folder / name) for name in ("out", "err")}
    process = keeper().start(Order((*program, *arguments), environment, folder, how, **printed))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ended(terminal: Terminal, process: Process) -> tuple[int, str, str]:
    """Wait for the end of a process, and return its status and what it printed."""
    status = process.wait(PATIENCE_SECONDS)
    return status, (terminal.folder / "out").read_text(), (terminal.folder / "err").read_text()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("line", "table", "message", "ended_by", "how"),
    [
        *((*each, signal.SIGTERM, "command") for each in STOPPED.values()),
        *((*STOPPED["import calls"], each, "program") for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)),
    ],
    ids=[*STOPPED, "import calls, SIGTERM", "import calls, SIGHUP", "import calls, Ctrl-C"],
)
def test_it_says_what_is_stored_and_how_to_go_on(
    terminal: Terminal, site: str, line: str, table: str, message: str, ended_by: signal.Signals, how: str
) -> None:
    with closing(open_database(terminal.url)) as database, psycopg.connect(terminal.url) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        with started(terminal, *line.format(site=site).split(), how=how) as process:
            wait_until(lambda: is_waiting_for_a_lock(database) or process.poll() is not None)
            process.send_signal(ended_by)
            status, out, err = ended(terminal, process)
    assert (status, out) == (128 + ended_by, ""), err
    assert err.startswith(message.format(site=site)), err
    assert err.count("\n") == 1


@on_one_engine
def test_a_command_that_python_cannot_interrupt_ends_soon_nevertheless(terminal: Terminal, site: str) -> None:
    with (
        closing(open_database(terminal.url)) as database,
        database.write(),
        started(terminal, "site", "set", site, "name=Other") as process,
    ):
        name = f"/proc/{process.pid}/fd"
        wait_until(lambda: any("dealtrace.db" in place for place in links_in(name)) or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        assert ended(terminal, process) == (128 + signal.SIGTERM, "", "Stopped.\n")
    assert [shop["name"] for shop in terminal.json("site", "list")] == ["Shop"]


def links_in(folder: str) -> list[str]:
    """Return where the links in a folder of the kernel lead to; those that are gone are left out."""
    found = []
    for link in Path(folder).iterdir():
        with suppress(OSError):
            found.append(str(link.readlink()))
    return found


@on_one_engine
def test_a_command_whose_terminal_is_gone_ends_with_the_number_of_the_hang_up(terminal: Terminal, site: str) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "dealtrace", "requests", "tail", "--follow", "--site", site],
        env={**os.environ, "DEALTRACE_DATABASE_URL": terminal.url},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as following:
        os.close(theirs)
        name = f"/proc/{following.pid}/fd"
        wait_until(lambda: any("dealtrace.db" in place for place in links_in(name)) or following.poll() is not None)
        os.close(ours)
        following.send_signal(signal.SIGHUP)
        assert following.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP


def test_a_long_statement_ends_soon_though_its_terminal_is_gone(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], cwd=tmp_path, stdin=theirs, stderr=theirs, stdout=theirs
    ) as it:
        os.close(theirs)
        try:
            wait_until(lambda: (tmp_path / "began").exists() or it.poll() is not None)
            os.close(ours)
            it.send_signal(signal.SIGHUP)
            assert it.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP
        finally:
            it.kill()


ENDLESS = """import sqlite3
import sys
from pathlib import Path

class Busy:
    def find_spec(self, name, path=None, target=None):
        if name == "dealtrace.cli.commands":
            Path("began").touch()
            endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            sqlite3.connect(":memory:").execute(endless)

sys.meta_path.insert(0, Busy())
sys.argv = ["dealtrace", "site", "list"]
from dealtrace.cli import main
main()
"""
"""A program that runs an endless statement of SQLite in place of a command."""


@on_one_engine
def test_under_nohup_a_closed_terminal_ends_nothing(terminal: Terminal, site: str) -> None:
    ignoring = subprocess.run(
        ["sh", "-c", 'trap "" HUP; "$0" "$@"', sys.executable, "-c", IGNORING, "site", "list"],
        cwd=terminal.folder,
        env={**os.environ, "DEALTRACE_DATABASE_URL": terminal.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ignoring.returncode, ignoring.stderr) == (0, "")


IGNORING = """import signal
import sys

class HangingUp:
    def find_spec(self, name, path=None, target=None):
        if name == "dealtrace.cli.sites.show":
            signal.raise_signal(signal.SIGHUP)

sys.meta_path.insert(0, HangingUp())
sys.argv[0] = "dealtrace"
from dealtrace.cli import main
main()
"""
"""A program whose terminal is closed while it imports a command."""
