"""`dealtrace` itself: its version, what it costs to start, and output that cannot be written."""

import gc
import json
import os
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.core import TyperGroup

from commands import CommandLine, Terminal
from dealtrace import __version__
from dealtrace.cli.commands import COMMANDS, load_command
from engines import CopySqlite

INTERRUPTED = """import signal
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["dealtrace", "--version"]
from dealtrace.cli import main
main()
"""
"""A program that gets Ctrl-C while it imports its libraries."""
PROGRAM = [sys.executable, "-m", "dealtrace"]
OWN_MODULES_OF_HELP_MAX = 8
MODULES_OF_HELP_MAX = 240
"""How many modules `--help` imports beside those of Typer: most are Rich's, which writes the tables."""
OWN_MODULES_OF_A_COMMAND_MAX = 130
OTHER_MODULES_OF_A_COMMAND_MAX = 130
"""How many modules a small command imports beside ours and those of its libraries; `pydantic` has most of them."""
HEAVY = {"sqlalchemy", "alembic", "granian", "phonenumbers", "psycopg", "pydantic", "xlsxwriter"}
OF_OTHERS = {
    "alembic",
    "argon2",
    "babel",
    "dotenv",
    "duckdb",
    "granian",
    "httpx",
    "jinja2",
    "pydantic_settings",
    "starlette",
    "structlog",
    "xlsxwriter",
}
OF_OTHERS |= {"psycopg", "sqlalchemy.orm"}


def test_it_has_a_version(terminal: Terminal) -> None:
    assert terminal.done("--version").out == f"dealtrace {__version__}\n"


def test_ctrl_c_before_a_command_runs_is_one_line() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGINT, "Stopped.\n")


@cache
def imported_by(line: str, url: str = "") -> frozenset[str]:
    """Return the modules that a command has imported when it ends, on a database at an address."""
    asked = f"""
import sys
from dealtrace.cli import main
sys.argv = ["dealtrace", *{line.split()}]
try:
    main()
except SystemExit:
    sys.stderr.write(" ".join(sys.modules))
"""
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": url}
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, env=environment)
    return frozenset(done.stderr.split())


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_it_imports_nothing_heavy_to_say_what_it_is(argument: str) -> None:
    assert not HEAVY & imported_by(argument)


