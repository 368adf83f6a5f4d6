"""A database that is gone, full or takes no writes: 503, `/readyz` says which part, and the log says it once."""

import html
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

import dealtrace
from cast import Player, Stage
from dealtrace import clock
from dealtrace.accounts.session import SEEN_STEP
from dealtrace.accounts.user import User
from dealtrace.storage.accounts.users import find_user
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from guests import Guest, age_sessions, last_use, logged_in
from postgresql import PostgresqlServer
from server import ServerProcess
from waiting import wait_until

StartServer = Callable[..., ServerProcess]


def opened_site(url: str) -> Player:
    with closing(open_database(url)) as database:
        return Stage(database).open_site()


def readiness(server: ServerProcess) -> tuple[int, str]:
    """Return the status of `/readyz` and the state of its part `write`."""
    answer = server.http.get("/readyz")
    return answer.status_code, answer.json()["parts"]["write"]


def wait_for(server: ServerProcess, status: int) -> None:
    wait_until(lambda: server.http.get("/readyz").status_code == status)


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["errorCode"]) == (503, "10033")
    assert int(answer.headers["retry-after"]) > 0


@pytest.fixture
def file(copy_sqlite: CopySqlite, tmp_path: Path) -> Path:
    """Give the file of a database of its own, with all tables."""
    copy_sqlite(tmp_path / "own.db")
    return tmp_path / "own.db"


@pytest.fixture
def server(start_server_on: StartServer, file: Path) -> ServerProcess:
    """Start a server on a file of its own."""
    return start_server_on(f"sqlite:///{file}")


def beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def replace_by_a_copy(file: Path) -> None:
    copy = beside(file, ".copy")
    copy.write_bytes(file.read_bytes())
    copy.replace(file)


