"""Measure what a registration costs at this revision, beside other revisions and beside itself without its journal.

Each other revision is a checkout with a `.venv` in which it is installed, for example a `git worktree`.
"""

import argparse
import csv
import json
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

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

CALLS_FROM = datetime(2018, 3, 26, 9, 0)  # noqa: DTZ001 - the site's wall clock, an hour before the deals
IDLE_SECONDS, WARM_UP_SECONDS = 10, 2
THIS, NO_JOURNAL = "this revision", "no journal of requests"
Create = Callable[[str], str]
SpentSeconds = Callable[[], float]


def report_revisions(
    folder: Path, creators: Mapping[str, Create], server: PostgresqlServer | None, chosen: argparse.Namespace
) -> None:
    """Register deals by phone at each revision in turn, and print the CPU of a registration and its ratios.

    CPU is that of the server and the database. Every revision has a server, and a database with the same site; the
    order of the revisions is turned from round to round.
    """
    file = folder / "calls.csv"
    _write_calls(file, chosen.calls)
    for engine, create in creators.items():
        contenders = [
            Contender(THIS, PRODUCT, engine, contact=True),
            Contender(NO_JOURNAL, PRODUCT, engine, contact=True, settings={"DEALTRACE_REQUESTS_KEPT_DAYS": "0"}),
            *(
                Contender(name, PRODUCT, engine, contact=True, checkout=Path(checkout).absolute())
                for name, checkout in (beside.split("=", 1) for beside in chosen.beside)
            ),
        ]
        places = [_prepare(each, create(f"revision{number}"), file) for number, each in enumerate(contenders)]
        _report(engine, _run_rounds(folder, contenders, places, server if engine == "postgresql" else None, chosen))


def _write_calls(file: Path, calls: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened, delimiter=";")
        table.writerow(("Дата", "Телефон", "Длительность"))
        for number in range(calls):
            at = CALLS_FROM + timedelta(seconds=number % 3600)
            table.writerow((f"{at:%d.%m.%Y %H:%M:%S}", f"7920{number:07d}", 300))


def _prepare(contender: Contender, url: str, file: Path) -> Place:
    """Create a site with contact matching and the calls of `file`, by the commands of the contender's revision."""

    def dealtrace(*arguments: str) -> str:
        command, environment = [contender.python, "-m", "dealtrace", *arguments], environment_of(url, 1)
        ended = subprocess.run(
            command, env=environment, cwd=contender.checkout, check=True, capture_output=True, text=True
        )
        return ended.stdout

    token = json.loads(dealtrace("site", "create", "Bench", "--json"))["clientApiId"]
    dealtrace("site", "set", "1", "contact_matching=on")
    dealtrace("import", "calls", str(file), "--site", "1", "--json")
    return Place(url, token)


def _run_rounds(
    folder: Path,
    contenders: Sequence[Contender],
    places: Sequence[Place],
    server: PostgresqlServer | None,
    chosen: argparse.Namespace,
) -> dict[str, list[Figures]]:
    rounds: dict[str, list[Figures]] = {each.name: [] for each in contenders}
    with ExitStack() as stack:
        running = []
        for contender, place in zip(contenders, places, strict=True):
            port, group = stack.enter_context(serving(contender, folder, place))
            run_load(contender, place, port, chosen, seconds=WARM_UP_SECONDS)
            gather_statistics(place.url)
            running.append((contender, place, port, group))
        before = [cpu_seconds(group) for *_, group in running]
        time.sleep(IDLE_SECONDS)
        for (contender, _, _, group), spent in zip(running, before, strict=True):
            idle_ms = (cpu_seconds(group) - spent) / IDLE_SECONDS * 1000
            print(f"{contender.name}: without requests, a second takes {idle_ms:.1f} ms of CPU", flush=True)
        for number in range(chosen.rounds):
            turn = number % len(running)
            for contender, place, port, group in running[turn:] + running[:turn]:
                started = cpu_seconds(group) + database_seconds(server)
                printed = run_load(contender, place, port, chosen, seconds=chosen.seconds)
                figures = read_figures(printed, cpu_seconds(group) + database_seconds(server) - started)
                rounds[contender.name].append(figures)
                print(f"round {number + 1}  {contender.engine}, {contender.name:24} {figures}", flush=True)
    return rounds


def _report(engine: str, rounds: Mapping[str, list[Figures]]) -> None:
    print(f"\n{engine}, CPU of a registration; {THIS} against:")
    ours = rounds[THIS]
    for name, theirs in rounds.items():
        mine, others = ([figures.cpu_us for figures in each] for each in (ours, theirs))
        ratios = sorted(this / other for this, other in zip(mine, others, strict=True))
        p50 = statistics.median(this.p50_ms / other.p50_ms for this, other in zip(ours, theirs, strict=True))
        print(
            f"{name:24} {statistics.median(others):6.0f} µs, ratio of medians "
            f"{statistics.median(mine) / statistics.median(others):.3f}, median of ratios "
            f"{statistics.median(ratios):.3f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), of p50 {p50:.2f}, "
            f"{sum(figures.failed for figures in theirs)} failed",
            flush=True,
        )
