"""When a delivery that failed is tried again, and when its webhook is paused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.accounts.webhook import PAUSED, WORKS, BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.webhooks.retry import (
    FAULT_LENGTH_MAX,
    LONGEST_PAUSE,
    NO_FAILURES,
    PAUSE_MAX,
    TRIED_FOR,
    Failures,
    Fault,
    NextAttempt,
    Pause,
    after_attempts,
    after_fault,
    is_attempt_due,
    read_retry_after,
)
from domain_records import NOON

FAULT = Fault("HTTP 500")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (10, 2560), (11, 3600), (50, 3600), (10**6, 3600)]
)
def test_pauses_double_from_five_seconds_to_an_hour(failures: int, seconds: int) -> None:
    assert after_fault(FAULT, failures, NOON, NOON, 0) == NextAttempt(NOON + timedelta(seconds=seconds))


def test_chance_makes_a_pause_up_to_a_fifth_longer() -> None:
    assert after_fault(FAULT, 1, NOON, NOON, 1) == NextAttempt(NOON + timedelta(seconds=6))


def test_the_receiver_may_ask_for_a_longer_pause_up_to_an_hour() -> None:
    sent = Fault("HTTP 429", retry_after=timedelta(minutes=2))
    assert after_fault(sent, 1, NOON, NOON, 0) == NextAttempt(NOON + timedelta(minutes=2))
    greedy = Fault("HTTP 429", retry_after=timedelta(days=9))
    assert after_fault(greedy, 1, NOON, NOON, 0) == NextAttempt(NOON + LONGEST_PAUSE)


def test_after_three_days_of_nothing_else_a_webhook_is_paused_with_the_reason() -> None:
    second = timedelta(seconds=1)
    assert isinstance(after_fault(FAULT, 80, NOON, NOON + TRIED_FOR - second, 0), NextAttempt)
    verdict = after_fault(FAULT, 80, NOON, NOON + TRIED_FOR, 0)
    assert verdict == Pause("nothing was accepted for 3 days; last error: HTTP 500")


def test_a_receiver_that_wants_no_more_gets_no_more() -> None:
    verdict = after_fault(Fault("HTTP 410", is_final=True), 1, NOON, NOON, 0)
    assert verdict == Pause("HTTP 410: the receiver accepts no more messages")


HOOK = Webhook(WebhookId(9), 1, "https://crm.example/", frozenset(EventKind), BodyStyle.JSON, "whsec_", NOON)
LATER = NOON + timedelta(minutes=1)
FAILED = replace(HOOK, failing_since=NOON, failures=3, last_fault="HTTP 502", next_attempt_at=LATER)


def attempt(webhook: Webhook, fault: Fault | None, *, has_delivered: bool = False) -> tuple[Failures, Pause | None]:
    return after_attempts(webhook, has_delivered=has_delivered, fault=fault, now=LATER, chance=0)


def test_a_delivery_forgets_the_failures_before_it() -> None:
    assert attempt(FAILED, None, has_delivered=True) == (NO_FAILURES, None)
    again = Failures(LATER, 1, "HTTP 500", LATER + timedelta(seconds=5))
    assert attempt(FAILED, FAULT, has_delivered=True) == (again, None)
    assert attempt(HOOK, FAULT) == (again, None)


def test_failures_in_a_row_are_counted_from_the_first() -> None:
    fourth = Failures(NOON, 4, "HTTP 500", LATER + timedelta(seconds=40))
    assert attempt(FAILED, FAULT) == (fourth, None)
    assert attempt(FAILED, None) == (Failures(NOON, 3, "HTTP 502", LATER), None), "nothing was sent"


def test_a_webhook_is_paused_once() -> None:
    final = Fault("x" * 600, is_final=True)
    failures, pause = attempt(FAILED, final)
    assert (failures, pause) == (
        Failures(NOON, 4, "x" * FAULT_LENGTH_MAX, LATER),
        after_fault(final, 4, NOON, LATER, 0),
    )
    assert attempt(replace(FAILED, paused_at=NOON), final) == (failures, None)


def test_a_failing_webhook_is_recorded_as_one_that_works() -> None:
    assert [webhook.recorded_state for webhook in (HOOK, FAILED, replace(FAILED, paused_at=NOON))] == [
        WORKS,
        WORKS,
        PAUSED,
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("007", 7),
        ("3600", 3600),
        ("86400", 3600),
        ("9" * 5000, 3600),
        ("Wed, 25 Mar 2026 12:02:00 GMT", 120),
        ("Wednesday, 25-Mar-26 12:02:00 GMT", 120),
        ("Wed Mar 25 12:02:00 2026", 120),
        ("Wed, 25 Mar 2026 15:02:00 +0300", 120),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 3600),
        ("Wed, 25 Mar 2026 11:59:00 GMT", 0),
        ("Mon, 01 Jan 0001 00:00:00 +0300", 0),
        ("Fri, 31 Dec 9999 23:59:59 -0300", 0),
        ("", 0),
        ("soon", 0),
        ("0" * 5000 + "5", 5),
        ("-5", 0),
        ("1.5", 0),
        ("\u0661\u0662", 0),
        ("Sun, 06 Nov 1994 08:49:37 +9999", 0),
        ("Sun, 99 Nov 99999999999 08:49:37 GMT", 0),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(text: str, seconds: int) -> None:
    now = datetime(2026, 3, 25, 12, tzinfo=UTC)
    assert read_retry_after(text, now) == timedelta(seconds=seconds)


@given(st.text())
def test_no_retry_after_breaks_a_delivery(text: str) -> None:
    assert timedelta(0) <= read_retry_after(text, NOON) <= LONGEST_PAUSE


def test_it_is_due_unless_it_is_paused_or_its_next_attempt_lies_ahead() -> None:
    assert is_attempt_due(HOOK, NOON)
    assert is_attempt_due(replace(HOOK, next_attempt_at=NOON), NOON)
    assert not is_attempt_due(replace(HOOK, next_attempt_at=NOON + SECOND), NOON)
    assert not is_attempt_due(replace(HOOK, paused_at=NOON), NOON + SECOND)


def test_an_attempt_that_a_wrong_clock_planned_is_due() -> None:
    farthest = PAUSE_MAX + CLOCKS_APART_MAX
    assert not is_attempt_due(replace(HOOK, next_attempt_at=NOON + farthest), NOON)
    assert is_attempt_due(replace(HOOK, next_attempt_at=NOON + farthest + SECOND), NOON)
    assert not is_attempt_due(replace(HOOK, next_attempt_at=NOON + timedelta(days=365), paused_at=NOON), NOON)
