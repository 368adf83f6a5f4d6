"""`dealtrace serve`: start the server."""

import fcntl
import multiprocessing
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from granian.constants import Interfaces, Loops
from granian.server import Server

from dealtrace import clock
from dealtrace.accounts.site import TIME_ZONE_DEFAULT
from dealtrace.cli.terminal import console, explained, fail, open_prepared
from dealtrace.observation import MULTIPROCESS_VARIABLE
from dealtrace.operations.accounts.create_user import invite_first_user
from dealtrace.operations.accounts.open_first_site import FirstSite, open_first_site
from dealtrace.settings import ENVIRONMENT_PREFIX, Settings, read_settings
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import transaction

GRACE_SECONDS = 30
"""How long a stopping server may finish what it has begun."""
OPEN_CONNECTIONS_MAX = 4096


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; more than 1 needs PostgreSQL.")] = None,
) -> None:
    """Start the server; it stops cleanly on Ctrl-C and SIGTERM."""
    with explained():
        settings = _chosen(host, port, workers)
        address = _free_address(settings)
    with open_prepared() as database:
        if settings.workers > 1 and database.is_sqlite:
            fail(
                "SQLite has one writer: a second process gains nothing and makes the slowest answers "
                "fifty times slower. Use --workers 1, or PostgreSQL."
            )
        if database.is_sqlite:
            _claim(database.file)
        _greet(database, settings)
    with _figures_kept_together(settings.workers):
        try:
            _serve(settings, address)
        except SystemExit as end:
            if end.code:
                fail("A process of the server failed again and again; its last log lines say why.")


def _claim(file: Path) -> None:
    """See that no other server serves this file, until this process ends; commands beside it are welcome."""
    claim = os.open(f"{file}.served", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fail(f"Another server serves {file} already; SQLite has one writer. Stop it, or use PostgreSQL.")


def _serve(settings: Settings, address: str) -> None:
    """Run until a signal ends it."""
    if settings.workers > 1:  # prometheus_client looks for its shared folder once, as it is imported
        multiprocessing.set_start_method("spawn", force=True)
    Server(
        "dealtrace.app:create_app",
        factory=True,
        interface=Interfaces.ASGI,
        address=address,
        port=settings.port,
        workers=settings.workers,
        loop=Loops.uvloop,
        websockets=False,
        log_enabled=False,
        log_access=False,
        backpressure=OPEN_CONNECTIONS_MAX,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve()


def _chosen(host: str | None, port: int | None, workers: int | None) -> Settings:
    """Let the command line win over the environment, also for the worker processes to come."""
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[ENVIRONMENT_PREFIX + name] = str(value)
    read_settings.cache_clear()
    return read_settings()


def _free_address(settings: Settings) -> str:
    """Find the address to listen on, and see that nobody listens there.

    Granian shares its port with whoever else would share it, so a second server would not be noticed.

    Raises:
        OSError: the host cannot be found, or the port is taken.
    """
    try:
        family, _, _, _, place = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen(1)
    except OSError as fault:
        raise OSError(f"Cannot listen on {settings.host} port {settings.port}: {fault.strerror}") from fault
    return str(place[0])


@contextmanager
def _figures_kept_together(workers: int) -> Iterator[None]:
    """Give several processes a folder where their figures for Prometheus meet."""
    if workers == 1 or os.environ.get(MULTIPROCESS_VARIABLE):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="dealtrace-figures-", ignore_cleanup_errors=True) as folder:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        yield


def _greet(database: Database, settings: Settings) -> None:
    """Print where the server is and how to begin; what is secret goes to the terminal only, never to the log."""
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    with transaction(database, ids=1) as (connection, ids):
        first = open_first_site(connection, ids, TIME_ZONE_DEFAULT, settings.points_per_day, clock.now())
        key = invite_first_user(connection, clock.now())
    console.print(f"Dealtrace listens on {address}, documents on {address}/docs", markup=False)
    if settings.workers > 1 and settings.rate_per_second and not settings.redis_url:
        console.print(
            f"Each of the {settings.workers} processes counts requests on its own, so an address may send up to "
            f"{settings.workers * settings.rate_per_second} a second; DEALTRACE_REDIS_URL lets them share one count.",
            markup=False,
        )
    if first is not None:
        _introduce(first, address)
    if key is not None:
        console.print("\nThe first user is created here, once:", markup=False)
        console.print(f"{address}/cabinet/welcome?key={key}", markup=False)


def _introduce(first: FirstSite, address: str) -> None:
    console.print(f"\nSite {first.site_id} is there. Its token, shown only now: {first.secret}", markup=False)
    console.print("\nRegister a deal:", markup=False)
    console.print(
        f"curl -G '{address}/calls-service/RestAPI/orders/register/' "
        f"-d 'clientApiId={first.secret}' -d 'orderNumber=K2018001' -d 'orderSum=1000' -d 'orderStatus=new' "
        "--data-urlencode 'orderDate=26.03.2018 10:00:00' --data-urlencode 'manager=Коля' -d 'service=AmoCRM'",
        markup=False,
    )
