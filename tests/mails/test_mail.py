"""When a mail that failed is sent again."""

from datetime import timedelta

import pytest

from cast import moscow
from dealtrace.mails.mail import ATTEMPTS_MAX, MailFault, next_attempt

NOW = moscow("2026-11-10", "12:00:00")


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (29, 60)])
def test_pauses_double_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert next_attempt(MailFault("away"), attempts, NOW) == NOW + timedelta(minutes=minutes)


def test_a_mail_is_given_up_after_a_day_or_when_it_is_refused_for_good() -> None:
    at, attempts = NOW, 1
    while (following := next_attempt(MailFault("away"), attempts, at)) is not None:
        at, attempts = following, attempts + 1
    assert attempts == ATTEMPTS_MAX
    assert timedelta(hours=23) < at - NOW < timedelta(hours=25)
    assert next_attempt(MailFault("no such mailbox", is_final=True), 1, NOW) is None
