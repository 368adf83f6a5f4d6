"""Ids of visits are unique, fit every program, and cannot be guessed."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.traffic_source import DIRECT
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visit_ids import (
    FIRST_KEYED_ID,
    GUESSABLE_ID_USABLE,
    VISIT_ID_END,
    is_usable_without_token,
    keyed_visit_id,
)
from domain_records import NOON, SECOND

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
counters = st.integers(0, VISIT_ID_END - FIRST_KEYED_ID - 1)
keys = st.binary(min_size=32, max_size=32)


@given(counters, counters, keys)
def test_different_counters_have_different_ids_in_the_range(first: int, other: int, key: bytes) -> None:
    ids = keyed_visit_id(first, key), keyed_visit_id(other, key)
    assert (ids[0] == ids[1]) is (first == other)
    assert all(10**12 <= visit_id < 2**53 for visit_id in ids)


@pytest.mark.parametrize("counter", [3319, 9665, 42153, 45690])
def test_an_id_at_either_end_of_the_range_lies_in_it(counter: int) -> None:
    """With this key, the first two numbers become very low ones, the others must be permuted twice."""
    assert FIRST_KEYED_ID <= keyed_visit_id(counter, OTHER_KEY) < VISIT_ID_END


@pytest.mark.parametrize("first", [0, 10**9, 10**10, 10**12, VISIT_ID_END - FIRST_KEYED_ID - 5000])
def test_a_run_of_counters_repeats_nothing_and_follows_no_order(first: int) -> None:
    ids = [keyed_visit_id(counter, KEY) for counter in range(first, first + 5000)]
    assert len(set(ids)) == len(ids)
    ascents = sum(later > earlier for earlier, later in pairwise(ids))
    assert 2200 < ascents < 2800
    near = sum(abs(later - earlier) < 10**9 for earlier, later in pairwise(ids))
    assert near < 5


def test_another_key_gives_other_ids_and_the_same_key_the_same() -> None:
    ids = [keyed_visit_id(counter, KEY) for counter in range(1000)]
    assert [keyed_visit_id(counter, KEY) for counter in range(1000)] == ids
    assert not {keyed_visit_id(counter, OTHER_KEY) for counter in range(1000)} & set(ids)


def test_the_ids_spread_over_the_whole_range() -> None:
    tenths = {
        10 * (keyed_visit_id(counter, KEY) - FIRST_KEYED_ID) // (VISIT_ID_END - FIRST_KEYED_ID)
        for counter in range(500)
    }
    assert tenths == set(range(10))


@pytest.mark.parametrize("counter", [-1, VISIT_ID_END - FIRST_KEYED_ID])
def test_a_counter_out_of_range_is_a_bug(counter: int) -> None:
    with pytest.raises(ValueError, match=str(counter)):
        keyed_visit_id(counter, KEY)


@pytest.mark.parametrize(
    ("visit_id", "started", "seen", "nameable"),
    [
        (FIRST_KEYED_ID, None, None, True),
        (FIRST_KEYED_ID, timedelta(days=400), None, True),
        (FIRST_KEYED_ID - 1, None, None, False),
        (FIRST_KEYED_ID - 1, GUESSABLE_ID_USABLE, None, True),
        (FIRST_KEYED_ID - 1, GUESSABLE_ID_USABLE + SECOND, None, False),
        (10**10, timedelta(days=2), GUESSABLE_ID_USABLE, True),
        (10**10, timedelta(days=2), GUESSABLE_ID_USABLE + SECOND, False),
        (5, -SECOND, None, True),
        (5, timedelta(days=2), None, False),
    ],
)
def test_an_open_form_may_name_a_guessable_id_for_a_day_after_its_last_page(
    visit_id: int, started: timedelta | None, seen: timedelta | None, nameable: bool
) -> None:
    visit = None
    if started is not None:
        seen_at = NOON - seen if seen is not None else None
        visit = Visit(VisitId(visit_id), "v", NOON - started, DIRECT, seen_at=seen_at)
    assert is_usable_without_token(VisitId(visit_id), visit, NOON) is nameable
