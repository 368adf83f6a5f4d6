"""Commands one after another in one process: a fork for each would take three times the CPU.

What a command has of its own: arguments, variables, settings, folder and standard streams. What the next one finds as
it was left: the modules of the program, and the statements that it compiled. `serve` sets up its whole process, so it
is always a fork, and so is a command that is run while another runs.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from processes import Order, keeper, open_stream, run_command

COMMANDS_MAX = 100
"""After so many commands another process performs, lest what they leave in its memory becomes much."""


class Performer:
    """The performing process as tests see it."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="dealtrace-commands-"))
        keeper().remove_in_the_end(folder)
        orders, answers = str(folder / "orders"), str(folder / "answers")
        os.mkfifo(orders)
        os.mkfifo(answers)
        self._answers = os.open(answers, os.O_RDONLY | os.O_NONBLOCK)
        self._orders = os.open(orders, os.O_RDWR)
        order = Order([__file__], dict(os.environ), "/", "script", given=orders, out=answers, err=str(folder / "err"))
        self._process = keeper().start(order)
        self._answered = select.poll()
        self._answered.register(self._answers, select.POLLIN)
        self._left = COMMANDS_MAX

    @property
    def is_fit(self) -> bool:
        """Whether it can run one more command."""
        return self._left > 0 and self._process.poll() is None

    def perform(self, order: Order, seconds: float) -> int:
        """Run a command and return its exit status.

        Raises:
            subprocess.TimeoutExpired: it took longer than a number of seconds, and was ended with all it started.
        """
        self._left -= 1
        os.write(self._orders, json.dumps(asdict(order)).encode() + b"\n")
        if not self._answered.poll(seconds * 1000):
            self._process.kill_family()
            raise subprocess.TimeoutExpired(list(order.arguments), seconds)
        answer = os.read(self._answers, 64)
        return int(answer) if answer else self._process.wait()

    def close(self) -> None:
        """End it."""
        self._process.kill_family()
        os.close(self._orders)
        os.close(self._answers)


_performers: list[Performer] = []
_lock = Lock()


def run_to_the_end(order: Order, seconds: float) -> int:
    """Run a command, or a program, and return its exit status.

    Raises:
        subprocess.TimeoutExpired: it took longer than a number of seconds, and was ended with all it started.
    """
    if order.how == "command" and "serve" not in order.arguments and _lock.acquire(blocking=False):
        try:
            return _fit_performer().perform(order, seconds)
        finally:
            _lock.release()
    process = keeper().start(order)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill_family()
        raise


def _fit_performer() -> Performer:
    if _performers and not _performers[0].is_fit:
        _performers.pop().close()
    if not _performers:
        _performers.append(Performer())
    return _performers[0]


def _perform_all() -> None:
    from compiled_once import compile_once  # noqa: PLC0415 - only the performing process needs it
    from dealtrace.settings import read_settings  # noqa: PLC0415 - likewise

    compile_once()
    answers = os.dup(1)
    with os.fdopen(os.dup(0), encoding="utf-8") as orders:
        for line in orders:
            order = Order(**json.loads(line))
            os.environ.clear()
            os.environ.update(order.environment)
            os.chdir(order.folder)
            read_settings.cache_clear()
            _hand_over_streams([order.given, order.out, order.err])
            status = run_command(order.arguments)
            _forget_streams()
            os.chdir("/")
            os.write(answers, str(status).encode())


def _hand_over_streams(names: list[str]) -> None:
    for number, name in enumerate(names):
        opened = open_stream(number, name)
        os.dup2(opened, number)
        os.close(opened)


def _forget_streams() -> None:
    """Close the streams of a command, of which nothing may be written to those of the next."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.close()
    _hand_over_streams([os.devnull] * 3)


if __name__ == "__main__":
    _perform_all()
