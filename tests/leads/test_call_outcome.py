"""Whether a call goes on or has ended, and whether somebody answered it."""

from datetime import timedelta

import pytest

from dealtrace.leads.call import NOT_REPORTED, Circumstances
from dealtrace.leads.call_outcome import CallPhase, is_answered, is_missed, is_over, phase_of


@pytest.mark.parametrize(
    ("circumstances", "seconds", "over"),
    [
        (Circumstances(pbx="asterisk"), 0, False),
        (Circumstances(pbx="asterisk"), 1, True),
        (Circumstances(pbx="asterisk", is_successful=False), 0, True),
        (NOT_REPORTED, 0, True),
    ],
)
def test_a_call_goes_on_while_its_exchange_reported_only_its_beginning(
    circumstances: Circumstances, seconds: int, *, over: bool
) -> None:
    assert is_over(circumstances, timedelta(seconds=seconds)) is over
    assert (phase_of(circumstances, timedelta(seconds=seconds)) is CallPhase.ENDED) is over


@pytest.mark.parametrize(
    ("reported", "seconds", "answered"),
    [(True, 0, True), (False, 60, False), (None, 0, False), (None, 1, True)],
)
def test_a_call_was_answered_if_its_exchange_says_so_and_if_it_says_nothing_when_anybody_talked(
    reported: bool | None, seconds: int, answered: bool
) -> None:
    assert is_answered(Circumstances(is_successful=reported), timedelta(seconds=seconds)) is answered


@pytest.mark.parametrize(
    ("circumstances", "seconds", "missed"),
    [
        (NOT_REPORTED, 0, True),
        (NOT_REPORTED, 1, False),
        (Circumstances(is_successful=False), 60, True),
        (Circumstances(is_successful=True), 0, False),
        (Circumstances(pbx="mango"), 0, False),
        (Circumstances(pbx="mango"), 1, False),
        (Circumstances(pbx="mango", is_successful=False), 0, True),
    ],
)
def test_a_call_was_missed_if_it_has_ended_and_nobody_answered(
    circumstances: Circumstances, seconds: int, *, missed: bool
) -> None:
    assert is_missed(circumstances, timedelta(seconds=seconds)) is missed
