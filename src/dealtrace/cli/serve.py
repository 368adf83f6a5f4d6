"""`dealtrace serve`: run the server."""

import errno
import multiprocessing
import os
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Annotated

import typer
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from dealtrace.accounts.site import TIME_ZONE_DEFAULT
from dealtrace.cli.terminal import changing, console, error_console, explained, fail, open_prepared
from dealtrace.counter.city import open_cities
from dealtrace.metrics import MULTIPROCESS_VARIABLE
from dealtrace.open_files import RESERVED_FILES, connections_that_fit
from dealtrace.operations.accounts.create_site import FirstSite, open_first_site
from dealtrace.operations.accounts.invite_user import invite_first_user
from dealtrace.operations.work import ids_taken_by
from dealtrace.process_start import STARTS_VARIABLE, find_start
from dealtrace.settings import ENVIRONMENT_PREFIX, Settings, list_unknown_settings, read_settings
from dealtrace.stop_signals import stop_signals_held
from dealtrace.storage.database.engine import Database, is_sqlite
from dealtrace.storage.database.sqlite_file import claim_file

GRACE_SECONDS = 30
"""How many seconds a stopping server may take to finish the requests that it is serving."""
HEADER_SECONDS_MAX = 5
"""How many seconds a connection may take to send its request header, so that idle connections cannot block others."""
BACKLOG_MAX = 1024
"""The maximum number of connections waiting to be accepted, unless the server may open even fewer connections."""

FAILED_STARTS_MAX = 3
"""How many times in a row a process may fail to start before the server ends, unless Granian ends it earlier."""
START_SECONDS_MAX = 600
"""How many seconds a process must run to count as started if it cannot record its start, as on a full disk."""

_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""The errors of binding to an address that this machine does not have, such as ::1 without IPv6."""

_IN_THE_LOG = "See the end of the log for the reason."
_OTHER_HOST = " Choose an address of this machine with --host or DEALTRACE_HOST; 0.0.0.0 means all of its addresses."


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port to listen on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="The number of processes; more than 1 requires PostgreSQL.")
    ] = None,
) -> None:
    """Run the server until Ctrl-C or SIGTERM."""
    with explained():
        settings = _chosen(host, port, workers)
        _check_workers(settings)
        open_cities()  # checks the file before anything is printed or created
        address = _free_address(settings)
    raise_open_files(settings)
    with open_prepared(creates=True) as database:
        if database.is_sqlite and not claim_file(database.file):
            fail(f"Another server is already using {database.name}. Stop that server, or use PostgreSQL.")
        _greet(database, settings)
    with _shared_metrics(settings.workers), _stated_starts():
        supervisor = _make_supervisor(settings, address)
        try:
            supervisor.serve()
        except SystemExit as end:
            if end.code:
                fail(f"A server process keeps failing. {supervisor.failure or _IN_THE_LOG}")


def raise_open_files(settings: Settings) -> None:
    """Raise the limit on open files as far as needed and allowed; warn if it stays too low for `connections_max`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.connections_max + RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))
    fit = connections_that_fit(settings.connections_max)
    if fit < settings.connections_max:
        error_console.print(
            f"This process may open {hard} files, so it serves {fit} connections at once instead of "
            f"{settings.connections_max}. Raise the limit: ulimit -n {wanted}, or LimitNOFILE={wanted} for systemd.",
            markup=False,
        )


