"""Run the benchmarks, or only one of them: `python -m benchmarks [--only PART] [--rounds N] [--seconds S]`."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benchmarks import webhooks
from benchmarks.cabinet import report_cabinet
from benchmarks.client_orders import report_client_orders
from benchmarks.forms import report_forms
from benchmarks.growth import FEW, MANY, report_growth
from benchmarks.http_layer import report_http_layer
from benchmarks.import_calls import report_import
from benchmarks.journals import report_journals
from benchmarks.overview import report_overview
from benchmarks.paint import report_paint
from benchmarks.report_scale import TIMES
from benchmarks.reports import report_reports
from benchmarks.revisions import report_revisions
from benchmarks.serving import NO_STORE, PRODUCT, Contender, Figures, Place, environment_of, measure, postgresql
from benchmarks.workers import report_workers
from dealtrace.leads.call import IncomingCall
from dealtrace.operations.leads.arrivals import decide_calls
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.work import Work
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.id_blocks import IdBlocks
from postgresql import PostgresqlServer

PARTS = (
    "register", "client-orders", "http", "import", "growth", "journals", "webhooks", "reports", "cabinet", "workers",
    "forms",
)  # fmt: skip
BESIDE = ("revisions", "overview", "paint")
"""Parts that run only if `--only` names them."""
CALLS = 50_000
CALLS_AT_ONCE = 1000
BEFORE_THE_DEALS = datetime(2018, 3, 26, 6, 0, tzinfo=UTC)
CONTENDERS = (
    Contender("nothing stored", NO_STORE, "sqlite", contact=False),
    Contender("SQLite, durable, no contact", PRODUCT, "sqlite", contact=False),
    Contender("SQLite, durable, by phone", PRODUCT, "sqlite", contact=True),
    Contender("PostgreSQL, durable, no contact", PRODUCT, "postgresql", contact=False),
    Contender("PostgreSQL, durable, by phone", PRODUCT, "postgresql", contact=True),
)


def main() -> None:
    """Run the benchmark that `--only` names, or all benchmarks, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=(*PARTS, *BESIDE), help="run only this benchmark")
    parser.add_argument("--rounds", type=int, default=5, help="how often each measurement is repeated")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load in each round")
    parser.add_argument("--connections", type=int, default=32, help="HTTP connections that send requests")
    parser.add_argument("--calls", type=int, default=CALLS, help="calls of the site where deals are registered")
    parser.add_argument("--few", type=int, default=FEW, help="leads of the small site")
    parser.add_argument("--leads", type=int, default=MANY, help="leads of the large site")
    parser.add_argument("--deals", type=int, default=MANY, help="deals to match again, and deals in reports")
    parser.add_argument(
        "--times", type=int, default=TIMES, help="how many times as large the largest mirror is; 0: no largest sizes"
    )
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="NAME=CHECKOUT",
        help="another revision, for `revisions` and `overview`",
    )
    parser.add_argument("--no-postgresql", action="store_true", help="measure only SQLite")
    chosen = parser.parse_args()
    parts = PARTS if chosen.only is None else (chosen.only,)
    with tempfile.TemporaryDirectory(prefix="dealtrace-bench-") as name, postgresql() as server:
        folder = Path(name)
        print(f"disk flushes per second: {_flushes_per_second(folder):.0f}")
        creators = {"sqlite": lambda database: f"sqlite:///{folder}/{database}.db"}
        if server is not None and not chosen.no_postgresql:
            creators["postgresql"] = server.create
        if {"register", "import"} & set(parts):
            places = {engine: _prepare(create("bench"), chosen.calls) for engine, create in creators.items()}
        if "register" in parts:
            _report(_run_rounds(folder, places, chosen, CONTENDERS))
        if "client-orders" in parts:
            place = _prepare(creators["sqlite"]("orders"), chosen.calls)
            report_client_orders(place, chosen.rounds, chosen.calls)
        if "http" in parts:
            place = _prepare(creators["sqlite"]("http"), 0)
            report_http_layer(place.url, place.token, chosen.rounds)
        if "import" in parts:
            report_import(folder, {engine: place.url for engine, place in places.items()})
        _report_large_sites(folder, creators, chosen, parts)
        _report_beside(folder, creators, server, chosen, parts)
        if "webhooks" in parts:
            _report_webhooks(folder, creators, chosen)


