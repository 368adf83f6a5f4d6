"""How long a session lasts, whatever the clock showed when it was opened or used."""

from datetime import UTC, datetime, timedelta

import pytest

from dealtrace.accounts.second_factor import CODE_WAIT_MAX
from dealtrace.accounts.session import SESSION_AGE_MAX, SESSION_IDLE_MAX, Session
from dealtrace.accounts.user import UserId

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("created_ago", "seen_ago", "is_over"),
    [
        (timedelta(0), timedelta(0), False),
        (SESSION_IDLE_MAX, SESSION_IDLE_MAX, False),
        (SESSION_IDLE_MAX + SECOND, SESSION_IDLE_MAX + SECOND, True),
        (SESSION_AGE_MAX, timedelta(0), False),
        (SESSION_AGE_MAX + SECOND, timedelta(0), True),
        (-timedelta(hours=3), -timedelta(hours=3), False),
        (-SESSION_AGE_MAX, -SESSION_AGE_MAX, False),
        (-SESSION_AGE_MAX - SECOND, -SESSION_AGE_MAX - SECOND, True),
        (timedelta(days=1), -timedelta(days=365), False),
    ],
)
def test_a_session_lasts_a_week_unused_and_a_month_in_all(
    created_ago: timedelta, seen_ago: timedelta, *, is_over: bool
) -> None:
    assert session(created_ago, seen_ago, is_confirmed=True).is_over(NOW) is is_over


@pytest.mark.parametrize(
    ("ago", "is_over"), [(CODE_WAIT_MAX, False), (CODE_WAIT_MAX + SECOND, True), (-CODE_WAIT_MAX - SECOND, True)]
)
def test_a_code_is_waited_for_a_quarter_of_an_hour(ago: timedelta, *, is_over: bool) -> None:
    assert session(ago, ago, is_confirmed=False).is_over(NOW) is is_over


def session(created_ago: timedelta, seen_ago: timedelta, *, is_confirmed: bool) -> Session:
    """Return a session that was opened and used so long before now."""
    return Session("digest", UserId(1), NOW - created_ago, NOW - seen_ago, "127.0.0.1", "test", is_confirmed)
