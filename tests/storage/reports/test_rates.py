"""The worth of other currencies in SQL, beside the rule in Python."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, bindparam, literal, select, update

from cast import Player, Stage, moscow
from dealtrace.deals.currency import KOPECKS_MAX, RATE_RUB_MAX, RATE_STEPS, CurrencyRate, kopecks_at
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.reports.periods import Period
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.worth import kopecks_at as kopecks_in_sql
from dealtrace.storage.deals.worth import rate_of_deal, steps_of, worth_of
from dealtrace.storage.reports import rates
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.rates import currency_rate
from write_commands import registration

NO_LEAD = (Matcher(MatcherKind.VISIT, visit_ids=(1,)),)
_WORTH = select(kopecks_in_sql(bindparam("amount", type_=BigInteger), bindparam("rate", type_=BigInteger)))


def test_the_worth_of_a_sum_is_that_of_the_rule(database: Database) -> None:
    @settings(max_examples=60, deadline=None)
    @given(
        amount=st.integers(-KOPECKS_MAX // 100, KOPECKS_MAX // 100) | st.integers(-(10**9), 10**9),
        rate=st.integers(1, RATE_RUB_MAX * RATE_STEPS),
    )
    def agree(amount: int, rate: int) -> None:
        with database.read() as connection:
            worth = connection.execute(_WORTH, {"amount": amount, "rate": rate}).scalar_one()
        assert worth == kopecks_at(amount, rate)

    agree()


def test_only_deals_with_a_sum_lack_a_rate(stage: Stage, shop: Player) -> None:
    day, shape = moscow("2026-11-10", "12:00:00"), {"currency": "usd", "clue": NO_CLUE, "matchers": NO_LEAD}
    stage.perform(
        register_deals,
        shop,
        registration("sum", happened_at=day, amount_rub=Decimal("10.5"), **shape),
        registration("margin", happened_at=day, amount_rub=None, margin_rub=Decimal(1), **shape),
        registration("neither", happened_at=day, amount_rub=None, **shape),
        registration("rubles", happened_at=day, amount_rub=Decimal(7)),
    )
    period = Period(day.date(), day.date())
    with stage.database.read() as connection:
        assert rates.count_deals_without_rate(connection, shop.site.id) == {"usd": 2}
        assert rates.list_sums_without_rate(connection, shop.site, period) == [("usd", Decimal("10.5"))]
        assert rates.list_sums_without_rate(connection, shop.site, Period(date(2026, 11, 9), date(2026, 11, 9))) == []
    with stage.database.write() as connection:
        rates.upsert_rates(connection, shop.site, [CurrencyRate("usd", date(2026, 11, 10), Decimal(90))])
        assert rates.count_deals_without_rate(connection, shop.site.id) == {}


def test_a_stored_rate_of_zero_counts_as_none(stage: Stage, shop: Player) -> None:
    noon, shape = moscow("2026-11-10", "12:00:00"), {"currency": "usd", "clue": NO_CLUE, "matchers": NO_LEAD}
    stage.perform(register_deals, shop, registration("1", happened_at=noon, amount_rub=Decimal(5), **shape))
    with stage.database.write() as connection:
        rates.upsert_rates(connection, shop.site, [CurrencyRate("usd", noon.date(), Decimal(90))])
        connection.execute(update(currency_rate).where(currency_rate.c.site_id == shop.site.id).values(rate=0))
    with stage.database.read() as connection:
        assert rates.count_deals_without_rate(connection, shop.site.id) == {"usd": 1}
        converted = kopecks_in_sql(literal(500, BigInteger), rate_of_deal())
        mine = select(converted).select_from(deal).where(deal.c.site_id == shop.site.id)
        assert connection.execute(mine).scalar_one() is None


def test_deals_are_worth_in_python_what_they_are_in_sql(stage: Stage, shop: Player) -> None:
    """The rates of a day hold from its midnight on; an amount that no rate converts is worth nothing known."""
    days = ("2026-11-09", "2026-11-10", "2026-11-12", "2027-01-01")
    moments = [moscow(day, clock) for day in days for clock in ("00:00:00", "23:59:59")]
    deals = [
        registration(
            f"{number}-{amount}-{currency}", happened_at=at, amount_rub=Decimal(amount), currency=currency,
            clue=NO_CLUE, matchers=NO_LEAD,
        )
        for number, at in enumerate(moments)
        for amount in ("10.555", "-0.0051", "900000000000000")
        for currency in (None, "rub", "usd", "eur", "gbp")
    ]  # fmt: skip
    stage.perform(register_deals, shop, *deals)
    known = [("usd", 10, "90.5"), ("usd", 12, "0.000001"), ("eur", 12, "100.123456")]
    with stage.database.write() as connection:
        new = [CurrencyRate(currency, date(2026, 11, day), Decimal(rate)) for currency, day, rate in known]
        rates.upsert_rates(connection, shop.site, new)
    columns = (deal.c.amount_rub, deal.c.currency, deal.c.happened_at)
    with stage.database.read() as connection:
        found = rates.find_rates(connection, shop.site.id)
        stored = select(*columns, worth_of(deal.c.amount_rub, has_rates=True), steps_of(deal.c.amount_rub))
        rows = connection.execute(stored.where(deal.c.site_id == shop.site.id)).all()
    assert len(rows) == len(deals)
    assert {worth is None for *_, worth, _ in rows} == {True, False}
    for amount, currency, at, worth, steps in rows:
        assert found.worth(amount, currency, at) == worth, (amount, currency, at)
        assert steps == (amount * 10_000 if currency in (None, "rub") else worth * 100 if worth is not None else None)
