"""The one place where tests start processes, so that none is left behind by tests that end half-way.

A keeper process starts them all. When the tests end - however they end: its standard input is then closed - it kills
what still runs and removes the folders it was given. Importing the program takes a second of CPU, so the keeper
imports it once, and commands and servers are forks of it, which from then on do what they do when started otherwise.
"""

import ctypes
import gc
import json
import os
import resource
import runpy
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock, Timer
from typing import Any

PR_SET_PDEATHSIG = 1
NOT_STARTED = 127
CLOSED_PIPE = "the writing end of a pipe that nobody reads"
"""What an order may name instead of a file for output."""
SECONDS_TO_END = 10
WIDE = "300"
"""The columns of the terminals that commands print to."""

IMPORTED_WHEN_NEEDED = (
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "psycopg",
    "alembic.autogenerate",
    "alembic.command",
    "alembic.config",
    "alembic.migration",
    "duckdb",
)
"""Libraries that the program imports first when it uses them, which each fork would do anew, for 0.1 s of CPU each."""


@dataclass(frozen=True)
class Order:
    """What to start: `out` and `err` are files that are added to, `user` is a user and a group.

    `arguments` are those of `dealtrace` for `how="command"`, a Python file and its arguments for `how="script"`, a
    program and its arguments for `how="program"`. `open_files` limits its open files, which it may raise to
    `open_files_allowed`. `ended_by` is the signal that it gets if it outlives the tests.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    how: str = "program"
    given: str = os.devnull
    out: str = os.devnull
    err: str = os.devnull
    user: tuple[int, int] | None = None
    open_files: int = 0
    open_files_allowed: int = 0
    ended_by: int = signal.SIGKILL


class Process:
    """A process that the keeper started, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, keeper: "Keeper", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._keeper = keeper
        self._lock = Lock()
        self._pidfd = os.pidfd_open(pid)
        self._ended = select.poll()
        self._ended.register(self._pidfd, select.POLLIN)

    def poll(self) -> int | None:
        """Return the exit status, or `None` while it runs."""
        return self._status_within(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it has ended; after a number of seconds, give up."""
        status = self._status_within(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return status

    def send_signal(self, sent: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:  # until it is asked for its status, its id is nobody else's
            os.kill(self.pid, sent)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def kill_family(self) -> None:
        """End it and what it started as a power cut would; then none of them holds a file or a port."""
        _signal_family(self.pid, signal.SIGKILL)
        self.wait()
        deadline = time.monotonic() + SECONDS_TO_END
        while _family_runs(self.pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def _status_within(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and self._ended.poll(None if seconds is None else seconds * 1000):
                self.returncode = self._keeper.status_of(self.pid)
                os.close(self._pidfd)
        return self.returncode


def _family_runs(pid: int) -> bool:
    """Return whether a process of the group of a process still runs."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(group) == pid and state not in "ZX":
                return True
    return False


class Keeper:
    """The keeper as tests see it."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DEALTRACE_")}
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "COLUMNS": WIDE},
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def start(self, order: Order) -> Process:
        """Start a process in a session of its own."""
        return Process(self, self._ask({"start": asdict(order)}))

    def status_of(self, pid: int) -> int:
        """Return the exit status of a process that has ended."""
        return self._ask({"status": pid})

    def remove_in_the_end(self, folder: Path) -> None:
        """Remove a folder when the tests have ended, if it is still there."""
        self._ask({"remove": str(folder)})

    def close(self) -> None:
        """End it, and what still runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, asked: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


@cache
def keeper() -> Keeper:
    """Return the keeper of this process, which its end ends."""
    return Keeper()


def close_keeper() -> None:
    """End the keeper, if there is one, and what it still keeps."""
    if keeper.cache_info().currsize:
        keeper().close()
        keeper.cache_clear()


def start_program(arguments: Sequence[str], folder: Path | str = "/", **options: Any) -> Process:
    """Start a program with the environment of the tests."""
    return keeper().start(Order(arguments, dict(os.environ), str(folder), **options))


def _keep() -> None:
    started: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        asked = json.loads(line)
        answer = 0
        if "start" in asked:
            order = Order(**asked["start"])
            answer = _start(order)
            started[answer] = order.ended_by
        elif "status" in asked:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["status"], 0)[1])
            del started[asked["status"]]
        else:
            folders.append(asked["remove"])
        print(answer, flush=True)  # noqa: T201 - the answer to `Keeper._ask`
    _end(started)
    for folder in folders:
        _remove(Path(folder))


def _end(started: Mapping[int, int]) -> None:
    """End processes and their families, each by its signal; those that do not end in seconds are killed."""
    killer = Timer(SECONDS_TO_END, lambda: [_signal_family(pid, signal.SIGKILL) for pid in started])
    killer.start()
    for pid, sent in started.items():
        _signal_family(pid, sent)
    for pid in started:
        os.waitpid(pid, 0)
    killer.cancel()


