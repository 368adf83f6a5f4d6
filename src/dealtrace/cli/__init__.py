"""The command line, a command group per file."""

from dealtrace.cli.commands import main

__all__ = ["main"]
