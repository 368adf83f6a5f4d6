"""Which visit gets the credit for a lead."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from dealtrace.attribution.credit import CREDIT_LOOKBACK, AttributionModel, credited_visit, touches_before
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from trade import NOON, SECOND

DAY = timedelta(days=1)
ADVERT = TrafficSource("yandex", "cpc")
SEARCH = TrafficSource("google", "organic")
LAST, LAST_NON_DIRECT = AttributionModel.LAST_INTERACTION, AttributionModel.LAST_NON_DIRECT


def visit(visit_id: int, started_at: datetime = NOON, source: TrafficSource = ADVERT) -> Visit:
    return Visit(VisitId(visit_id), "visitor", started_at, source)


def test_the_models_have_the_codes_of_the_wire() -> None:
    assert {model.name: model.value for model in AttributionModel} == {"LAST_INTERACTION": 0, "LAST_NON_DIRECT": 1}


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
    assert touches_before(NOON, [visit(1, started_at)]) == ([visit(1, started_at)] if counted else [])


def test_it_lists_touches_from_the_earliest_whatever_the_order_of_arrival() -> None:
    touches = [visit(9, NOON - 2 * DAY), visit(3, NOON - DAY), visit(4, NOON - DAY), visit(10, NOON - DAY)]
    for arrived in permutations(touches):
        assert touches_before(NOON, arrived) == touches


@pytest.mark.parametrize(
    ("sources", "last", "last_non_direct"),
    [
        ([], None, None),
        ([ADVERT], 0, 0),
        ([DIRECT], 0, 0),
        ([ADVERT, SEARCH], 1, 1),
        ([ADVERT, DIRECT], 1, 0),
        ([ADVERT, DIRECT, DIRECT], 2, 0),
        ([ADVERT, SEARCH, DIRECT], 2, 1),
        ([ADVERT, DIRECT, SEARCH], 2, 2),
        ([DIRECT, DIRECT], 1, 1),
    ],
)
def test_it_credits_the_last_touch_or_the_last_that_somebody_sent(
    sources: list[TrafficSource], last: int | None, last_non_direct: int | None
) -> None:
    touches = [visit(number, NOON + number * SECOND, source) for number, source in enumerate(sources)]
    for model, position in ((LAST, last), (LAST_NON_DIRECT, last_non_direct)):
        assert credited_visit(model, touches) == (touches[position] if position is not None else None)


def test_each_model_credits_somebody_once_anybody_visited() -> None:
    assert all(credited_visit(model, [visit(1, NOON, DIRECT)]) for model in AttributionModel)
