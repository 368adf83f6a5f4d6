"""What the server tells of itself: one log line a request, and figures for Prometheus.

No token, phone, e-mail or name is ever logged; the query string, which carries them, is left out.
"""

import itertools
import logging
import os
import secrets
import sys
from typing import Any

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

_process = secrets.token_hex(4)
_numbers = itertools.count(1)


def new_request_id() -> str:
    """Name a request: unique among all processes, cheap to make."""
    return f"{_process}-{next(_numbers)}"


def start_logging(level: str) -> None:
    """Write JSON lines to the standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _line(event: dict[str, Any], **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


def observe_commit(size: int, seconds: float) -> None:
    """Count a batch of the scribe."""
    BATCH_SIZE.observe(size)
    COMMIT_SECONDS.observe(seconds)


def figures() -> tuple[bytes, str]:
    """Write all figures for Prometheus, and their content type; those of sibling processes are included."""
    if not os.environ.get(MULTIPROCESS_VARIABLE):
        return generate_latest(), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
