"""What a server does beside requests: no job waits for another, none dies in silence."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, text

from account_work import account_work
from cast import Player, Stage
from dealtrace.operations.accounts.issue_token import revoke_token
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.reports.mirror.mirror import fault_file_of
from server import ServerProcess
from waiting import wait_until, wait_until_followed
from write_commands import utc_now

StartServer = Callable[..., ServerProcess]
ENDED = """
import pathlib

from dealtrace.runtime.database_watch import DatabaseWatch

FILE = pathlib.Path({file!r})
check = DatabaseWatch.check


class Fatal(BaseException):
    pass


def check_unless_asked_to_end(self):
    if FILE.exists():
        FILE.unlink()
        raise Fatal
    return check(self)


DatabaseWatch.check = check_unless_asked_to_end
"""
"""Makes the loop that watches the database end, once, when there is a file."""


class Lock:
    """Keeps a server from storing what it collects, while accounts can be changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = database.writer.connect()
        self._lock()

    def _lock(self) -> None:
        self._transaction = self._holder.begin()
        if not self._database.is_sqlite:
            self._holder.execute(text("LOCK TABLE api_request_batch, unknown_parameter IN ACCESS EXCLUSIVE MODE"))

    def change(self, change: Callable[[Connection], object]) -> None:
        """Change accounts in a transaction; SQLite is locked as a whole, so the lock is taken again at once."""
        if not self._database.is_sqlite:
            with self._database.write() as connection:
                change(connection)
            return
        change(self._holder)
        self._transaction.commit()
        self._lock()

    def release(self) -> None:
        """Let the server go on."""
        self._holder.close()


def test_a_revoked_token_is_refused_while_nothing_can_be_stored(start_server: StartServer) -> None:
    """The counts of unknown parameters and the journal of requests wait for a lock, for an hour if need be."""
    server = start_server(storage_patience_seconds=3600)
    with closing(open_database(server.database_url)) as database:
        shop = Stage(database).open_site()
        lock = Lock(database)
        try:
            assert status(server, shop) == 400
            lock.change(raise_revision)
            wait_until_followed(server)  # from here on, the server tries to store the request
            assert status(server, shop) == 400
            lock.change(lambda connection: revoke_token(account_work(connection, utc_now()), shop.token_id))
            wait_until(lambda: status(server, shop) == 403)
        finally:
            lock.release()


def status(server: ServerProcess, shop: Player) -> int:
    """Return the status of a request that stores nothing: 400 with a token that is accepted, 403 without."""
    return server.register(shop.token, orderDate="never", misspelt="1").status_code


def test_a_fault_of_the_mirror_leaves_the_server_ready(start_server_on: StartServer, tmp_path: Path) -> None:
    server = start_server_on(f"sqlite:///{tmp_path / 'own.db'}")
    with closing(open_database(server.database_url)) as database:
        fault_file_of(database).mkdir(parents=True)  # reading it as a file fails
    wait_until(lambda: server.http.get("/readyz").json().get("mirror") == {"state": "unknown"})
    assert server.http.get("/readyz").status_code == 200
    wait_until(lambda: '"mirror_status_unknown"' in server.logged)
    assert "IsADirectoryError" in server.logged
    with closing(open_database(server.database_url)) as database:
        fault_file_of(database).rmdir()
    wait_until(lambda: "mirror" not in server.http.get("/readyz").json())
    assert server.http.get("/readyz").status_code == 200


def test_a_process_whose_loop_has_ended_is_replaced(
    start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "end"
    (tmp_path / "sitecustomize.py").write_text(ENDED.format(file=str(file)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = start_server(is_fork=False)
    file.touch()
    wait_until(lambda: server.logged.count('"process_started"') == 2)
    assert '"background_loop_ended"' in server.logged
    wait_until(lambda: is_ready(server))


def is_ready(server: ServerProcess) -> bool:
    try:
        return server.http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
