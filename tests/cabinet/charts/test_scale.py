"""Scales show zero and every value, between round marks."""

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.cabinet.charts.lines import MARKS, scale_for

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


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_whole_values_have_whole_marks(values: list[int]) -> None:
    marks = scale_for([Fraction(value) for value in values], 200).marks
    assert all(mark.denominator == 1 for mark in marks)


def test_a_chart_of_zeros_has_no_half_marks() -> None:
    assert scale_for([Fraction(0)] * 28, 200).marks == (0, 1)


def test_nothing_has_a_scale_too() -> None:
    assert scale_for([], 200).marks[0] == 0
