"""How long the write queue waits for further commands before it writes, so that a busy server writes fewer batches."""

import time
from collections.abc import Callable

GATHERED_FROM = {"sqlite": 8, "postgresql": 4}
"""Ours: after a batch of at least this size, which depends on the engine, the queue waits before it writes the next.

After smaller batches, which are usual with few clients, it does not wait.
"""
LOOK_SECONDS, LOOKS_MAX = 0.001, 4
"""Ours: the seconds between two checks of the queue while a batch is gathered, and the maximum number of checks.

A batch costs about as much as ten commands. Clients whose commands were answered together send their next commands
within a few milliseconds; the processor receives and parses these requests while the queue waits.
"""


class BatchDelay:
    """Waits for the commands of a batch; used by one thread."""

    def __init__(self, engine: str) -> None:
        self._gathered_from = GATHERED_FROM[engine]
        self._last_size = 0

    def wait(self, count_waiting: Callable[[], int]) -> None:
        """Wait while commands keep coming, until there are as many as in the previous batch.

        `count_waiting` counts the waiting commands.
        """
        if self._last_size < self._gathered_from:
            return
        seen = -1
        for _ in range(LOOKS_MAX):
            time.sleep(LOOK_SECONDS)
            waiting = count_waiting()
            if waiting == seen or waiting >= self._last_size:
                return
            seen = waiting

    def gathered(self, size: int) -> None:
        """Remember how many commands the batch has."""
        self._last_size = size
