"""What the amounts of deals are worth in rubles, as SQL: other currencies are converted at the rates of the site."""

from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
)

from dealtrace.attribution.cost import KOPECKS_PER_RUBLE
from dealtrace.deals.amount import STEPS_PER_RUBLE
from dealtrace.deals.currency import KOPECKS_MAX, RATE_STEPS, RUBLE
from dealtrace.storage.schema.tables.currency_rates import currency_rate
from dealtrace.storage.schema.tables.deals import deal

_RATE = currency_rate.c
STEPS_PER_KOPECK = STEPS_PER_RUBLE // KOPECKS_PER_RUBLE
IS_FOREIGN = func.coalesce(deal.c.currency, RUBLE) != RUBLE
"""The SQL condition that the amounts of a deal are in a currency other than rubles."""
IS_INDEXED_FOREIGN = deal.c.currency != literal_column(f"'{RUBLE}'")
"""The SQL condition of the partial index `ix_deal_foreign`: like `IS_FOREIGN`, but null for deals without a currency.

The ruble is written into the SQL: if it were a parameter, the engines would not use the partial index.
"""


def rate_of_deal() -> ColumnElement[int]:
    """Return the SQL expression for the rate of a deal's currency at the deal's time, null if there is none.

    `deals.currency.Rates` has the same rule in Python. The rate is in rubles multiplied by `RATE_STEPS`. A rate of 0,
    which earlier releases stored for currency units worth less than a millionth of a ruble, counts as none.
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


def lacks_rate(*, has_rates: bool = True) -> ColumnElement[bool]:
    """Return the SQL condition that a deal has amounts in a currency without a rate at the deal's time.

    `has_rates` is false if the site is known to have no rates, which makes the condition simpler.
    """
    is_without_sums = and_(deal.c.amount_rub.is_(None), deal.c.margin_rub.is_(None))
    is_unknown = rate_of_deal().is_(None) if has_rates else true()
    return case((or_(not_(IS_FOREIGN), is_without_sums), false()), else_=is_unknown)


def kopecks_at(amount: ColumnElement[int], rate: ColumnElement[int]) -> ColumnElement[int]:
    """Return the SQL expression that converts hundredths of a currency unit to kopecks.

    `deals.currency.kopecks_at` has the same rule in Python.
    """
    half = RATE_STEPS // 2
    worth = case((amount < 0, -((half - amount * rate) // RATE_STEPS)), else_=(amount * rate + half) // RATE_STEPS)
    return case((func.abs(amount) <= KOPECKS_MAX // (2 * rate), worth), else_=None)


def kopecks(stored: ColumnElement[Decimal]) -> ColumnElement[int]:
    """Return the SQL expression that converts a stored amount to kopecks, rounding half away from zero."""
    steps, half = type_coerce(stored, BigInteger), STEPS_PER_KOPECK // 2
    return case((steps < 0, -((half - steps) // STEPS_PER_KOPECK)), else_=(steps + half) // STEPS_PER_KOPECK)


def worth_of(amount: ColumnElement[Decimal], *, has_rates: bool) -> ColumnElement[int]:
    """Return the SQL expression for a deal's amount in kopecks, null if its currency needs a rate but has none."""
    converted = kopecks_at(kopecks(amount), rate_of_deal()) if has_rates else cast(null(), BigInteger)
    return case((IS_FOREIGN, converted), else_=kopecks(amount))


def steps_of(amount: ColumnElement[Decimal]) -> ColumnElement[int]:
    """Return the SQL expression for a deal's amount in ten-thousandths of a ruble, null where `worth_of` is null."""
    converted = kopecks_at(kopecks(amount), rate_of_deal()) * STEPS_PER_KOPECK
    return case((IS_FOREIGN, converted), else_=type_coerce(amount, BigInteger))
