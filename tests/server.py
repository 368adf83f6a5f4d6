"""A real server process for tests, and how they speak to it."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from performer import run_to_the_end
from processes import Order, keeper

STARTED_WITHIN_SECONDS = 60
ENDED_WITHIN_SECONDS = 60
LIMITS = (
    "rate_per_second",
    "exchange_rate_per_second",
    "form_rate_per_minute",
    "form_site_rate_per_minute",
    "visit_rate_per_minute",
    "visit_site_rate_per_minute",
    "cabinet_rate_per_minute",
)
REST = "/calls-service/RestAPI"
REGISTER = f"{REST}/orders/register/"
UPDATE = f"{REST}/orders/update-by-id/"
DELETE = f"{REST}/orders/delete-by-id/"


PORTS_FROM, PORTS_OF_A_WORKER = 20_000, 1_500
"""Below the ports that the system gives to programs that name none; each worker of the tests has its own."""
WORKERS_MAX = 8
CLAIMS_MAX = 100
_numbers = count(os.getpid() * 97)  # two runs of the tests on one machine begin at different ports
_claims = deque[int]()


UNKEPT = httpx.Limits(max_keepalive_connections=0)
"""For clients that connect anew for each request: the server may be closing a connection that is kept."""
_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(url: str = "", **options: Any) -> httpx.Client:
    """Return a client for servers without TLS, which is given no certificates: reading them takes 0.02 s of CPU."""
    return httpx.Client(base_url=url, **{"timeout": 30, "trust_env": False, "verify": _TRUSTS_NOBODY, **options})


def free_port() -> int:
    """Find a TCP port nobody listens on, and that no other worker finds, nor another run of the tests."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS_MAX
    while True:
        port = PORTS_FROM + worker * PORTS_OF_A_WORKER + next(_numbers) % PORTS_OF_A_WORKER
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _claim(port)
            return port


