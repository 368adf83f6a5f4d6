"""The command-line program `dealtrace`: one module per command or group of commands."""

import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

STOP_SECONDS_MAX = 5
"""How long a command may take to end after SIGTERM or SIGHUP; Python cannot interrupt a long statement of SQLite."""
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run the program; its modules are imported here, after garbage collection is turned off.

    Imports leave no garbage, and garbage collections, mostly at exit, would take a fifth of the time of a short
    command. `load_command` turns garbage collection on again. If Ctrl-C is pressed before a command runs, the program
    prints one line and exits. SIGTERM, and SIGHUP unless it is ignored, end every command as Ctrl-C does, except the
    server, which handles these signals itself.
    """
    gc.disable()
    if sys.argv[1:2] != ["serve"]:
        _take_ending_signals()
    try:
        import_module("dealtrace.cli.commands").main()
    except KeyboardInterrupt as stop:
        sys.stderr.write("Stopped.\n")
        sys.exit(128 + (stop.args[0] if stop.args else signal.SIGINT))


def _take_ending_signals() -> None:
    """Make the first SIGTERM or SIGHUP raise `KeyboardInterrupt` with its number, and make sure that the program ends.

    A thread learns of the signal from a byte in a pipe, even while Python itself waits for a database statement, and
    ends the program if it has not ended after `STOP_SECONDS_MAX`. There is no such thread if a standard stream is
    closed, because the pipe would get the file descriptor of that stream.
    """
    for number in _ENDING_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    if None in (sys.stdin, sys.stdout, sys.stderr):
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_end_late, args=(reading,), name="ending-signal", daemon=True).start()


def _stop(number: int, _: object) -> NoReturn:
    for other in _ENDING_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def _end_late(reading: int) -> None:
    while (number := os.read(reading, 1)[0]) not in _ENDING_SIGNALS:
        pass
    time.sleep(STOP_SECONDS_MAX)
    with suppress(OSError):  # the terminal may be gone
        os.write(sys.stderr.fileno(), b"Stopped.\n")
    os._exit(128 + number)
