"""Currency rates of a site: how many rubles a unit of another currency is worth, from a given day on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.deals.amount import STEPS_PER_RUBLE
from dealtrace.deals.currency import RATE_STEPS, CurrencyRate, Rates, rounded_rate
from dealtrace.deals.currency_rate_changes import ForeignAmounts
from dealtrace.reports.periods import Period
from dealtrace.storage.database.column_types import EARLIEST, LATEST, MICROSECOND, Instant, instant, is_in
from dealtrace.storage.database.planner_settings import prepare_large_reads
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.deals.worth import IS_INDEXED_FOREIGN, lacks_rate, worth_of
from dealtrace.storage.reports.sql_functions import total_of
from dealtrace.storage.reports.statement_types import Expression, Rows
from dealtrace.storage.schema.tables.currency_rates import currency_rate
from dealtrace.storage.schema.tables.deals import deal

_RATE = currency_rate.c
_SELECTED = select(_RATE.currency, _RATE.since_at, _RATE.rate)
_Row = tuple[str, datetime, int]
"""A stored rate: its currency, the instant at which it begins, and the rate in millionths of a ruble."""


def has_rates(connection: Connection, site_id: int) -> bool:
    """Return whether a site has any rates."""
    return connection.execute(select(_RATE.rate).where(_RATE.site_id == site_id).limit(1)).first() is not None


def has_foreign_deals(connection: Connection, site_id: int) -> bool:
    """Return whether a site has any deals in a currency other than the ruble."""
    foreign = select(deal.c.id).where(deal.c.site_id == site_id, IS_INDEXED_FOREIGN)
    return connection.execute(foreign.limit(1)).first() is not None


def sum_by_span(
    connection: Connection, site_id: int, since: datetime, until: datetime, span: timedelta
) -> dict[datetime, tuple[int, int, bool]]:
    """Return the number of deals and their amount in kopecks, by the start of the time span in which they happened.

    Spans of the length `span` follow each other from 1970 on; spans without deals are left out. Only non-deleted deals
    that happened at or after `since` and before `until` count. The third value says whether the amount leaves out some
    whose worth is unknown.
    """
    length = span // MICROSECOND
    spans = type_coerce(deal.c.happened_at, BigInteger) // length
    rows = _sums_by(connection, site_id, since, until, spans)
    return {instant(start * length): (count, int(total), bool(lacks)) for start, count, total, lacks in rows}


def sum_by_status(
    connection: Connection, site_id: int, since: datetime, until: datetime
) -> dict[str, tuple[int, int, bool]]:
    """Return the number of non-deleted deals of a period and their amount in kopecks, by spelling of their status.

    The third value says whether the amount leaves out some whose worth is unknown.
    """
    rows = _sums_by(connection, site_id, since, until, deal.c.status)
    return {status: (count, int(total), bool(lacks)) for status, count, total, lacks in rows}


def _sums_by(connection: Connection, site_id: int, since: datetime, until: datetime, key: Expression) -> Rows:
    """Return a row for each key: the key, the number of its deals, their known amount, and 1 if some is unknown."""
    amount = worth_of(deal.c.amount_rub, has_rates=has_rates(connection, site_id))
    of_period = (deal.c.deleted_at.is_(None), deal.c.happened_at >= since, deal.c.happened_at < until)
    stated = deal.c.amount_rub.is_not(None).label("is_stated")
    keyed = select(key.label("key"), amount.label("amount"), stated).where(deal.c.site_id == site_id, *of_period)
    rows = keyed.subquery()
    total = total_of(func.coalesce(rows.c.amount, 0))
    lacks = func.max(case((and_(rows.c.is_stated, rows.c.amount.is_(None)), 1), else_=0))
    return connection.execute(select(rows.c.key, func.count(), total, lacks).group_by(rows.c.key)).all()


def upsert_rates(connection: Connection, site: Site, rates: Sequence[CurrencyRate]) -> None:
    """Store currency rates of a site, replacing stored rates of the same currency and day."""
    rows = [
        {
            "site_id": site.id,
            "currency": rate.currency,
            "since_at": day_start(rate.since_on, site.time_zone),
            "rate": int(rounded_rate(rate.rubles) * RATE_STEPS),
        }
        for rate in rates
    ]
    if rows:
        statement = insert_into(connection, currency_rate)
        keys, values = ["site_id", "currency", "since_at"], {"rate": statement.excluded.rate}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), rows)


def redate_rates(connection: Connection, before: Site, after: Site) -> None:
    """Change when rates begin, after the time zone of a site changed, so that each begins on the same day as before.

    `before` and `after` are the site with its former and its new settings.
    """
    rows = _list_in_order(connection, before.id)
    redated = _redated(rows, before, after)
    if redated == rows:
        return
    connection.execute(delete(currency_rate).where(_RATE.site_id == before.id))
    values = [
        {"site_id": before.id, "currency": currency, "since_at": since_at, "rate": rate}
        for currency, since_at, rate in redated
    ]
    connection.execute(insert_into(connection, currency_rate), values)


def _redated(rows: Sequence[_Row], before: Site, after: Site) -> list[_Row]:
    """Return rates as they begin in another time zone; if two would begin at the same time, the later one is kept."""
    rates = {
        (currency, day_start(site_day(since_at, before.time_zone), after.time_zone)): rate
        for currency, since_at, rate in rows
    }
    return [(currency, since_at, rate) for (currency, since_at), rate in rates.items()]


def count_rates_within_days(connection: Connection, site: Site) -> dict[str, int]:
    """Return the number of rates that do not begin at the start of a day of the site, by currency.

    Such rates were set before the site's time zone was changed under a release that did not call `redate_rates`.
    """
    counts: dict[str, int] = {}
    for currency, since_at, _ in _list_in_order(connection, site.id):
        if since_at != day_start(site_day(since_at, site.time_zone), site.time_zone):
            counts[currency] = counts.get(currency, 0) + 1
    return counts


def count_deals_at_other_rates(
    connection: Connection, before: Site, after: Site, *, since: datetime, until: datetime, span: timedelta
) -> int:
    """Count the deals at or after `since` and before `until` whose rate changes if the site's time zone is changed.

    Deals are grouped by periods of the length `span`, such as a quarter of an hour. In both time zones, days must begin
    at a multiple of `span`.
    """
    rows = _list_in_order(connection, before.id)
    now, then = _rates_of(rows), _rates_of(_redated(rows, before, after))
    length = span // MICROSECOND
    spans = type_coerce(deal.c.happened_at, BigInteger) // length
    theirs = (
        deal.c.site_id == before.id,
        IS_INDEXED_FOREIGN,
        deal.c.deleted_at.is_(None),
        or_(deal.c.amount_rub.is_not(None), deal.c.margin_rub.is_not(None)),
        deal.c.happened_at >= since,
        deal.c.happened_at < until,
    )
    keyed = select(deal.c.currency, spans.label("span")).where(*theirs).subquery()
    counted = select(keyed.c.currency, keyed.c.span, func.count()).group_by(keyed.c.currency, keyed.c.span)
    return sum(
        count
        for currency, start, count in connection.execute(counted)
        if now.rate_at(currency, at := instant(start * length)) != then.rate_at(currency, at)
    )


def delete_rates(connection: Connection, site: Site, currency: str, since_on: date | None = None) -> int:
    """Delete a currency's rate that begins on `since_on`, and return how many rates were deleted.

    If `since_on` is `None`, all rates of the currency are deleted.
    """
    mine = delete(currency_rate).where(_RATE.site_id == site.id, _RATE.currency == currency)
    if since_on is not None:
        start, end = day_start(since_on, site.time_zone), day_end(since_on, site.time_zone)
        mine = mine.where(_RATE.since_at >= start, _RATE.since_at < end)
    return connection.execute(mine).rowcount


def list_rates(connection: Connection, site: Site) -> list[CurrencyRate]:
    """List the rates of a site, ordered by currency, then latest first; days are in the site's time zone."""
    in_order = _SELECTED.where(_RATE.site_id == site.id).order_by(_RATE.currency, _RATE.since_at.desc())
    return _rates(site, connection.execute(in_order).all())


