"""Figures as they are shown."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.http.replies import success
from dealtrace.reports.formats import format_share, format_value, rounded_value
from dealtrace.reports.metrics import METRICS, Metric, Unit


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        ("deals", Fraction(12), 12),
        ("deals", Fraction(4_333_333, 1_000_000), "4.333333"),
        ("deals", Fraction(1, 2), "0.500000"),
        ("deals", Fraction(0), 0),
        ("amount", Fraction(1200), "1200.00"),
        ("amount", Fraction(-5, 100), "-0.05"),
        ("amount", Fraction(10**20 + 1, 100), "1000000000000000000.01"),
        ("match_rate", Fraction(2, 3), 0.666667),
        ("romi", Fraction(3, 2), 1.5),
        ("romi", Fraction(-1), -1.0),
        ("cpc", Fraction(5, 10_000_000), 0.0),
        ("cpc", Fraction(15, 10_000_000), 0.000002),
        ("days_to_deal", Fraction(7), 7.0),
        ("average", Fraction(123_456_789_012_123_457, 10**6), Decimal("123456789012.123457")),
        ("average", Fraction(2**60), Decimal("1152921504606846976.000000")),
        ("drr", None, None),
        ("deals", None, None),
    ],
)
def test_a_figure_is_shown(metric: str, value: Fraction | None, shown: object) -> None:
    found = format_value(METRICS[metric].unit, value)
    assert found == shown
    assert type(found) is type(shown)


@given(st.integers(-(10**18), 10**18))
def test_every_kopeck_is_kept(kopecks: int) -> None:
    shown = format_value(METRICS["amount"].unit, Fraction(kopecks, 100))
    assert isinstance(shown, str)
    assert Fraction(shown) * 100 == kopecks


@given(st.fractions(), st.sampled_from([metric for metric in METRICS.values() if metric.unit is Unit.RATIO]))
def test_a_ratio_is_rounded_to_the_nearest_millionth(value: Fraction, metric: Metric) -> None:
    number = rounded_value(metric.unit, value)
    assert number is not None
    assert abs(Fraction(number) - value) <= Fraction(1, 2_000_000)


@given(st.integers(-(10**30), 10**30))
def test_a_price_is_exact_in_json(millionths: int) -> None:
    shown = format_value(Unit.PRICE, Fraction(millionths, 10**6))
    assert json.loads(success([shown], "").body, parse_float=Fraction, parse_int=Fraction) == [
        Fraction(millionths, 10**6)
    ]


def test_a_share_has_six_decimals() -> None:
    assert [format_share(share) for share in (1_000_000, 333_333, 0)] == ["1.000000", "0.333333", "0.000000"]
