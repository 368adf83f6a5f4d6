"""What a lead counts for."""

from datetime import timedelta

import pytest

from dealtrace.leads.call import NOT_REPORTED, Circumstances
from dealtrace.leads.qualification import Predecessors, Qualification, is_target_call, qualification_of
from write_commands import NOON

DAY = timedelta(days=1)
NOBODY = Predecessors(None, None)


@pytest.mark.parametrize(
    ("before", "depth", "is_target", "expected"),
    [
        (NOBODY, None, True, Qualification(is_unique=True, is_target=True, is_unique_target=True)),
        (NOBODY, None, False, Qualification(is_unique=True, is_target=False, is_unique_target=False)),
        (Predecessors(NOON - 900 * DAY, None), None, True, Qualification(False, True, True)),
        (Predecessors(NOON - DAY, NOON - DAY), None, True, Qualification(False, True, False)),
        (Predecessors(NOON - DAY, NOON - DAY), DAY, True, Qualification(False, True, False)),
    ],
)
def test_the_first_in_the_depth_is_unique(
    before: Predecessors, depth: timedelta | None, is_target: bool, expected: Qualification
) -> None:
    assert qualification_of(NOON, before, depth, is_target=is_target) == expected


def test_one_that_is_older_than_the_depth_no_longer_counts() -> None:
    before = Predecessors(NOON - DAY - timedelta(microseconds=1), NOON - DAY - timedelta(microseconds=1))
    assert qualification_of(NOON, before, DAY, is_target=True) == Qualification(True, True, True)


@pytest.mark.parametrize(
    ("circumstances", "seconds", "is_target"),
    [
        (NOT_REPORTED, 30, True),
        (NOT_REPORTED, 29, False),
        (Circumstances(is_successful=True), 30, True),
        (Circumstances(is_successful=False), 3000, False),
    ],
)
def test_a_call_is_a_target_once_it_was_answered_and_talked(
    circumstances: Circumstances, seconds: int, is_target: bool
) -> None:
    assert is_target_call(circumstances, timedelta(seconds=seconds), timedelta(seconds=30)) is is_target
