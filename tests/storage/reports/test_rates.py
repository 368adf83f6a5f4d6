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
from dealtrace.storage.reports import rates
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.rates import currency_rate
from write_commands import registration

NO_LEAD = (Matcher(MatcherKind.VISIT, visit_ids=(1,)),)
_WORTH = select(rates.kopecks_at(bindparam("amount", type_=BigInteger), bindparam("rate", type_=BigInteger)))


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
        worth = rates.kopecks_at(literal(500, BigInteger), rates.rate_of_deal())
        mine = select(worth).select_from(deal).where(deal.c.site_id == shop.site.id)
        assert connection.execute(mine).scalar_one() is None
