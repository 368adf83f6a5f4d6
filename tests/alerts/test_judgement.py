"""When a figure is out of the ordinary."""

from decimal import Decimal
from fractions import Fraction
from itertools import dropwhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.alerts.judgement import BASIS_MIN, AlertVerdict, Observed, basis_of, judge
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.reading.silence import TIMES_USUAL

QUIET, RAISED, UNDECIDED = AlertVerdict.QUIET, AlertVerdict.RAISED, AlertVerdict.UNDECIDED
FIGURES = st.lists(st.just(0) | st.integers(0, 10_000), min_size=8, max_size=8)


def verdict(
    kind: str,
    metric: str,
    value: float | None,
    before: list[float | None],
    amount: str = "30",
    basis: int | None = None,
) -> AlertVerdict:
    rule = Rule(AlertKind(kind), metric, WINDOWS["day"], None if kind == "silence" else Decimal(amount))
    current = Observed(None if value is None else Fraction(str(value)), None if basis is None else Fraction(basis))
    history = [Observed(None if each is None else Fraction(str(each)), Fraction(1000)) for each in before]
    return judge(rule, METRICS[metric], current, history).verdict


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (0, [9] * 8, RAISED),
        (0, [8] * 8, RAISED),
        (0, [7] * 8, UNDECIDED),
        (1, [9] * 8, QUIET),
        (1, [], QUIET),
        (0, [0] * 8, UNDECIDED),
        (0, [9, 9], UNDECIDED),
        (0, [0, 0, 0, 0, 0, 9, 9, 9], RAISED),
        (0, [0, 0, 0, 0, 0, 0, 90, 90], UNDECIDED),
        (0, [24, 0, 0, 0, 0, 0, 24, 24], RAISED),
    ],
)
def test_silence_is_nothing_where_there_are_usually_many(
    value: int, before: list[float | None], expected: AlertVerdict
) -> None:
    assert TIMES_USUAL == 8
    assert verdict("silence", "calls", value, before) is expected


@pytest.mark.parametrize(
    ("kind", "value", "before", "expected"),
    [
        ("drop", 60, [100, 110, 90, 100, 95, 105, 100, 100], RAISED),
        ("drop", 71, [100, 110, 90, 100, 95, 105, 100, 100], QUIET),
        ("drop", 60, [100, 110, 59, 100, 95, 105, 100, 100], QUIET),
        ("drop", 4, [8] * 8, QUIET),
        ("drop", 60, [100, 100], UNDECIDED),
        ("spike", 150, [100, 110, 90, 100, 95, 105, 100, 100], RAISED),
        ("spike", 150, [100, 151, 90, 100, 95, 105, 100, 100], QUIET),
        ("spike", 129, [100, 110, 90, 100, 95, 105, 100, 100], QUIET),
        ("spike", 5, [0] * 8, UNDECIDED),
        ("spike", None, [100] * 8, UNDECIDED),
    ],
)
def test_a_drop_or_spike_is_beyond_every_week_and_off_the_usual(
    kind: str, value: float | None, before: list[float | None], expected: AlertVerdict
) -> None:
    assert verdict(kind, "deals", value, before) is expected


@pytest.mark.parametrize(
    ("metric", "value", "before", "expected"),
    [
        ("deals", 2, [20, 20, 20, 0, 20, 20, 20, 20], RAISED),
        ("deals", 0, [20, 20, 20, 0, 20, 20, 20, 20], RAISED),
        ("deals", 0, [9, 9, 9, 0, 9, 9, 9, 9], RAISED),
        ("deals", 0, [8, 8, 8, 0, 8, 8, 8, 8], QUIET),
        ("deals", 1, [5, 5, 5, 0, 5, 5, 5, 5], QUIET),
        ("deals", 6, [20, 20, 20, 0, 20, 6, 20, 20], QUIET),
        ("deals", 2, [20, 20, 0, 0, 20, 20, 20, 20], QUIET),
        ("deals", 2, [0, 0, 20, 20, 0, 20, 20, 20], RAISED),
        ("deals", 2, [20, 0, 20, 20], RAISED),
        ("deals", 2, [20, 0, 20], QUIET),
        ("amount", 2, [20, 20, 20, 0, 20, 20, 20, 20], QUIET),
        ("match_rate", 0.1, [0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5], QUIET),
    ],
)
def test_a_single_week_without_anything_hides_no_fall_of_a_count(
    metric: str, value: float, before: list[float | None], expected: AlertVerdict
) -> None:
    """A holiday is an exception; two weeks with nothing are not, and amounts of small sites are often zero."""
    assert verdict("drop", metric, value, before) is expected


