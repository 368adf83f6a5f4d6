"""Measure two server processes beside one, on PostgreSQL and with two sites: `dealtrace serve --workers 2`."""

import argparse
import json
import re
import statistics
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from benchmarks.serving import (
    PRODUCT,
    Contender,
    Figures,
    Place,
    cpu_seconds,
    database_seconds,
    environment_of,
    gather_statistics,
    read_figures,
    run_load,
    serving,
)
from postgresql import PostgresqlServer

WORKERS = (1, 2)
CLIENTS = 16
SITES = 2
WARM_UP_SECONDS = 3
SAMPLE_SECONDS = 0.05
BATCHES = ("dealtrace_commit_wishes_sum", "dealtrace_commit_wishes_count")
BUSY = """
    SELECT CASE WHEN state <> 'active' THEN 'the server process'
                ELSE coalesce(wait_event_type || ' ' || wait_event, 'nothing') END
    FROM pg_stat_activity
    WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid() AND query !~ 'pg_stat'
"""
"""A connection that is idle in its transaction waits for our process."""
RETRIES = re.compile(r'^dealtrace_write_retries_total\{reason="(\w+)"\} (\S+)', re.MULTILINE)


def report_workers(
    folder: Path, create: Callable[[str], str], server: PostgresqlServer, chosen: argparse.Namespace
) -> None:
    """Print requests a second, latencies, CPU, deadlocks and retries of one process and of two, in turn.

    16 clients register deals at two sites. CPU is that of the server and the database.
    """
    rounds: dict[int, list[Figures]] = {workers: [] for workers in WORKERS}
    waits: dict[int, Counter[str]] = {workers: Counter() for workers in WORKERS}
    load = argparse.Namespace(**{**vars(chosen), "connections": CLIENTS, "calls": 0})
    with ExitStack() as stack:
        running = []
        for workers in WORKERS:
            contender = Contender(f"{workers} processes", PRODUCT, "postgresql", contact=False, workers=workers)
            place = _prepare(create(f"workers{workers}"))
            port, group = stack.enter_context(serving(contender, folder, place))
            run_load(contender, place, port, load, seconds=WARM_UP_SECONDS)
            gather_statistics(place.url)
            running.append((contender, place, port, group))
        for number in range(chosen.rounds):
            for contender, place, port, group in running if number % 2 else reversed(running):
                started = cpu_seconds(group) + database_seconds(server)
                with _sampling(place.url, waits[contender.workers]):
                    printed = run_load(contender, place, port, load, seconds=chosen.seconds)
                figures = read_figures(printed, cpu_seconds(group) + database_seconds(server) - started)
                rounds[contender.workers].append(figures)
                print(f"round {number + 1}  {contender.name}  {figures}", flush=True)
        for contender, place, port, _ in running:
            print(f"{contender.name}: deadlocks {_count_deadlocks(place.url)}, {_count_writes(port)}")
            print(f"{contender.name}: busy connections, by what they wait for: {_shares(waits[contender.workers])}")
    _report(rounds)


def _prepare(url: str) -> Place:
    """Create the sites; the token of the place is that of each site, separated by commas."""
    tokens = []
    for number in range(SITES):
        command = [sys.executable, "-m", "dealtrace", "site", "create", f"Bench {number}", "--json"]
        made = subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True, text=True)
        tokens.append(json.loads(made.stdout)["clientApiId"])
    return Place(url, ",".join(tokens))


def _count_deadlocks(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(found.fetchone()[0])  # type: ignore[index]


def _count_writes(port: int) -> str:
    """Return the retries of all processes by their reason, and how many writes shared a commit on average."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        metrics = answer.read().decode()
    retries = {reason: int(float(number)) for reason, number in RETRIES.findall(metrics)}
    writes, batches = (float(re.search(rf"^{name} (\S+)", metrics, re.MULTILINE)[1]) for name in BATCHES)  # type: ignore[index]
    return f"retries {retries}, {writes / batches:.1f} writes in a batch"


@contextmanager
def _sampling(url: str, waits: Counter[str]) -> Iterator[None]:
    """Meanwhile, count again and again what the connections that are in a transaction wait for."""
    is_over = threading.Event()

    def sample() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not is_over.wait(SAMPLE_SECONDS):
                waits.update(name for (name,) in connection.execute(BUSY).fetchall())

    sampler = threading.Thread(target=sample)
    sampler.start()
    yield
    is_over.set()
    sampler.join()


def _shares(waits: Counter[str]) -> str:
    return ", ".join(f"{name} {count / waits.total():.0%}" for name, count in waits.most_common(5))


def _report(rounds: Mapping[int, list[Figures]]) -> None:
    first, second = (rounds[workers] for workers in WORKERS)
    print(f"\n{'':12} req/s  p50 ms  p99 ms  CPU µs  failed")
    for workers, figures in rounds.items():
        per_second, p50, p99, cpu = (
            statistics.median(getattr(each, part) for each in figures)
            for part in ("per_second", "p50_ms", "p99_ms", "cpu_us")
        )
        failed = sum(each.failed for each in figures)
        print(f"{workers} processes {per_second:7.0f} {p50:7.1f} {p99:7.1f} {cpu:7.0f} {failed:7}")
    for part in ("per_second", "p50_ms", "p99_ms", "cpu_us"):
        ratios = sorted(getattr(b, part) / getattr(a, part) for a, b in zip(first, second, strict=True))
        print(f"two against one, {part}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
