"""The log: one line per request, and outages of services that the server needs, such as its database.

Tokens, phones, e-mails and names are never logged, nor is the query string, which contains them.
"""

import collections
import itertools
import logging
import math
import re
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO

import msgspec
import structlog

from dealtrace import metrics

OUTAGE_REPEATED_SECONDS = 60
"""The minimum number of seconds between two log lines about one outage."""

RETRY_LOG_SECONDS = 60.0

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PLAIN_SEGMENT = re.compile(r"[A-Za-z][A-Za-z._-]{0,39}|[0-9]{1,9}|")

_log = structlog.get_logger()


def request_ids() -> Iterator[str]:
    """Return an iterator of request ids that are unique among processes; each process must call this itself."""
    process = secrets.token_hex(4)
    return (f"{process}-{number}" for number in itertools.count(1))


@lru_cache(maxsize=1024)
def plain_path(path: str) -> str:
    """Return a URL path as it is logged: words and short numbers stay, other segments may be secret and become `…`."""
    return "/".join(part if _PLAIN_SEGMENT.fullmatch(part) else "…" for part in path.split("/")[:12])


def plain_method(method: str) -> str:
    """Return an HTTP method as it is logged; unknown methods become `other`."""
    return method if method in _METHODS else "other"


def cause_of(fault: BaseException) -> list[dict[str, object]]:
    """Return the type and the traceback lines of an exception and its causes; messages are left out for privacy."""
    chain: list[BaseException] = []
    following: BaseException | None = fault
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or following.__context__
    return [
        {
            "type": type(link).__qualname__,
            "at": [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(link.__traceback__)
            ],
        }
        for link in chain
    ]


class Outage:
    """Logs the outage of a service that the server needs: at the first failure, then once a minute, and at the end.

    Log lines about failures are named `event`, and the log line about the end is named `end_event`. Not thread-safe.
    """

    def __init__(self, event: str, end_event: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.event = event
        self._end_event = end_event
        self._monotonic = monotonic
        self._logged_at = self._bug_logged_at = -math.inf
        self._began_at: float | None = None
        self._is_announced = False
        self._failures = 0

    def failed(self, reason: str, *, is_bug: bool = False, **facts: object) -> None:
        """Count a failure, and log it: a bug as an error, other failures as warnings.

        A bug is not logged if another bug was logged within the last minute. Other failures are not logged if a
        failure of either kind was logged within the last minute.
        """
        now = self._monotonic()
        self._began_at = now if self._began_at is None else self._began_at
        self._failures += 1
        if now - (self._bug_logged_at if is_bug else self._logged_at) < OUTAGE_REPEATED_SECONDS:
            return
        self._logged_at, self._is_announced = now, True
        if is_bug:
            self._bug_logged_at = now
        log = _log.error if is_bug else _log.warning
        log(self.event, reason=reason, failures=self._failures, **facts)

    def ended(self) -> None:
        """Log the end of the outage, if its beginning was logged."""
        if self._began_at is None:
            return
        if self._is_announced:
            seconds = round(self._monotonic() - self._began_at, 1)
            _log.info(self._end_event, seconds=seconds, failures=self._failures)
        self._began_at, self._is_announced, self._failures = None, False, 0


class RebuildLog:
    """Logs each rebuild of the column mirror, the DuckDB copy of SQLite for reports. Not thread-safe.

    The time of the last rebuild is also published in the metrics.
    """

    def __init__(self, since: datetime) -> None:
        self._logged_at = since

    def observe(self, rebuilt_at: datetime, cause: str) -> None:
        """Log a rebuild of the column mirror, unless it was logged already or happened before the log's `since`."""
        metrics.MIRROR_REBUILT.set(rebuilt_at.timestamp())
        if rebuilt_at > self._logged_at:
            self._logged_at = rebuilt_at
            _log.warning("mirror_rebuilt", reason=cause, at=rebuilt_at.isoformat())


class RetryLog:
    """Counts the retries of writes, and logs their number at most once a minute."""

    def __init__(self, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self._seconds_now = seconds_now
        self._seen: collections.Counter[str] = collections.Counter()
        self._logged_at = -RETRY_LOG_SECONDS
        self._lock = threading.Lock()

    def observe(self, reason: str) -> None:
        """Count a retry of a write; called from the threads that write."""
        metrics.RETRIES.labels(reason).inc()
        with self._lock:
            self._seen[reason] += 1

    def log(self) -> None:
        """Log the retries since the last log line, if there were any and a minute has passed; called every second."""
        now = self._seconds_now()
        if not self._seen or now < self._logged_at + RETRY_LOG_SECONDS:
            return
        with self._lock:
            seen, self._seen, self._logged_at = self._seen, collections.Counter(), now
        _log.warning("writes_retried", **seen)


def start_logging(level: str) -> None:
    """Configure the log: JSON lines on standard error, from `level` up."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(_LossyFile(sys.stderr.buffer)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )


class _LossyFile:
    """A file whose write errors are ignored: a full disk loses log lines, not responses.

    Its code does not use `contextlib.suppress`, which takes as long as the write itself.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, line: bytes) -> None:
        try:  # noqa: SIM105
            self._file.write(line)
        except OSError:
            pass

    def flush(self) -> None:
        try:  # noqa: SIM105
            self._file.flush()
        except OSError:
            pass


def _encode(event: dict[str, object], **_: object) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)
