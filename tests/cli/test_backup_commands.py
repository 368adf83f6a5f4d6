"""`dealtrace backup` and `dealtrace restore`."""

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from cast import Player, Stage
from commands import CommandLine, Terminal
from dealtrace.storage.accounts.installation import find_last_backup
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from load import Load
from postgresql import PostgresqlServer
from server import ServerProcess
from waiting import wait_until

DISK_BYTES = (4 << 20) - 8192
"""What fills a small disk, except for two pages of memory."""
NewTerminal = Callable[[], Terminal]


@pytest.fixture
def empty(command_line: CommandLine, engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> NewTerminal:
    """Give a function that gives a terminal on a database with nothing in it."""

    def create() -> Terminal:
        name = f"e{uuid.uuid4().hex}"
        if engine_name == "sqlite":
            return Terminal(command_line, f"sqlite:///{tmp_path / name}", tmp_path)
        postgresql: PostgresqlServer = request.getfixturevalue("postgresql_server")
        return Terminal(command_line, postgresql.create(name), tmp_path)

    return create


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Read everything a deal is made of."""
    database = open_database(url)
    with database.read() as connection:
        found = {
            table: sorted(tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table}")))
            for table, columns in {
                "deal": "site_id, id, number, version",
                "deal_version": "site_id, deal_id, version",
                "deal_tag": "site_id, deal_id, position, tag",
                "token": "id, digest",
            }.items()
        }
    database.close()
    return found


def test_a_full_disk_for_the_backup_is_named(
    command_line: CommandLine, copy_sqlite: CopySqlite, small_disk: Path, tmp_path: Path
) -> None:
    terminal = Terminal(command_line, copy_sqlite(tmp_path / "own.db"), tmp_path)
    (small_disk / "fill").write_bytes(bytes(DISK_BYTES))
    target = small_disk / "all.backup"
    assert f"{target}: No space left on device; make room on its disk" in terminal.refused("backup", str(target))
    assert [file.name for file in small_disk.iterdir()] == ["fill"]


def test_everything_comes_back(
    server: ServerProcess, served: Stage, beside: Terminal, owner: Player, empty: NewTerminal, tmp_path: Path
) -> None:
    deal_id = server.register(owner.token, orderNumber="kept", tags="a,b").json()["orderId"]
    server.update(owner.token, orderId=deal_id, status="won")
    began_at = datetime.now(UTC)
    assert "bytes" in beside.done("backup", "all.backup").out
    with served.database.read() as connection:
        finished_at = find_last_backup(connection)
    assert finished_at is not None
    assert began_at <= finished_at <= datetime.now(UTC)
    target = empty()
    target.done("restore", "all.backup")
    assert rows(target.url) == rows(server.database_url)
    assert target.json("deal", "history", str(deal_id)) == beside.json("deal", "history", str(deal_id))
    target.done("db", "check")
    assert sorted(path.name for path in tmp_path.glob("all*")) == ["all.backup"]


def test_a_backup_under_load_holds_every_deal_acknowledged_before_it_whole(
    server: ServerProcess, beside: Terminal, owner: Player, empty: NewTerminal
) -> None:
    with Load(server, owner.token, "backup") as load:
        wait_until(lambda: load.acknowledged)
        before = dict(load.acknowledged)
        beside.done("backup", "busy.backup")
        during = len(load.acknowledged)
    assert before
    assert during > len(before)
    assert not load.unanswered
    target = empty()
    target.done("restore", "busy.backup")
    target.done("db", "check")
    found = rows(target.url)
    deals = {deal_id for _, deal_id, _, _ in found["deal"]}
    assert set(before.values()) <= deals
    assert deals == {deal_id for _, deal_id, version in found["deal_version"] if version == 1}
    tags = [deal_id for _, deal_id, _, _ in found["deal_tag"] if deal_id in before.values()]
    assert all(tags.count(deal_id) == 3 for deal_id in before.values())


def test_restore_refuses_a_database_with_anything_in_it(beside: Terminal, terminal: Terminal) -> None:
    beside.done("backup", "all.backup")
    assert "not empty" in terminal.refused("restore", "all.backup")
    assert terminal.json("site", "list") == []


def test_restore_refuses_what_is_no_backup_and_leaves_the_database_empty(empty: NewTerminal, tmp_path: Path) -> None:
    target = empty()
    (tmp_path / "garbage").write_bytes(b"garbage" * 1000)
    (tmp_path / "nothing").write_bytes(b"")
    with sqlite3.connect(tmp_path / "stranger") as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    for name in ("garbage", "nothing", "stranger", "missing", "."):
        assert name in target.refused("restore", name) or not target.url.startswith("sqlite")
    assert "There is no Dealtrace database" in target.refused("site", "list")


def test_restore_names_a_backup_of_the_other_engine_and_the_cure(empty: NewTerminal, tmp_path: Path) -> None:
    target = empty()
    with closing(sqlite3.connect(tmp_path / "sqlite.backup")) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    (tmp_path / "postgresql.backup").write_bytes(b"PGDMP\x01\x0f\x00")
    is_sqlite = target.url.startswith("sqlite")
    said = target.refused("restore", "postgresql.backup" if is_sqlite else "sqlite.backup")
    words = ("a PostgreSQL", "to the URL of an empty PostgreSQL") if is_sqlite else ("a SQLite", "to a new SQLite file")
    assert f"is a backup of {words[0]}" in said
    assert f"Set DEALTRACE_DATABASE_URL {words[1]}" in said


def test_restore_refuses_a_damaged_backup(beside: Terminal, empty: NewTerminal, tmp_path: Path) -> None:
    beside.done("backup", "all.backup")
    whole = (tmp_path / "all.backup").read_bytes()
    (tmp_path / "half.backup").write_bytes(whole[: len(whole) // 2])
    target = empty()
    target.refused("restore", "half.backup")
    target.done("restore", "all.backup")


def test_backup_overwrites_nothing_and_leaves_nothing_half_done(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    assert "already exists" in terminal.refused("backup", "letters")
    assert (tmp_path / "letters").read_text() == "dear"
    terminal.refused("backup", "/nowhere/at/all")
    assert not list(tmp_path.glob("*.partial"))


def test_without_the_client_programs_of_postgresql_it_says_what_is_missing(
    command_line: CommandLine, postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    environment = {"DEALTRACE_DATABASE_URL": postgresql_server.create("no_programs"), "PATH": str(tmp_path)}
    finished = command_line.run(("backup", "copy"), environment, tmp_path, "")
    assert finished.status == 1
    assert "pg_dump is not installed" in finished.err


def test_a_folder_is_no_backup_and_no_list(terminal: Terminal) -> None:
    assert terminal.refused("restore", str(terminal.folder)).strip() == f"{terminal.folder} is not a file."
    site = str(terminal.json("site", "create", "Shop")["siteId"])
    assert terminal.refused("import", "calls", ".", "--site", site).strip() == "Cannot read .: this is not a file"


def test_a_backup_to_a_folder_that_is_not_there_blames_the_folder(beside: Terminal) -> None:
    for place in ("/nonexistent/x", "missing/deep/x", "/dev/null/x"):
        word = beside.refused("backup", place)
        assert str(Path(place).parent) in word
        assert "atabase" not in word


def test_a_backup_leaves_the_column_mirror_out_and_a_restored_database_builds_its_own(
    command_line: CommandLine, tmp_path: Path
) -> None:
    source, target = (Terminal(command_line, f"sqlite:///{tmp_path / name}", tmp_path) for name in ("a.db", "b.db"))
    source.done("site", "create", "Shop")
    report = ("report", "--site", "1", "--by", "source", "--metrics", "deals")
    figures = source.json(*report)
    assert (tmp_path / "a.db.mirror" / "facts.duckdb").exists()
    source.done("backup", "all.backup")
    assert sorted(path.name for path in tmp_path.glob("all*")) == ["all.backup"]
    target.done("restore", "all.backup")
    assert not (tmp_path / "b.db.mirror").exists()
    assert target.json(*report) == figures
    assert (tmp_path / "b.db.mirror" / "facts.duckdb").exists()


def test_a_restored_database_marks_no_changes_until_a_report_is_asked(
    command_line: CommandLine, tmp_path: Path
) -> None:
    source, target = (Terminal(command_line, f"sqlite:///{tmp_path / name}", tmp_path) for name in ("a.db", "b.db"))
    source.done("site", "create", "Shop")
    report = ("report", "--site", "1", "--by", "source", "--metrics", "deals")
    source.done(*report)
    deals = "number,date,sum,status\n1,2026-11-01 10:00,5,won\n"
    (tmp_path / "deals.csv").write_text(deals, encoding="utf-8")
    source.done("import", "deals", "deals.csv", "--site", "1")
    source.done("backup", "all.backup")
    target.done("restore", "all.backup")
    (tmp_path / "more.csv").write_text(deals.replace("\n1,", "\n2,"), encoding="utf-8")
    target.done("import", "deals", "more.csv", "--site", "1")
    assert marking(tmp_path / "b.db") == (0, 0)
    target.done(*report)
    triggers, marks = marking(tmp_path / "b.db")
    assert (triggers > 0, marks) == (True, 0)


def marking(file: Path) -> tuple[int, int]:
    """Count the triggers that mark changes for the column mirror, and the marks."""
    with closing(sqlite3.connect(file)) as connection:
        triggers = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'mark\\_%' ESCAPE '\\'"
        (found,), (marks,) = (
            connection.execute(query).fetchone() for query in (triggers, "SELECT count(*) FROM mirror_mark")
        )
        return found, marks


def test_a_backup_from_before_there_were_marks_is_restored(command_line: CommandLine, tmp_path: Path) -> None:
    old, target = (Terminal(command_line, f"sqlite:///{tmp_path / name}", tmp_path) for name in ("a.db", "b.db"))
    old.done("site", "create", "Shop")
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("DROP TABLE mirror_mark")
        connection.commit()
    old.done("backup", "all.backup")
    assert "Restored" in target.done("restore", "all.backup").out


def test_a_backup_that_cannot_be_written_names_its_file_and_the_cure(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    refused = " ".join(terminal.refused("backup", "/proc/x").split())
    assert "/proc/x: No such file or directory; choose an existing folder in which you may create files" in refused
    assert "partial" not in refused
