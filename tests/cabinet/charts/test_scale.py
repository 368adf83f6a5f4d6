"""Scales show zero and every value, between round marks."""

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.cabinet.charts.scale import MARKS, scale_for

VALUES = st.lists(st.fractions(-(10**12), 10**12), max_size=20)


@given(VALUES)
def test_zero_and_every_value_lie_on_the_scale(values: list[Fraction]) -> None:
    scale = scale_for(values, 200)
    assert all(0 <= scale.at(value) <= 200 for value in [*values, Fraction(0)])
    assert scale.at(scale.low) == 0
    assert scale.at(scale.high) == 200


@given(VALUES)
def test_marks_are_round_few_and_evenly_apart(values: list[Fraction]) -> None:
    marks = scale_for(values, 200).marks
    steps = {later - earlier for earlier, later in itertools.pairwise(marks)}
    (step,) = steps
    assert 2 <= len(marks) <= MARKS + 3
    while step < 1:
        step *= 10
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_nothing_has_a_scale_too() -> None:
    assert scale_for([], 200).marks[0] == 0
