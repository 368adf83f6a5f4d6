"""How a run in the background takes turns with other work, and how it learns that it must end."""

from collections.abc import Callable
from typing import TypeAlias

PAUSE_SECONDS = 0.15
"""The pause before each step; others can write during it, since SQLite retries a blocked write every 0.1 s."""
NextStep: TypeAlias = Callable[[], None]
"""A function called before each step of a run: it pauses to let other code write; at shutdown, it raises `Stopped`."""


class Stopped(Exception):  # noqa: N818 - it is not an error
    """The server is stopping, so a run in the background ends before its next step."""
