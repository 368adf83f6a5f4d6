"""Limits, missing tables and touched files: requests get 503, never 500, and `/readyz` and the log say what to do."""

import os
import resource
import secrets
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest

from cast import Player, Stage
from dealtrace.runtime.database_watch import NO_ROOM
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.database.write_mode import FILE_TOO_LARGE
from dealtrace.storage.schema.tables.all_tables import metadata
from engines import CopySqlite
from guests import logged_in
from postgresql import PostgresqlServer
from server import ServerProcess
from waiting import wait_until

StartServer = Callable[..., ServerProcess]
ANSWERED = {200, 503}
TRIES = 12


def opened_site(url: str) -> Player:
    with closing(open_database(url)) as database:
        return Stage(database).open_site()


def is_ready(server: ServerProcess) -> bool:
    return server.http.get("/readyz").status_code == httpx.codes.OK


def stored(server: ServerProcess, player: Player) -> int:
    """Return how many deals the journal has, once the database answers again."""
    wait_until(lambda: server.journal(player.token, player.site.id).status_code == httpx.codes.OK)
    count: int = server.journal(player.token, player.site.id).json()["recordsTotal"]
    return count


def register_some(server: ServerProcess, player: Player, name: str, comment: str = "") -> list[int]:
    """Register deals and read the journal in turn; return the statuses of the registrations."""
    statuses: list[int] = []
    for number in range(TRIES):
        sent = {"orderComment": comment} if comment else {}
        answer = server.register(player.token, orderNumber=f"{name} {number}", **sent)
        assert server.journal(player.token, player.site.id).status_code in ANSWERED
        statuses.append(answer.status_code)
        if answer.status_code != httpx.codes.OK:
            assert (answer.json()["errorCode"], int(answer.headers["retry-after"]) > 0) == ("10033", True)
    assert "request_broke" not in server.logged
    return statuses


def processes_of(server: ServerProcess) -> list[int]:
    """Return the ids of a server and of the processes that it has started, which are of its group."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _state, _parent, group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == server.process.pid:
            found.append(int(stat.parent.name))
    return found


def limit_files(server: ServerProcess, size: int) -> None:
    """Limit the size of files that a running server writes, as `ulimit -f` does before the start."""
    for pid in processes_of(server):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_limit_on_files_is_stated_until_it_is_raised(
    start_server_on: StartServer, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    server = start_server_on(copy_sqlite(tmp_path / "own.db"))
    player = opened_site(server.database_url)
    logs = [Path(f"{tmp_path}/own.db{suffix}").stat().st_size for suffix in ("", "-wal")]
    limit_files(server, max(*logs, (server.folder / "err").stat().st_size) + 100_000)
    statuses = [httpx.codes.OK]
    while statuses[-1] == httpx.codes.OK:
        sent = {"orderNumber": f"during {len(statuses)}", "orderComment": "x" * 9000}
        statuses.append(server.register(player.token, **sent).status_code)
    assert statuses[-1] == 503
    wait_until(lambda: not is_ready(server))
    for _ in range(5):
        answer = server.http.get("/readyz").json()
        assert answer["parts"]["write"] in (FILE_TOO_LARGE, NO_ROOM)
        assert "ulimit -f" in answer["cure"]
        assert server.register(player.token, orderNumber="again", orderComment="x" * 9000).status_code == 503
    assert server.logged.count('"database_unavailable"') == 1
    assert '"database_back"' not in server.logged
    limit_files(server, resource.RLIM_INFINITY)
    wait_until(lambda: is_ready(server))
    wait_until(lambda: '"database_back"' in server.logged)
    assert server.register(player.token, orderNumber="again", orderComment="x" * 9000).status_code == 200
    assert stored(server, player) == statuses.count(200), "the first is not a deal, and the last is not counted"
    assert "request_broke" not in server.logged


def test_a_file_that_is_touched_is_served_on(
    start_server_on: StartServer, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    file = tmp_path / "own.db"
    server = start_server_on(copy_sqlite(file))
    player = opened_site(server.database_url)
    for number in range(3):
        file.touch()
        os.utime(file, (1_000_000_000, 1_000_000_000 + number))
        assert server.register(player.token, orderNumber=str(number)).status_code == 200
        assert is_ready(server)
    assert stored(server, player) == 3


PARTS = {
    "a table": ("ALTER TABLE deal RENAME TO gone", "ALTER TABLE gone RENAME TO deal", "table deal"),
    "a column": (
        "ALTER TABLE deal RENAME COLUMN comment TO gone",
        "ALTER TABLE deal RENAME COLUMN gone TO comment",
        "column deal.comment",
    ),
}


def run_statement(url: str, statement: str) -> None:
    """Run a statement beside a server, as a person does with the database's own program."""
    with closing(open_database(url)) as database, database.write() as connection:
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON" if database.is_sqlite else "SELECT 1")
        connection.exec_driver_sql(statement)