def list_latest_rates(connection: Connection, site: Site, currency: str, count: int) -> list[CurrencyRate]:
    """List the `count` latest rates of a currency, latest first; days are in the site's time zone."""
    mine = _SELECTED.where(_RATE.site_id == site.id, _RATE.currency == currency)
    return _rates(site, connection.execute(mine.order_by(_RATE.since_at.desc()).limit(count)).all())


def list_rates_on(connection: Connection, site: Site, on: date) -> list[CurrencyRate]:
    """List the rates that apply on a day of the site, one for each currency, ordered by currency."""
    mine = (_RATE.site_id == site.id, _RATE.since_at < day_end(on, site.time_zone))
    latest = select(_RATE.currency, func.max(_RATE.since_at).label("since_at")).where(*mine).group_by(_RATE.currency)
    of_currency = latest.subquery()
    in_force = and_(_RATE.currency == of_currency.c.currency, _RATE.since_at == of_currency.c.since_at)
    found = _SELECTED.join(of_currency, in_force).where(_RATE.site_id == site.id)
    return _rates(site, connection.execute(found.order_by(_RATE.currency)).all())


def count_rates(connection: Connection, site_id: int) -> dict[str, int]:
    """Return the number of rates of each currency that has any."""
    counted = select(_RATE.currency, func.count()).where(_RATE.site_id == site_id).group_by(_RATE.currency)
    return {currency: count for currency, count in connection.execute(counted)}  # noqa: C416 - mypy does not know that a row is a pair


def _rates(site: Site, rows: Rows) -> list[CurrencyRate]:
    return [
        CurrencyRate(currency, site_day(since_at, site.time_zone), Decimal(rate) / RATE_STEPS)
        for currency, since_at, rate in rows
    ]


def find_rates(connection: Connection, site_id: int) -> Rates:
    """Return the rates of a site, for converting the amounts of its deals to rubles."""
    return _rates_of(_list_in_order(connection, site_id))


