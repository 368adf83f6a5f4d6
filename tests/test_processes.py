"""Processes that tests start end with the tests, however those end."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from absent import leave_out
from dealtrace import __version__
from performer import run_to_the_end
from postgresql import find_programs
from processes import Order, start_program
from server import PORTS_FROM, PORTS_OF_A_WORKER, free_port
from waiting import wait_until

RUNNER = """
import json, signal, sys, time
from pathlib import Path

from postgresql import PostgresqlServer, find_programs
from processes import keeper
from server import ServerProcess

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a script starts in the background
folder = Path(sys.argv[1])
servers = []
for name, is_fork in (("fork", True), ("program", False)):
    (folder / name).mkdir()
    url = f"sqlite:///{folder / name}/dealtrace.db"
    server = ServerProcess(url, folder / name, is_fork=is_fork)
    server.command("site", "list")  # what runs commands of forks stays
    servers.append(server.process.pid)
postgresql = PostgresqlServer(find_programs())
pids = [keeper().pid, postgresql.process.pid, *servers]
print(json.dumps({"pids": pids, "folder": str(postgresql.folder)}), flush=True)
time.sleep(600)
"""
"""A runner of tests that has started servers and is still testing."""


def family_of(pid: int) -> set[int]:
    """Return the ids of a process and of all processes below it that have not ended."""
    children = text_of(pid, f"task/{pid}/children").split()
    return {pid}.union(*(family_of(int(child)) for child in children))


def memory_of(pid: int) -> set[Path]:
    """Return the files of the shared memory that a process uses."""
    lines = text_of(pid, "maps").splitlines()
    shared = (line.split()[-1] for line in lines if "/dev/shm/" in line)  # noqa: S108 - PostgreSQL chose it
    return {Path(name) for name in shared if name != "(deleted)"}


def text_of(pid: int, name: str) -> str:
    """Return what the system says of a process, nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended may wait to be noticed by what is above it."""
    state = text_of(pid, "stat")
    return bool(state) and state.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGINT])
def test_nothing_that_a_runner_started_outlives_it(tmp_path: Path, ended_by: signal.Signals) -> None:
    if find_programs() is None:
        leave_out("PostgreSQL", "postgresql")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment, start_new_session=True,
    ) as runner:  # fmt: skip
        try:
            assert runner.stdout is not None
            started: dict[str, Any] = json.loads(runner.stdout.readline())
            family = set().union(*(family_of(pid) for pid in started["pids"]))
            left = {Path(started["folder"])}.union(*map(memory_of, family))
            assert len(family) > len(started["pids"]) + 4, "servers have processes below them"
            os.killpg(runner.pid, ended_by)  # as Ctrl-C does
            runner.wait(60)
        finally:
            runner.kill()
    wait_until(lambda: not any(map(runs, family)))
    wait_until(lambda: not any(path.exists() for path in left))


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert start_program(["/no/such/program"], err=str(log)).wait() == 127
    assert "/no/such/program" in log.read_text()


def test_a_command_that_does_not_end_is_ended_and_the_next_one_has_streams_of_its_own(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "given")
    out = tmp_path / "out"
    command = Order(("--version",), {}, str(tmp_path), "command", out=str(out))
    with pytest.raises(subprocess.TimeoutExpired):
        run_to_the_end(replace(command, given=str(tmp_path / "given")), 0.1)
    assert run_to_the_end(command, 60) == 0
    assert run_to_the_end(replace(command, arguments=("--no",), out=os.devnull), 60) == 2
    assert run_to_the_end(replace(command, out=str(tmp_path / "more")), 60) == 0
    assert out.read_text() == (tmp_path / "more").read_text() == f"dealtrace {__version__}\n"


def test_a_command_has_variables_and_settings_of_its_own(tmp_path: Path) -> None:
    for name in ("first.db", "second.db"):
        command = Order(
            ("config", "--json"), {"DEALTRACE_DATABASE_URL": f"sqlite:///{name}"}, str(tmp_path), "command",
            out=str(tmp_path / name),
        )  # fmt: skip
        assert run_to_the_end(command, 60) == 0
    first, second = ((tmp_path / name).read_text() for name in ("first.db", "second.db"))
    assert "first.db" in first
    assert second == first.replace("first.db", "second.db")


def test_how_a_process_ended_is_known_as_often_as_it_is_asked() -> None:
    process = start_program(["sleep", "600"])
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.kill()
    assert [process.wait(), process.poll(), process.returncode] == [-signal.SIGKILL] * 3


def test_two_runs_of_the_tests_on_one_machine_have_ports_of_their_own() -> None:
    """Two servers may listen on one port, and a test of one run would ask the server of the other."""
    port = free_port()
    other = f"import server; server._numbers = iter(range({(port - PORTS_FROM) % PORTS_OF_A_WORKER}, 10**6))"
    command = [sys.executable, "-c", f"{other}; print(server.free_port())"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert int(found) != port
