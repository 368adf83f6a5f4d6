"""Tell the supervisor the result of the start of a server process: that it serves, or why it cannot start."""

import os
from contextlib import suppress
from pathlib import Path

STARTS_VARIABLE = "DEALTRACE_STARTS_FOLDER"
"""The environment variable with the folder in which each process of `dealtrace serve` states how its start ended."""


def state_start(reason: str = "") -> None:
    """Tell the supervisor that this process serves or, if a reason is given, that it cannot start.

    If the disk is full, the file is deleted again, because an empty file would mean that the process serves.
    """
    if folder := os.environ.get(STARTS_VARIABLE):
        stated = Path(folder, str(os.getpid()))
        with suppress(OSError):
            try:
                stated.write_text(reason, encoding="utf-8")
            except OSError:
                stated.unlink()


def find_start(process: int) -> str | None:
    """Return why a process could not start; an empty string if it serves; `None` if it has not reported either yet."""
    try:
        return Path(os.environ[STARTS_VARIABLE], str(process)).read_text(encoding="utf-8")
    except (OSError, KeyError):
        return None
