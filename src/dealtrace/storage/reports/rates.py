"""Currency rates of a site: the worth of a unit of another currency in rubles, from a day on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    delete,
    false,
    func,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
)

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.deals.amount import STEPS_PER_RUBLE
from dealtrace.deals.currency import KOPECKS_MAX, RATE_STEPS, RUBLE, CurrencyRate, rounded_rate
from dealtrace.reports.periods import Period
from dealtrace.storage.database.column_types import MICROSECOND, instant
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.reports.expressions import Expression, Rows
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.rates import currency_rate

_RATE = currency_rate.c
STEPS_PER_KOPECK = 100
IS_FOREIGN = func.coalesce(deal.c.currency, RUBLE) != RUBLE
"""The SQL condition that the sums of a deal are in a currency other than rubles."""


def rate_of_deal() -> Expression:
    """Return the SQL expression for the rate of a deal's currency at the deal's time, null if there is none.

    The rate is in rubles multiplied by `RATE_STEPS`. A rate of 0, which earlier releases stored for prices below a
    millionth of a ruble, counts as none.
    """
    fitting = (
        _RATE.site_id == deal.c.site_id,
        _RATE.currency == deal.c.currency,
        _RATE.since_at <= deal.c.happened_at,
    )
    latest = (
        select(func.nullif(_RATE.rate, 0, type_=BigInteger)).where(*fitting).order_by(_RATE.since_at.desc()).limit(1)
    )
    return latest.correlate(deal).scalar_subquery()


def has_rates(connection: Connection, site_id: int) -> bool:
    """Return whether a site has any rates."""
    return connection.execute(select(_RATE.rate).where(_RATE.site_id == site_id).limit(1)).first() is not None


def lacks_rate(*, has_rates: bool = True) -> ColumnElement[bool]:
    """Return the SQL condition that a deal has amounts in a currency without a rate at the deal's time.

    `has_rates` is false if the site is known to have no rates, which makes the condition simpler.
    """
    is_without_sums = and_(deal.c.amount_rub.is_(None), deal.c.margin_rub.is_(None))
    is_unknown = rate_of_deal().is_(None) if has_rates else true()
    return case((or_(not_(IS_FOREIGN), is_without_sums), false()), else_=is_unknown)


def kopecks_at(amount: Expression, rate: Expression) -> Expression:
    """Return the SQL expression that converts hundredths of a currency unit to kopecks.

    `deals.currency.kopecks_at` has the same rule in Python.
    """
    half = RATE_STEPS // 2
    worth = case((amount < 0, -((half - amount * rate) // RATE_STEPS)), else_=(amount * rate + half) // RATE_STEPS)
    return case((func.abs(amount) <= KOPECKS_MAX // (2 * rate), worth), else_=None)


def kopecks(stored: Expression) -> Expression:
    """Return the SQL expression that converts a stored amount to kopecks, rounding half away from zero."""
    steps, half = type_coerce(stored, BigInteger), STEPS_PER_KOPECK // 2
    return case((steps < 0, -((half - steps) // STEPS_PER_KOPECK)), else_=(steps + half) // STEPS_PER_KOPECK)


def in_rubles(amount: Expression, *, has_rates: bool) -> Expression:
    """Return the SQL expression for a deal's amount in kopecks, null without the rate that its currency needs."""
    converted = kopecks_at(kopecks(amount), rate_of_deal()) if has_rates else cast(null(), BigInteger)
    return case((IS_FOREIGN, converted), else_=kopecks(amount))


def sum_by_span(
    connection: Connection, site_id: int, since: datetime, until: datetime, span: timedelta
) -> dict[datetime, tuple[int, int]]:
    """Return the number of deals and their amount in kopecks, by the start of the time span in which they happened.

    Spans of one length follow each other since 1970; empty ones are missing. Only non-deleted deals from `since` on and
    before `until` count.
    """
    length = span // MICROSECOND
    spans = type_coerce(deal.c.happened_at, BigInteger) // length
    rows = _sums_by(connection, site_id, since, until, spans)
    return {instant(start * length): (count, int(total)) for start, count, total in rows}


