"""`dealtrace …` as a person runs it: a process of its own with its own streams and exit status.

Starting Python and importing the program takes over a second, so one process does that once and every command is a
fork of it. What a command does after its imports is the same to the last line.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDE = "300"
ENDED_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as a program reads it."""
        return json.loads(self.out)


class CommandLine:
    """Starts commands, one after another."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DEALTRACE_")}
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "COLUMNS": WIDE},
            text=True,
        )

    def run(self, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path, typed: str) -> Finished:
        """Run a command to its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        streams = [folder / f".std{name}" for name in ("in", "out", "err")]
        streams[0].write_text(typed)
        order = [list(arguments), dict(environment), str(folder), [str(stream) for stream in streams]]
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        return Finished(status, streams[1].read_text(), streams[2].read_text())

    def close(self) -> None:
        """End it for good."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Terminal:
    """A folder and a database that commands are run in."""

    def __init__(self, line: CommandLine, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._line = line

    def run(self, *arguments: str, typed: str = "", **settings: str) -> Finished:
        """Run a command; `settings` are variables without their `DEALTRACE_`, `typed` is what a person types."""
        environment = {"DEALTRACE_DATABASE_URL": self.url}
        environment |= {f"DEALTRACE_{name.upper()}": value for name, value in settings.items()}
        return self._line.run(arguments, environment, self.folder, typed)

    def done(self, *arguments: str, **more: str) -> Finished:
        """Run a command that must succeed."""
        finished = self.run(*arguments, **more)
        assert finished.status == 0, finished
        assert not finished.err, finished
        return finished

    def json(self, *arguments: str, **more: str) -> Any:
        """Run a command with `--json` that must succeed, and return what it says."""
        return self.done(*arguments, "--json", **more).json

    def refused(self, *arguments: str, **more: str) -> str:
        """Run a command that must be refused with a clear word on the standard error, and return the word.

        The doctor says by 1 that it found something, and by 2 that it could not look.
        """
        finished = self.run(*arguments, **more)
        assert finished.status == (2 if arguments[0] == "doctor" else 1), finished
        assert "Traceback" not in finished.err, finished
        assert not finished.out, finished
        assert finished.err.strip(), finished
        return finished.err


def _serve_forks() -> None:
    from dealtrace.cli.commands import COMMANDS, load_command, main  # noqa: PLC0415 - only this process needs it

    for name in COMMANDS:  # imported once, here
        load_command(name)
    for line in sys.stdin:
        arguments, environment, folder, streams = json.loads(line)
        child = os.fork()
        if not child:
            _become(arguments, environment, folder, streams, main)
        print(_end_of(child), flush=True)  # noqa: T201 - the answer to `CommandLine.run`


def _end_of(child: int) -> int:
    """Wait for a command's exit status; one that does not end is ended, with all it started."""
    deadline = time.monotonic() + ENDED_WITHIN_SECONDS
    while True:
        ended, state = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(state)
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.005)


def _become(arguments: list[str], environment: dict[str, str], folder: str, streams: list[str], main: Any) -> None:
    os.setsid()
    for number, name in enumerate(streams):
        opened = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["dealtrace", *arguments]
    status = 1
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve_forks()
