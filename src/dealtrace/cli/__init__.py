"""The command-line program `dealtrace`: one module per command or group of commands."""

import gc
import signal
import sys
from importlib import import_module


def main() -> None:
    """Run the program; its modules are imported here, after garbage collection is turned off.

    Imports leave no garbage, and garbage collections, mostly at exit, would take a fifth of the time of a short
    command. `load_command` turns garbage collection on again. Ctrl-C that comes before a command runs ends the program
    with one line.
    """
    gc.disable()
    try:
        import_module("dealtrace.cli.commands").main()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(128 + signal.SIGINT)
