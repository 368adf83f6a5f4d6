"""The command-line program `dealtrace`: one module per command or group of commands."""

from dealtrace.cli.commands import main

__all__ = ["main"]