@pytest.mark.parametrize(
    ("kind", "metric", "value", "before", "expected"),
    [
        ("drop", "leads", 1, [5, 5, 5, 0, 5, 5, 5, 5], True),
        ("drop", "leads", 1, [5, 5, 0, 0, 5, 5, 5, 5], False),
        ("drop", "leads", 0, [3, 4, 5, 6, 7, 5, 5, 5], True),
        ("drop", "leads", 4, [5] * 8, False),
        ("drop", "leads", 0, [9] * 8, False),
        ("drop", "leads", 0, [5, 5], False),
        ("spike", "leads", 9, [5] * 8, True),
        ("silence", "leads", 0, [5] * 8, False),
        ("below", "leads", 31, [50] * 8, False),
        ("drop", "match_rate", 0.1, [0.5] * 8, False),
    ],
)
def test_a_count_that_is_off_only_by_chance_is_told_from_a_usual_count(
    kind: str, metric: str, value: float, before: list[float], expected: bool
) -> None:
    rule = Rule(AlertKind(kind), metric, WINDOWS["day"], None if kind == "silence" else Decimal(30))
    current, *history = (Observed(Fraction(str(each)), Fraction(1000)) for each in (value, *before))
    judgement = judge(rule, METRICS[metric], current, history)
    assert judgement.is_chance is expected
    assert not (judgement.is_chance and judgement.verdict is not QUIET)


@pytest.mark.parametrize(
    ("value", "basis", "expected"),
    [(0.4, BASIS_MIN, RAISED), (0.4, BASIS_MIN - 1, UNDECIDED), (0.7, BASIS_MIN, QUIET), (None, 0, UNDECIDED)],
)
def test_a_rate_of_few_deals_says_nothing(value: float | None, basis: int, expected: AlertVerdict) -> None:
    assert verdict("drop", "match_rate", value, [0.8] * 8, basis=basis) is expected
    assert verdict("below", "match_rate", value, [], "0.5", basis=basis) is expected


def test_weeks_in_which_the_figure_was_unknown_do_not_count() -> None:
    assert verdict("drop", "average", 50, [None, 100, None, 100, 100], basis=100) is RAISED
    assert verdict("drop", "average", 50, [None, 100, None, 100], basis=100) is UNDECIDED


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("above", 101, RAISED),
        ("above", 100, QUIET),
        ("below", 99, RAISED),
        ("below", 100, QUIET),
        ("above", None, UNDECIDED),
    ],
)
def test_a_limit_itself_is_still_in_order(kind: str, value: float | None, expected: AlertVerdict) -> None:
    assert verdict(kind, "cost", value, [], "100") is expected


def test_a_ratio_is_made_of_what_it_divides_by() -> None:
    counted = {name: basis.name for name, metric in METRICS.items() if (basis := basis_of(metric)) is not None}
    assert counted == {
        "average": "deals",
        "match_rate": "deals",
        "lead_rate": "deals",
        "days_to_deal": "deals",
        "days_from_lead": "deals",
        "days_from_first_visit": "deals",
        "visit_to_lead": "visits",
        "lead_to_deal": "leads",
        "deal_to_won": "deals",
        "cpc": "clicks",
        "cpl": "leads",
        "cpo": "deals",
        "cac": "deals",
        "drr": "deals",
    }


@given(metric=st.sampled_from(["deals", "amount"]), before=FIGURES, value=st.integers(0, 10_000))
def test_nothing_is_a_drop_and_a_spike_at_once_and_the_usual_is_neither(
    metric: str, before: list[float | None], value: int
) -> None:
    fell, rose = (verdict(kind, metric, value, before) is RAISED for kind in ("drop", "spike"))
    assert not (fell and rose)
    measured = list(dropwhile(lambda each: not each, (each for each in before if each is not None)))
    is_exception = metric == "deals" and measured.count(0) == 1 and len(measured) > 3
    lowest = sorted(measured)[1:2] if is_exception else sorted(measured)[:1]
    if measured and lowest[0] <= value <= max(measured):
        assert not fell
        assert not rose
