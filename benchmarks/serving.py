"""Start servers as `dealtrace serve` does, put them under load, and measure them from outside."""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dealtrace.storage.database.engine import open_database
from postgresql import PostgresqlServer, find_programs

HERE = Path(__file__).parent
MICROSECONDS = {"us": 1.0, "ms": 1e3, "s": 1e6}
STARTS_TRIED = 1200
"""How often a server that starts is asked, every 50 ms, whether it answers; a busy machine needs a minute."""
NO_STORE, PRODUCT = "benchmarks.no_store:create_app", "dealtrace.app:create_app"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to compare with others: its application, its prepared database, and whether deals have a phone.

    `target` is the application factory, `engine` the key of the database; with `contact`, deals are matched by phone.
    `checkout` is the folder of the revision, with a `.venv` of its own; `settings` are environment variables.
    With `workers`, `dealtrace serve` starts so many processes.
    """

    name: str
    target: str
    engine: str
    contact: bool
    checkout: Path = HERE.parent
    settings: Mapping[str, str] = field(default_factory=dict)
    workers: int = 0

    @property
    def python(self) -> str:
        """Return the path of the interpreter that runs the server."""
        return sys.executable if self.checkout == HERE.parent else f"{self.checkout}/.venv/bin/python"


@dataclass(frozen=True, slots=True)
class Figures:
    """The results of one round, with latencies in milliseconds, CPU microseconds per request and memory in MiB.

    `per_second` is the number of answers per second; `failed` counts answers other than 2xx and 3xx.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    memory_mib: float
    failed: int


@dataclass(frozen=True, slots=True)
class Place:
    """A prepared database: its URL, and the token of its only site."""

    url: str
    token: str


@contextmanager
def postgresql() -> Iterator[PostgresqlServer | None]:
    """Yield a PostgreSQL server with its default, durable settings, or `None` if PostgreSQL is not installed."""
    programs = find_programs()
    if programs is None:
        yield None
        return
    server = PostgresqlServer(programs, settings=(), folder_in=Path(tempfile.gettempdir()))
    try:
        yield server
    finally:
        server.remove()


def environment_of(url: str, port: int) -> dict[str, str]:
    """Return the environment variables for a server, or for a command that uses the same database."""
    return {
        **os.environ,
        "DEALTRACE_DATABASE_URL": url,
        "DEALTRACE_PORT": str(port),
        "DEALTRACE_RATE_PER_SECOND": "0",
        "DEALTRACE_WEBHOOK_PRIVATE_TARGETS": "127.0.0.0/8",
    }


@contextmanager
def serving(contender: Contender, folder: Path, place: Place) -> Iterator[tuple[int, int]]:
    """Run a server as `dealtrace serve` does, and yield its port and the id of its process group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if contender.workers:
        command = ["dealtrace", "serve", "--port", str(port), "--workers", str(contender.workers)]
    else:
        command = ["granian", "--interface", "asgi", "--factory", "--port", str(port), "--loop", "uvloop", "--no-ws",
                   "--no-log", contender.target]  # fmt: skip
    environment = {**environment_of(place.url, port), **contender.settings}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [contender.python, "-m", *command], env=environment, stdout=log, stderr=log,
            cwd=contender.checkout, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(port, max(contender.workers, 1))
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait_for(port: int, processes: int) -> None:
    """Wait until so many processes have answered."""
    answered = set()
    for _ in range(STARTS_TRIED):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                answered.add(answer.headers["x-request-id"].partition("-")[0])
        except OSError:
            time.sleep(0.05)
        if len(answered) >= processes:
            return
    raise TimeoutError(port)


def measure(contender: Contender, folder: Path, place: Place, chosen: argparse.Namespace) -> Figures:
    """Run one round on a new server and return its results: a second of load to warm up, then the measured load.

    Between them, the database's statistics are gathered, which autovacuum would do within a minute.
    """
    with serving(contender, folder, place) as (port, group):
        run_load(contender, place, port, chosen, seconds=1)
        gather_statistics(place.url)
        before = cpu_seconds(group)
        printed = run_load(contender, place, port, chosen, seconds=chosen.seconds)
        return read_figures(printed, cpu_seconds(group) - before, _memory_mib(group))


def run_load(contender: Contender, place: Place, port: int, chosen: argparse.Namespace, *, seconds: int) -> str:
    """Register deals at a running server, and return what `wrk` printed."""
    environment = {
        **os.environ,
        "BENCH_TOKEN": place.token,
        "BENCH_CALLS": str(chosen.calls),
        "BENCH_CONTACT": str(int(contender.contact)),
    }
    load = ["wrk", "-t1", f"-c{chosen.connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / "register.lua")]
    run = subprocess.run(
        [*load, f"http://127.0.0.1:{port}"], env=environment, check=True, capture_output=True, text=True
    )
    return run.stdout


def gather_statistics(url: str) -> None:
    """Refresh the statistics of a PostgreSQL database."""
    database = open_database(url)
    database.gather_statistics()
    database.close()


def read_figures(printed: str, cpu_seconds: float, memory_mib: float = 0.0) -> Figures:
    """Return the figures of a load by what `wrk` printed, the CPU that it cost, and the memory of the server."""
    requests = requests_of(printed)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    return Figures(
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", printed).group(1)),  # type: ignore[union-attr]
        p50_ms=latency_ms(printed, 50),
        p99_ms=latency_ms(printed, 99),
        cpu_us=round(cpu_seconds / max(requests, 1) * 1e6, 1),
        memory_mib=memory_mib,
        failed=int(failed.group(1)) if failed else 0,
    )


def requests_of(printed: str) -> int:
    """Return how many requests `wrk` says it made."""
    return int(re.search(r"(\d+) requests in", printed).group(1))  # type: ignore[union-attr]


def latency_ms(printed: str, percentile: int) -> float:
    """Return a percentile of the latencies that `wrk` printed, in milliseconds."""
    number, unit = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)", printed).groups()  # type: ignore[union-attr]
    return float(number) * MICROSECONDS[unit] / 1000


def _members(group: int) -> list[Path]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == group:
                found.append(entry)
        except ProcessLookupError:
            continue
    return found


def cpu_seconds(group: int) -> float:
    """Return the CPU that the processes of a group have used so far."""
    return sum(sum(_ticks(member)[:2]) for member in _members(group)) / os.sysconf("SC_CLK_TCK")


def thread_seconds(group: int) -> dict[str, float]:
    """Return the CPU that each living thread of a group of processes has used so far, by process and thread."""
    used: dict[str, float] = {}
    for thread in (thread for member in _members(group) for thread in (member / "task").iterdir()):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            used[str(thread)] = sum(_ticks(thread)[:2]) / os.sysconf("SC_CLK_TCK")
    return used


def database_seconds(server: PostgresqlServer | None) -> float:
    """Return the CPU that a PostgreSQL server has used so far, that of its ended processes included; 0 for `None`."""
    if server is None:
        return 0.0
    main = Path(f"/proc/{server.process.pid}")
    ticks = sum(_ticks(main))
    for pid in (main / "task" / main.name / "children").read_text().split():
        try:
            ticks += sum(_ticks(Path(f"/proc/{pid}")))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process: Path) -> list[int]:
    """Return the clock ticks of a process, user and system, and those of its ended children, user and system."""
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    return [int(field) for field in fields[11:15]]


def _memory_mib(group: int) -> float:
    pages = [int((member / "statm").read_text().split()[1]) for member in _members(group)]
    return round(max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
