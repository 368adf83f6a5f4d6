"""The command line: one module per command group."""

from dealtrace.cli.commands import main

__all__ = ["main"]