LOSSES: dict[str, Callable[[Path], object]] = {
    "the file is removed": lambda file: file.unlink(),
    "the file is moved away": lambda file: file.rename(beside(file, ".old")),
    "the file is replaced": replace_by_a_copy,
    "the WAL is removed": lambda file: beside(file, "-wal").unlink(),
    "the WAL is replaced": lambda file: replace_by_a_copy(beside(file, "-wal")),
    "the index is removed": lambda file: beside(file, "-shm").unlink(),
    "all are removed": lambda file: [beside(file, suffix).unlink() for suffix in ("", "-wal", "-shm")],
    "the folder is moved away": lambda file: file.parent.rename(beside(file.parent, ".old")),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_file_that_is_gone_is_noticed_at_once(
    start_server_on: StartServer, copy_sqlite: CopySqlite, tmp_path: Path, loss: Callable[[Path], object]
) -> None:
    file = tmp_path / "place" / "own.db"
    file.parent.mkdir()
    server = start_server_on(copy_sqlite(file))
    player = opened_site(server.database_url)
    assert server.register(player.token, orderNumber="before").status_code == 200
    loss(file)
    assert_unavailable(server.register(player.token, orderNumber="after"))
    assert_unavailable(server.journal(player.token, player.site.id))
    wait_until(lambda: readiness(server) == (503, "file removed or replaced"))
    wait_until(lambda: "was removed or replaced" in server.logged)
    assert server.logged.count('"database_unavailable"') == 1
    assert server.http.get("/healthz").status_code == 200


def overwrite(file: Path, content: bytes, at: int = 0) -> None:
    """Write into a file as `dd` does: it stays the same file."""
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


def replace_contents(file: Path, other: Path) -> None:
    """Put another database in place of one, as `.restore` of the program `sqlite3` does."""
    with closing(sqlite3.connect(other)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)


def copy_with_its_times(file: Path, other: Path) -> None:
    shutil.copyfile(other, file)
    shutil.copystat(other, file)


OVERWRITES: dict[str, Callable[[Path, Path], object]] = {
    "another database is copied over it": lambda file, other: shutil.copyfile(other, file),
    "another database is copied over it with its times": copy_with_its_times,
    "another database is restored into it": replace_contents,
    "an older copy is copied over it": lambda file, _: shutil.copyfile(beside(file, ".older"), file),
    "it is copied over itself": lambda file, _: overwrite(file, file.read_bytes()),
    "a page is overwritten": lambda file, _: overwrite(file, bytes(4096), 8192),
    "it is cut in half": lambda file, _: os.truncate(file, file.stat().st_size // 2),
    "it is emptied": lambda file, _: os.truncate(file, 0),
    "the WAL is emptied": lambda file, _: os.truncate(beside(file, "-wal"), 0),
    "the WAL is cut": lambda file, _: os.truncate(beside(file, "-wal"), 4096),
    "the WAL is overwritten": lambda file, _: overwrite(wal := beside(file, "-wal"), bytes(wal.stat().st_size)),
    "the WAL is that of another database": lambda file, other: overwrite(
        beside(file, "-wal"), beside(other, ".wal").read_bytes() * 9
    ),
}
"""What other programs do to a file that is served, and that leaves its name and inode as they were."""


@pytest.mark.few(3)
@pytest.mark.parametrize("overwrites", OVERWRITES.values(), ids=OVERWRITES.keys())
def test_a_file_that_is_overwritten_in_place_is_noticed_at_once(
    start_server_on: StartServer, copy_sqlite: CopySqlite, file: Path, overwrites: Callable[[Path, Path], object]
) -> None:
    other = file.with_name("other.db")
    server = start_server_on(f"sqlite:///{file}")
    with closing(open_database(copy_sqlite(other))) as database:
        Stage(database).open_site()
        shutil.copyfile(beside(other, "-wal"), beside(other, ".wal"))
    player = opened_site(server.database_url)
    shutil.copyfile(file, beside(file, ".older"))
    for number in range(3):
        assert server.register(player.token, orderNumber=f"before {number}").status_code == 200
    overwrites(file, other)
    wait_until(lambda: readiness(server) == (503, "file removed or replaced"))
    assert_unavailable(server.register(player.token, orderNumber="after"))
    assert_unavailable(server.journal(player.token, player.site.id))
    wait_until(lambda: "was overwritten" in server.logged)
    assert "dealtrace restore" in server.logged
    assert server.logged.count('"database_unavailable"') == 1
    assert server.http.get("/healthz").status_code == 200


def test_a_file_that_is_put_back_is_served_again(server: ServerProcess, file: Path) -> None:
    player = opened_site(server.database_url)
    assert server.register(player.token, orderNumber="before").status_code == 200
    file.rename(beside(file, ".old"))
    wait_for(server, 503)
    beside(file, ".old").rename(file)
    wait_for(server, 200)
    assert server.register(player.token, orderNumber="after").status_code == 200
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 2
    wait_until(lambda: '"database_back"' in server.logged)


def test_the_documentation_is_read_without_a_database(server: ServerProcess, file: Path) -> None:
    with closing(open_database(server.database_url)) as database:
        guest = logged_in(server, database)
    assert guest.login in guest.http.get("/docs/errors").text
    file.rename(beside(file, ".old"))
    wait_for(server, 503)
    page = guest.http.get("/docs/errors", params={"site": "1"})
    assert page.status_code == 200
    assert 'id="e10033"' in page.text
    assert guest.login not in page.text
    assert guest.get("/profile").status_code == 503


def test_nothing_acknowledged_is_lost_with_the_wal_if_the_server_is_stopped(server: ServerProcess, file: Path) -> None:
    player = opened_site(server.database_url)
    for number in range(5):
        assert server.register(player.token, orderNumber=str(number)).status_code == 200
    beside(file, "-wal").unlink()
    assert_unavailable(server.register(player.token, orderNumber="after"))
    assert server.stop() == 0
    server.start()
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 5


def test_commands_beside_a_server_and_checkpoints_are_no_loss(server: ServerProcess, file: Path) -> None:
    player = opened_site(server.database_url)
    for number in range(3):
        assert server.command("site", "list").returncode == 0
        assert server.command("backup", f"copy{number}").returncode == 0
        with closing(open_database(server.database_url)) as database, database.writer.connect() as connection:
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert server.register(player.token, orderNumber=str(number)).status_code == 200
    assert readiness(server) == (200, "ok")


def test_readiness_says_the_version_and_each_part(server: ServerProcess) -> None:
    assert server.http.get("/readyz").json() == {
        "status": "ok",
        "version": dealtrace.__version__,
        "parts": {"write": "ok", "schema": "ok"},
    }


def test_a_schema_of_another_release_is_503_and_readiness_says_so(server: ServerProcess, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE schema_version SET version_num = '9999'")
    wait_for(server, 503)
    parts = server.http.get("/readyz").json()["parts"]
    assert parts["write"] == "ok"
    assert parts["schema"] != "ok"


def test_a_full_disk_is_503_until_there_is_room(start_server_on: StartServer, small_disk: Path) -> None:
    server = start_server_on(f"sqlite:///{small_disk / 'own.db'}")
    player = opened_site(server.database_url)
    assert server.register(player.token, orderNumber="before").status_code == 200
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as filling:
        try:
            while filling.write(bytes(4096)):
                pass
        except OSError:
            pass
    wait_until(lambda: readiness(server) == (503, "disk full"))
    assert_unavailable(server.register(player.token, orderNumber="during", orderComment="x" * 9000))
    assert readiness(server) == (503, "disk full")
    assert_unavailable(server.update(player.token, orderNumber="before", comment="x" * 9000))
    wait_until(lambda: '"write":"disk full"' in server.logged)
    ballast.unlink()
    wait_for(server, 200)
    assert server.register(player.token, orderNumber="after", orderComment="x" * 9000).status_code == 200
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 2
    wait_until(lambda: '"database_back"' in server.logged)
    assert "request_broke" not in server.logged


def test_a_postgresql_that_is_read_only_is_503(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    with closing(ServerProcess(postgresql.create("own"), tmp_path, is_fork=True)) as server:
        player = opened_site(server.database_url)
        assert server.register(player.token, orderNumber="before").status_code == 200
        set_read_only(postgresql, "on")
        assert_unavailable(server.register(player.token, orderNumber="during"))
        wait_until(lambda: readiness(server) == (503, "read-only"))
        assert_unavailable(server.delete(player.token, orderNumber="before"))
        set_read_only(postgresql, "off")
        wait_for(server, 200)
        assert server.register(player.token, orderNumber="after").status_code == 200
        assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 2
        assert "request_broke" not in server.logged
        assert server.logged.count('"database_unavailable"') == 1


def test_a_form_that_cannot_be_stored_now_is_sent_again_from_the_page_that_says_so(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with closing(ServerProcess(postgresql.create("forms"), tmp_path, is_fork=True)) as server:
        with closing(open_database(server.database_url)) as database:
            stage = Stage(database)
            player = stage.open_site()
            call = stage.call(player, datetime.now(UTC))
            guest = logged_in(server, database, language="en")
        path = f"/{player.site.id}/leads/call/{call.id}"
        typed = {"act": "note", "tags": "vip", "manager": "", "comment": "<New> site"}
        set_read_only(postgresql, "on")
        wait_until(lambda: readiness(server) == (503, "read-only"))
        answer = guest.send(path, **typed)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        form = answer.text.partition(f'action="/cabinet{path}"')[2].partition("</form>")[0]
        fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
        assert fields.items() >= typed.items()
        set_read_only(postgresql, "off")
        wait_for(server, 200)
        assert guest.send(path, **fields).is_redirect
        assert "&lt;New&gt; site" in guest.get(path).text


def test_a_change_of_settings_that_cannot_be_stored_now_is_a_page_with_what_was_typed(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with closing(ServerProcess(postgresql.create("settings"), tmp_path, is_fork=True)) as server:
        player = opened_site(server.database_url)
        with closing(open_database(server.database_url)) as database:
            guest = logged_in(server, database, language="en")
        path = f"/{player.site.id}/notes"
        key = re.search(r'name="form_key" value="([^"]*)"', guest.get(path).text)
        assert key is not None
        set_read_only(postgresql, "on")
        wait_until(lambda: readiness(server) == (503, "read-only"))
        answer = guest.send(path, day="2026-03-01", text="<kept> note", form_key=key[1])
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert int(answer.headers["retry-after"]) > 0
        assert "The database is not responding" in answer.text
        form = answer.text.partition(f'action="/cabinet{path}"')[2].partition("</form>")[0]
        fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
        assert fields["text"] == "<kept> note"
        assert fields["form_key"] == key[1]
        assert "request_broke" not in server.logged
        set_read_only(postgresql, "off")
        wait_for(server, 200)
        for _ in range(2):
            assert guest.send(path, **fields).is_redirect
        assert guest.get(path).text.count("Remove the note: &lt;kept&gt; note") == 1


def test_a_page_is_a_page_while_postgresql_is_gone(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    with closing(ServerProcess(postgresql.create("gone"), tmp_path, is_fork=True)) as server:
        guest, _ = idle_guest(server)
        postgresql.stop()
        for _ in range(2):
            answer = guest.get("/profile")
            assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
            assert int(answer.headers["retry-after"]) > 0
        answer = guest.send("/profile/keys", has_keys="on")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert 'name="has_keys" value="on"' in answer.text
        postgresql.start()
        wait_for(server, 200)


def test_a_fault_of_ours_is_a_page_with_the_id_of_the_request(server: ServerProcess, file: Path) -> None:
    guest, _ = idle_guest(server)
    player = opened_site(server.database_url)
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TRIGGER broken BEFORE INSERT ON note BEGIN SELECT unknown_function(); END")
    answer = guest.send(f"/{player.site.id}/notes", day="2026-03-01", text="typed")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert answer.headers["x-request-id"] in answer.text
    assert 'name="text" value="typed"' in answer.text
    assert '"request_broke"' in server.logged


def set_read_only(postgresql: PostgresqlServer, state: str) -> None:
    with psycopg.connect(postgresql.url_of("postgres"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {state}")
        connection.execute("SELECT pg_reload_conf()")
    wait_until(lambda: read_only_of_a_new_connection(postgresql) == state)


def read_only_of_a_new_connection(postgresql: PostgresqlServer) -> str:
    """Return the state that a new backend has: PostgreSQL has then told all its others."""
    with psycopg.connect(postgresql.url_of("postgres"), autocommit=True) as connection:
        row = connection.execute("SHOW default_transaction_read_only").fetchone()
    return str(row and row[0])


def test_a_postgresql_that_recovers_is_503(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    url = postgresql.create("own")
    with closing(ServerProcess(url, tmp_path, is_fork=True, storage_patience_seconds=1)) as server:
        player = opened_site(url)
        assert server.register(player.token, orderNumber="before").status_code == 200
        postgresql.stop()
        standby = postgresql.folder / "data" / "standby.signal"
        standby.touch()
        os.chown(standby, *_owner(postgresql.folder))
        postgresql.start()
        wait_until(lambda: readiness(server) == (503, "recovering"))
        assert_unavailable(server.register(player.token, orderNumber="during"))
        with psycopg.connect(postgresql.url_of("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        wait_for(server, 200)
        assert server.register(player.token, orderNumber="after").status_code == 200
        assert "request_broke" not in server.logged


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


def test_a_long_outage_is_a_line_a_minute(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    with closing(ServerProcess(postgresql.create("own"), tmp_path, is_fork=True, storage_patience_seconds=0)) as server:
        player = opened_site(server.database_url)
        assert server.register(player.token, orderNumber="before").status_code == 200
        postgresql.kill()
        began = time.monotonic()
        wait_for(server, 503)
        for _ in range(50):
            assert server.http.get("/readyz").status_code == 503
            assert_unavailable(server.journal(player.token, player.site.id))
        lines_max = 5 * (1 + (time.monotonic() - began) // 60)
        lines = [line for line in server.logged.splitlines() if "10033" not in line]
        assert len([line for line in lines if '"level":"warning"' in line or '"level":"error"' in line]) <= lines_max
        assert not [line for line in lines if "/readyz" in line], "probes are logged at DEBUG"
        postgresql.start()
        wait_for(server, 200)
        wait_until(lambda: '"database_back"' in server.logged)


def idle_guest(server: ServerProcess) -> tuple[Guest, User]:
    """Return an owner of the installation, whose session was last used a while ago, and their user."""
    with closing(open_database(server.database_url)) as database:
        guest = logged_in(server, database)
        with database.read() as connection:
            user = find_user(connection, guest.login)
        assert user is not None
        age_sessions(database, user, seen_at=clock.now() - 2 * SEEN_STEP)
    return guest, user


def last_use_on(server: ServerProcess, user: User) -> datetime:
    with closing(open_database(server.database_url)) as database:
        return last_use(database, user)


def test_pages_open_while_a_postgresql_is_read_only(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    with closing(ServerProcess(postgresql.create("own"), tmp_path, is_fork=True)) as server:
        guest, user = idle_guest(server)
        before = last_use_on(server, user)
        set_read_only(postgresql, "on")
        wait_for(server, 503)
        assert guest.is_in()
        wait_until(lambda: '"uses_of_sessions_not_stored"' in server.logged)
        assert guest.is_in()
        set_read_only(postgresql, "off")
        wait_for(server, 200)
        assert guest.is_in()
        wait_until(lambda: last_use_on(server, user) > before)
        assert "request_broke" not in server.logged


def test_pages_open_while_another_process_writes(server: ServerProcess, file: Path) -> None:
    guest, user = idle_guest(server)
    before = last_use_on(server, user)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert guest.is_in()
    wait_until(lambda: last_use_on(server, user) > before)
