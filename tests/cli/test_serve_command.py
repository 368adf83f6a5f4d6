"""`dealtrace serve`: the first start, the next ones, and what keeps it from starting."""

import errno
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from commands import CommandLine, Terminal
from dealtrace.cli.serve import GRACE_SECONDS, _free_address, _Supervisor
from dealtrace.process_start import STARTS_VARIABLE, find_start, state_start
from dealtrace.settings import Settings
from engines import on_one_engine
from postgresql import PostgresqlServer
from server import ServerProcess, free_port, http_client
from waiting import PATIENCE_SECONDS, wait_until

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/cabinet/welcome\?key=(\S+))")
PASSWORD = "correct horse battery"
StartServer = Callable[..., ServerProcess]


def started_on_nothing(start_server_on: StartServer, tmp_path: Path) -> ServerProcess:
    """Start a server as a newcomer does: in an empty folder."""
    return start_server_on(f"sqlite:///{tmp_path / 'own.db'}")


def curl_line(printed: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith("curl "))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl")
def test_the_first_start_prints_all_that_is_needed_to_register_a_deal(
    start_server_on: StartServer, tmp_path: Path
) -> None:
    server = started_on_nothing(start_server_on, tmp_path)
    assert f"listens on {server.url}" in server.printed
    command = curl_line(server.printed)
    environment = {**os.environ, "NO_PROXY": "*"}
    for _ in range(2):
        answer = subprocess.run(["bash", "-c", command], capture_output=True, check=True, env=environment)
        assert json.loads(answer.stdout)["orderNumber"] == "K2018001"
    (token,) = set(re.findall(r"clientApiId=([\w-]+)", command))
    records = server.journal(token, 1).json()["records"]
    assert [(record["orderNumber"], record["manager"]) for record in records] == [("K2018001", "Коля")]
    assert f"shown only once: {token}" in server.printed

    link = LINK.search(server.printed)
    assert link is not None
    assert server.http.get(link[1]).status_code == 200
    for secret in (token, link[2], "Коля"):
        assert secret not in server.logged


def test_the_next_starts_print_a_new_link_until_there_is_a_user_and_the_older_one_works_too(
    start_server_on: StartServer, command_line: CommandLine, tmp_path: Path
) -> None:
    server = started_on_nothing(start_server_on, tmp_path)
    first = server.printed
    assert server.stop() == 0
    server.start()
    second = server.printed.removeprefix(first)
    assert server.url in second
    assert "token" not in second
    assert "curl" not in second
    old, new = LINK.search(first), LINK.search(second)
    assert old is not None
    assert new is not None
    assert old[2] != new[2]
    for link in (old, new):
        assert server.http.get(link[1]).status_code == 200

    Terminal(command_line, server.database_url, tmp_path).done("user", "create", "anna", new_password=PASSWORD)
    for link in (old, new):
        assert server.http.get(link[1]).status_code == 403
    assert server.stop() == 0
    server.start()
    third = server.printed.removeprefix(first + second)
    assert server.url in third
    assert "/cabinet/welcome" not in third
    assert "token" not in third


def test_several_processes_on_sqlite_are_refused_with_the_reason(terminal: Terminal, tmp_path: Path) -> None:
    if terminal.url.startswith("sqlite"):
        assert "SQLite allows a single writer" in terminal.refused(
            "serve", "--workers", "2", "--port", str(free_port())
        )
    elsewhere = Terminal(terminal._line, f"sqlite:///{tmp_path / 'new.db'}", tmp_path)
    assert "SQLite allows a single writer" in elsewhere.refused("serve", workers="2", port=str(free_port()))
    assert not list(tmp_path.glob("new.db*"))


def test_a_port_that_is_taken_is_stated_before_anything_is_made(
    server: ServerProcess, command_line: CommandLine, tmp_path: Path
) -> None:
    terminal = Terminal(command_line, f"sqlite:///{tmp_path / 'own.db'}", tmp_path)
    said = terminal.refused("serve", "--port", str(server.port))
    assert f"port {server.port}: Address already in use" in said
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert f"port {port}: Address already in use" in terminal.refused("serve", "--port", port)
        assert "Choose another port with --port or DEALTRACE_PORT; this shows which program uses it: ss" in (
            terminal.refused("serve", "--port", port)
        )
    assert not (tmp_path / "own.db").exists()


