"""Numbers, money and times as pages show them."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from dealtrace.cabinet.formats import clock_time, day, metric_value, money, number, rounded_up, span_of_time
from dealtrace.cabinet.reports.axis_labels import axis_labels
from dealtrace.reports.metrics import METRICS


@pytest.mark.parametrize(
    ("metric", "value", "ru", "en"),
    [
        ("deals", Fraction(1234567), "1\u202f234\u202f567", "1\u202f234\u202f567"),
        ("deals", Fraction(13, 3), "4,33", "4.33"),
        ("amount", Fraction(123456789, 100), "1\u202f234\u202f568\u00a0₽", "1\u202f234\u202f568\u00a0₽"),
        ("cpc", Fraction(1234, 100), "12,34\u00a0₽", "12.34\u00a0₽"),
        ("match_rate", Fraction(5, 6), "83,3\u00a0%", "83.3\u00a0%"),
        ("roi", Fraction(3, 2), "150,0\u00a0%", "150.0\u00a0%"),
        ("days_to_deal", Fraction(5, 2), "2,5", "2.5"),
        ("days_to_deal", Fraction(1, 24), "0,04", "0.04"),
        ("days_to_deal", Fraction(0), "0,0", "0.0"),
        ("drr", None, "–", "–"),
    ],
)
def test_values_are_shown_by_their_unit(metric: str, value: Fraction | None, ru: str, en: str) -> None:
    assert metric_value("ru", METRICS[metric], value) == ru
    assert metric_value("en", METRICS[metric], value) == en


@pytest.mark.parametrize(
    ("metric", "marks", "ru", "en"),
    [
        ("amount", (0, 5_000_000), ["0 ₽", "5 000 000 ₽"], ["0 ₽", "5 000 000 ₽"]),
        ("amount", (0, 5_000_000, 10_000_000), ["0 ₽", "5 млн ₽", "10 млн ₽"], ["0 ₽", "5 M ₽", "10 M ₽"]),
        ("amount", (-20_000_000, 0), ["−20 млн ₽", "0 ₽"], ["−20 M ₽", "0 ₽"]),
        ("cac", (0, 20_000_000_000), ["0 ₽", "20 млрд ₽"], ["0 ₽", "20 B ₽"]),
        ("visits", (0, 2_000_000_000), ["0", "2 000 млн"], ["0", "2 000 M"]),
        ("roi", (0, 10_000_000), ["0,0 %", "1 000 000 000,0 %"], ["0.0 %", "1 000 000 000.0 %"]),
    ],
)
def test_an_axis_of_tens_of_millions_is_labelled_in_millions(
    metric: str, marks: tuple[int, ...], ru: list[str], en: list[str]
) -> None:
    for language, expected in (("ru", ru), ("en", en)):
        labels = axis_labels(language, METRICS[metric], [Fraction(mark) for mark in marks])
        assert [label.replace("\u202f", " ").replace("\u00a0", " ") for label in labels] == expected


def test_what_is_unknown_is_a_dash() -> None:
    assert (number("ru", None), money("en", None)) == ("–", "–")


def test_times_are_on_the_clock_of_the_site() -> None:
    at = datetime(2026, 11, 25, 22, 5, tzinfo=UTC)
    assert clock_time("ru", at, ZoneInfo("Europe/Moscow")) == "26\u00a0ноя\u00a02026, 01:05"
    assert day("en", date(2026, 5, 1)) == "1\u00a0May\u00a02026"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (82_948, "23\u00a0h 3\u00a0min"),
        (82_920, "23\u00a0h 2\u00a0min"),
        (90_001, "1\u00a0d 2\u00a0h"),
        (61, "1\u00a0min 1\u00a0s"),
    ],
)
def test_the_least_time_that_is_enough_is_rounded_up(seconds: int, shown: str) -> None:
    assert span_of_time("en", rounded_up(timedelta(seconds=seconds))) == shown
