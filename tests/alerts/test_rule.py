"""Rules of alerts in words, and the metrics they can watch."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dealtrace.alerts.rule import (
    OF_LIMITS,
    PERCENT_USUAL,
    AlertKind,
    RawRule,
    Rule,
    can_be_silent,
    format_rule,
    parse_formatted_rule,
    parse_rule,
)
from dealtrace.alerts.windows import WINDOWS
from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.reports.facts import Fact
from dealtrace.reports.metrics import METRICS, Metric, Unit
from dealtrace.reports.question import QuestionContext

KNOWN = QuestionContext(date(2026, 11, 10), AttributionModel(1))
LIMITS = {AlertKind.ABOVE: "1", AlertKind.BELOW: "1"}


def parsed(kind: str, metric: str, window: str = "day", amount: str = "", filters: tuple[str, ...] = ()) -> Rule:
    rule, _ = parse_rule(RawRule(kind, metric, window, amount, filters), KNOWN)
    return rule


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_can_be_watched_in_every_way_or_it_is_no_count_and_never_silent(metric: Metric) -> None:
    for kind in AlertKind:
        if kind is AlertKind.SILENCE and not can_be_silent(metric):
            assert metric.unit is not Unit.COUNT or Fact.COSTS in metric.facts
            with pytest.raises(InvalidSetting, match="silence needs a metric that counts"):
                parsed(kind, metric.name)
        else:
            assert parsed(kind, metric.name, amount=LIMITS.get(kind, "")).metric == metric.name


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_only_costs_need_whole_days(metric: Metric) -> None:
    if Fact.COSTS in metric.facts:
        with pytest.raises(InvalidSetting, match="costs are known only by day"):
            parsed("spike", metric.name, "3h")
    else:
        assert parsed("spike", metric.name, "3h").window.hours == 3


@pytest.mark.parametrize(
    ("kind", "metric", "text", "amount"),
    [
        ("drop", "deals", "", Decimal(PERCENT_USUAL[AlertKind.DROP])),
        ("spike", "deals", "200 %", Decimal(200)),
        ("above", "cost", "1500,50", Decimal("1500.50")),
        ("above", "cost", "1.234", Decimal("1.234")),
        ("above", "roi", "-0,125", Decimal("-0.125")),
        ("below", "match_rate", "15%", Decimal("0.15")),
        ("below", "match_rate", "0.15", Decimal("0.15")),
        ("above", "roi", "-1", Decimal(-1)),
        ("silence", "calls", " ", None),
    ],
)
def test_an_amount_is_a_per_cent_or_a_limit_in_the_unit(
    kind: str, metric: str, text: str, amount: Decimal | None
) -> None:
    assert parsed(kind, metric, amount=text).amount == amount


@pytest.mark.parametrize(
    ("kind", "metric", "text"),
    [
        ("drop", "deals", "100"),
        ("drop", "deals", "0"),
        ("drop", "deals", "1.5"),
        ("drop", "deals", "٣"),
        ("spike", "deals", "10001"),
        ("above", "deals", ""),
        ("above", "deals", "many"),
        ("above", "deals", "5%"),
        ("above", "cost", "1e9"),
        ("above", "cost", "1,234"),
        ("above", "roi", "-1,234"),
        ("above", "cost", "9" * 16),
        ("silence", "calls", "3"),
    ],
)
def test_an_amount_that_says_nothing_is_refused(kind: str, metric: str, text: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        parsed(kind, metric, amount=text)
    assert refused.value.facts["key"] == "amount"


def test_unknown_words_are_refused_with_the_ones_that_exist() -> None:
    with pytest.raises(InvalidSetting, match="unknown “often”; available: silence, drop"):
        parsed("often", "deals")
    with pytest.raises(InvalidSetting, match="unknown “2h”; available: 1h, 3h"):
        parsed("drop", "deals", "2h")
    with pytest.raises(InvalidParameters, match="did you mean deals"):
        parsed("drop", "deal")
    with pytest.raises(InvalidParameters, match="unknown dimension “sorce”"):
        parsed("drop", "deals", filters=("sorce:is:yandex",))
    with pytest.raises(InvalidSetting, match="one metric"):
        parsed("drop", "deals,leads")


@pytest.mark.parametrize("amount", [None, Decimal(30), Decimal("-0.15"), Decimal("1500.50")])
@pytest.mark.parametrize("metric", ["deals", "column:В работе"])
def test_a_rule_in_a_line_is_read_again(metric: str, amount: Decimal | None) -> None:
    for kind in AlertKind:
        rule = Rule(kind, metric, WINDOWS["3h"], amount)
        assert parse_formatted_rule(format_rule(rule)) == rule


@given(
    st.sampled_from(sorted(OF_LIMITS)),
    st.sampled_from(["match_rate", "cost", "deals"]),
    st.from_regex(r"[+-]?[0-9]{1,15}([.,][0-9]{1,6})?", fullmatch=True),
    st.booleans(),
)
def test_every_limit_that_is_accepted_is_read_again(
    kind: AlertKind,
    metric: str,
    number: str,
    is_percent: bool,
) -> None:
    assume(not re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", number))  # a thousand or a fraction: refused
    rule = parsed(kind, metric, amount=f"{number}%" if is_percent and metric == "match_rate" else number)
    assert parse_formatted_rule(format_rule(rule)) == rule


@pytest.mark.parametrize("text", ["", "a@example.com", "drop", "drop 3h - ", "drop 9h 1 deals", "fall 3h 1 deals"])
def test_another_line_is_no_rule(text: str) -> None:
    assert parse_formatted_rule(text) is None
