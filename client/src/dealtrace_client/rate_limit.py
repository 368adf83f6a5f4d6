"""The rate at which a client sends requests, so that the server does not refuse them."""

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 1.1
"""One second, and a margin for differences between the transit times of two requests."""


class RateLimit:
    """A limit of `per_second` requests in any second, or no limit if it is `None`; thread-safe."""

    def __init__(self, per_second: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[float] | None = deque(maxlen=per_second) if per_second is not None else None

    def delay_seconds(self) -> float:
        """Reserve a place for the next request, and return how many seconds to wait before sending it."""
        if self._taken is None:
            return 0.0
        with self._lock:
            now = self._clock()
            is_full = len(self._taken) == self._taken.maxlen
            sent_at = max(now, self._taken[0] + WINDOW_SECONDS) if is_full else now
            self._taken.append(sent_at)
            return sent_at - now
