"""A PostgreSQL of the tests' own: started as a child process, on a unix socket, thrown away at the end."""

import os
import pwd
import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from fast_disk import new_folder
from processes import start_program

STARTED_WITHIN_SECONDS = 60
FAST = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "autovacuum=off")
"""Settings for tests that do not ask what survives a crash; only for testing."""


CHOOSES_STRATEGY = 150_000
"""The version since which PostgreSQL logs a new database page by page, which takes twice the time, unless told."""


def find_programs() -> Path | None:
    """Find the folder of PostgreSQL's server programs; `None` if it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresqlServer:
    """One server; `stop` ends it, `start` starts it anew on the same data."""

    def __init__(self, programs: Path, settings: Sequence[str] = FAST, *, folder_in: Path | None = None) -> None:
        self.folder = new_folder("dealtrace-pg-", folder_in)
        self._programs = programs
        self._settings = settings
        _own(self.folder)
        _run(self.folder, "cp", "-a", f"{_new_data(programs)}", f"{self.folder}/data")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [f"{self._programs}/postgres", "-D", f"{self.folder}/data", "-k", str(self.folder), "-h", ""]
        self.process = start_program(
            [*command, "-c", "max_connections=300", "-c", "max_prepared_transactions=20", *self._settings],
            out=f"{self.folder}/log",
            err=f"{self.folder}/log",
            user=_lesser_user(),
            ended_by=signal.SIGQUIT,  # killed, it would leave its shared memory behind
        )
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while True:
            try:
                psycopg.connect(self.url_of("postgres"), connect_timeout=1).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def url_of(self, name: str) -> str:
        """Return the URL of a database, as `DEALTRACE_DATABASE_URL` takes it."""
        return f"postgresql://dealtrace@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database and return its URL."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            copied = " STRATEGY FILE_COPY" if connection.info.server_version >= CHOOSES_STRATEGY else ""
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{copied}')
        return self.url_of(name)

    def kill(self) -> None:
        """End the server as a crash would."""
        family = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in [self.process.pid, *map(int, family)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        while any(map(_runs, family)):
            time.sleep(0.01)

    def stop(self) -> None:
        """End the server at once, and wait for it."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def remove(self) -> None:
        """End the server and its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def _new_data(programs: Path) -> Path:
    """Return a folder with the data of a new server, to be copied: `initdb` takes ten times the CPU of a copy."""
    folder = new_folder("dealtrace-pg-")
    _own(folder)
    data = folder / "data"
    _run(folder, str(programs / "initdb"), "-D", str(data), "-U", "dealtrace", "-A", "trust", "-N", "--locale=C.UTF-8")
    return data


def _own(folder: Path) -> None:
    """Give a folder to the user that the server runs as: PostgreSQL refuses root."""
    user = _lesser_user()
    if user is not None:
        os.chown(folder, *user)


def _run(folder: Path, program: str, *arguments: str) -> None:
    log = f"{folder}/{Path(program).name}.log"
    ended = start_program([program, *arguments], out=log, err=log, user=_lesser_user()).wait()
    assert ended == 0, Path(log).read_text()


def drop_database(database_url: str) -> None:
    """Drop a database that a test was given for itself, whoever is connected; one of SQLite goes with its folder."""
    url = make_url(database_url)
    if url.get_backend_name() != "postgresql":
        assert url.database is not None
        shutil.rmtree(Path(url.database).parent, ignore_errors=True)  # the end of the tests removes what is left
        return
    with psycopg.connect(f"postgresql://dealtrace@/postgres?host={url.query['host']}", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')


@cache
def _lesser_user() -> tuple[int, int] | None:
    """Return a user and a group to run PostgreSQL as, or `None` to run it as the present user, who is not root."""
    if os.getuid() != 0:
        return None
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid


def _runs(pid: str) -> bool:
    """Return whether a process runs, and so holds its shared memory; one that only waits to be noticed does not."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