class _Supervisor(MPServer):
    """Granian's supervisor of server processes; it also reports that a process has died before it starts a new one.

    Ours: SIGHUP stops the server, as it stops programs without a handler for it, and is ignored under `nohup`. Granian
    would instead start a new process beside each old one, so that both would use one SQLite file, and end the old one
    before the new one serves.

    Ours: Granian gives up if a restarted process ends within 5.5 seconds. If a start takes longer before it fails,
    Granian would restart the process forever, so the supervisor also gives up after `FAILED_STARTS_MAX` failed starts
    in a row.
    """

    failure = ""
    """The reason why a process could not start; empty if no process has recorded one."""

    def startup(self, spawn_target: object, target_loader: object) -> None:
        """Start the processes; if SIGHUP is ignored, it stays ignored."""
        self._failed_starts: dict[int, int] = {}
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            self.on_startup(lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, *_: object, **__: object) -> None:
        """Stop the server on SIGHUP."""
        self.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def _spawn_workers(self, spawn_target: object, target_loader: object) -> None:
        with stop_signals_held():
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _respawn_workers(
        self, workers: Iterable[int], spawn_target: object, target_loader: object, delay: float = 0
    ) -> None:
        """Replace the given processes with new ones unless the server is stopping; print how the old ones ended."""
        if self.interrupt_signal:
            self.main_loop_interrupt.set()
            return
        places = list(workers)
        for place in places:
            died = self.wrks[place].inner
            if died.exitcode is not None:
                self._count_start(place)
                end = f"Server process {died.pid} {_end_of(died.exitcode)}."
                if self._failed_starts[place] >= FAILED_STARTS_MAX:
                    error_console.print(end)
                    self.interrupt_children.append(place)  # then the exit status is 1
                    self.interrupt_signal = True
                    self.main_loop_interrupt.set()
                    return
                error_console.print(f"{end} Starting a new one.")
        with stop_signals_held():
            super()._respawn_workers(places, spawn_target, target_loader, delay)

    def shutdown(self, exit_code: int = 0) -> None:
        """Note why processes could not start, then stop all processes."""
        for worker in self.wrks:
            self._note_failure(worker.inner.pid)
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]

    def _count_start(self, place: int) -> None:
        """Count a failed start of the process at `place`, or reset the count if the process has served."""
        worker = self.wrks[place]
        has_served = (
            STARTS_VARIABLE not in os.environ
            or find_start(worker.inner.pid) == ""
            or time.monotonic() - worker.birth > START_SECONDS_MAX
        )
        self._note_failure(worker.inner.pid)
        self._failed_starts[place] = 0 if has_served else self._failed_starts.get(place, 0) + 1

    def _note_failure(self, process: int) -> None:
        self.failure = find_start(process) or self.failure


def _end_of(exit_code: int) -> str:
    """Describe how a process ended; `exit_code` is the negated number of the signal if a signal ended it."""
    if exit_code >= 0:
        return f"ended with status {exit_code}"
    return f"was killed by {signal.Signals(-exit_code).name if -exit_code in set(signal.Signals) else -exit_code}"


def _make_supervisor(settings: Settings, address: str) -> _Supervisor:
    """Return the supervisor; it runs the server until a signal stops it."""
    if settings.workers > 1:  # prometheus_client reads its shared folder once, when imported
        multiprocessing.set_start_method("spawn", force=True)
    connections = connections_that_fit(settings.connections_max)
    return _Supervisor(
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
        http=HTTPModes.auto if settings.http2 else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS_MAX * 1000),
        backlog=min(BACKLOG_MAX, connections),
        backpressure=connections,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    )


def _chosen(host: str | None, port: int | None, workers: int | None) -> Settings:
    """Apply command-line options, as environment variables that server processes inherit, and return the settings."""
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[ENVIRONMENT_PREFIX + name] = str(value)
    read_settings.cache_clear()
    return read_settings()


def _check_workers(settings: Settings) -> None:
    """Print an error and exit if several processes are to serve a SQLite file."""
    if settings.workers > 1 and is_sqlite(settings.database_url):
        fail(
            "SQLite allows a single writer: a second process speeds nothing up and makes the slowest responses "
            "fifty times slower. Use --workers 1, or PostgreSQL."
        )


