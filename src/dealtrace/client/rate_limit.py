"""How fast a client may ask, so that the server need not refuse it."""

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 1.1
"""A second, and what a request may take longer on its way than the one before it."""


class Pace:
    """No more than so many requests in any second; `None` is no limit. May be shared by threads."""

    def __init__(self, per_second: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[float] | None = deque(maxlen=per_second) if per_second else None

    def delay_seconds(self) -> float:
        """Take the next turn and tell how long to wait for it."""
        if self._taken is None:
            return 0.0
        with self._lock:
            now = self._clock()
            is_full = len(self._taken) == self._taken.maxlen
            turn = max(now, self._taken[0] + WINDOW_SECONDS) if is_full else now
            self._taken.append(turn)
            return turn - now
