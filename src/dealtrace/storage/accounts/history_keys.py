"""The keys of entries in histories, by which entries of one moment keep their order."""

from datetime import datetime
from secrets import randbits
from threading import Lock

RANDOM_BITS = 12


class _HistoryKeys:
    def __init__(self) -> None:
        self._lock = Lock()
        self._latest = 0

    def next_key(self, at: datetime) -> str:
        """Return a key of a change: 16 hexadecimal digits, greater than every key that this process has made before.

        Ours: the key is the moment in microseconds and some random bits, or the last key plus one, because one command
        writes several entries of the same moment, and random keys would list them in random order.
        """
        microseconds = int(at.timestamp() * 1_000_000)
        with self._lock:
            self._latest = max(self._latest + 1, microseconds << RANDOM_BITS | randbits(RANDOM_BITS))
            return f"{self._latest:016x}"


HISTORY_KEYS = _HistoryKeys()