def sum_by_status(connection: Connection, site_id: int, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Return the number of non-deleted deals of a period and their amount in kopecks, by spelling of their status."""
    rows = _sums_by(connection, site_id, since, until, deal.c.status)
    return {status: (count, int(total)) for status, count, total in rows}


def _sums_by(connection: Connection, site_id: int, since: datetime, until: datetime, key: Expression) -> Rows:
    """Return a row for each key: the key, the number of its deals, and their amount in kopecks."""
    amount = in_rubles(deal.c.amount_rub, has_rates=has_rates(connection, site_id))
    of_period = (deal.c.deleted_at.is_(None), deal.c.happened_at >= since, deal.c.happened_at < until)
    keyed = select(key.label("key"), amount.label("amount")).where(deal.c.site_id == site_id, *of_period).subquery()
    total = func.coalesce(func.sum(keyed.c.amount), 0)
    return connection.execute(select(keyed.c.key, func.count(), total).group_by(keyed.c.key)).all()


def upsert_rates(connection: Connection, site: Site, rates: Sequence[CurrencyRate]) -> None:
    """Store currency rates of a site, replacing stored rates of the same currency and day."""
    for rate in rates:
        since_at = day_start(rate.since_on, site.time_zone)
        values = {"rate": int(rounded_rate(rate.rubles) * RATE_STEPS)}
        statement = insert_into(connection, currency_rate).values(
            site_id=site.id, currency=rate.currency, since_at=since_at, **values
        )
        keys = ["site_id", "currency", "since_at"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))


def delete_rates(connection: Connection, site_id: int, currency: str) -> int:
    """Delete all rates of a site for a currency, and return their number."""
    mine = delete(currency_rate).where(_RATE.site_id == site_id, _RATE.currency == currency)
    return connection.execute(mine).rowcount


def list_rates(connection: Connection, site: Site) -> list[CurrencyRate]:
    """List the rates of a site, ordered by currency, then latest first; days are in the site's time zone."""
    columns = (_RATE.currency, _RATE.since_at, _RATE.rate)
    in_order = select(*columns).where(_RATE.site_id == site.id).order_by(_RATE.currency, _RATE.since_at.desc())
    return [
        CurrencyRate(currency, site_day(since_at, site.time_zone), Decimal(rate) / RATE_STEPS)
        for currency, since_at, rate in connection.execute(in_order)
    ]


def count_deals_without_rate(connection: Connection, site_id: int) -> dict[str, int]:
    """Count, by currency, the non-deleted deals of a site with amounts in a currency without a rate at their time."""
    theirs = (deal.c.site_id == site_id, deal.c.deleted_at.is_(None), lacks_rate())
    counted = select(deal.c.currency, func.count()).where(*theirs).group_by(deal.c.currency)
    return {currency: deals for currency, deals in connection.execute(counted)}  # noqa: C416 - mypy does not know that a row is a pair


def list_sums_without_rate(connection: Connection, site: Site, period: Period) -> list[tuple[str, Decimal]]:
    """List pairs of a currency and the amount, in this currency, of a period's non-deleted deals that lack a rate."""
    since, until = day_start(period.first_on, site.time_zone), day_end(period.last_on, site.time_zone)
    theirs = (deal.c.site_id == site.id, deal.c.deleted_at.is_(None), lacks_rate())
    steps = func.sum(type_coerce(deal.c.amount_rub, BigInteger))
    summed = select(deal.c.currency, steps).where(*theirs, deal.c.happened_at >= since, deal.c.happened_at < until)
    rows = connection.execute(summed.group_by(deal.c.currency).order_by(deal.c.currency))
    return [(currency, Decimal(int(total or 0)) / STEPS_PER_RUBLE) for currency, total in rows]
