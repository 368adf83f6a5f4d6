"""Decide when deliveries to a webhook are attempted and retried, and when the webhook is paused."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.accounts.webhook import Webhook
from dealtrace.record import record

FIRST_PAUSE = timedelta(seconds=5)
PAUSE_MAX = timedelta(minutes=72)
"""The longest pause between two attempts to send a delivery: an hour, plus up to a fifth of it at random."""
JITTER = 0.2
"""Delays are randomly lengthened by up to this fraction, so that webhooks are not all retried at the same time."""
LONGEST_PAUSE = PAUSE_MAX / (1 + JITTER)
TRIED_FOR = timedelta(days=3)
"""Ours: how long a webhook may fail before it is paused; a receiver may stay broken over a weekend."""
FAULT_LENGTH_MAX = 500
"""The maximum length of the stored reason of a failure; a longer one is cut."""
_DOUBLINGS_MAX = 20


@record
class Fault:
    """The reason why an attempt to send a delivery failed, for people to read.

    `answer` is the text of the receiver's response; it may contain personal data, so it is shown but never stored.
    `is_final` is true if the receiver will accept no more messages; `retry_after` is the delay that the receiver asks
    for.
    """

    reason: str
    answer: str = ""
    is_final: bool = False
    retry_after: timedelta = timedelta(0)


@record
class NextAttempt:
    """The decision to try again; the next attempt is due at `at`."""

    at: datetime


@record
class Pause:
    """The decision to pause a webhook until a person resumes it."""

    reason: str


@record
class Failures:
    """The attempts of a webhook that have failed in a row; `Webhook` has fields of the same names."""

    failing_since: datetime | None = None
    failures: int = 0
    last_fault: str | None = None
    next_attempt_at: datetime | None = None


NO_FAILURES = Failures()


def is_attempt_due(webhook: Webhook, now: datetime) -> bool:
    """Return whether a webhook is not paused and its next attempt is due at `now`.

    Ours: an attempt planned further ahead than `PAUSE_MAX` plus `CLOCKS_APART_MAX` is due at once, because it was
    planned by a clock that has since been set back.
    """
    if webhook.is_paused:
        return False
    return webhook.next_attempt_at is None or not now < webhook.next_attempt_at <= now + PAUSE_MAX + CLOCKS_APART_MAX


def after_attempts(
    webhook: Webhook, *, has_delivered: bool, fault: Fault | None, now: datetime, chance: float
) -> tuple[Failures, Pause | None]:
    """Return the failures of a webhook after a round of attempts, and the pause that they cause, or `None`.

    `has_delivered` is true if anything was delivered before the failure `fault`, which ends a round. A webhook that is
    already paused is not paused again. `chance` is as in `after_fault`.
    """
    known = Failures(webhook.failing_since, webhook.failures, webhook.last_fault, webhook.next_attempt_at)
    before = NO_FAILURES if has_delivered else known
    if fault is None:
        return before, None
    since = before.failing_since if before.failing_since is not None else now
    count = before.failures + 1 if before.failing_since is not None else 1
    verdict = after_fault(fault, count, since, now, chance)
    reason = fault.reason[:FAULT_LENGTH_MAX]
    if isinstance(verdict, NextAttempt):
        return Failures(since, count, reason, verdict.at), None
    return Failures(since, count, reason, known.next_attempt_at), verdict if not webhook.is_paused else None


def after_fault(
    fault: Fault, failures: int, failing_since: datetime, now: datetime, chance: float
) -> NextAttempt | Pause:
    """Return the time of the next attempt after a failed one, or the reason to pause the webhook instead.

    `failures` counts the failed attempts in a row since `failing_since`, including the latest. Delays double from five
    seconds to an hour; `chance`, a random number from 0 to 1, makes them up to 20 % longer.
    """
    if fault.is_final:
        return Pause(f"{fault.reason}: the receiver accepts no more messages")
    if now - failing_since >= TRIED_FOR:
        return Pause(f"nothing was accepted for {TRIED_FOR.days} days; last error: {fault.reason}")
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, _DOUBLINGS_MAX), LONGEST_PAUSE)
    return NextAttempt(now + max(pause * (1 + JITTER * chance), min(fault.retry_after, LONGEST_PAUSE)))


def read_retry_after(text: str, now: datetime) -> timedelta:
    """Return the delay that a `Retry-After` header asks for, in seconds or as an HTTP date, but at most an hour.

    The delay is zero if `text` is empty, unreadable or a time in the past.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0") or "0"
        is_short = len(digits) <= len(str(LONGEST_PAUSE // timedelta(seconds=1)))
        return min(timedelta(seconds=int(digits)), LONGEST_PAUSE) if is_short else LONGEST_PAUSE
    try:
        at = parsedate_to_datetime(text)
        at = at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return timedelta(0)
    return max(timedelta(0), min(at - now, LONGEST_PAUSE))
