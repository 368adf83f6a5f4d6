"""Which combinations of values `make test` tries, and that `make torture` tries all."""

from itertools import product

import pytest

from examples import in_turn

FIGURES, COMPARISONS = ("deals", "leads", "cost"), ("previous", "year")


def left_to_torture(*, rounds: int) -> set[tuple[object, ...]]:
    marked = [each.values for each in in_turn(FIGURES, COMPARISONS, rounds=rounds) if each.marks]
    assert [each.values for each in in_turn(FIGURES, COMPARISONS, rounds=rounds)] == [*product(FIGURES, COMPARISONS)]
    return set(marked)


def test_each_value_is_tried_once_in_its_turn_and_all_combinations_by_torture() -> None:
    assert left_to_torture(rounds=1) == {("deals", "year"), ("leads", "previous"), ("cost", "year")}


def test_a_further_round_joins_every_value_with_the_next_one() -> None:
    assert left_to_torture(rounds=2) == set()


def test_what_is_left_to_torture_is_marked_so() -> None:
    assert all(each.marks in ((), pytest.mark.torture, (pytest.mark.torture,)) for each in in_turn(FIGURES, [1, 2]))
