"""Measure registration against the same server without storage: `python -m benchmarks [--rounds N] [--seconds S]`."""

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dealtrace.leads.call import IncomingCall
from dealtrace.operations.take_in_call import take_in_calls
from dealtrace.operations.wish import Wish
from dealtrace.storage.accounts import find_site
from dealtrace.storage.engine import open_database
from dealtrace.storage.id_blocks import IdBlocks

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benchmarks.import_calls import report_import
from postgresql import PostgresqlServer, find_programs

HERE = Path(__file__).parent
CALLS = 50_000
CALLS_AT_ONCE = 1000
BEFORE_THE_DEALS = datetime(2018, 3, 26, 6, 0, tzinfo=UTC)
MICROSECONDS = {"us": 1.0, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those compared: a server, its database (`sqlite` or `postgresql`), and how deals name their leads."""

    name: str
    target: str
    engine: str
    contact: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """One round: answers a second, latencies in milliseconds, CPU a request in microseconds, memory in MiB."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    memory_mib: float
    failed: int


NO_STORE, PRODUCT = "benchmarks.no_store:create_app", "dealtrace.app:create_app"
CONTENDERS = (
    Contender("nothing stored", NO_STORE, "sqlite", contact=False),
    Contender("SQLite, durable, no contact", PRODUCT, "sqlite", contact=False),
    Contender("SQLite, durable, by phone", PRODUCT, "sqlite", contact=True),
    Contender("PostgreSQL, durable, no contact", PRODUCT, "postgresql", contact=False),
    Contender("PostgreSQL, durable, by phone", PRODUCT, "postgresql", contact=True),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A prepared database: its address, and the token that opens its one site."""

    url: str
    token: str


def main() -> None:
    """Run all contenders in turn, round after round, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--calls", type=int, default=CALLS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dealtrace-bench-") as name, _postgresql() as postgresql:
        folder = Path(name)
        print(f"flushes a second of this disk: {_flushes_per_second(folder):.0f}")
        places = {"sqlite": _prepare(f"sqlite:///{folder}/bench.db", chosen.calls)}
        if postgresql is not None:
            places["postgresql"] = _prepare(postgresql, chosen.calls)
        _report(_run_rounds(folder, places, chosen))
        report_import(folder, {engine: place.url for engine, place in places.items()})


def _run_rounds(folder: Path, places: dict[str, Place], chosen: argparse.Namespace) -> dict[str, list[Figures]]:
    present = [contender for contender in CONTENDERS if contender.engine in places]
    rounds: dict[str, list[Figures]] = {contender.name: [] for contender in present}
    for number in range(chosen.rounds):
        for contender in present:
            figures = _measure(contender, folder, places[contender.engine], chosen)
            rounds[contender.name].append(figures)
            print(f"round {number + 1}  {contender.name:32} {figures}")
    return rounds


@contextmanager
def _postgresql() -> Iterator[str | None]:
    """Start a PostgreSQL with its own, durable settings; `None` where it is not installed."""
    programs = find_programs()
    if programs is None:
        yield None
        return
    server = PostgresqlServer(programs, settings=(), folder_in=Path(tempfile.gettempdir()))
    try:
        yield server.create("bench")
    finally:
        server.remove()


def _prepare(url: str, calls: int) -> Place:
    """Make a site with calls whose phones half of the deals will have."""
    command = [sys.executable, "-m", "dealtrace", "site"]
    made = subprocess.run(
        [*command, "create", "Bench", "--json"], env=_environment(url, 1), check=True, capture_output=True, text=True
    )
    site = json.loads(made.stdout)
    subprocess.run(
        [*command, "set", "1", "contact_matching=on"], env=_environment(url, 1), check=True, capture_output=True
    )
    database = open_database(url)
    ids = IdBlocks(database.writer)
    with database.read() as connection:
        found = find_site(connection, 1)
    assert found is not None
    for first in range(0, calls, CALLS_AT_ONCE):
        ids.ensure(CALLS_AT_ONCE * 4)
        wishes = [
            Wish(IncomingCall(BEFORE_THE_DEALS + timedelta(seconds=n % 3600), timedelta(minutes=5), f"7920{n:07d}"))
            for n in range(first, min(first + CALLS_AT_ONCE, calls))
        ]
        with database.write() as connection:
            take_in_calls(connection, ids, found, wishes, datetime.now(UTC))
    database.close()
    return Place(url, site["clientApiId"])


def _flushes_per_second(folder: Path) -> float:
    with (folder / "flush").open("wb") as file:
        started = time.perf_counter()
        for _ in range(500):
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
        return 500 / (time.perf_counter() - started)


def _environment(url: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "DEALTRACE_DATABASE_URL": url,
        "DEALTRACE_PORT": str(port),
        "DEALTRACE_RATE_PER_SECOND": "0",
    }


@contextmanager
def _serving(contender: Contender, folder: Path, place: Place) -> Iterator[tuple[int, int]]:
    """Run a server as `dealtrace serve` does; yield its port and process group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port), "--loop", "uvloop",
        "--no-ws", "--no-log", contender.target,
    ]  # fmt: skip
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, env=_environment(place.url, port), stdout=log, stderr=log,
            cwd=HERE.parent, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)


def _measure(contender: Contender, folder: Path, place: Place, chosen: argparse.Namespace) -> Figures:
    with _serving(contender, folder, place) as (port, group):
        load = ["wrk", "-t1", f"-c{chosen.connections}", "--latency", "-s", str(HERE / "register.lua")]
        environment = {
            **os.environ,
            "BENCH_TOKEN": place.token,
            "BENCH_CALLS": str(chosen.calls),
            "BENCH_CONTACT": str(int(contender.contact)),
        }
        address = f"http://127.0.0.1:{port}"
        subprocess.run([*load, "-d1s", address], env=environment, check=True, capture_output=True)
        before = _cpu_seconds(group)
        run = subprocess.run(
            [*load, f"-d{chosen.seconds}s", address], env=environment, check=True, capture_output=True, text=True
        )
        spent = _cpu_seconds(group) - before
        return _read(run.stdout, spent, _memory_mib(group))


def _read(printed: str, cpu_seconds: float, memory_mib: float) -> Figures:
    def latency(share: str) -> float:
        number, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", printed).groups()  # type: ignore[union-attr]
        return float(number) * MICROSECONDS[unit] / 1000

    requests = int(re.search(r"(\d+) requests in", printed).group(1))  # type: ignore[union-attr]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    return Figures(
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", printed).group(1)),  # type: ignore[union-attr]
        p50_ms=latency("50"),
        p99_ms=latency("99"),
        cpu_us=round(cpu_seconds / max(requests, 1) * 1e6, 1),
        memory_mib=memory_mib,
        failed=int(failed.group(1)) if failed else 0,
    )


def _members(group: int) -> list[Path]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == group:
                found.append(entry)
        except ProcessLookupError:
            continue
    return found


def _cpu_seconds(group: int) -> float:
    ticks = 0
    for member in _members(group):
        fields = (member / "stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_mib(group: int) -> float:
    pages = [int((member / "statm").read_text().split()[1]) for member in _members(group)]
    return round(max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _report(rounds: dict[str, list[Figures]]) -> None:
    reference = rounds[CONTENDERS[0].name]
    print()
    print(f"{'':32}    req/s  ratio  p50 ms  p99 ms p99/p50  CPU µs    MiB failed")
    for name, figures in rounds.items():
        ratios = [mine.per_second / base.per_second for mine, base in zip(figures, reference, strict=True)]
        p50, p99 = (statistics.median(getattr(one, part) for one in figures) for part in ("p50_ms", "p99_ms"))
        print(
            f"{name:32} {statistics.median(one.per_second for one in figures):8.0f} {statistics.median(ratios):6.2f} "
            f"{p50:7.1f} {p99:7.1f} {p99 / p50:7.1f} {statistics.median(one.cpu_us for one in figures):7.0f} "
            f"{max(one.memory_mib for one in figures):6.0f} {sum(one.failed for one in figures)}"
        )


if __name__ == "__main__":
    main()
