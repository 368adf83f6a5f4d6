"""Whether a list of deals agrees with ours."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.currency import Rates
from dealtrace.deals.deal import DealId
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.reports.agreement import (
    Agreement,
    CountAndWorth,
    DealComparison,
    Disagreement,
    Field,
    ListedSums,
    SeenDeals,
    SeenIds,
    compare_deals,
    in_kopecks,
)
from domain_records import NOON, SECOND, deal

DAY = timedelta(days=1)
SUMS_ONLY, NO_SUMS = ListedSums(), ListedSums(has_amounts=False)
RATES = Rates({"usd": [NOON]}, {"usd": [90_000_000]})
IN_CURRENCIES = ListedSums(has_currencies=True, rates=RATES)


def stated(
    amount: str | None = "1000", status: str = "new", happened_at: datetime = NOON, number: str = "n"
) -> IncomingDeal:
    return IncomingDeal(None, number, status, Decimal(amount) if amount is not None else None, happened_at)


def compare(theirs: IncomingDeal, *, listed: ListedSums = SUMS_ONLY, **ours: Any) -> DealComparison:
    return compare_deals(2, theirs, deal(**ours), listed, is_repeated=False)


@pytest.mark.parametrize(
    ("theirs", "ours", "fields"),
    [
        (stated(), {}, ()),
        (stated("1000.004"), {}, ()),
        (stated("1000.005"), {}, (Field.SUM,)),
        (stated(None), {"amount_rub": Decimal(0)}, ()),
        (stated("0"), {"amount_rub": None}, ()),
        (stated(None), {}, (Field.SUM,)),
        (stated(status=" NEW "), {}, ()),
        (stated(status="Оплачен"), {"status": "оплачен"}, ()),
        (stated(status=""), {}, (Field.STATUS,)),
        (stated(happened_at=NOON + 59 * SECOND), {}, ()),
        (stated(happened_at=NOON + 60 * SECOND), {}, (Field.DATE,)),
        (stated(happened_at=NOON - SECOND), {}, (Field.DATE,)),
        (stated("1", "won", NOON + DAY), {}, (Field.SUM, Field.STATUS, Field.DATE)),
    ],
)
def test_it_names_the_values_that_differ(theirs: IncomingDeal, ours: dict[str, Any], fields: tuple[Field, ...]) -> None:
    compared = compare(theirs, **ours)
    assert compared.fields == fields
    assert compared.disagreement == (Disagreement.OTHER_VALUES if fields else None)


def test_sums_are_compared_only_if_the_list_has_them() -> None:
    assert compare(stated(None), listed=NO_SUMS).disagreement is None


def test_a_deal_is_missing_here_or_repeated() -> None:
    missing = compare_deals(2, stated(), None, SUMS_ONLY, is_repeated=False)
    repeated = compare_deals(3, stated("5"), deal(), SUMS_ONLY, is_repeated=True)
    assert (missing.disagreement, repeated.disagreement) == (Disagreement.MISSING_HERE, Disagreement.REPEATED)


def test_a_deal_that_is_missing_here_is_missing_once_and_then_repeated() -> None:
    seen = SeenDeals()
    rows = [stated(), stated(number="m"), stated(number=" n "), replace(stated(), id=DealId(5)), stated()]
    assert [seen.add(theirs, None) for theirs in rows] == [False, False, True, False, True]
    assert seen.add(replace(stated(number="x"), id=DealId(5)), None)
    assert 5 not in seen
    assert [seen.add(stated(), deal(id=DealId(7))) for _ in range(2)] == [False, True]
    assert 7 in seen
    assert compare_deals(3, stated(), None, SUMS_ONLY, is_repeated=True).disagreement is Disagreement.REPEATED


def test_seen_ids_are_a_set() -> None:
    seen, known = SeenIds(), set()
    for number in (1, 255, 256, 257, 10**15, 1, 256):
        assert seen.add(number) is (number in known)
        known.add(number)
    assert [number for number in range(600) if number in seen] == [1, 255, 256, 257]
    assert 10**15 in seen
    assert 10**15 - 1 not in seen


SUMS = st.one_of(st.none(), st.decimals(-1000, 1000, places=4))
MOMENTS = st.integers(-9, 9).map(lambda days: NOON + days * DAY)
CURRENCIES = st.sampled_from([None, "rub", "usd", "eur"])
THEIRS = st.builds(
    lambda amount, status, at, currency: replace(
        stated(str(amount) if amount is not None else None, status, at), currency=currency
    ),
    SUMS, st.sampled_from(["new", "won"]), MOMENTS, CURRENCIES,
)  # fmt: skip
OURS = st.builds(
    lambda amount, at, currency: deal(id=DealId(1), amount_rub=amount, happened_at=at, currency=currency),
    SUMS, MOMENTS, CURRENCIES,
)  # fmt: skip
COMPARED = st.one_of(
    st.builds(lambda theirs, again: compare_deals(2, theirs, None, IN_CURRENCIES, is_repeated=again),
              THEIRS, st.booleans()),
    st.builds(lambda theirs, ours, again: compare_deals(2, theirs, ours, IN_CURRENCIES, is_repeated=again),
              THEIRS, OURS, st.booleans()),
    st.builds(lambda ours: DealComparison(None, None, ours, Disagreement.MISSING_IN_FILE), OURS),
    st.just(DealComparison(2, None, None, Disagreement.UNREADABLE, reason="?")),
)  # fmt: skip


def _known_half(compared: DealComparison) -> int:
    """Return what a pair adds to the difference of the two sides, if the worth of one of its deals is unknown."""
    assert compared.ours is not None
    at, worths = compared.ours.happened_at, []
    for each in (compared.theirs, compared.ours):
        assert each is not None
        amount = each.amount_rub
        worths.append(IN_CURRENCIES.rates.worth(amount, each.currency, at) if amount is not None else 0)
    stated, own = worths
    return (stated or 0) - (own or 0) if None in worths else 0


@given(st.lists(COMPARED))
def test_the_two_sides_differ_by_exactly_what_is_listed(compared: list[DealComparison]) -> None:
    total = Agreement()
    for each in compared:
        total.add(each, IN_CURRENCIES)
    more_deals = total.missing_here.deals + total.repeated.deals - total.missing_in_file.deals
    assert total.theirs.deals - total.ours.deals == more_deals
    more = total.missing_here.kopecks + total.repeated.kopecks - total.missing_in_file.kopecks
    half_known = sum(_known_half(each) for each in compared if Field.SUM in each.fields)
    assert total.theirs.kopecks - total.ours.kopecks == more + total.other_sum.kopecks + half_known
    assert total.is_whole is all(each.disagreement is None for each in compared)
    moments = [each.theirs.happened_at for each in compared if each.theirs is not None]
    assert (total.first_at, total.last_at) == ((min(moments), max(moments)) if moments else (None, None))


def test_a_list_without_sums_is_taken_to_have_ours() -> None:
    total = Agreement()
    total.add(compare(stated(None), listed=NO_SUMS), NO_SUMS)
    assert total.theirs == total.ours == CountAndWorth(1, in_kopecks(Decimal(1000)))
    assert total.is_whole


def total_of(*compared: DealComparison, listed: ListedSums) -> Agreement:
    total = Agreement()
    for each in compared:
        total.add(each, listed)
    return total


def test_deals_of_a_list_without_currencies_have_the_currencies_of_ours() -> None:
    listed = ListedSums(rates=RATES)
    same = compare(stated("10"), listed=listed, amount_rub=Decimal(10), currency="usd")
    assert same.disagreement is None
    total = total_of(same, compare(stated("7"), listed=listed, amount_rub=Decimal(7), currency="eur"), listed=listed)
    assert total.theirs == total.ours == CountAndWorth(2, 90_000, without_rate=1)
    assert total.is_whole


@pytest.mark.parametrize(
    ("theirs", "ours", "more"),
    [
        (("10", "usd"), ("10", None), CountAndWorth(1, 89_000)),
        (("10", None), ("9", "rub"), CountAndWorth(1, 100)),
        (("2", "usd"), ("1", "usd"), CountAndWorth(1, 9000)),
        (("10", "eur"), ("10", "usd"), CountAndWorth(1, 0, without_rate=1)),
        (("10", "eur"), ("11", "eur"), CountAndWorth(1, 0, without_rate=1)),
    ],
)
def test_the_same_number_in_another_currency_is_another_sum(
    theirs: tuple[str, str | None], ours: tuple[str, str | None], more: CountAndWorth
) -> None:
    listed = replace(stated(theirs[0]), currency=theirs[1])
    compared = compare(listed, listed=IN_CURRENCIES, amount_rub=Decimal(ours[0]), currency=ours[1])
    assert compared.fields == (Field.SUM,)
    total = total_of(compared, listed=IN_CURRENCIES)
    assert total.other_sum == more
    assert total.other_sum.known_kopecks == (None if more.without_rate else more.kopecks)


def test_nothing_is_nothing_in_every_currency() -> None:
    nothing = replace(stated("0"), currency="usd")
    assert compare(nothing, listed=IN_CURRENCIES, amount_rub=None).disagreement is None


def test_both_sides_are_converted_at_the_rate_of_the_time_of_ours() -> None:
    compared = compare(
        replace(stated("10", happened_at=NOON - DAY), currency="usd"),
        listed=IN_CURRENCIES,
        amount_rub=Decimal(10),
        currency="usd",
    )
    assert compared.fields == (Field.DATE,)
    total = total_of(compared, listed=IN_CURRENCIES)
    assert total.theirs == total.ours == CountAndWorth(1, 90_000)
