"""The keys of entries in histories; they keep entries that were made at the same time in order."""

from datetime import datetime
from secrets import randbits
from threading import Lock

RANDOM_BITS = 12


class _HistoryKeys:
    def __init__(self) -> None:
        self._lock = Lock()
        self._latest = 0

    def next_key(self, at: datetime) -> str:
        """Return a key of 16 hexadecimal digits for an entry, greater than all keys that this process made before.

        Ours: the key is the time in microseconds followed by random bits or, if that is not greater, the last key plus
        one. One command writes several entries at the same time, and with random keys they would be listed in random
        order.
        """
        microseconds = int(at.timestamp() * 1_000_000)
        with self._lock:
            self._latest = max(self._latest + 1, microseconds << RANDOM_BITS | randbits(RANDOM_BITS))
            return f"{self._latest:016x}"


HISTORY_KEYS = _HistoryKeys()
