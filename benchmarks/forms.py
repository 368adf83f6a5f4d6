"""Measure what people who save forms in the cabinet cost those who register deals at the same time.

Forms of sites, users and notes are stored by `runtime/account_changes.py`, registrations by the write queue.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cabinet_pages import Visitor
from benchmarks.serving import (
    HERE,
    PRODUCT,
    Contender,
    Place,
    cpu_seconds,
    database_seconds,
    environment_of,
    gather_statistics,
    latency_ms,
    requests_of,
    serving,
)
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.log_in import Browser, Proof, open_session
from dealtrace.operations.work import AccountWork
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.id_blocks import transaction
from postgresql import PostgresqlServer

FORMS_A_SECOND = 5
CONNECTIONS, PAUSE_MS = 32, 8
"""Registrations at about half of what the server can do: each connection pauses after each answer."""
FORMS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("profile/keys", {"has_keys": "on"}),
    ("1/notes", {"day": "2026-11-20", "text": "Bench"}),
    ("1/settings/site", {"name": "Bench A"}),
    ("profile/keys", {}),
    ("1/notes", {"day": "2026-11-20", "text": "Bench"}),
    ("1/settings/site", {"name": "Bench B"}),
)
"""The forms that are saved in turn; those of the site change its settings, so that the server reads them again."""
SAVED = 303


@dataclass(frozen=True, slots=True)
class _Load:
    """Registrations with their latencies in milliseconds, the latencies of forms, and the CPU of all in seconds."""

    registrations: int
    p50_ms: float
    p99_ms: float
    forms_ms: tuple[float, ...]
    cpu_seconds: float

    @property
    def cpu_us(self) -> float:
        """Return the CPU of a registration in microseconds, that of forms included."""
        return self.cpu_seconds / max(self.registrations, 1) * 1e6


def report_forms(
    folder: Path,
    creators: Mapping[str, Callable[[str], str]],
    database_server: PostgresqlServer | None,
    chosen: argparse.Namespace,
) -> None:
    """Print latencies and CPU of registrations without forms and with five a second, in turn."""
    for engine, create in creators.items():
        place = _prepare(create("forms"))
        visitor_secret = _log_in(place.url)
        server = database_server if engine == "postgresql" else None
        with serving(Contender("forms", PRODUCT, engine, contact=False), folder, place) as (port, group):

            def spent(group: int = group, server: PostgresqlServer | None = server) -> float:
                return cpu_seconds(group) + database_seconds(server)

            visitor = Visitor(port, visitor_secret)
            _load(port, place.token, None, 2, spent)
            gather_statistics(place.url)
            started = spent()
            alone = _send_forms(visitor, time.monotonic() + chosen.seconds)
            of_a_form = (spent() - started) / len(alone)
            rounds: list[tuple[_Load, _Load]] = []
            for number in range(chosen.rounds):
                order = (None, visitor) if number % 2 else (visitor, None)
                loads = {each: _load(port, place.token, each, chosen.seconds, spent) for each in order}
                rounds.append((loads[None], loads[visitor]))
                print(f"round {number + 1}  {engine}, without {_figures(loads[None])}; with {_figures(loads[visitor])}")
            _report(engine, rounds, alone, of_a_form)


def _prepare(url: str) -> Place:
    command = [sys.executable, "-m", "dealtrace", "site", "create", "Bench", "--json"]
    made = subprocess.run(command, env=environment_of(url, 1), check=True, capture_output=True, text=True)
    return Place(url, json.loads(made.stdout)["clientApiId"])


def _log_in(url: str) -> str:
    """Create an owner of the installation, and return the secret of a new session."""
    database, now = open_database(url), datetime.now(UTC)
    password = hash_password("correct horse battery")
    with transaction(database, ids=2) as (connection, ids):
        work = AccountWork(connection, ids, now)
        owner = create_user(work, "forms@example.org", password)
        secret = open_session(work, Proof(owner, password), Browser("127.0.0.1", "bench")).secret
    database.close()
    return secret


def _load(port: int, token: str, visitor: Visitor | None, seconds: int, spent: Callable[[], float]) -> _Load:
    """Register for `seconds`, while the visitor, if there is one, saves forms."""
    forms_ms: list[float] = []
    end = time.monotonic() + seconds
    person = threading.Thread(target=lambda: visitor and forms_ms.extend(_send_forms(visitor, end)))
    environment = {
        **os.environ, "BENCH_TOKEN": token, "BENCH_CALLS": "0", "BENCH_CONTACT": "0", "BENCH_PAUSE_MS": str(PAUSE_MS),
    }  # fmt: skip
    started = spent()
    person.start()
    run = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(HERE / "register.lua"),
         f"http://127.0.0.1:{port}"],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    person.join()
    assert "Non-2xx" not in run.stdout, run.stdout
    printed = run.stdout
    return _Load(
        requests_of(printed), latency_ms(printed, 50), latency_ms(printed, 99), tuple(forms_ms), spent() - started
    )


def _send_forms(visitor: Visitor, end: float) -> list[float]:
    """Save forms at even intervals until `end`, and return how long each took in milliseconds."""
    taken, due = [], time.monotonic()
    while due < end:
        time.sleep(max(due - time.monotonic(), 0))
        path, fields = FORMS[len(taken) % len(FORMS)]
        started = time.perf_counter()
        status, _, body = visitor.request("POST", f"/cabinet/{path}", fields)
        taken.append((time.perf_counter() - started) * 1000)
        assert status == SAVED, (path, status, body[:300])
        due = max(due + 1 / FORMS_A_SECOND, time.monotonic())
    return taken


def _figures(load: _Load) -> str:
    return (
        f"{load.registrations} registrations, p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms, "
        f"{load.cpu_us:.0f} µs, {len(load.forms_ms)} forms"
    )


def _report(engine: str, rounds: list[tuple[_Load, _Load]], alone: list[float], of_a_form: float) -> None:
    taken = [each for _, load in rounds for each in load.forms_ms]
    print(
        f"\n{engine}: a form alone takes {statistics.median(alone):.0f} ms and {of_a_form * 1000:.1f} ms of CPU, "
        f"beside registrations {statistics.median(taken):.0f} ms, {max(taken):.0f} ms at most"
    )
    for name, value in (
        ("p50", lambda load: load.p50_ms),
        ("p99", lambda load: load.p99_ms),
        ("registrations", lambda load: load.registrations),
        ("CPU, that of forms included", lambda load: load.cpu_us),
        (
            "CPU, that of as many forms alone left out",
            lambda load: (load.cpu_seconds - len(load.forms_ms) * of_a_form) / load.registrations * 1e6,
        ),
    ):
        without, beside = ([value(pair[which]) for pair in rounds] for which in (0, 1))
        ratios = sorted(b / a for a, b in zip(without, beside, strict=True))
        print(
            f"{engine}, {name}: {statistics.median(without):.1f}, with forms {statistics.median(beside):.1f}, "
            f"median of ratios {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )
