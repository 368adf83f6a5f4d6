"""Which database a command works on, who may make one, and who may read it."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import CommandLine, Terminal
from dealtrace.cli.commands import COMMANDS
from dealtrace.cli.terminal import _explain_os_error, open_prepared
from dealtrace.settings import read_settings
from postgresql import PostgresqlServer
from server import ServerProcess, free_port

OTHERS = (
    ("site", "list"),
    ("site", "set", "1", "name=Shop"),
    ("token", "list"),
    ("field", "list", "1"),
    ("deal", "history", "1"),
    ("explain", "1"),
    ("match", "1"),
    ("doctor",),
    ("db", "upgrade"),
    ("db", "check"),
    ("db", "recount"),
    ("backup", "copy.backup"),
    ("export", "deals", "out.csv", "--site", "1"),
    ("demo", "--site", "1"),
    ("demo", "--remove"),
    ("user", "create", "anna"),
    ("status", "list", "1"),
    ("rate", "list", "1"),
    ("column", "list", "1"),
    ("source", "host", "list", "1"),
    ("lead", "show", "call", "1"),
    ("import", "calls", "calls.csv", "--site", "1"),
    ("import", "costs", "calls.csv", "--site", "1", "--system", "s", "--account", "a"),
    ("try", "1", "model=1"),
    ("agree", "calls.csv", "--site", "1"),
    ("report", "sources", "--site", "1"),
    ("segment", "list", "1"),
    ("alert", "list", "1"),
    ("webhook", "list"),
    ("person", "export", "79205550055"),
    ("requests", "tail"),
    ("db", "mirror"),
    ("db", "renormalise"),
)
MAKERS = {"serve", "site", "demo", "restore"}
"""The commands that make a database, when told to make a site or to serve."""
WITHOUT_DATABASE = {"config"}


@pytest.fixture
def terminal(command_line: CommandLine, tmp_path: Path) -> Terminal:
    """Give a terminal in a folder without a database."""
    return Terminal(command_line, "sqlite:///own.db", tmp_path)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("command", OTHERS, ids=" ".join)
def test_a_command_in_the_wrong_folder_makes_nothing_and_says_where_it_looked(
    terminal: Terminal, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "calls.csv").write_text("date,phone\n26.03.2018 10:00,79205550055\n")
    said = terminal.run(*command, new_password="correct horse battery")
    assert (bool(said.status), said.out, "Traceback" in said.err) == (True, "", False), said
    assert str(tmp_path / "own.db") in said.err
    assert not list(tmp_path.glob("own.db*"))
    assert not list(tmp_path.glob("copy*"))


def test_every_command_is_tried_in_the_wrong_folder() -> None:
    assert {command[0] for command in OTHERS} | MAKERS | WITHOUT_DATABASE == set(COMMANDS)


@pytest.mark.parametrize("command", [("site", "create", "Shop"), ("demo",), ("site", "list")], ids=" ".join)
def test_no_command_makes_the_folder_of_a_mistyped_path(
    command_line: CommandLine, tmp_path: Path, command: tuple[str, ...]
) -> None:
    mistyped = Terminal(command_line, "sqlite:///mistyped/own.db", tmp_path)
    assert str(tmp_path / "mistyped") in mistyped.refused(*command)
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("command", [*OTHERS[:3], ("db", "upgrade"), ("db", "check")], ids=" ".join)
def test_an_empty_file_is_no_database(terminal: Terminal, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "own.db").touch()
    for _ in range(2):
        refused = terminal.refused(*command)
        assert "There is no Dealtrace database" in refused
        assert "create a database: dealtrace serve" in refused


@pytest.mark.parametrize("command", ["upgrade", "check", "distribute"])
def test_an_empty_database_of_postgresql_is_none_either(
    command_line: CommandLine, postgresql_server: PostgresqlServer, tmp_path: Path, command: str
) -> None:
    terminal = Terminal(command_line, postgresql_server.create(f"t{uuid.uuid4().hex}"), tmp_path)
    for _ in range(2):
        assert "create a database: dealtrace serve" in terminal.refused("db", command)


def test_site_create_makes_a_private_database(terminal: Terminal, tmp_path: Path) -> None:
    terminal.done("site", "create", "Shop")
    assert {mode(path) for path in tmp_path.glob("own.db*")} == {0o600}
    terminal.done("backup", "copy.backup")
    assert mode(tmp_path / "copy.backup") == 0o600
    again = Terminal(terminal._line, "sqlite:///again.db", tmp_path)
    again.done("restore", "copy.backup")
    assert mode(tmp_path / "again.db") == 0o600
    assert again.json("site", "list") == terminal.json("site", "list")


def test_a_backup_of_postgresql_is_private_too(
    command_line: CommandLine, new_database_url: Callable[[], str], tmp_path: Path
) -> None:
    Terminal(command_line, new_database_url(), tmp_path).done("backup", "copy.backup")
    assert mode(tmp_path / "copy.backup") == 0o600


def test_who_finds_no_site_learns_in_which_database(terminal: Terminal, tmp_path: Path) -> None:
    terminal.done("site", "create", "Shop")
    name = str(tmp_path / "own.db")
    for command in (
        ("token", "create", "7"),
        ("site", "set", "7", "name=a"),
        ("match", "7"),
        ("export", "deals", "out.csv", "--site", "7"),
    ):
        said = terminal.refused(*command)
        assert "Site 7 not found" in said
        assert "\\u000a" not in said, "two lines, not one with an escaped break"
        assert f"The database in use: {name}" in said
    assert f"The database in use: {name}" in terminal.run("doctor").out


def test_an_error_of_the_database_names_the_database(command_line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("phone,date\n" * 100)
    (tmp_path / "folder.db").mkdir()
    for url, named, words in (
        ("sqlite:///list.csv", str(tmp_path / "list.csv"), "file is not a database"),
        ("sqlite:///folder.db", str(tmp_path / "folder.db"), "This is a folder. Set DEALTRACE_DATABASE_URL to a file"),
        ("postgresql://me:hidden@127.0.0.1:1/x", "postgresql://me:***@127.0.0.1:1/x", "connection failed"),
    ):
        for command in (("doctor",), ("site", "list"), ("serve", "--port", str(free_port()))):
            said = Terminal(command_line, url, tmp_path).run(*command).err
            assert f"The database in use: {named}" in said, said
            assert words in said
            assert "hidden" not in said


def test_who_may_not_make_the_file_is_told_what_to_do(command_line: CommandLine, tmp_path: Path) -> None:
    said = Terminal(command_line, "sqlite:////proc/own.db", tmp_path).refused("site", "create", "Shop")
    assert "/proc/own.db: " in said
    assert "change to a folder in which you may create files, or set DEALTRACE_DATABASE_URL" in said
    assert "no .env or dealtrace.toml is in this folder" in said
    (tmp_path / "dealtrace.toml").write_text("port = 8001\n")
    said = Terminal(command_line, "sqlite:////proc/own.db", tmp_path).refused("site", "create", "Shop")
    assert "(dealtrace.toml of this folder)" in said


def test_a_file_that_cannot_be_read_is_a_line_even_if_the_settings_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dealtrace.toml").write_text("port = 0\n")
    read_settings.cache_clear()
    try:
        said = _explain_os_error(PermissionError(13, "Permission denied", "dealtrace.toml"))
    finally:
        read_settings.cache_clear()
    assert said == "dealtrace.toml: Permission denied"


def test_passwords_are_no_part_of_a_name(command_line: CommandLine, tmp_path: Path) -> None:
    for url in ("postgresql://me:hidden@127.0.0.1:1/x", "postgresql://me@127.0.0.1:1/x?password=hidden"):
        assert "hidden" not in Terminal(command_line, url, tmp_path).run("doctor").err


def test_doctor_names_a_database_that_everybody_can_read(terminal: Terminal, tmp_path: Path) -> None:
    terminal.done("site", "create", "Shop")
    assert not [found for found in terminal.run("doctor", "--json").json if found["kind"] == "permissions"]
    (tmp_path / "own.db").chmod(0o644)
    (found,) = [found for found in terminal.run("doctor", "--json").json if found["kind"] == "permissions"]
    assert found["cure"] == f"chmod 600 {tmp_path / 'own.db'}*"


def test_a_start_names_its_database_and_no_link_starts_another(
    start_server_on: Callable[..., ServerProcess], command_line: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "own.db"
    server = start_server_on(f"sqlite:///{file}")
    assert f"The database in use: {file}" in server.printed
    assert f'"database":"{file}","event":"process_started"' in server.logged
    (tmp_path / "linked").mkdir()
    for make in (os.symlink, os.link):
        name = tmp_path / "linked" / f"{make.__name__}.db"
        make(file, name)
        other = Terminal(command_line, f"sqlite:///{name}", tmp_path)
        assert "already using" in other.refused("serve", "--port", str(free_port()))


def test_who_stands_in_a_removed_folder_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DEALTRACE_DATABASE_URL", "sqlite:///own.db")
    folder.rmdir()
    read_settings.cache_clear()
    try:
        with pytest.raises(SystemExit), open_prepared():
            pass
    finally:
        read_settings.cache_clear()
    assert "The current folder has been removed: change to another folder" in capfd.readouterr().err
