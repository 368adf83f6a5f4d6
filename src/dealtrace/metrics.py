"""The server's Prometheus metrics, added up over its processes."""

import os
from collections.abc import Sequence
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the path of the folder in which the processes of one server keep their metrics."""

REQUESTS = Counter("dealtrace_requests", "Requests that got a response.", ["route", "status"])
SECONDS = Histogram(
    "dealtrace_request_seconds",
    "Time from a request to its response.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
BATCH_SIZE = Histogram(
    "dealtrace_commit_wishes", "Number of writes in one commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
COMMIT_SECONDS = Histogram(
    "dealtrace_commit_seconds", "Time to read, decide, store and flush a batch of writes.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)  # fmt: skip
RETRIES = Counter("dealtrace_write_retries", "Write transactions that were tried again, by reason.", ["reason"])
WAITING = Gauge("dealtrace_scribe_waiting", "Writes waiting for their commit.", multiprocess_mode="livesum")
POSTPONED = Gauge(
    "dealtrace_site_postponed_seconds",
    "How many seconds a site's writes have been waiting for another session to unlock its rows; 0: no longer waiting.",
    ["site_id"],
    multiprocess_mode="livemax",
)
TALLY = Counter(
    "dealtrace_tally", "Reported page views, by outcome; unreadable values in them, by parameter.", ["what", "kind"]
)

ATTEMPTS = Counter("dealtrace_webhook_attempts", "Attempts to send a webhook.", ["outcome"])
ATTEMPT_SECONDS = Histogram(
    "dealtrace_webhook_attempt_seconds",
    "Time that a webhook's receiver took to respond.",
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5),
)
PAUSED = Gauge("dealtrace_webhooks_paused", "Webhooks that are paused.", multiprocess_mode="livemax")
MAIL_ATTEMPTS = Counter("dealtrace_mail_attempts", "Attempts to send an e-mail.", ["outcome"])
MAILS_WAITING = Gauge("dealtrace_mails_waiting", "E-mails waiting to be sent.", multiprocess_mode="livemax")
ALERT_LOOKS = Counter("dealtrace_alert_looks", "Checks of alert rules.", ["outcome"])
ALERTS_WAITING = Gauge(
    "dealtrace_alerts_waiting", "Alert rules that are due to be checked.", multiprocess_mode="livemax"
)
FAILING = Gauge("dealtrace_webhooks_failing", "Webhooks whose last attempt failed.", multiprocess_mode="livemax")
MIRROR_REBUILT = Gauge(
    "dealtrace_mirror_rebuilt_timestamp_seconds",
    "Unix time when the column mirror was last rebuilt because it could not be brought up to date; 0: never.",
    multiprocess_mode="livemax",
)


@cache
def _metrics_of(route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(route, status), SECONDS.labels(route)


def observe_request(route: str, status: int, seconds: float) -> None:
    """Count a request; `route` is the path template of its endpoint, such as `/a/{id}`, never the requested path."""
    requests, durations = _metrics_of(route, status)
    requests.inc()
    durations.observe(seconds)


def observe_tally(tally: Sequence[tuple[str, str]]) -> None:
    """Count the outcomes of values from requests.

    Each pair of `tally` names a value and its outcome, such as `("hit", "robot")`; both are from fixed lists.
    """
    for what, kind in tally:
        TALLY.labels(what, kind).inc()


def observe_commit(size: int, seconds: float) -> None:
    """Count a batch of `size` writes that one transaction stored in `seconds`."""
    BATCH_SIZE.observe(size)
    COMMIT_SECONDS.observe(seconds)


def observe_attempt(*, is_accepted: bool, seconds: float) -> None:
    """Count an attempt to send a webhook."""
    ATTEMPTS.labels("accepted" if is_accepted else "failed").inc()
    ATTEMPT_SECONDS.observe(seconds)


def write_metrics() -> tuple[bytes, str]:
    """Return the metrics of all server processes in the Prometheus format, and the content type of this format."""
    if not os.environ.get(MULTIPROCESS_VARIABLE):
        return generate_latest(), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