def test_a_port_of_root_is_stated_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(OSError, match=r"Permission denied\. Only root, or a service .* --port or DEALTRACE_PORT"):
        _free_address(Settings(port=80))


def test_a_file_that_is_served_is_not_served_twice(
    start_server_on: StartServer, command_line: CommandLine, tmp_path: Path
) -> None:
    server = started_on_nothing(start_server_on, tmp_path)
    terminal = Terminal(command_line, server.database_url, tmp_path)
    assert "already using" in terminal.refused("serve", "--port", str(free_port()))
    terminal.done("site", "list")
    assert server.stop() == 0
    server.start()


def test_no_process_outlives_the_one_that_started_it(start_server_on: StartServer, tmp_path: Path) -> None:
    server = started_on_nothing(start_server_on, tmp_path)
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not listens(server.port) and not is_claimed(tmp_path / "own.db"))
    server.start()


def test_a_process_that_is_killed_is_a_line_with_its_signal(start_server_on: StartServer, tmp_path: Path) -> None:
    server = started_on_nothing(start_server_on, tmp_path)
    (child,) = children_of(server.process.pid)
    os.kill(child, signal.SIGKILL)
    wait_until(lambda: f"Server process {child} was killed by SIGKILL. Starting a new one." in server.logged)
    wait_until(lambda: listens(server.port))


def test_a_process_that_still_starts_is_stopped_too(tmp_path: Path) -> None:
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}"}
    command = [sys.executable, "-m", "dealtrace", "serve", "--port", str(free_port())]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as serving:
        wait_until(lambda: children_of(serving.pid) != [])
        serving.terminate()
        assert serving.wait(timeout=GRACE_SECONDS - 5) == 0, "without being killed"


def test_stop_signals_that_follow_each_other_do_not_delay_the_stop(
    start_server_on: StartServer, tmp_path: Path
) -> None:
    server = started_on_nothing(start_server_on, tmp_path)
    (child,) = children_of(server.process.pid)
    with suppress(ProcessLookupError):  # it may end before the last signal
        for _ in range(20):
            os.kill(child, signal.SIGINT)
            server.process.send_signal(signal.SIGINT)
            os.kill(child, signal.SIGTERM)
    assert server.process.wait(timeout=GRACE_SECONDS - 5) == 0, "without being killed"


def test_each_of_two_processes_is_stopped_by_the_first_signal_and_hurt_by_none(
    postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    """The first process that `multiprocessing` spawns lets signals through which are held back for it."""
    url = postgresql_server.create("signals", "dealtrace_template")
    with closing(ServerProcess(url, tmp_path, workers=2)) as server:
        workers = [child for child in children_of(server.process.pid) if "spawn_main" in command_line_of(child)]
        assert len(workers) == 2
        for worker in workers:
            assert set(signals_in("SigBlk", worker)) == {signal.SIGHUP, signal.SIGINT, signal.SIGTERM}
        for sent in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM) * 20:
            os.killpg(server.process.pid, sent)
        assert server.process.wait(timeout=GRACE_SECONDS - 5) == 0, "without being killed"
        assert "Server process" not in server.logged


def test_a_closed_terminal_stops_the_server(tmp_path: Path) -> None:
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}"}
    port = free_port()
    command = ["env", "--default-signal=HUP", sys.executable, "-m", "dealtrace", "serve", "--port", str(port)]
    with (
        (tmp_path / "log").open("w+") as log,
        subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=log, start_new_session=True) as serving,
    ):
        wait_until(lambda: listens(port))
        os.killpg(serving.pid, signal.SIGHUP)
        assert serving.wait(timeout=GRACE_SECONDS - 5) == 0
        log.seek(0)
        assert log.read().count("process_started") == 1