def _claim(port: int) -> None:
    """Keep a port from other runs, for as long as this process needs it or asks for no more than `CLAIMS_MAX` others.

    Until its server listens, and between its ends and starts, the port seems free.

    Raises:
        OSError: another process has claimed it.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        claim.bind(f"\0dealtrace test port {port}")  # the system forgets such a name with the process
        _claims.append(claim.detach())
    if len(_claims) > CLAIMS_MAX:
        os.close(_claims.popleft())


class ServerProcess:
    """`dealtrace serve` as a user starts it, or a fork of it; what it prints is in `folder`."""

    def __init__(
        self,
        database_url: str,
        folder: Path,
        *,
        open_files: int = 0,
        open_files_allowed: int = 0,
        is_fork: bool = False,
        **settings: Any,
    ) -> None:
        self.open_files = open_files
        self.open_files_allowed = open_files_allowed
        self.is_fork = is_fork and settings.get("workers", 1) == 1
        self.database_url = database_url
        self.folder = folder
        self.port = free_port()
        self.settings = {**dict.fromkeys(LIMITS, 0), **settings}
        self.url = f"http://{settings.get('host', '127.0.0.1')}:{self.port}"
        self.http = http_client(self.url, limits=UNKEPT)
        self._logged_before = 0
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        """The environment the server, and commands beside it, run in."""
        own = {f"DEALTRACE_{name.upper()}": str(value) for name, value in self.settings.items()}
        return {**os.environ, **own, "DEALTRACE_DATABASE_URL": self.database_url, "COLUMNS": "200"}

    @property
    def printed(self) -> str:
        """What the server said on its standard output."""
        return (self.folder / "out").read_text()

    @property
    def logged(self) -> str:
        """What the server logged, since the present test began if the server is shared by tests."""
        return (self.folder / "err").read_text()[self._logged_before :]

    def forget_logged(self) -> None:
        """Leave out of `logged` what the server has logged up to now, for other tests."""
        self._logged_before += len(self.logged)

    def start(self) -> None:
        """Start and wait until each of its processes is ready."""
        self.process = keeper().start(self._order(["serve", "--port", str(self.port)], self.environment, self.folder))
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        ready: set[str] = set()
        while True:
            try:
                answer = self.http.get("/readyz")
                if answer.status_code == httpx.codes.OK:
                    ready.add(answer.headers["x-request-id"].partition("-")[0])
                    if len(ready) >= int(self.settings.get("workers", 1)):
                        return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.kill()
                message = f"The server did not start:\n{self.printed}\n{self.logged}"
                raise AssertionError(message)
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask it to stop, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def kill(self) -> None:
        """End it, and its workers, as a power cut would."""
        self.process.kill_family()

    def close(self) -> None:
        """End it for good."""
        self.http.close()
        if self.process.poll() is None:
            self.stop()

    def register(self, token: str, **parameters: Any) -> httpx.Response:
        """Register a deal; what the seed requires and a test does not care about is filled in."""
        return self.http.get(REGISTER, params=deal_parameters(token, **parameters))

    def update(self, token: str, **parameters: Any) -> httpx.Response:
        """Change a deal."""
        return self.http.get(UPDATE, params={"clientApiId": token, **parameters})

    def delete(self, token: str, **parameters: Any) -> httpx.Response:
        """Delete a deal."""
        return self.http.get(DELETE, params={"clientApiId": token, **parameters})

    def journal(self, token: str, site_id: int, **parameters: Any) -> httpx.Response:
        """Read the journal of deals; without dates, of March 2018."""
        sent = {"clientApiId": token, "dateFrom": "01/03/2018", "dateTo": "31/03/2018", **parameters}
        return self.http.get(f"{REST}/{site_id}/orders-diary/orders", params=sent)

    def calls(self, token: str, site_id: int, **parameters: Any) -> httpx.Response:
        """Read the journal of calls; without dates, of the 26th of March 2018."""
        sent = {"clientApiId": token, "dateFrom": "26/03/2018", "dateTo": "26/03/2018", **parameters}
        return self.http.get(f"{REST}/{site_id}/calls-diary/calls", params=sent)

    def lead_requests(self, token: str, **parameters: Any) -> httpx.Response:
        """Read the journal of lead requests; without dates, of the 26th of March 2018."""
        sent = {"clientApiId": token, "dateFrom": "03/26/2018", "dateTo": "03/26/2018", **parameters}
        return self.http.get(f"{REST}/requests", params=sent)

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are over a socket, and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def command(
        self, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
    ) -> "subprocess.CompletedProcess[str]":
        """Run `dealtrace …` beside the server, on its database; `environment` is beyond the server's own."""
        with tempfile.TemporaryDirectory() as printed:
            folder = Path(printed)
            order = self._order(arguments, {**self.environment, **environment}, folder)
            status = run_to_the_end(order, ENDED_WITHIN_SECONDS)
            said = ((folder / name).read_text() for name in ("out", "err"))
            return subprocess.CompletedProcess(arguments, status, *said)

    def _order(self, arguments: Sequence[str], environment: Mapping[str, str], printed: Path) -> Order:
        """Return the order of a command that prints into a folder; beside a fork it is a fork too."""
        return Order(
            arguments if self.is_fork else [sys.executable, "-m", "dealtrace", *arguments],
            environment,
            str(self.folder),
            how="command" if self.is_fork else "program",
            out=str(printed / "out"),
            err=str(printed / "err"),
            open_files=self.open_files,
            open_files_allowed=self.open_files_allowed,
        )


def deal_parameters(token: str, **parameters: Any) -> Mapping[str, Any]:
    """Fill in what the seed requires of a registration."""
    return {
        "clientApiId": token,
        "orderSum": "1000",
        "orderStatus": "new",
        "orderDate": "26.03.2018 10:00:00",
        "service": "AmoCRM",
        **parameters,
    }
