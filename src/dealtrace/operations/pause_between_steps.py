"""How a background run pauses for other work between its steps, and how it ends when the server stops."""

from collections.abc import Callable
from typing import TypeAlias

PAUSE_SECONDS = 0.15
"""The pause before each step; others can write during it, since SQLite retries a blocked write every 0.1 s."""
NextStep: TypeAlias = Callable[[], None]
"""A function called before each step of a run: it pauses to let other code write; at shutdown, it raises `Stopped`."""


class Stopped(Exception):  # noqa: N818 - it is not an error
    """The server is stopping, so a background run ends before its next step."""