def _free_address(settings: Settings) -> str:
    """Return the IP address to listen on, after checking that the port is free.

    Granian listens on one address only, and it opens the port in shared mode, so it would not notice a second server.
    Ours: if a host name has several addresses, the first IPv4 address that this machine has is chosen, or else the
    first IPv6 address that it has. Programs that connect to `localhost` also try 127.0.0.1, but programs that connect
    to 127.0.0.1 never try ::1.

    Raises:
        OSError: the host cannot be resolved, this machine has none of its addresses, or the port is in use.
    """
    cannot_listen = f"Cannot listen on {settings.host or 'an empty host'}, port {settings.port}"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OSError(f"{cannot_listen}: {error.strerror}.{_OTHER_HOST}") from error
    absent: OSError | None = None
    for family, _, _, _, endpoint in sorted(found, key=lambda each: each[0] is not socket.AF_INET):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(endpoint)
                probe.listen(1)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise OSError(f"{cannot_listen}: {error.strerror}.{_cure(error, settings.port)}") from error
            absent = error
        else:
            return str(endpoint[0])
    reason = absent.strerror if absent is not None else "the host has no address"
    raise OSError(f"{cannot_listen}: {reason}.{_OTHER_HOST}") from absent


def _cure(error: OSError, port: int) -> str:
    """Return advice for a port that cannot be opened, with a space before it; empty if there is no advice."""
    other = "Choose another port with --port or DEALTRACE_PORT"
    if error.errno == errno.EADDRINUSE:
        return f" {other}; this shows which program uses it: ss -ltnp 'sport = :{port}'"
    if error.errno == errno.EACCES:
        return f" Only root, or a service with CAP_NET_BIND_SERVICE, may open this port. {other}."
    return ""


@contextmanager
def _stated_starts() -> Iterator[None]:
    """Provide a folder in which server processes record that they serve, or why they cannot start.

    If no folder can be created, the server runs without one, and no start counts as failed.
    """
    with ExitStack() as stack:
        os.environ.pop(STARTS_VARIABLE, None)
        with suppress(OSError):  # every folder for temporary files may be read-only
            folder = tempfile.TemporaryDirectory(prefix="dealtrace-starts-", ignore_cleanup_errors=True)
            os.environ[STARTS_VARIABLE] = stack.enter_context(folder)
        yield


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Provide a folder in which several server processes combine their Prometheus metrics."""
    if workers == 1 or os.environ.get(MULTIPROCESS_VARIABLE):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="dealtrace-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        yield


def _greet(database: Database, settings: Settings) -> None:
    """Print the URLs of the server and how to begin; secrets are printed to the terminal only, never logged."""
    for unknown in list_unknown_settings():
        console.print(f"Warning: {unknown}", markup=False)
    if database.is_sqlite and settings.read_database_url:
        console.print("Warning: DEALTRACE_READ_DATABASE_URL has no effect: a SQLite file has no replica.")
    url, own_url = settings.url, settings.own_url
    with changing(database, ids=ids_taken_by(open_first_site)) as work:
        first = open_first_site(work, TIME_ZONE_DEFAULT, settings.points_per_day)
        key = invite_first_user(work)
    console.print(f"Dealtrace listens on {own_url}, API docs: {url}/docs", markup=False)
    if url != own_url:
        console.print(f"Public URL: {url}", markup=False)
    console.print(f"The database in use: {database.name}", markup=False)
    if settings.workers > 1 and settings.rate_per_second and not settings.redis_url:
        console.print(
            f"Each of the {settings.workers} processes counts requests separately, so an IP address may send up to "
            f"{settings.workers * settings.rate_per_second} per second. Set DEALTRACE_REDIS_URL to share one limit.",
            markup=False,
        )
    if first is not None:
        _introduce(first, url)
    if key is not None:
        console.print()
        console.print("Create the first user here (the link works once):")
        console.print(f"{url}/cabinet/welcome?key={key}", markup=False)


def _introduce(first: FirstSite, url: str) -> None:
    """Print the token of the first site, and a first request to try, the same as in the README."""
    console.print()
    console.print(f"Site {first.site_id} created. Its token, shown only once: {first.secret}")
    console.print()
    console.print("To register a deal:")
    console.print(
        f'curl -G "{url}/calls-service/RestAPI/orders/register/" -d clientApiId={first.secret} '
        "-d orderNumber=K2018001 -d orderSum=1000 -d orderStatus=new "
        "--data-urlencode 'orderDate=26.03.2018 10:00:00' "
        "--data-urlencode 'manager=Коля' -d service=AmoCRM -d tags=mytag1,mytag2",
        soft_wrap=True,
    )