def test_a_missing_part_of_the_schema_is_503_and_named(start_server: StartServer) -> None:
    server = start_server()
    with closing(open_database(server.database_url)) as database:
        player = Stage(database).open_site()
        guest = logged_in(server, database)
    for name, (breaks, mends, part) in PARTS.items():
        assert server.register(player.token, orderNumber=f"before {name}").status_code == 200
        run_statement(server.database_url, breaks)
        for number in range(2):
            answer = server.register(player.token, orderNumber=f"{name} {number}")
            assert (answer.status_code, answer.json()["errorCode"]) == (503, "10033")
        assert server.journal(player.token, player.site.id).status_code == 503
        assert guest.get(f"/{player.site.id}/deals").status_code == (503 if part.startswith("table") else 200)
        assert guest.get(f"/{player.site.id}/reports").status_code in ANSWERED
        wait_until(lambda: server.http.get("/readyz").json()["parts"]["schema"] == "incomplete")
        assert "restore a backup" in server.http.get("/readyz").json()["cure"]
        wait_until(lambda part=part: f"the database has no {part}" in server.logged)
        run_statement(server.database_url, mends)
        wait_until(lambda: is_ready(server))
        server.forget_logged()
    assert stored(server, player) == len(PARTS)
    assert "request_broke" not in server.logged