def test_under_nohup_a_closed_terminal_does_not_stop_the_server(tmp_path: Path) -> None:
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}"}
    port = free_port()
    command = ["nohup", sys.executable, "-m", "dealtrace", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as serving:
        wait_until(lambda: listens(port))
        for process in (serving.pid, *children_of(serving.pid)):
            assert signal.SIGHUP in signals_in("SigIgn", process)
        serving.terminate()
        assert serving.wait(timeout=GRACE_SECONDS - 5) == 0


def test_a_stop_signal_that_comes_while_a_process_is_replaced_is_not_lost() -> None:
    supervisor = _Supervisor("dealtrace.app:create_app", log_enabled=False)
    supervisor.interrupt_signal = True
    supervisor._respawn_workers([0], None, None)
    assert supervisor.main_loop_interrupt.is_set()


def command_line_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text()


def signals_in(mask: str, process: int) -> Iterator[signal.Signals]:
    """Yield the signals of a mask of a process, such as SigBlk, of those that ask a server to stop."""
    found = re.search(rf"{mask}:\s*(\w+)", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    for asked in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if int(found[1], 16) >> (asked - 1) & 1:
            yield asked


def children_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_claimed(database: Path) -> bool:
    """Return whether a server, or a process that it left behind, still holds a database."""
    with database.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def listens(port: int) -> bool:
    """Return whether anybody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_host_that_is_not_ours_is_stated(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = Terminal(command_line, f"sqlite:///{tmp_path / 'own.db'}", tmp_path)
    assert "Cannot listen on 192.0.2.1" in terminal.refused("serve", "--host", "192.0.2.1")
    assert "Cannot listen on no host" in terminal.refused("serve", "--host", "no host")
    for host in ("192.0.2.1", "no host", ""):
        assert "with --host or DEALTRACE_HOST" in terminal.refused("serve", host=host)


@pytest.mark.parametrize(
    ("resolved", "chosen"),
    [(["::1", "127.0.0.1"], "127.0.0.1"), (["192.0.2.1", "127.0.0.1"], "127.0.0.1"), (["192.0.2.1", "::1"], "::1")],
)
def test_of_the_addresses_of_a_name_it_takes_one_that_this_machine_has_ipv4_first(
    monkeypatch: pytest.MonkeyPatch, resolved: list[str], chosen: str
) -> None:
    answers = [answer for text in resolved for answer in socket.getaddrinfo(text, 0, type=socket.SOCK_STREAM)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    assert _free_address(Settings(host="localhost")) == chosen


def test_a_port_that_is_taken_at_one_address_of_a_name_is_not_served_at_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answers = [*socket.getaddrinfo("::1", port), *socket.getaddrinfo("127.0.0.1", port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
        with pytest.raises(OSError, match="Address already in use"):
            _free_address(Settings(host="localhost", port=port))


FAILING = """import sys
import time
from dealtrace import app
from dealtrace.cli import main, serve

class Failing(app.Application):
    def _start(self):
        time.sleep({seconds})
        raise RuntimeError("the numbering plans are gone")

serve.FAILED_STARTS_MAX = {starts}
app.Application = Failing
sys.argv = ["dealtrace", "serve", "--port", "{port}"]
main()
"""
"""A server none of whose processes can start, each after some seconds."""


@pytest.mark.parametrize(("seconds", "starts"), [(0, 3), (5.6, 2)], ids=["at once", "later than Granian counts"])
def test_a_server_whose_processes_cannot_start_ends_with_the_reason(
    tmp_path: Path, seconds: float, starts: int
) -> None:
    """Granian begins a failed process anew; that must not go on for ever."""
    program = FAILING.format(seconds=seconds, starts=starts, port=free_port())
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}"}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr.count('"event":"start_failed"') == 2
    assert finished.stderr.endswith("A server process keeps failing. the numbering plans are gone\n")


def test_a_server_without_a_folder_for_temporary_files_serves_nevertheless(tmp_path: Path) -> None:
    """As in a container whose file system is read-only, but for its database."""
    port = free_port()
    program = "import sys, tempfile; tempfile.tempdir = '/proc'; from dealtrace.cli import main; main()"
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}"}
    command = [sys.executable, "-c", program, "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as serving:
        wait_until(lambda: listens(port) or serving.poll() is not None)
        serving.terminate()
        assert serving.wait(timeout=GRACE_SECONDS - 5) == 0


def test_a_failed_start_on_a_full_disk_does_not_count_as_one_that_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STARTS_VARIABLE, str(tmp_path))
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, former[1]))
    try:
        state_start("the disk is full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert find_start(os.getpid()) is None
    state_start()
    assert find_start(os.getpid()) == ""


@pytest.mark.parametrize("content", [None, b"no cities"], ids=["missing", "of another kind"])
def test_a_bad_file_of_cities_is_stated_before_anything_is_printed_or_made(
    command_line: CommandLine, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "cities.mmdb"
    if content is not None:
        file.write_bytes(content)
    terminal = Terminal(command_line, f"sqlite:///{tmp_path / 'own.db'}", tmp_path)
    said = terminal.refused("serve", "--port", str(free_port()), city_database=str(file))
    assert said.startswith(f"DEALTRACE_CITY_DATABASE: {file} cannot be read")
    assert "set it to the path of an MMDB file such as GeoLite2-City.mmdb" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "own.db").exists()


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        (
            "sqlite:///{folder}/foreign",
            "Set DEALTRACE_DATABASE_URL to a SQLite file, or to a file that does not exist yet.",
        ),
        ("sqlite:///{folder}", "This is a folder. Set DEALTRACE_DATABASE_URL to a file."),
        ("sqlite:///{folder}/absent/own.db", "Create it, or correct DEALTRACE_DATABASE_URL."),
        (
            "postgresql://dealtrace@127.0.0.1:1/absent",
            "Start the database server, or correct DEALTRACE_DATABASE_URL.",
        ),
    ],
)
def test_a_bad_database_url_is_stated_with_the_setting_and_the_cure(
    command_line: CommandLine, tmp_path: Path, url: str, cure: str
) -> None:
    (tmp_path / "foreign").write_text("no database, but a text that is long enough to be looked at " * 20)
    terminal = Terminal(command_line, url.format(folder=tmp_path), tmp_path)
    assert cure in " ".join(terminal.refused("serve", "--port", str(free_port())).split())


@on_one_engine
def test_a_setting_that_does_not_exist_is_a_warning_with_the_nearest_name(start_server: StartServer) -> None:
    server = start_server(prot=9, worker=2, read_database_url="postgresql://replica/deals")
    assert "Warning: DEALTRACE_READ_DATABASE_URL has no effect" in server.printed
    assert "Unknown setting DEALTRACE_PROT in the environment" in server.printed
    assert "Did you mean DEALTRACE_PORT?" in server.printed
    assert "Did you mean DEALTRACE_WORKERS?" in server.printed


@on_one_engine
def test_it_listens_by_a_name_and_prints_its_own_address_and_the_public_url(start_server: StartServer) -> None:
    server = start_server(host="localhost", public_url="https://deals.example.org/")
    assert f"Dealtrace listens on http://localhost:{server.port}," in server.printed
    assert "Public URL: https://deals.example.org\n" in server.printed
    assert "https://deals.example.org/docs" in server.printed
    assert "https://deals.example.org/cabinet/welcome?key=" in server.printed


def test_two_processes_on_postgresql_share_their_figures_and_name_their_requests_apart(
    postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    url = postgresql_server.create("two", "dealtrace_template")
    with closing(ServerProcess(url, tmp_path, workers=2, rate_per_second=500)) as server:
        assert "up to 1000 per second. Set DEALTRACE_REDIS_URL" in server.printed
        named: list[str] = []

        def both_answered() -> bool:
            with http_client() as fresh:
                named.append(fresh.get(f"{server.url}/healthz").headers["x-request-id"])
            return len(named) >= 60 and len({name.partition("-")[0] for name in named}) == 2

        def counted() -> int:
            figures = server.http.get("/metrics").text
            found = re.search(r'dealtrace_requests_total\{route="pages",status="200"\} (\d+)', figures)
            return int(found[1]) if found is not None else 0

        wait_until(both_answered)
        assert len(set(named)) == len(named)
        wait_until(lambda: counted() >= len(named))
        assert server.stop() == 0
