"""Which calls were missed."""

from datetime import timedelta

import pytest

from dealtrace.leads.call import NOT_REPORTED, Circumstances
from dealtrace.leads.ring_back import is_missed


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
