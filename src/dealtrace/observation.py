"""Logs and metrics: one log line per request, and metrics for Prometheus.

Tokens, phones, e-mails and names are never logged, nor is the query string, which contains them.
"""

import collections
import itertools
import logging
import math
import os
import re
import resource
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from typing import BinaryIO

import msgspec
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder in which the processes of one server keep their metrics."""

REQUESTS = Counter("dealtrace_requests", "Requests that got a response.", ["route", "status"])
SECONDS = Histogram(
    "dealtrace_request_seconds",
    "Time to the response.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
BATCH_SIZE = Histogram(
    "dealtrace_commit_wishes", "Writes that shared a commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
COMMIT_SECONDS = Histogram(
    "dealtrace_commit_seconds", "Time to read, decide, store and flush a batch.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)  # fmt: skip
RETRIES = Counter("dealtrace_write_retries", "Write transactions that were tried again, by reason.", ["reason"])
WAITING = Gauge("dealtrace_scribe_waiting", "Writes waiting for their commit.", multiprocess_mode="livesum")
TALLY = Counter("dealtrace_tally", "Values that callers sent, by outcome.", ["what", "kind"])

ATTEMPTS = Counter("dealtrace_webhook_attempts", "Attempts to send a webhook.", ["outcome"])
ATTEMPT_SECONDS = Histogram(
    "dealtrace_webhook_attempt_seconds",
    "Time that a webhook's receiver took to respond.",
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5),
)
PAUSED = Gauge("dealtrace_webhooks_paused", "Webhooks that are paused.", multiprocess_mode="livemax")
MAIL_ATTEMPTS = Counter("dealtrace_mail_attempts", "Attempts to send a mail.", ["outcome"])
MAILS_WAITING = Gauge("dealtrace_mails_waiting", "Mails that are not sent yet.", multiprocess_mode="livemax")
ALERT_LOOKS = Counter("dealtrace_alert_looks", "Looks at rules of alerts.", ["outcome"])
ALERTS_WAITING = Gauge(
    "dealtrace_alerts_waiting", "Rules of alerts that are to be looked at.", multiprocess_mode="livemax"
)
FAILING = Gauge("dealtrace_webhooks_failing", "Webhooks whose last attempt failed.", multiprocess_mode="livemax")
MIRROR_REBUILT = Gauge(
    "dealtrace_mirror_rebuilt_timestamp_seconds",
    "When the column mirror of reports was last built again because it could not be brought up to date; 0: never.",
    multiprocess_mode="livemax",
)

RESERVED_FILES = 128
"""How many open files a process needs besides client connections: for the database, webhooks, Redis and modules."""
CONNECTIONS_MIN = 16
"""The number of connections that a process may always open, even if its limit on open files is lower."""

OUTAGE_REPEATED_SECONDS = 60
"""How often a continuing outage is logged."""

RETRY_LOG_SECONDS = 60.0

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger()
_PLAIN_SEGMENT = re.compile(r"[A-Za-z][A-Za-z._-]{0,39}|[0-9]{1,9}|")

_log = structlog.get_logger()


def request_ids() -> Iterator[str]:
    """Return an iterator of request ids that are unique among processes; each process must call this itself."""
    process = secrets.token_hex(4)
    return (f"{process}-{number}" for number in itertools.count(1))


@lru_cache(maxsize=1024)
def plain_path(path: str) -> str:
    """Return a path for the log; segments that are neither words nor short numbers may be secrets and become `…`."""
    return "/".join(part if _PLAIN_SEGMENT.fullmatch(part) else "…" for part in path.split("/")[:12])


def plain_method(method: str) -> str:
    """Return a method for the log; an unknown method, which may be any text, becomes `other`."""
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
    """Logs the outage of something that the server needs: at once, then once a minute, and when it ends.

    The log lines are named `event` and, at the end, `end_event`. Not thread-safe.
    """

    def __init__(self, event: str, end_event: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._event = event
        self._end_event = end_event
        self._monotonic = monotonic
        self._logged_at = -math.inf
        self._began_at: float | None = None
        self._is_announced = False
        self._failures = 0

    def failed(self, reason: str, **facts: object) -> None:
        """Count a failure, and log it unless another failure was logged within the last minute."""
        now = self._monotonic()
        self._began_at = now if self._began_at is None else self._began_at
        self._failures += 1
        if now - self._logged_at >= OUTAGE_REPEATED_SECONDS:
            self._logged_at = now
            self._is_announced = True
            _log.warning(self._event, reason=reason, failures=self._failures, **facts)

    def ended(self) -> None:
        """Log the end of the outage, if its beginning was logged."""
        if self._began_at is None:
            return
        if self._is_announced:
            seconds = round(self._monotonic() - self._began_at, 1)
            _log.info(self._end_event, seconds=seconds, failures=self._failures)
        self._began_at, self._is_announced, self._failures = None, False, 0


class RebuildLog:
    """Logs each rebuild of the column mirror once, and keeps the time of the last in the metrics. Not thread-safe."""

    def __init__(self, since: datetime) -> None:
        self._logged_at = since

    def observe(self, rebuilt_at: datetime, cause: str) -> None:
        """Log a rebuild, unless it was logged already or happened before the process started."""
        MIRROR_REBUILT.set(rebuilt_at.timestamp())
        if rebuilt_at > self._logged_at:
            self._logged_at = rebuilt_at
            _log.warning("mirror_rebuilt", reason=cause, at=rebuilt_at.isoformat())


def connections_that_fit(wanted: int) -> int:
    """Return how many connections a process may open: `wanted`, or fewer if its limit on open files is too low."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return wanted
    return max(CONNECTIONS_MIN, min(wanted, limit - RESERVED_FILES))


