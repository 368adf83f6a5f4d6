"""Which visit gets the credit for a lead."""

import re
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import (
    CREDIT_LOOKBACK,
    TOUCHES_MAX,
    WHOLE,
    AttributionModel,
    Credit,
    credits_under,
    touches_of,
)
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from domain_records import NOON, SECOND

DAY = timedelta(days=1)
ADVERT = TrafficSource("yandex", "cpc")
SEARCH = TrafficSource("google", "organic")


def visit(visit_id: int, started_at: datetime = NOON, source: TrafficSource = ADVERT) -> Visit:
    return Visit(VisitId(visit_id), "visitor", started_at, source)


def test_the_models_have_the_codes_of_the_wire() -> None:
    """Programs store them; a code is never given to another model."""
    assert {model.name: model.value for model in AttributionModel} == {
        "LAST_INTERACTION": 0,
        "LAST_NON_DIRECT": 1,
        "FIRST_INTERACTION": 2,
        "FIRST_NON_DIRECT": 3,
        "LINEAR": 4,
        "TIME_DECAY": 5,
        "POSITION_BASED": 6,
    }


@pytest.mark.parametrize(
    ("started_at", "counted"),
    [
        (NOON, True),
        (NOON + SECOND, False),
        (NOON - CREDIT_LOOKBACK, True),
        (NOON - CREDIT_LOOKBACK - SECOND, False),
    ],
)
def test_it_counts_visits_of_ninety_days_up_to_the_lead_both_ends_included(started_at: datetime, counted: bool) -> None:
    assert timedelta(days=90) == CREDIT_LOOKBACK
    own = visit(2, NOON + DAY)
    assert touches_of(NOON, own, [visit(1, started_at)]) == ([visit(1, started_at), own] if counted else [own])


@pytest.mark.parametrize(
    "started_at",
    [
        NOON,
        NOON + timedelta(milliseconds=700),
        NOON + SECOND,
        NOON + DAY,
        NOON - CREDIT_LOOKBACK - SECOND,
        NOON - 91 * DAY,
        NOON - 400 * DAY,
    ],
)
def test_the_visit_that_a_lead_names_is_always_a_touch_and_the_last(started_at: datetime) -> None:
    own = visit(5, started_at)
    others = [visit(1, NOON - DAY), visit(9, NOON - SECOND), visit(4, started_at), visit(6, started_at), own]
    touches = touches_of(NOON, own, others)
    assert touches[-1] == own
    assert touches.count(own) == 1
    assert all((touch.started_at, touch.id) < (own.started_at, own.id) for touch in touches[:-1])


def test_visits_of_others_and_of_visitors_who_were_made_anonymous_are_no_touches() -> None:
    own, other = visit(2, NOON), Visit(VisitId(1), "another", NOON - DAY, ADVERT)
    assert touches_of(NOON, own, [other]) == [own]
    nobody = Visit(VisitId(3), "", NOON, ADVERT)
    assert touches_of(NOON, nobody, [Visit(VisitId(1), "", NOON - DAY, ADVERT)]) == [nobody]


def test_it_lists_touches_from_the_earliest_whatever_the_order_of_arrival() -> None:
    touches = [visit(9, NOON - 2 * DAY), visit(3, NOON - DAY), visit(4, NOON - DAY), visit(10, NOON - DAY)]
    for arrived in permutations(touches):
        assert touches_of(NOON, touches[-1], arrived) == touches


def test_of_many_visits_the_first_and_the_latest_count() -> None:
    many = [visit(number, NOON - timedelta(minutes=500 - number)) for number in range(300)]
    touches = touches_of(NOON, many[-1], many)
    assert len(touches) == TOUCHES_MAX
    assert (touches[0], touches[1:]) == (many[0], many[1 - TOUCHES_MAX :])