def _report_large_sites(
    folder: Path, creators: Mapping[str, Callable[[str], str]], chosen: argparse.Namespace, parts: Sequence[str]
) -> None:
    """Measure large sites: registration and matching among many leads, journals, reports and pages."""
    if "growth" in parts:
        report_growth(folder, creators, chosen)
    if "journals" in parts:
        for engine, create in creators.items():
            report_journals(engine, create("journals"), chosen.deals)
    if "reports" in parts:
        report_reports(folder, creators, chosen.deals, chosen.times)
    if "cabinet" in parts:
        report_cabinet(folder, creators, chosen.deals)


def _report_beside(
    folder: Path,
    creators: Mapping[str, Callable[[str], str]],
    server: PostgresqlServer | None,
    chosen: argparse.Namespace,
    parts: Sequence[str],
) -> None:
    """Measure registration beside other revisions, by two processes, and while forms are saved in the cabinet."""
    if "revisions" in parts:
        report_revisions(folder, creators, server, chosen)
    if "overview" in parts:
        report_overview(folder, chosen)
    if "paint" in parts:
        report_paint(folder, creators, chosen.deals, chosen.rounds)
    if "workers" in parts and server is not None and not chosen.no_postgresql:
        report_workers(folder, server.create, server, chosen)
    if "forms" in parts:
        report_forms(folder, creators, server, chosen)


def _report_webhooks(folder: Path, creators: Mapping[str, Callable[[str], str]], chosen: argparse.Namespace) -> None:
    """Measure registration at sites without webhooks, with a receiver that never answers, and with a fast receiver."""
    with webhooks.receivers() as urls:
        places = {}
        for engine, create in creators.items():
            places[engine] = _prepare(create("untold"), 0)
            for kind, url in urls.items():
                places[f"{engine}-{kind}"] = place = _prepare(create(kind), 0)
                webhooks.listen(place.url, url)
        rounds = _run_rounds(folder, places, chosen, webhooks.CONTENDERS)
    for engine in ("SQLite", "PostgreSQL"):
        if of_engine := {name: figures for name, figures in rounds.items() if name.startswith(engine)}:
            _report(of_engine)


def _run_rounds(
    folder: Path, places: Mapping[str, Place], chosen: argparse.Namespace, contenders: Sequence[Contender]
) -> dict[str, list[Figures]]:
    present = [contender for contender in contenders if contender.engine in places]
    rounds: dict[str, list[Figures]] = {contender.name: [] for contender in present}
    for number in range(chosen.rounds):
        for contender in present:
            figures = measure(contender, folder, places[contender.engine], chosen)
            rounds[contender.name].append(figures)
            print(f"round {number + 1}  {contender.name:32} {figures}")
    return rounds


def _prepare(url: str, calls: int) -> Place:
    """Create a site with contact matching and calls; half of the deals will have the phone of one of these calls."""
    command = [sys.executable, "-m", "dealtrace", "site"]
    made = subprocess.run(
        [*command, "create", "Bench", "--json"], env=environment_of(url, 1), check=True, capture_output=True, text=True
    )
    site = json.loads(made.stdout)
    subprocess.run(
        [*command, "set", "1", "contact_matching=on"], env=environment_of(url, 1), check=True, capture_output=True
    )
    database = open_database(url)
    ids = IdBlocks(database.writer)
    with database.read() as connection:
        found = find_site(connection, 1)
    assert found is not None
    for first in range(0, calls, CALLS_AT_ONCE):
        ids.ensure(CALLS_AT_ONCE * 4)
        incoming = [
            IncomingCall(BEFORE_THE_DEALS + timedelta(seconds=n % 3600), timedelta(minutes=5), f"7920{n:07d}")
            for n in range(first, min(first + CALLS_AT_ONCE, calls))
        ]
        with database.write() as connection:
            work = Work(connection, ids, datetime.now(UTC), found)
            store_leads(work, list(decide_calls(work, incoming).arrivals.values()))
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


def _report(rounds: dict[str, list[Figures]]) -> None:
    reference = next(iter(rounds.values()))
    print()
    print(f"{'':32}    req/s  ratio  p50 ms  p99 ms p99/p50  CPU µs    MiB failed")
    for name, figures in rounds.items():
        ratios = [mine.per_second / base.per_second for mine, base in zip(figures, reference, strict=True)]
        p50, p99 = (statistics.median(getattr(figure, part) for figure in figures) for part in ("p50_ms", "p99_ms"))
        print(
            f"{name:32} {statistics.median(figure.per_second for figure in figures):8.0f} "
            f"{statistics.median(ratios):6.2f} "
            f"{p50:7.1f} {p99:7.1f} {p99 / p50:7.1f} {statistics.median(figure.cpu_us for figure in figures):7.0f} "
            f"{max(figure.memory_mib for figure in figures):6.0f} {sum(figure.failed for figure in figures)}"
        )


if __name__ == "__main__":
    main()