def count_open_files() -> int:
    """Return how many files and sockets this process has open; 0 if the system does not report it."""
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - called every second on thousands of names
    except OSError:
        return 0


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
    """A file whose write errors are ignored: a full disk loses log lines, not responses."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            self._file.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()


def _encode(event: dict[str, object], **_: object) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


@cache
def _metrics_of(route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(route, status), SECONDS.labels(route)


def observe_request(route: str, status: int, seconds: float) -> None:
    """Count a request; `route` is the path template of its endpoint, such as `/a/{id}`, never the requested path."""
    requests, durations = _metrics_of(route, status)
    requests.inc()
    durations.observe(seconds)


def observe_tally(tally: Sequence[tuple[str, str]]) -> None:
    """Count values that callers sent; each pair is the name of a value and its outcome, both from fixed lists."""
    for what, kind in tally:
        TALLY.labels(what, kind).inc()


def observe_commit(size: int, seconds: float) -> None:
    """Count a batch of the write queue."""
    BATCH_SIZE.observe(size)
    COMMIT_SECONDS.observe(seconds)


class RetryLog:
    """Counts the retries of the write queue, and logs their number at most once a minute."""

    def __init__(self, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self._seconds_now = seconds_now
        self._seen: collections.Counter[str] = collections.Counter()
        self._logged_at = -RETRY_LOG_SECONDS

    def observe(self, reason: str) -> None:
        """Count a retry; called from the writing thread."""
        RETRIES.labels(reason).inc()
        self._seen[reason] += 1

    def log(self) -> None:
        """Log the retries since the last log line, if there were any and a minute has passed; called every second."""
        now = self._seconds_now()
        if not self._seen or now < self._logged_at + RETRY_LOG_SECONDS:
            return
        seen, self._seen, self._logged_at = self._seen, collections.Counter(), now
        _log.warning("writes_retried", **seen)


def observe_attempt(*, is_accepted: bool, seconds: float) -> None:
    """Count an attempt to send a webhook."""
    ATTEMPTS.labels("accepted" if is_accepted else "failed").inc()
    ATTEMPT_SECONDS.observe(seconds)


def write_metrics() -> tuple[bytes, str]:
    """Return the metrics in the Prometheus format and its content type; metrics of sibling processes are included."""
    if not os.environ.get(MULTIPROCESS_VARIABLE):
        return generate_latest(), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
