"""How a run in the background takes turns with other work, and how it learns that it must end."""

from collections.abc import Callable
from typing import TypeAlias

NextStep: TypeAlias = Callable[[], None]
"""A function that a run calls before each step; it lets others write, and raises `Stopped` when the server stops."""


class Stopped(Exception):  # noqa: N818 - it is not an error
    """The server is stopping, so a run in the background ends before its next step."""
