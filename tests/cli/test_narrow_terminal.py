"""What a terminal of sixty columns shows: the help of every command, and tables."""

import os
import pty
import re
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from rich.cells import cell_len
from rich.table import Table
from typer.core import TyperGroup

from commands import read_to_the_end
from dealtrace.cli.commands import COMMANDS, load_command, main
from dealtrace.cli.output import CleanConsole, _wrapped

COLUMNS = 60
ESCAPE = "\x1b"
NEXT = "\x1e"
"""What is shown after each help: the sign that parts records."""


def paths() -> Iterator[tuple[str, ...]]:
    """Yield the program, its groups and its commands."""
    yield ()
    for name in COMMANDS:
        yield (name,)
        loaded = load_command(name)
        if isinstance(loaded, TyperGroup):
            yield from ((name, part) for part in loaded.commands)


def help_in_terminal(asked: Sequence[tuple[str, ...]], environment: dict[str, str]) -> Iterator[str]:
    """Yield what a fork of the tests shows on a terminal of its own when it is asked for the help of each command."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (24, COLUMNS))
    child = os.fork()
    if not child:
        status = 1
        with suppress(BaseException):
            os.environ.clear()
            os.environ.update(environment)
            for number in (0, 1, 2):
                os.dup2(inner, number)
            sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "w" if n else "r", closefd=False) for n in range(3))
            status = sum(not _helps(path) for path in asked)
        os._exit(min(status, 1))
    os.close(inner)
    shown = read_to_the_end(outer).split(NEXT)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    assert len(shown) == len(asked) + 1
    yield from shown[:-1]


def _helps(path: tuple[str, ...]) -> bool:
    """Show the help of a command, and what parts it from the next one; return whether it ended well."""
    sys.argv = ["dealtrace", *path, "--help"]
    has_ended_well = True
    try:
        main()
    except SystemExit as end:
        has_ended_well = not end.code
    sys.stderr.flush()
    sys.stdout.write(NEXT)
    sys.stdout.flush()
    return has_ended_well


@pytest.mark.parametrize(
    ("language", "colours"), [("en_US.UTF-8", {}), ("ru_RU.UTF-8", {"NO_COLOR": "1"})], ids=["colours", "no colours"]
)
def test_the_help_of_every_command_fits_sixty_columns(language: str, colours: dict[str, str]) -> None:
    environment = {"LANG": language, "TERM": "xterm-256color", "PATH": os.environ["PATH"], **colours}
    asked = list(paths())
    for path, shown in zip(asked, help_in_terminal(asked, environment), strict=True):
        assert "Usage:" in shown
        assert "Traceback" not in shown
        assert "<bool>" not in shown, "flags take no value"
        codes = {code for sequence in re.findall(r"\x1b\[([0-9;]*)m", shown) for code in sequence.split(";")}
        assert not colours or not {code for code in codes if len(code) > 1}, "NO_COLOR leaves bold, dim and the like"
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        assert ESCAPE not in plain
        for line in plain.splitlines():
            assert cell_len(line.rstrip()) <= COLUMNS, (path, line)


def test_a_table_that_is_too_wide_is_a_block_per_row(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table("siteId", "name", "timezone", "contact matching", "points today", "attribution")
    for number in ("123456789", "2"):
        table.add_row(number, "Магазин на Тверской", "Asia/Vladivostok", "off", "", "1")
    printed = {}
    for columns in (COLUMNS, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        console = CleanConsole()
        with console.capture() as captured:
            console.print(table)
        printed[columns] = captured.get()
        assert all(cell_len(line) <= columns for line in captured.get().splitlines())
    block = "  name: Магазин на Тверской\n  timezone: Asia/Vladivostok\n  contact matching: off\n  attribution: 1\n"
    assert printed[COLUMNS] == f"siteId: 123456789\n{block}\nsiteId: 2\n{block}"
    assert "│ 123456789 │" in printed[200]


def test_a_command_to_copy_is_never_broken() -> None:
    report = "  dealtrace report --site 1 --by week --metrics calls,deals,unmatched,match_rate --period 90d"
    assert _wrapped(report, COLUMNS) == report
    quoted = "dealtrace field add 1 'a long name, with a comma; and (more) of this kind, to be copied'"
    assert str(_wrapped(f"To add it: {quoted}, then try again or else", COLUMNS)).splitlines()[1].startswith(quoted)
    cure = "dealtrace backup FILE (run it every day), or DEALTRACE_BACKUP_DAYS_MAX=0 if made by other means"
    assert all(cell_len(line) <= COLUMNS for line in str(_wrapped(cure, COLUMNS)).splitlines())
