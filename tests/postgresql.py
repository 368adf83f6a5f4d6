"""A PostgreSQL of the tests' own: started as a child process, on a unix socket, thrown away at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from sqlalchemy import make_url

STARTED_WITHIN_SECONDS = 30
FAST = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
"""Settings for tests that do not ask what survives a crash; only for testing."""


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
        memory = Path("/dev/shm")  # noqa: S108 - the fastest disk there is, emptied by `remove`
        place = folder_in or (memory if memory.is_dir() else None)
        self.folder = Path(tempfile.mkdtemp(prefix="dealtrace-pg-", dir=place))
        self._programs = programs
        self._settings = settings
        self._own()
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "dealtrace", "-A", "trust", "-N", "--locale=C.UTF-8")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [f"{self._programs}/postgres", "-D", f"{self.folder}/data", "-k", str(self.folder), "-h", ""]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "-c", "max_connections=300", *self._settings],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as_whom(),
            )
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while True:
            try:
                psycopg.connect(self.address("postgres"), connect_timeout=1).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def address(self, name: str) -> str:
        """Tell the address of a database, as `DEALTRACE_DATABASE_URL` takes it."""
        return f"postgresql://dealtrace@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database and tell its address."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.address(name)

    def kill(self) -> None:
        """End the server as a crash would."""
        family = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in [self.process.pid, *map(int, family)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End the server at once, and wait for it."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def remove(self) -> None:
        """End the server and its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _own(self) -> None:
        """PostgreSQL refuses root: then everything belongs to a lesser user."""
        if os.getuid() == 0:
            who = _lesser_user()
            os.chown(self.folder, who.pw_uid, who.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [f"{self._programs}/{program}", *arguments], check=True, capture_output=True, cwd="/", **self._as_whom()
        )

    @staticmethod
    def _as_whom() -> dict[str, object]:
        if os.getuid() != 0:
            return {}
        who = _lesser_user()
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def drop_database(address: str) -> None:
    """Drop a database that `create` made, whoever is connected; other addresses are left alone."""
    url = make_url(address)
    if url.get_backend_name() != "postgresql":
        return
    with psycopg.connect(f"postgresql://dealtrace@/postgres?host={url.query['host']}", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')


def _lesser_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