def _signal_family(pid: int, sent: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, sent)


def _remove(folder: Path) -> None:
    """Remove a folder that the last of a family, which ends by itself, may still be writing to."""
    deadline = time.monotonic() + SECONDS_TO_END
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)


def _start(order: Order) -> int:
    if order.how != "program":
        _import_the_program()
    keeping = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        _become(order, keeping)
    except BaseException:  # noqa: BLE001 - it is printed as Python prints it
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(NOT_STARTED)


@cache
def _import_the_program() -> None:
    from dealtrace import app  # noqa: PLC0415 - most keepers start programs only
    from dealtrace.cli.commands import COMMANDS, load_command  # noqa: PLC0415 - likewise
    from dealtrace.leads.phones.normal_form import import_numbering_plans  # noqa: PLC0415 - likewise

    assert app
    import_numbering_plans()
    for name in COMMANDS:
        load_command(name)
    for library in IMPORTED_WHEN_NEEDED:
        import_module(library)
    _make_what_is_made_once()
    gc.collect()
    gc.freeze()  # what the forks share they need not look through


def _make_what_is_made_once() -> None:
    """Make what the program keeps from its first use on: each server would take 0.2 s of CPU, and its pages 0.1 more.

    The bytecode of templates is kept for later tests too, by the contents of each.
    """
    from jinja2 import FileSystemBytecodeCache  # noqa: PLC0415 - most keepers start programs only

    from dealtrace.attribution.host_names import registered_domain  # noqa: PLC0415 - likewise
    from dealtrace.cabinet.rendering import environment_of  # noqa: PLC0415 - likewise
    from dealtrace.counter.device import equipment_of  # noqa: PLC0415 - likewise
    from dealtrace.counter.robots import is_robot, is_server  # noqa: PLC0415 - likewise
    from dealtrace.errors import LANGUAGES  # noqa: PLC0415 - likewise

    for reads_tables in (registered_domain, equipment_of, is_robot, is_server):
        reads_tables("shop.example")
    for language in LANGUAGES:
        environment = environment_of(language)
        environment.bytecode_cache = FileSystemBytecodeCache(pattern=f"__dealtrace_{language}_%s.cache")
        for name in environment.list_templates():
            environment.get_template(name)


def _become(order: Order, keeping: int) -> None:
    os.setsid()
    for number, name in enumerate((order.given, order.out, order.err)):
        opened = open_stream(number, name)
        os.dup2(opened, number)
        os.close(opened)
    if order.user is not None:
        os.setgroups([])
        os.setgid(order.user[1])
        os.setuid(order.user[0])
    _end_with_keeper(keeping)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    if order.open_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (order.open_files, order.open_files_allowed or order.open_files))
    if order.how == "program":
        os.execvpe(order.arguments[0], list(order.arguments), order.environment)  # noqa: S606 - no shell is needed
    else:
        _run_imported(order)


def open_stream(number: int, name: str) -> int:
    """Open a file of an order as a standard stream and return its descriptor."""
    if name == CLOSED_PIPE:
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    mode = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.open(name, mode | os.O_NOCTTY, 0o666)


def _end_with_keeper(keeping: int) -> None:
    """Have this process killed when the keeper dies; that may have died already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != keeping:
        os._exit(NOT_STARTED)


def _open_consoles() -> None:
    """Let the consoles look at the streams and variables of this process; they were made among those of the keeper."""
    from dealtrace.cli.output import CleanConsole, console, error_console  # noqa: PLC0415 - only forks need it

    CleanConsole.__init__(console)
    CleanConsole.__init__(error_console, stderr=True)


def _run_imported(order: Order) -> None:
    tempfile.tempdir = None  # the keeper may have looked for its own
    if order.how == "command":
        os._exit(run_command(order.arguments, is_alone=True))
    os._exit(_status_of(lambda: _run_script(order.arguments)))


def _run_script(arguments: Sequence[str]) -> None:
    sys.argv = list(arguments)
    runpy.run_path(arguments[0], run_name="__main__")


def run_command(arguments: Sequence[str], *, is_alone: bool = False) -> int:
    """Run `dealtrace …` in this process, with the streams and variables that it has now, and return the exit status.

    One that is alone in its process takes the signals that end it, as the program does.
    """
    from dealtrace import cli  # noqa: PLC0415 - only forks need it
    from dealtrace.cli import commands  # noqa: PLC0415 - likewise

    def run() -> None:
        _open_consoles()
        (cli if is_alone else commands).main()

    sys.argv = ["dealtrace", *arguments]
    return _status_of(run)


def _status_of(run: Callable[[], None]) -> int:
    """Call a function as Python runs a program, and return the exit status; the standard streams are opened anew."""
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)  # those of the keeper know its own files
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", closefd=False)
    status = 1
    try:
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - it is printed as Python prints it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return status


if __name__ == "__main__":
    _keep()