def _list_in_order(connection: Connection, site_id: int) -> list[_Row]:
    in_order = _SELECTED.where(_RATE.site_id == site_id).order_by(_RATE.currency, _RATE.since_at)
    return [(currency, since_at, rate) for currency, since_at, rate in connection.execute(in_order)]


def _rates_of(rows: Iterable[_Row]) -> Rates:
    """Return stored rates as `Rates`; `rows` must be ordered by currency, then by start."""
    starts: dict[str, list[datetime]] = defaultdict(list)
    rates: dict[str, list[int]] = defaultdict(list)
    for currency, since_at, rate in rows:
        starts[currency].append(since_at)
        rates[currency].append(rate)
    return Rates(dict(starts), dict(rates))


def count_deals_without_rate(connection: Connection, site_id: int, most: int | None = None) -> dict[str, int]:
    """Count, by currency, a site's non-deleted deals with amounts in a currency that had no rate at the deal's time.

    Counting stops at `most + 1` deals of a currency, which means that there are more than `most`.
    """
    prepare_large_reads(connection)
    stated = _stated_currencies(site_id)
    theirs = (deal.c.site_id == site_id, IS_INDEXED_FOREIGN, deal.c.currency == stated.c.currency)
    lacking = (
        deal.c.happened_at < func.coalesce(_rated_since(site_id, stated), literal(LATEST, Instant)),
        lacks_rate(),
    )
    found = select(literal(1).label("found")).where(*theirs, deal.c.deleted_at.is_(None), *lacking)
    # In this order PostgreSQL reads the index; without an order it may read the whole table to find none.
    in_order = found.order_by(deal.c.happened_at).limit(most + 1 if most is not None else None)
    listed = in_order.correlate(stated).subquery()
    deals = select(func.count()).select_from(listed).scalar_subquery()
    counted = connection.execute(select(stated.c.currency, deals).where(stated.c.currency.is_not(None)))
    return {currency: number for currency, number in counted if number}


def list_foreign_amounts(
    connection: Connection,
    site_id: int,
    currencies: Sequence[str],
    since: datetime,
    until: datetime | None,
    *,
    most: int,
) -> list[ForeignAmounts]:
    """List the amounts of up to `most` non-deleted deals in one of the currencies, latest first.

    The deals happened at or after `since`, and before `until` if that is not `None`.
    """
    prepare_large_reads(connection)
    theirs = (deal.c.site_id == site_id, IS_INDEXED_FOREIGN, is_in(deal.c.currency, currencies))
    happened = (deal.c.happened_at >= since, deal.c.happened_at < (until if until is not None else LATEST))
    columns = (deal.c.currency, deal.c.happened_at, deal.c.amount_rub, deal.c.margin_rub)
    found = select(*columns).where(*theirs, *happened, deal.c.deleted_at.is_(None))
    rows = connection.execute(found.order_by(deal.c.happened_at.desc()).limit(most))
    return [ForeignAmounts(*row) for row in rows]


def _stated_currencies(site_id: int) -> CTE:
    """Return the SQL select of the currencies other than rubles in a site's deals; the last row is null.

    Each row is found by one look-up in the index.
    """
    foreign = select(func.min(deal.c.currency).label("currency")).where(deal.c.site_id == site_id, IS_INDEXED_FOREIGN)
    stated = foreign.cte("stated", recursive=True)
    following = foreign.where(deal.c.currency > stated.c.currency).correlate(stated).scalar_subquery()
    return stated.union_all(select(following).where(stated.c.currency.is_not(None)))


def _rated_since(site_id: int, stated: CTE) -> ColumnElement[datetime]:
    """Return the SQL expression for the time since which a currency has always had a rate, null if it has no rate now.

    At or after that time, no deal in this currency lacks a rate. A stored rate of zero is treated as no rate.
    """
    mine = (_RATE.site_id == site_id, _RATE.currency == stated.c.currency)
    last_gap = select(func.max(_RATE.since_at)).where(*mine, _RATE.rate == 0).correlate(stated).scalar_subquery()
    rated = select(func.min(_RATE.since_at)).where(*mine, _RATE.rate > 0)
    return (
        rated.where(_RATE.since_at > func.coalesce(last_gap, literal(EARLIEST, Instant)))
        .correlate(stated)
        .scalar_subquery()
    )


def list_sums_without_rate(connection: Connection, site: Site, period: Period) -> list[tuple[str, Decimal]]:
    """List the currencies in which non-deleted deals of a period lack a rate, each with the total of these deals.

    Each total is in its own currency.
    """
    since, until = day_start(period.first_on, site.time_zone), day_end(period.last_on, site.time_zone)
    theirs = (deal.c.site_id == site.id, deal.c.deleted_at.is_(None), lacks_rate())
    steps = func.sum(type_coerce(deal.c.amount_rub, BigInteger))
    summed = select(deal.c.currency, steps).where(*theirs, deal.c.happened_at >= since, deal.c.happened_at < until)
    rows = connection.execute(summed.group_by(deal.c.currency).order_by(deal.c.currency))
    return [(currency, Decimal(int(total or 0)) / STEPS_PER_RUBLE) for currency, total in rows]
