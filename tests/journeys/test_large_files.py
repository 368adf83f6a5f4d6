"""Large files: they end at once when the server stops, and are refused if the disk for temporary files is full."""

import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import httpx
import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.cli.serve import GRACE_SECONDS
from dealtrace.operations.deals.register import register_deals
from dealtrace.runtime.server_stop import RETRY_SECONDS
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from examples import drawn
from guests import Guest, member_of
from server import ServerProcess
from waiting import wait_until
from write_commands import registration

StartServer = Callable[..., ServerProcess]
DEALS, AT_ONCE = 30_000, 1_000
TRIES = 9
MARCH = "from=2018-03-01&to=2018-03-31"
BY_MANAGER = f"by=manager&metrics=deals&{MARCH}"
BUFFER_BYTES = 65_536
"""How much the system receives before it is read; what a server sends beyond that waits for the client."""


@pytest.fixture(scope="module")
def full_file(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Player]:
    """Fill a database with deals, each by a manager of its own, whose file does not fit the buffers of a connection."""
    path = tmp_path_factory.mktemp("full") / "dealtrace.db"
    database = open_database(copy_sqlite(path))
    stage = Stage(database)
    shop = stage.open_site()
    for start in range(0, DEALS, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        deals = [
            registration(f"{number}", manager=f"{number:0200}", happened_at=moscow("2018-03-26")) for number in numbers
        ]
        stage.perform(register_deals, shop, *deals)
    database.close()
    return path, shop


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Give a folder for the temporary files of a server."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def full(
    full_file: tuple[Path, Player],
    tmp_path: Path,
    files: Path,
    start_server_on: StartServer,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[ServerProcess, Player]:
    """Start a server on a copy of the full database."""
    monkeypatch.setenv("TMPDIR", str(files))
    return copied(full_file, tmp_path, start_server_on)


def copied(full_file: tuple[Path, Player], tmp_path: Path, start: StartServer) -> tuple[ServerProcess, Player]:
    """Start a server on a copy of the full database."""
    path, shop = full_file
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    return start(f"sqlite:///{copy}"), shop


@pytest.fixture
def analyst(full: tuple[ServerProcess, Player]) -> Iterator[Guest]:
    """Log an analyst of the site in."""
    server, shop = full
    database = open_database(server.database_url)
    yield member_of(server, Stage(database), shop.site.id, Role.ANALYST)
    database.close()


def request_of(path: str, shop: Player, analyst: Guest) -> tuple[str, dict[str, str]]:
    """Return the path of a file, and the headers that open it."""
    if path.startswith("/api"):
        return path, {"Access-Token": shop.token}
    return f"/cabinet/{shop.site.id}/{path}", {"Cookie": f"session={analyst.secret}"}


ROWS = f"reports/rows.{{}}?metrics=deals&{MARCH}"
SENT = [
    f"deals.csv?{MARCH}",
    f"reports.csv?{BY_MANAGER}",
    f"/api/reports.csv?{BY_MANAGER}",
]


@pytest.mark.few(1)
@pytest.mark.parametrize("path", SENT)
def test_a_file_that_is_sent_is_broken_off(full: tuple[ServerProcess, Player], analyst: Guest, path: str) -> None:
    server, shop = full
    asked, headers = request_of(path, shop, analyst)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        connection.settimeout(GRACE_SECONDS)
        connection.connect(("127.0.0.1", server.port))
        lines = [f"GET {asked} HTTP/1.1", "Host: localhost", *(f"{name}: {text}" for name, text in headers.items())]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        received = connection.recv(100)
        assert received.startswith(b"HTTP/1.1 200"), received
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: f'"path":"{asked.partition("?")[0]}"' in server.logged)
        with pytest.raises((ConnectionError, EOFError)):
            read_to_the_end(connection, received)
    assert server.process.wait(timeout=GRACE_SECONDS) == 0


def read_to_the_end(connection: socket.socket, received: bytes) -> None:
    """Read an answer.

    Raises:
        EOFError: it has no end.
    """
    while chunk := connection.recv(1 << 20):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    is_whole = len(body) == int(lengths[0].split(b":")[1]) if lengths else body.endswith(b"\r\n0\r\n\r\n")
    if not is_whole:
        raise EOFError


WRITTEN = [
    (f"deals.csv?{MARCH}", "ru"),
    (f"deals.xlsx?{MARCH}", "en"),
    (f"reports.xlsx?{BY_MANAGER}", "ru"),
    (f"/api/reports.xlsx?{BY_MANAGER}", "en"),
]
STOPPING = {"ru": "Сервер останавливается", "en": "The server is stopping"}


def answer_when_stopped(server: ServerProcess, asked: str, headers: dict[str, str], files: Path) -> httpx.Response:
    """Stop the server while it writes a file, and return its answer.

    If the file was ready before this process was woken, the server is asked again.
    """
    for _ in range(TRIES):
        with ThreadPoolExecutor(1) as threads:
            asking = threads.submit(server.http.get, asked, headers=headers)
            wait_until(lambda: asking.done() or list(files.rglob("*.partial")))  # noqa: B023
            assert server.stop() == 0
        if isinstance(asking.exception(), httpx.TransportError) or asking.result().status_code == httpx.codes.OK:
            server.start()
        else:
            break
    return asking.result()


@pytest.mark.few(2)
@pytest.mark.parametrize(("path", "language"), WRITTEN)
def test_a_file_that_is_written_is_refused(
    full: tuple[ServerProcess, Player], analyst: Guest, files: Path, path: str, language: str
) -> None:
    server, shop = full
    asked, headers = request_of(path, shop, analyst)
    headers["Accept-Language"] = language
    answer = answer_when_stopped(server, asked, headers, files)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(RETRY_SECONDS))
    assert STOPPING[language] in answer.text
    assert not list(files.rglob("*.partial"))


def test_files_that_a_full_disk_does_not_hold_are_refused(
    full_file: tuple[Path, Player],
    tmp_path: Path,
    small_disk: Path,
    start_server_on: StartServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMPDIR", str(small_disk))
    server, shop = copied(full_file, tmp_path, start_server_on)
    database = open_database(server.database_url)
    analyst = member_of(server, Stage(database), shop.site.id, Role.ANALYST)
    paths = (f"deals.{{}}?{MARCH}", f"reports.{{}}?{BY_MANAGER}", ROWS, f"/api/reports.{{}}?{BY_MANAGER}")
    for path, extension in drawn(product(paths, ("csv", "xlsx"))):
        asked, headers = request_of(path.format(extension), shop, analyst)
        answer = server.http.get(asked, headers={**headers, "Accept-Language": "en"})
        assert answer.status_code == 503, (asked, answer.text)
        assert "temporary files: No space left on device" in answer.text, (asked, answer.text)
        assert not list(small_disk.rglob("*.*")), asked
    assert (
        server.http.get(f"/api/reports?{BY_MANAGER}&limit=1", headers={"Access-Token": shop.token}).status_code == 200
    )
    database.close()
    assert "request_broke" not in server.logged
