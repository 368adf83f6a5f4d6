"""`dealtrace …` as a person runs it: with its own folder, variables, streams and exit status."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from performer import run_to_the_end
from processes import WIDE, Order, Process, keeper

ENDED_WITHIN_SECONDS = 180
NONE: Mapping[str, str] = MappingProxyType({})


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
    """Runs commands."""

    def run(self, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path, typed: str) -> Finished:
        """Run a command to its end; one that does not end is ended, with all it started."""
        given, out, err = (folder / f".std{name}" for name in ("in", "out", "err"))
        given.write_bytes(os.fsencode(typed))
        for stream in (out, err):
            stream.write_text("")
        ordinary = {name: value for name, value in os.environ.items() if not name.startswith("DEALTRACE_")}
        order = Order(
            arguments,
            {**ordinary, "COLUMNS": WIDE, **environment},
            str(folder),
            "command",
            given=str(given),
            out=str(out),
            err=str(err),
        )
        try:
            status = run_to_the_end(order, ENDED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        return Finished(status, out.read_text(), err.read_text())


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


def read_to_the_end(descriptor: int) -> str:
    """Return all that is written to the other end of a terminal or pipe until it is closed, and close this end."""
    found = b""
    with suppress(OSError):  # a terminal whose other end is closed
        while piece := os.read(descriptor, 65536):
            found += piece
    os.close(descriptor)
    return found.decode()


def start(terminal: Terminal, *arguments: str, variables: Mapping[str, str] = NONE, **streams: str) -> Process:
    """Start a command that is to be looked at or stopped while it runs; `streams` are those of an `Order`."""
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": terminal.url, **variables}
    return keeper().start(Order(arguments, environment, str(terminal.folder), "command", **streams))


def run_on_screen(terminal: Terminal, *arguments: str, stream: str, **variables: str) -> str:
    """Run a command that must succeed, with one of its streams at a real terminal, and return what that shows."""
    outer, inner = os.openpty()
    with ThreadPoolExecutor(1) as pool:
        shown = pool.submit(read_to_the_end, outer)
        try:
            variables = {"TERM": "xterm", **variables}
            process = start(terminal, *arguments, variables=variables, **{stream: os.ttyname(inner)})
            assert process.wait(ENDED_WITHIN_SECONDS) == 0
        finally:
            os.close(inner)
        return shown.result()
