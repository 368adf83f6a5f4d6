"""What changed rates do to amounts in rubles, by worked examples and against the plain rule."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.currency import RATE_STEPS, Rates
from dealtrace.deals.currency_rate_changes import (
    ForeignAmounts,
    MonthOfAmounts,
    changed_span,
    tally_amounts,
    with_rates,
)

ZONE = ZoneInfo("Asia/Vladivostok")
START = datetime(2018, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STARTS = st.tuples(st.sampled_from(["usd", "eur"]), st.integers(0, 6).map(lambda day: START + day * DAY))
RATES = st.dictionaries(STARTS, st.sampled_from([0, RATE_STEPS, 2 * RATE_STEPS]), max_size=6)
DEALS = st.builds(
    ForeignAmounts,
    st.sampled_from(["usd", "eur"]),
    st.integers(-12, 200).map(lambda hours: START + timedelta(hours=hours)),
    st.none() | st.integers(-3, 3).map(Decimal),
    st.none() | st.integers(-3, 3).map(Decimal),
)


def rates(known: dict[tuple[str, datetime], int]) -> Rates:
    return with_rates(Rates({}, {}), known, ())


@given(RATES, RATES, st.sets(STARTS), st.lists(DEALS, max_size=8))
def test_nothing_changes_outside_the_span_and_the_totals_are_those_of_the_plain_rule(
    known: dict[tuple[str, datetime], int],
    new: dict[tuple[str, datetime], int],
    removed: set[tuple[str, datetime]],
    deals: list[ForeignAmounts],
) -> None:
    before = rates(known)
    after = with_rates(before, new, removed)
    kept = {key: rate for key, rate in known.items() if key not in removed}
    assert after == rates({**kept, **new})
    span, changed = changed_span(before, after), tally_amounts(deals, before, after, ZONE)
    moved = 0
    for deal in deals:
        sides = [
            [side.worth(each, deal.currency, deal.at) for each in (deal.amount, deal.margin) if each is not None]
            for side in (before, after)
        ]
        if sides[0] != sides[1]:
            moved += 1
            assert span is not None
            assert span[0] <= deal.at
            assert span[1] is None or deal.at < span[1]
    assert changed.deals == moved == sum(month.deals for month in changed.months)
    worth = [
        sum(side.worth(deal.amount or Decimal(0), deal.currency, deal.at) or 0 for deal in deals)
        for side in (before, after)
    ]
    assert (changed.after or 0) - (changed.before or 0) == worth[1] - worth[0]
    totals = [(changed.before, changed.after), *((month.before, month.after) for month in changed.months)]
    for lacking, side in zip((changed.lacking_before, changed.lacking_after), zip(*totals, strict=True), strict=True):
        assert lacking or None not in side, "only what lacks a rate is unknown"


def test_months_are_those_of_the_site_and_totals_of_nothing_with_a_rate_are_unknown() -> None:
    at = datetime(2018, 3, 31, 15, tzinfo=UTC)
    deals = [
        ForeignAmounts("usd", at, Decimal(100), Decimal("10.5")),
        ForeignAmounts("usd", at - DAY, Decimal(1), None),
        ForeignAmounts("usd", START - DAY, Decimal(1), None),
    ]
    after = rates({("usd", START): 60 * RATE_STEPS})
    changed = tally_amounts(deals, rates({}), after, ZONE)
    assert changed.months == (
        MonthOfAmounts(date(2018, 3, 1), "usd", 1, None, 60_00),
        MonthOfAmounts(date(2018, 4, 1), "usd", 1, None, 6000_00),
    )
    assert (changed.deals, changed.before, changed.after) == (2, None, 6060_00)
    assert (changed.margin_before, changed.margin_after) == (None, 630_00)
    assert (changed.lacking_before, changed.lacking_after) == (2, 0)


def test_a_total_with_an_amount_that_has_a_rate_leaves_the_others_out_and_no_amount_is_zero() -> None:
    deals = [
        ForeignAmounts("usd", START + DAY, Decimal(2), None),
        ForeignAmounts("usd", START - DAY, Decimal(3), None),
    ]
    known = {("usd", START): 50 * RATE_STEPS}
    after = rates({("usd", START - DAY): 60 * RATE_STEPS})
    changed = tally_amounts(deals, rates(known), after, ZONE)
    assert (changed.before, changed.after, changed.lacking_before) == (100_00, 300_00, 1)
    assert (changed.margin_before, changed.margin_after) == (0, 0)
    assert [month.before for month in changed.months] == [None, 100_00]


def test_equal_rates_have_no_span() -> None:
    same = rates({("usd", START): 5})
    assert changed_span(same, with_rates(same, {("usd", START + DAY): 5}, ())) is None


def test_rates_to_remove_are_gone_through_once_however_many_there_are() -> None:
    known = {("usd", START + number * DAY): number + 1 for number in range(9)}
    assert with_rates(rates(known), {}, iter(reversed(known))) == Rates({}, {})
