"""The command-line program `dealtrace`: one module per command or group of commands."""

import gc
from importlib import import_module


def main() -> None:
    """Run the program; nothing is imported before, so that garbage collection is off for all imports.

    Imports leave no garbage, and garbage collections, mostly at exit, would take a fifth of the time of a short
    command. `load_command` turns it on again.
    """
    gc.disable()
    import_module("dealtrace.cli.commands").main()