@pytest.mark.parametrize(
    ("sources", "last", "last_non_direct", "first", "first_non_direct"),
    [
        ([ADVERT], 0, 0, 0, 0),
        ([DIRECT], 0, 0, 0, 0),
        ([ADVERT, SEARCH], 1, 1, 0, 0),
        ([ADVERT, DIRECT], 1, 0, 0, 0),
        ([DIRECT, ADVERT, DIRECT], 2, 1, 0, 1),
        ([ADVERT, SEARCH, DIRECT], 2, 1, 0, 0),
        ([DIRECT, SEARCH, ADVERT], 2, 2, 0, 1),
        ([DIRECT, DIRECT], 1, 1, 0, 0),
    ],
)
def test_a_single_touch_gets_the_whole(
    sources: list[TrafficSource], last: int, last_non_direct: int, first: int, first_non_direct: int
) -> None:
    touches = [visit(number, NOON + number * SECOND, source) for number, source in enumerate(sources)]
    chosen = {0: last, 1: last_non_direct, 2: first, 3: first_non_direct}
    for code, position in chosen.items():
        assert credits_under(AttributionModel(code), touches) == [Credit(touches[position], WHOLE)]


WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("model", "ages", "shares"),
    [
        (AttributionModel.LINEAR, [2, 1], [500_000, 500_000]),
        (AttributionModel.LINEAR, [3, 2, 1], [333_333, 333_333, 333_334]),
        (AttributionModel.TIME_DECAY, [1, 0], [333_333, 666_667]),
        (AttributionModel.TIME_DECAY, [2, 1, 0], [142_857, 285_714, 571_429]),
        (AttributionModel.TIME_DECAY, [2, 1], [333_333, 666_667]),
        (AttributionModel.POSITION_BASED, [1], [1_000_000]),
        (AttributionModel.POSITION_BASED, [2, 1], [500_000, 500_000]),
        (AttributionModel.POSITION_BASED, [3, 2, 1], [400_000, 200_000, 400_000]),
        (AttributionModel.POSITION_BASED, [4, 3, 2, 1], [400_000, 100_000, 100_000, 400_000]),
    ],
)
def test_several_touches_share_it(model: AttributionModel, ages: list[int], shares: list[int]) -> None:
    touches = [visit(number, NOON - age * WEEK) for number, age in enumerate(ages)]
    result = {credit.visit.id: credit.share for credit in credits_under(model, touches)}
    assert [result[touch.id] for touch in touches] == shares


@pytest.mark.parametrize("model", AttributionModel)
def test_nobody_gets_credit_when_nobody_visited(model: AttributionModel) -> None:
    assert credits_under(model, []) == []


@given(
    st.sampled_from(AttributionModel),
    st.lists(
        st.tuples(st.integers(0, 90 * 24 * 3600), st.sampled_from([ADVERT, SEARCH, DIRECT])), min_size=1, max_size=150
    ),
)
def test_shares_add_up_to_the_whole_and_the_heaviest_stands_first(
    model: AttributionModel, seen: list[tuple[int, TrafficSource]]
) -> None:
    visits = [visit(number, NOON - seconds * SECOND, source) for number, (seconds, source) in enumerate(seen)]
    credited = credits_under(model, touches_of(NOON, max(visits, key=lambda seen: (seen.started_at, seen.id)), visits))
    assert sum(credit.share for credit in credited) == WHOLE
    assert all(credit.share > 0 for credit in credited)
    order = [(credit.share, credit.visit.started_at, credit.visit.id) for credit in credited]
    assert order == sorted(order, reverse=True)


def test_the_worked_example_of_the_document_is_right() -> None:
    """docs/attribution.md, line by line."""
    touches = [
        visit(1, NOON - 2 * WEEK, TrafficSource("yandex", "organic")),
        visit(2, NOON - WEEK, TrafficSource("google", "cpc")),
        visit(3, NOON, DIRECT),
    ]
    document = (Path(__file__).parents[2] / "docs" / "attribution.md").read_text()
    rows = [line.strip("| ").split("|") for line in document.splitlines() if re.match(r"\| [0-6] \|", line)]
    assert len(rows) == len(AttributionModel)
    for code, _, *shares, shown in rows:
        credited = credits_under(AttributionModel(int(code)), touches)
        result = {credit.visit.id: credit.share for credit in credited}
        assert [round(float(share.strip() or 0) * WHOLE) for share in shares] == [
            result.get(item, 0) for item in (1, 2, 3)
        ]
        assert shown.strip() in credited[0].visit.traffic_source.source
