"""What the server tells of itself: one log line a request, and figures for Prometheus.

No token, phone, e-mail or name is ever logged; the query string, which carries them, is left out.
"""

import itertools
import logging
import os
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any, BinaryIO

import msgspec
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes of one server keep their figures together."""

REQUESTS = Counter("dealtrace_requests", "Requests answered.", ["route", "status"])
SECONDS = Histogram(
    "dealtrace_request_seconds",
    "Time to an answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
BATCH_SIZE = Histogram(
    "dealtrace_commit_wishes", "Writes that shared a commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
COMMIT_SECONDS = Histogram(
    "dealtrace_commit_seconds", "Time to gather, decide, store and flush a batch.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)  # fmt: skip
WAITING = Gauge("dealtrace_scribe_waiting", "Writes that wait for their commit.", multiprocess_mode="livesum")
TALLY = Counter("dealtrace_tally", "What callers sent, by what became of it.", ["what", "kind"])

ATTEMPTS = Counter("dealtrace_webhook_attempts", "Attempts to tell a webhook something.", ["outcome"])
ATTEMPT_SECONDS = Histogram(
    "dealtrace_webhook_attempt_seconds", "Time a receiver took to answer.", buckets=(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5)
)
PAUSED = Gauge("dealtrace_webhooks_paused", "Webhooks that are sent nothing.", multiprocess_mode="livemax")
FAILING = Gauge("dealtrace_webhooks_failing", "Webhooks whose last attempt failed.", multiprocess_mode="livemax")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PLAIN_SEGMENT = re.compile(r"[A-Za-z][A-Za-z._-]{0,39}|[0-9]{1,9}|")


def request_ids() -> Iterator[str]:
    """Name requests, cheaply: unique among all processes if begun in the process that uses them, not before a fork."""
    process = secrets.token_hex(4)
    return (f"{process}-{number}" for number in itertools.count(1))


@lru_cache(maxsize=1024)
def plain_path(path: str) -> str:
    """Write a path for the log; whatever is no plain word or short number may be personal, or a token: left out."""
    return "/".join(part if _PLAIN_SEGMENT.fullmatch(part) else "…" for part in path.split("/")[:12])


def plain_method(method: str) -> str:
    """Write a method for the log; one that nobody knows may be anything."""
    return method if method in _METHODS else "other"


def cause_of(fault: BaseException) -> list[dict[str, Any]]:
    """Tell where a fault came from, the deepest last: types and places, no words, for those may quote what was sent."""
    chain: list[BaseException] = []
    following: BaseException | None = fault
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or following.__context__
    return [
        {
            "type": type(one).__qualname__,
            "at": [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(one.__traceback__)
            ],
        }
        for one in chain
    ]


def start_logging(level: str) -> None:
    """Write JSON lines to the standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(_Patient(sys.stderr.buffer)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )


class _Patient:
    """A file that may fail to be written to: a full disk takes the log away, not the answers."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            self._file.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()


def _line(event: dict[str, Any], **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


@cache
def _meters(route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(route, status), SECONDS.labels(route)


def observe_request(route: str, status: int, seconds: float) -> None:
    """Count a request; `route` is an endpoint's path as it is written in the table of routes, never a caller's."""
    requests, durations = _meters(route, status)
    requests.inc()
    durations.observe(seconds)


def observe_tally(tally: Sequence[tuple[str, str]]) -> None:
    """Count what became of something that was sent; each pair is what and of which kind, words of ours."""
    for what, kind in tally:
        TALLY.labels(what, kind).inc()


def observe_commit(size: int, seconds: float) -> None:
    """Count a batch of the scribe."""
    BATCH_SIZE.observe(size)
    COMMIT_SECONDS.observe(seconds)


def observe_attempt(*, is_accepted: bool, seconds: float) -> None:
    """Count an attempt to tell a webhook something."""
    ATTEMPTS.labels("accepted" if is_accepted else "failed").inc()
    ATTEMPT_SECONDS.observe(seconds)


def figures() -> tuple[bytes, str]:
    """Write all figures for Prometheus, and their content type; those of sibling processes are included."""
    if not os.environ.get(MULTIPROCESS_VARIABLE):
        return generate_latest(), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
