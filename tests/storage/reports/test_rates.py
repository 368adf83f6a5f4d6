"""The worth of other currencies in SQL, beside the rule in Python."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, bindparam, func, literal, select, update

from cast import Player, Stage, moscow
from dealtrace.deals.currency import KOPECKS_MAX, RATE_RUB_MAX, RATE_STEPS, CurrencyRate, kopecks_at
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.reports.periods import Period
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.worth import kopecks_at as kopecks_in_sql
from dealtrace.storage.deals.worth import lacks_rate, rate_of_deal, steps_of, worth_of
from dealtrace.storage.reports import currency_rates
from dealtrace.storage.schema.tables.currency_rates import currency_rate
from dealtrace.storage.schema.tables.deals import deal
from examples import examples
from write_commands import registration

NO_LEAD = (Matcher(MatcherKind.VISIT, visit_ids=(1,)),)
_WORTH = select(kopecks_in_sql(bindparam("amount", type_=BigInteger), bindparam("rate", type_=BigInteger)))


def test_the_worth_of_a_sum_is_that_of_the_rule(database: Database) -> None:
    @settings(max_examples=examples(60), deadline=None)
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
        assert currency_rates.count_deals_without_rate(connection, shop.site.id) == {"usd": 2}
        assert currency_rates.list_sums_without_rate(connection, shop.site, period) == [("usd", Decimal("10.5"))]
        assert (
            currency_rates.list_sums_without_rate(connection, shop.site, Period(date(2026, 11, 9), date(2026, 11, 9)))
            == []
        )
    with stage.database.write() as connection:
        currency_rates.upsert_rates(connection, shop.site, [CurrencyRate("usd", date(2026, 11, 10), Decimal(90))])
        assert currency_rates.count_deals_without_rate(connection, shop.site.id) == {}


def test_a_stored_rate_of_zero_counts_as_none(stage: Stage, shop: Player) -> None:
    noon, shape = moscow("2026-11-10", "12:00:00"), {"currency": "usd", "clue": NO_CLUE, "matchers": NO_LEAD}
    stage.perform(register_deals, shop, registration("1", happened_at=noon, amount_rub=Decimal(5), **shape))
    with stage.database.write() as connection:
        currency_rates.upsert_rates(connection, shop.site, [CurrencyRate("usd", noon.date(), Decimal(90))])
        connection.execute(update(currency_rate).where(currency_rate.c.site_id == shop.site.id).values(rate=0))
    with stage.database.read() as connection:
        assert currency_rates.count_deals_without_rate(connection, shop.site.id) == {"usd": 1}
        converted = kopecks_in_sql(literal(500, BigInteger), rate_of_deal())
        mine = select(converted).select_from(deal).where(deal.c.site_id == shop.site.id)
        assert connection.execute(mine).scalar_one() is None


def test_deals_without_a_rate_are_counted_by_currency_and_up_to_a_limit(stage: Stage, shop: Player) -> None:
    """Rates of usd begin on day 3, those of eur on day 2 and pause on day 4; kzt has none, of cny all were paused."""
    days = [moscow(f"2026-11-0{day}", "12:00:00") for day in range(1, 7)]
    shape = {"clue": NO_CLUE, "matchers": NO_LEAD, "amount_rub": Decimal(5)}
    deals = [
        registration(f"{currency} {day:%d}", happened_at=day, currency=currency, **shape)
        for currency in ("usd", "eur", "kzt", "cny", "rub", None)
        for day in days
    ]
    stage.perform(register_deals, shop, *deals)
    stage.perform(register_deals, stage.open_site(), registration("foreign", currency="gel", **shape))
    starts = [("usd", 3), ("usd", 5), ("eur", 2), ("eur", 4), ("eur", 5), ("cny", 1), ("cny", 3)]
    known = [CurrencyRate(currency, date(2026, 11, day), Decimal(90)) for currency, day in starts]
    paused = [(CurrencyRate("eur", date(2026, 11, 4), Decimal(1))), CurrencyRate("cny", date(2026, 11, 3), Decimal(1))]
    with stage.database.write() as connection:
        currency_rates.upsert_rates(connection, shop.site, [*known, *paused])
        paused_rate = (currency_rate.c.site_id == shop.site.id, currency_rate.c.rate == RATE_STEPS)
        connection.execute(update(currency_rate).where(*paused_rate).values(rate=0))
    lacking = {"usd": 2, "eur": 2, "kzt": 6, "cny": 4}
    with stage.database.read() as connection:
        theirs = (deal.c.site_id == shop.site.id, lacks_rate())
        by_rule = select(deal.c.currency, func.count()).where(*theirs).group_by(deal.c.currency)
        assert dict(map(tuple, connection.execute(by_rule))) == lacking
        assert currency_rates.count_deals_without_rate(connection, shop.site.id) == lacking
        assert currency_rates.count_deals_without_rate(connection, shop.site.id, 2) == {
            "usd": 2,
            "eur": 2,
            "kzt": 3,
            "cny": 3,
        }


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
        currency_rates.upsert_rates(connection, shop.site, new)
    columns = (deal.c.amount_rub, deal.c.currency, deal.c.happened_at)
    with stage.database.read() as connection:
        found = currency_rates.find_rates(connection, shop.site.id)
        stored = select(*columns, worth_of(deal.c.amount_rub, has_rates=True), steps_of(deal.c.amount_rub))
        rows = connection.execute(stored.where(deal.c.site_id == shop.site.id)).all()
    assert len(rows) == len(deals)
    assert {worth is None for *_, worth, _ in rows} == {True, False}
    for amount, currency, at, worth, steps in rows:
        assert found.worth(amount, currency, at) == worth, (amount, currency, at)
        assert steps == (amount * 10_000 if currency in (None, "rub") else worth * 100 if worth is not None else None)