@pytest.fixture(scope="module")
def own_database(copy_sqlite: CopySqlite, command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of a database with a site."""
    folder = tmp_path_factory.mktemp("root")
    return with_a_site(copy_sqlite, command_line, folder, "Shop").url


def with_a_site(copy_sqlite: CopySqlite, command_line: CommandLine, folder: Path, name: str) -> Terminal:
    """Make a site in a database of a folder, and return a terminal there."""
    terminal = Terminal(command_line, copy_sqlite(folder / "own.db"), folder)
    terminal.done("site", "create", name)
    return terminal


@pytest.mark.parametrize(
    "command",
    ["site list", "token list 1", "user list", "field list 1", "config", "deal list --site 1", "lead show call 1"],
)
def test_a_command_on_sqlite_imports_neither_another_driver_nor_numbering_plans(
    command: str, own_database: str
) -> None:
    imported = imported_by(command, own_database)
    assert "sqlalchemy" in imported
    not_needed = {
        "psycopg",
        "phonenumbers",
        "dealtrace.storage.schema.tables.all_tables",
        "sqlalchemy.dialects.postgresql",
    }
    assert not not_needed & imported


@pytest.mark.parametrize("command", ["site list", "deal list --site 1", "lead show call 1", "config"])
def test_a_command_imports_nothing_of_the_server_of_migrations_and_of_reports(command: str, own_database: str) -> None:
    imported = imported_by(command, own_database)
    assert "pydantic" in imported
    assert not OF_OTHERS & imported


@pytest.mark.parametrize(
    ("command", "of_others"),
    {
        "site list": "operations.accounts.change_site_settings",
        "user list": "operations.accounts.manage_user",
        "deal list --site 1": "operations.matching.match",
        "db check": "operations.leads.renormalise_contacts storage.reports.mirror.copy_facts",
    }.items(),
)
def test_a_command_imports_nothing_of_the_other_commands_in_its_group(
    command: str, of_others: str, own_database: str
) -> None:
    group, name, *_ = command.split()
    everything = {f"dealtrace.{module}" for module in of_others.split()}
    assert everything <= imported_by(f"{group} --help", own_database)
    assert not everything & imported_by(command, own_database)
    loaded = load_command(group, only=name)
    assert isinstance(loaded, TyperGroup)
    assert list(loaded.commands) == [name]


@pytest.mark.parametrize("command", ["site list", "token list 1", "explain 1"])
def test_a_command_without_days_imports_no_way_to_read_them(command: str, own_database: str) -> None:
    assert "dealtrace.cli.day_options" not in imported_by(command, own_database)


def test_a_shown_report_imports_nothing_of_files(own_database: str, tmp_path: Path) -> None:
    of_files = {"xlsxwriter", "dealtrace.files.export_columns"}
    report = "report sources --site 1"
    assert not of_files & imported_by(report, own_database)
    assert "xlsxwriter" in imported_by(f"{report} --xlsx {tmp_path}/report.xlsx", own_database)


def test_no_statement_of_the_mirror_is_written_before_it_is_needed() -> None:
    asked = """
from dealtrace.storage.reports.mirror import copy_facts, dialect
assert copy_facts.MIRRORED_TABLES
assert not dialect._compiled
"""
    subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)


def test_nothing_looks_for_garbage_while_the_program_is_imported() -> None:
    asked = """
import gc
import sys
from dealtrace.cli import main
before = gc.get_stats()
sys.argv = ["dealtrace", "--version"]
try:
    main()
except SystemExit:
    assert gc.get_stats() == before
"""
    subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)


def test_imports_are_exempt_from_garbage_collection_which_goes_on() -> None:
    load_command("site")
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@cache
def imported_with(libraries: str) -> frozenset[str]:
    """Return the modules that Python has after importing these libraries."""
    asked = f"import sys, {libraries}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return frozenset(done.stdout.split())


def own(modules: frozenset[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "dealtrace"}


def test_help_imports_little_more_than_the_library_that_writes_it() -> None:
    imported = imported_by("--help")
    assert len(own(imported)) <= OWN_MODULES_OF_HELP_MAX
    assert len(imported - imported_with("typer")) <= MODULES_OF_HELP_MAX


@pytest.mark.parametrize("command", ["site list", "config", "deal list --site 1"])
def test_a_command_imports_little_more_than_its_libraries(command: str, own_database: str) -> None:
    imported = imported_by(command, own_database)
    assert len(own(imported)) <= OWN_MODULES_OF_A_COMMAND_MAX
    others = imported - own(imported) - imported_with("rich.console, sqlalchemy, typer, dotenv")
    assert len(others) <= OTHER_MODULES_OF_A_COMMAND_MAX


def test_help_lists_every_command_as_it_describes_itself(terminal: Terminal) -> None:
    shown = terminal.done("--help").out
    for name, listed in COMMANDS.items():
        loaded = load_command(name)
        assert listed.help in shown
        own = (loaded.help or "").partition("\n")[0]
        assert own == listed.help if isinstance(loaded, TyperGroup) else own.startswith(listed.help.rstrip(".")), name


WRONG_VALUES = {
    ("site", "show", "abc"): "'site_id': must be a whole number",
    ("site", "show", "1.5"): "'site_id': must be a whole number",
    ("site", "create", "x", "--first-id", "1e9"): "'--first-id': must be a whole number",
    ("site", "create", "x", "--first-id", "0"): "'--first-id': must be at least 1",
    ("serve", "--port", "99999"): "'--port': must be at most 65535",
    ("serve", "--port", "9" * 5000): "'--port': must be a whole number",
    ("match", "1", "--after", "-1"): "'--after': must be at least 0",
    ("lead", "show", "cal", "1"): "'kind': 'cal' is not one of 'call', 'request'.",
    ("webhook", "create", "1", "x", "--format", "xml"): "'--format': 'xml' is not one of 'get', 'form', 'json'.",
    ("requests", "tail", "--limit", "\x1b[31m"): "must be a whole number",
    ("deal", "show", ""): "'DEAL': cannot be empty",
    ("deal", "history", " "): "'DEAL': cannot be empty",
    ("user", "delete", ""): "cannot be empty",
    ("site", "set", "1", "name=x", ""): "cannot be empty",
    ("import", "calls", "", "--site", "1"): "cannot be empty",
    ("backup", ""): "cannot be empty",
    ("report", "", "--site", "1"): "'[PRESET]': cannot be empty",
    ("report", " ", "--site", "1"): "'[PRESET]': cannot be empty",
    ("person", "erase", " "): "'[PHONE|EMAIL]': cannot be empty",
    ("person", "export", "", "--client", "1"): "'[PHONE|EMAIL]': cannot be empty",
}


@pytest.mark.parametrize(("arguments", "words"), WRONG_VALUES.items())
def test_a_wrong_value_is_explained_in_our_words(terminal: Terminal, arguments: tuple[str, ...], words: str) -> None:
    finished = terminal.run(*arguments)
    assert finished.status == 2
    assert words in finished.err
    assert not re.search(r"Input should|Value error|valid integer|\x1b", finished.err)


def test_a_misspelt_command_is_named_with_its_neighbour(terminal: Terminal) -> None:
    finished = terminal.run("dael", "list")
    assert finished.status == 2
    assert "deal" in finished.err
    finished = terminal.run("deal", "histroy")
    assert finished.status == 2
    assert "history" in finished.err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["site", "list"], ["config"], ["config", "--json"]])
@pytest.mark.parametrize("kind", ["closed pipe", "full device"])
def test_output_that_cannot_be_written_is_one_line(kind: str, arguments: list[str], own_database: str) -> None:
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": own_database}
    if kind == "full device":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    done = subprocess.run(
        [*PROGRAM, *arguments], stdout=target, stderr=subprocess.PIPE, text=True, env=environment, check=False
    )
    os.close(target)
    assert done.returncode == 1, done
    assert done.stderr.count("\n") <= 1, done.stderr
    assert "Traceback" not in done.stderr
    if kind == "full device":
        assert "could not be written: No space left on device" in done.stderr


def test_json_is_the_same_value_after_cleaning(terminal: Terminal) -> None:
    terminal.done("site", "create", "\u202eShop\x9b")
    said = terminal.done("site", "list", "--json").out
    assert said.isascii()
    assert json.loads(said)[0]["name"] == "\u202eShop\x9b"


def run_program(folder: Path, *arguments: str | bytes, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": f"sqlite:///{folder}/own.db", **variables}
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, env=environment, check=False)


@pytest.mark.parametrize("encoding", ["ascii", "koi8-r", "latin-1"])
def test_what_an_encoding_lacks_is_escaped(
    encoding: str, copy_sqlite: CopySqlite, command_line: CommandLine, tmp_path: Path
) -> None:
    name = "Магазин é \U0001f468"
    with_a_site(copy_sqlite, command_line, tmp_path, name)
    shown = run_program(tmp_path, "site", "show", "1", PYTHONIOENCODING=encoding)
    assert shown.returncode == 0, shown
    first = shown.stdout.decode(encoding).splitlines()[0]
    assert json.loads(f'"{first}"') == f"Site 1: {name}"
    listed = run_program(tmp_path, "site", "list", "--json", PYTHONIOENCODING=encoding)
    assert json.loads(listed.stdout.decode(encoding))[0]["name"] == name
    refused = run_program(tmp_path, "deal", "show", name, PYTHONIOENCODING=encoding)
    assert refused.returncode == 1
    assert b"Traceback" not in refused.stderr


@pytest.mark.parametrize("closing", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_closed_standard_output_is_one_line(
    closing: str, copy_sqlite: CopySqlite, command_line: CommandLine, tmp_path: Path
) -> None:
    terminal = with_a_site(copy_sqlite, command_line, tmp_path, "Shop")
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": terminal.url}
    line = ["/bin/sh", "-c", f'exec "$0" -m dealtrace site list {closing}', sys.executable]
    done = subprocess.run(line, capture_output=True, env=environment, text=True, check=False)
    assert done.returncode == 1, done
    said = "" if "2>" in closing else "The output could not be written: Bad file descriptor.\n"
    assert done.stderr == said
    terminal.done("db", "check")


@pytest.mark.parametrize("arguments", [("deal", "show"), ("field", "add", "1"), ("token", "create", "1", "--label")])
def test_an_argument_that_is_not_unicode_is_refused(
    arguments: tuple[str, ...], copy_sqlite: CopySqlite, command_line: CommandLine, tmp_path: Path
) -> None:
    with_a_site(copy_sqlite, command_line, tmp_path, "Shop")
    done = run_program(tmp_path, *arguments, b"\xff\xfe")
    assert done.returncode == 2, done
    assert done.stderr.decode() == "Not valid UTF-8: \\udcff\\udcfe\n"
