"""What it means that a figure grows, and which figures can be the best of a column."""

from fractions import Fraction

import pytest

from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import Filter, Operator
from dealtrace.reports.metrics import METRICS, Growth
from dealtrace.reports.reading.good_and_bad import can_be_best, growth_of, has_best, is_unsourced

REASONS = ("no_lead_near", "nothing_sent")
SOURCE, REASON = DIMENSIONS["source"], DIMENSIONS["match_reason"]


@pytest.mark.parametrize(
    ("growth", "names"),
    [
        (
            Growth.BAD,
            "missed_calls lost unmatched days_to_deal days_from_lead days_from_first_visit cpc cpl cpo cac drr",
        ),
        (Growth.NEUTRAL, "cost clicks"),
        (Growth.GOOD, "visits leads deals amount won won_amount match_rate roi romi roas average"),
    ],
)
def test_every_metric_says_whether_its_growth_is_good(growth: Growth, names: str) -> None:
    assert {METRICS[name].growth for name in names.split()} == {growth}


def test_more_deals_without_a_source_are_bad_news() -> None:
    assert growth_of(METRICS["deals"], is_unsourced=True) is Growth.BAD
    for name in ("deals", "amount", "won_amount"):
        assert growth_of(METRICS[name], is_unsourced=False) is Growth.GOOD
    for name in ("amount", "margin", "won", "won_amount", "won_margin"):
        assert growth_of(METRICS[name], is_unsourced=True) is Growth.NEUTRAL
    assert growth_of(METRICS["visits"], is_unsourced=True) is Growth.NEUTRAL
    assert growth_of(METRICS["cost"], is_unsourced=True) is Growth.NEUTRAL
    assert growth_of(METRICS["lost"], is_unsourced=True) is Growth.BAD


def test_a_row_has_no_source_by_its_keys_or_by_the_filters() -> None:
    assert is_unsourced((SOURCE,), (None,), (), REASONS)
    assert is_unsourced((REASON,), ("no_lead_near",), (), REASONS)
    assert is_unsourced((), (), (Filter(REASON, Operator.AMONG, REASONS),), REASONS)
    assert is_unsourced((), (), (Filter(SOURCE, Operator.EMPTY),), REASONS)
    assert not is_unsourced((SOURCE,), ("yandex",), (), REASONS)
    assert not is_unsourced((DIMENSIONS["manager"],), (None,), (), REASONS)
    assert not is_unsourced((REASON,), ("phone",), (), REASONS)
    assert not is_unsourced((), (), (Filter(REASON, Operator.AMONG, ("phone", "no_lead_near")),), REASONS)
    assert not is_unsourced((), (), (Filter(REASON, Operator.NOT, ("no_lead_near",)),), REASONS)
    alternatives = (Filter(SOURCE, Operator.EMPTY), Filter(SOURCE, Operator.IS, ("yandex",)))
    assert not is_unsourced((), (), alternatives, REASONS)


def test_only_ratios_and_prices_have_a_best_row() -> None:
    assert has_best(METRICS["drr"])
    assert has_best(METRICS["deal_to_won"])
    assert not any(has_best(METRICS[name]) for name in ("cost", "clicks", "deals", "amount"))


def test_a_row_without_costs_is_not_the_cheapest() -> None:
    for name in ("cpl", "cpo", "drr", "cac", "cpc"):
        assert not can_be_best(METRICS[name], Fraction(0), ("direct",))
        assert can_be_best(METRICS[name], Fraction(1), ("yandex",))
    assert can_be_best(METRICS["deal_to_won"], Fraction(0), ("Anna",))
    assert not can_be_best(METRICS["deal_to_won"], Fraction(1), (None,))