def test_a_faulty_statement_is_500_and_logged_while_nothing_is_missing(
    start_server_on: StartServer, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    server = start_server_on(copy_sqlite(tmp_path / "own.db"))
    player = opened_site(server.database_url)
    trigger = "CREATE TRIGGER faulty AFTER INSERT ON deal BEGIN UPDATE note SET text = '' WHERE absent = 1; END"
    run_statement(server.database_url, trigger)
    for number in range(2):
        answer = server.register(player.token, orderNumber=str(number))
        assert (answer.status_code, answer.json()["errorCode"]) == (500, "500")
    assert is_ready(server)
    wait_until(lambda: server.logged.count('"request_broke"') == 2)
    assert "absent" in server.logged
    run_statement(server.database_url, "DROP TRIGGER faulty")
    assert server.register(player.token, orderNumber="after").status_code == 200


@pytest.fixture
def postgresql(postgresql: PostgresqlServer) -> PostgresqlServer:
    """Give the server a role without special rights, which limits concern."""
    administer(postgresql, "CREATE ROLE shop LOGIN")
    return postgresql


def administer(postgresql: PostgresqlServer, *statements: str) -> None:
    with psycopg.connect(postgresql.url_of("postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def url_for_shop(postgresql: PostgresqlServer, name: str) -> str:
    """Return the URL of a database for a role without special rights, which limits concern."""
    return postgresql.url_of(name).replace("dealtrace@", "shop@")


END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'"
LIMITS = {
    "ended sessions": (),
    "statement_timeout": ("SET statement_timeout = '1ms'",),
    "idle_in_transaction_session_timeout": ("SET idle_in_transaction_session_timeout = '1ms'",),
    "idle_session_timeout": ("SET idle_session_timeout = '1ms'",),
    "both idle timeouts": ("SET idle_in_transaction_session_timeout = '2ms'", "SET idle_session_timeout = '2ms'"),
    "lock_timeout": ("SET lock_timeout = '1ms'",),
    "default_transaction_read_only": ("SET default_transaction_read_only = on",),
    "connections": ("CONNECTION LIMIT 1",),
    "logins": ("NOLOGIN",),
}


def test_no_limit_of_postgresql_is_a_fault_of_ours(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    administer(postgresql, "CREATE DATABASE own OWNER shop")
    url = url_for_shop(postgresql, "own")
    with closing(ServerProcess(url, tmp_path, is_fork=True, storage_patience_seconds=1)) as server:
        player, accepted = opened_site(url), 0
        for name, changes in LIMITS.items():
            administer(postgresql, *(f"ALTER ROLE shop {change}" for change in changes), END_SESSIONS)
            accepted += register_some(server, player, name).count(200)
            administer(
                postgresql, "ALTER ROLE shop RESET ALL", "ALTER ROLE shop LOGIN CONNECTION LIMIT -1", END_SESSIONS
            )
            wait_until(lambda: is_ready(server))
        answer = server.register(player.token, orderNumber="after")
        assert answer.status_code == 200
        assert stored(server, player) >= accepted + 1


CHANGES = {
    "rights": (
        "REVOKE ALL ON deal FROM shop",
        "GRANT ALL ON deal TO shop",
        "grant ",
    ),
    "a right": ("REVOKE INSERT ON deal FROM shop", "GRANT INSERT ON deal TO shop", "grant "),
    "a key": (
        "ALTER TABLE deal_day DROP CONSTRAINT pk_deal_day",
        "ALTER TABLE deal_day ADD CONSTRAINT pk_deal_day PRIMARY KEY ({key})",
        "restore a backup",
    ),
    "a schema": ("ALTER SCHEMA public RENAME TO gone", "ALTER SCHEMA gone RENAME TO public", "db upgrade"),
    "a database": ("ALTER DATABASE own RENAME TO gone", "ALTER DATABASE gone RENAME TO own", ""),
}


def change_beside(postgresql: PostgresqlServer, name: str, statement: str) -> None:
    """Run a statement in a database; a database that is renamed must have no sessions meanwhile."""
    if not statement.startswith("ALTER DATABASE"):
        with psycopg.connect(postgresql.url_of(name), autocommit=True) as connection:
            connection.execute(statement)
        return
    administer(postgresql, "ALTER ROLE shop NOLOGIN", END_SESSIONS)
    wait_until(lambda: sessions_of_shop(postgresql) == 0)
    administer(postgresql, statement, "ALTER ROLE shop LOGIN")


def sessions_of_shop(postgresql: PostgresqlServer) -> int:
    with psycopg.connect(postgresql.url_of("postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop'").fetchone()
    return int(row[0]) if row is not None else 0


def test_what_postgresql_lacks_is_no_fault_of_ours(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    administer(postgresql, "CREATE DATABASE own OWNER shop")
    url = url_for_shop(postgresql, "own")
    with closing(ServerProcess(url, tmp_path, is_fork=True, storage_patience_seconds=1)) as server:
        player = opened_site(url)
        key = ", ".join(column.name for column in metadata.tables["deal_day"].primary_key)
        for name, (breaks, mends, cure) in CHANGES.items():
            change_beside(postgresql, "own", breaks)
            assert set(register_some(server, player, name)) == {503}
            wait_until(lambda: not is_ready(server))
            assert cure in server.http.get("/readyz").json().get("cure", "")
            change_beside(postgresql, "gone" if name == "a database" else "own", mends.format(key=key))
            wait_until(lambda: is_ready(server))
            assert server.register(player.token, orderNumber=name).status_code == 200
        assert stored(server, player) == len(CHANGES)
        assert "request_broke" not in server.logged


def test_a_full_disk_of_postgresql_is_stated_until_there_is_room(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    place = postgresql.folder / "small"
    place.mkdir()
    owner = postgresql.folder.stat()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", place], check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        os.chown(place, owner.st_uid, owner.st_gid)
        administer(postgresql, f"CREATE TABLESPACE small OWNER shop LOCATION '{place}'")
        administer(postgresql, "CREATE DATABASE own OWNER shop TABLESPACE small")
        url = url_for_shop(postgresql, "own")
        with closing(ServerProcess(url, tmp_path, is_fork=True)) as server:
            player = opened_site(url)
            assert server.register(player.token, orderNumber="before").status_code == 200
            with (place / "ballast").open("wb", buffering=0) as filling:
                try:
                    while filling.write(bytes(4096)):
                        pass
                except OSError:
                    pass
            statuses = register_some(server, player, "during", secrets.token_hex(4000))
            assert statuses[-1] == 503
            wait_until(lambda: not is_ready(server))
            for _ in range(3):
                assert "free disk space" in server.http.get("/readyz").json()["cure"]
                register_some(server, player, "again", secrets.token_hex(4000))
            assert server.logged.count('"database_unavailable"') == 1
            (place / "ballast").unlink()
            wait_until(lambda: is_ready(server))
            assert server.register(player.token, orderNumber="after").status_code == 200
            assert "request_broke" not in server.logged
    finally:
        postgresql.stop()
        subprocess.run(["umount", "--lazy", place], check=True)
