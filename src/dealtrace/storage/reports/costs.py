"""The costs of a site's advertising, by day and traffic source."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
)

from dealtrace.attribution.cost import API_ACCOUNT, Cost, CostAccount, CostImportSource
from dealtrace.attribution.cost_spread import CostSpread
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.unmet_costs import SourceCost, UnmetCosts, find_unmet
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.reports.fact_tables import AT, DealTime, FactTables
from dealtrace.storage.reports.key_spellings import STATEMENTS_MAX
from dealtrace.storage.reports.statement_types import Fetch, Selection, parameter
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.traffic_sources import known_source

_INSERT_COSTS = CompiledStatement(insert(cost))
_ON_DAYS = is_among(type_coerce(cost.c.day_on, Integer), "days")
_KEY = [column.name for column in cost.primary_key.columns]


def insert_costs(
    connection: Connection,
    site_id: int,
    account: CostAccount,
    costs: Iterable[Cost],
    source_ids: Mapping[TrafficSource, int],
) -> None:
    """Store costs of an advertising account; the account must not have a cost for the same day and source already."""
    rows = [_row(site_id, account, found, source_ids[found.traffic_source]) for found in costs]
    _INSERT_COSTS.run_many(connection, rows)


def delete_costs_of_days(connection: Connection, site_id: int, account: CostAccount, days: Collection[date]) -> int:
    """Delete the costs of an advertising account on the given days, and return how many costs were deleted."""
    mine = (
        cost.c.site_id == site_id,
        cost.c.system == account.system,
        cost.c.account == account.account,
        cost.c.origin == account.origin,
        _ON_DAYS,
    )
    return connection.execute(delete(cost).where(*mine), _listed(days)).rowcount


def add_api_costs(
    connection: Connection, site_id: int, costs: Iterable[Cost], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Store costs sent by API; add each to the cost sent earlier by API for the same day and source, if any.

    `costs` must have at most one cost for each day and source.
    """
    rows = [_row(site_id, API_ACCOUNT, found, source_ids[found.traffic_source]) for found in costs]
    if rows:
        statement = insert_into(connection, cost)
        added = {"amount_kopecks": cost.c.amount_kopecks + statement.excluded.amount_kopecks}
        connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=added), rows)


def delete_restated_costs(
    connection: Connection, site_id: int, spreads: Sequence[CostSpread], source_ids: Mapping[TrafficSource, int]
) -> None:
    """Delete the costs that `spreads` replace; only costs imported from a file or sent by API are deleted.

    A spread is a new cost of a source for a period of days; it replaces the earlier costs of the source on these days.
    """
    restated = (
        cost.c.site_id == bindparam("site"),
        cost.c.traffic_source_id == bindparam("source"),
        cost.c.day_on >= bindparam("since"),
        cost.c.day_on <= bindparam("until"),
        or_(*(cost.c.origin == origin.value for origin in (CostImportSource.FILE, CostImportSource.API))),
    )
    periods = [
        {
            "site": site_id,
            "source": source_ids[spread.traffic_source],
            "since": spread.since,
            "until": spread.until,
        }
        for spread in spreads
    ]
    if periods:
        connection.execute(delete(cost).where(*restated), periods)


def list_visited_sources(connection: Connection, site_id: int) -> list[TrafficSource]:
    """List the traffic sources of all visits of a site; this reads every visit of the site."""
    visited = select(visit.c.traffic_source_id).where(visit.c.site_id == site_id)
    rows = connection.execute(
        select(*(traffic_source.c[part] for part in SOURCE_PARTS)).where(
            traffic_source.c.site_id == site_id, traffic_source.c.id.in_(visited)
        )
    )
    return [known_source(*parts) for parts in rows]


@record
class AccountCosts:
    """The cost of an advertising account on one day, in kopecks; its clicks and impressions are `None` if unknown."""

    day_on: date
    system: str
    account: str
    amount_kopecks: int
    clicks: int | None
    impressions: int | None


def list_account_costs(connection: Connection, site_id: int, since: date, until: date) -> list[AccountCosts]:
    """List the costs of each advertising account on each day from `since` to `until`, both included, latest day first.

    `account` is empty for costs sent by API.
    """
    groups = (cost.c.day_on, cost.c.system, cost.c.account)
    counted = (cost.c.amount_kopecks, cost.c.clicks, cost.c.impressions)
    sums = [cast(func.sum(column), BigInteger) for column in counted]
    mine = select(*groups, *sums).where(cost.c.site_id == site_id, cost.c.day_on >= since, cost.c.day_on <= until)
    rows = connection.execute(mine.group_by(*groups).order_by(cost.c.day_on.desc(), cost.c.system, cost.c.account))
    return [
        AccountCosts(day_on, system, account, kopecks, clicks, impressions)
        for day_on, system, account, kopecks, clicks, impressions in rows
    ]


def find_cost_days(fetch: Fetch, tables: FactTables, since: date, until: date) -> dict[CostAccount, list[date]]:
    """Return the days from `since` to `until`, both included, on which each advertising account has costs.

    Accounts are distinguished by system and name only. If there are no costs on these days, the last earlier day with
    costs is returned instead.
    """
    if tables.lacks(Fact.COSTS):
        return {}
    first_on, last_on = since.toordinal(), until.toordinal()
    rows = fetch(_cost_days(tables, is_before=False), {_SINCE: first_on, _UNTIL: last_on})
    if not rows:
        rows = fetch(_cost_days(tables, is_before=True), {_SINCE: first_on})
    days: dict[CostAccount, list[date]] = {}
    for system, account, day_on in rows:
        days.setdefault(CostAccount(system or "", account or ""), []).append(date.fromordinal(day_on))
    return days


_SINCE, _UNTIL = "first_cost_on", "last_cost_on"


@lru_cache(STATEMENTS_MAX)
def _cost_days(tables: FactTables, *, is_before: bool) -> Selection:
    facts = tables.rows(Fact.COSTS, {AT, "system", "account"}, DealTime.HAPPENED).subquery("facts")
    columns, at = (facts.c.system, facts.c.account, facts.c[AT]), facts.c[AT]
    if is_before:
        return select(*columns).where(at < parameter(_SINCE)).order_by(at.desc()).limit(1)
    return select(*columns).where(at >= parameter(_SINCE), at <= parameter(_UNTIL)).distinct()


@record
class DaysOfCosts:
    """A period from one day to another, both included; `None` means that the period has no limit on that side."""

    since: date | None = None
    until: date | None = None

    def overlap(self, first_on: date, last_on: date) -> bool:
        """Return whether any day from `first_on` to `last_on` is in this period."""
        return (self.until is None or first_on <= self.until) and (self.since is None or last_on >= self.since)


@record
class CostTotals:
    """The number of costs, the number of days with costs, the first and last of these days, and the total in kopecks.

    Without costs, both days are `None`.
    """

    costs: int
    days: int
    first_on: date | None
    last_on: date | None
    kopecks: int


def list_accounts(connection: Connection, site_id: int) -> list[CostAccount]:
    """List the advertising accounts that have costs, in alphabetical order."""
    parts = (cost.c.system, cost.c.account, cost.c.origin)
    rows = connection.execute(select(*parts).where(cost.c.site_id == site_id).distinct().order_by(*parts))
    return [CostAccount(system, account, CostImportSource(origin)) for system, account, origin in rows]


_TOTALS = (
    func.count(),
    func.count(cost.c.day_on.distinct()),
    func.min(cost.c.day_on),
    func.max(cost.c.day_on),
    cast(func.coalesce(func.sum(cost.c.amount_kopecks), 0), BigInteger),
)


def sum_costs(connection: Connection, site_id: int, account: CostAccount, days: DaysOfCosts) -> CostTotals:
    """Return the totals of an account's costs on some days."""
    return CostTotals(*connection.execute(select(*_TOTALS).where(*_theirs(site_id, account, days))).one())


def sum_costs_of_days(connection: Connection, site_id: int, account: CostAccount, days: Collection[date]) -> CostTotals:
    """Return the totals of an account's costs on the given days, which `delete_costs_of_days` deletes."""
    mine = select(*_TOTALS).where(*_theirs(site_id, account, DaysOfCosts()), _ON_DAYS)
    return CostTotals(*connection.execute(mine, _listed(days)).one())


def delete_costs(connection: Connection, site_id: int, account: CostAccount, days: DaysOfCosts) -> None:
    """Delete the costs of an account on some days."""
    connection.execute(delete(cost).where(*_theirs(site_id, account, days)))


def _theirs(site_id: int, account: CostAccount, days: DaysOfCosts) -> list[ColumnElement[bool]]:
    conditions = [
        cost.c.site_id == site_id,
        cost.c.system == account.system,
        cost.c.account == account.account,
        cost.c.origin == account.origin.value,
    ]
    conditions += [cost.c.day_on >= days.since] if days.since is not None else []
    return conditions + ([cost.c.day_on <= days.until] if days.until is not None else [])


def find_unmet_costs_between(
    connection: Connection, site_id: int, since: date, until: date, visited: Collection[TrafficSource]
) -> UnmetCosts:
    """Return the costs from `since` to `until`, both included, whose traffic sources have no visits.

    `visited` are the sources of all visits.
    """
    return _find_unmet(connection, site_id, (cost.c.day_on >= since, cost.c.day_on <= until), visited)


def find_unmet_costs(
    connection: Connection,
    site_id: int,
    account: CostAccount,
    days: Collection[date],
    visited: Collection[TrafficSource],
) -> UnmetCosts:
    """Return the costs, on the given days, of those traffic sources of an advertising account that have no visits.

    `visited` are the sources of all visits.
    """
    of_account = (
        cost.c.system == account.system,
        cost.c.account == account.account,
        cost.c.origin == account.origin,
        _ON_DAYS,
    )
    return _find_unmet(connection, site_id, of_account, visited, _listed(days))


def _find_unmet(
    connection: Connection,
    site_id: int,
    conditions: Sequence[ColumnElement[bool]],
    visited: Collection[TrafficSource],
    parameters: Mapping[str, object] | None = None,
) -> UnmetCosts:
    amount = cast(func.sum(cost.c.amount_kopecks), BigInteger)
    parts = [traffic_source.c[part] for part in SOURCE_PARTS]
    same_source = (cost.c.site_id == traffic_source.c.site_id) & (cost.c.traffic_source_id == traffic_source.c.id)
    of_site = (cost.c.site_id == site_id, traffic_source.c.site_id == site_id)
    rows = connection.execute(
        select(*parts, amount)
        .join_from(cost, traffic_source, same_source)
        .where(*of_site, *conditions)
        .group_by(*parts),
        parameters,
    )
    return find_unmet([SourceCost(known_source(*source), kopecks) for *source, kopecks in rows], visited)


def _listed(days: Collection[date]) -> dict[str, list[int]]:
    return {"days": [day.toordinal() for day in sorted(days)]}


def _row(site_id: int, account: CostAccount, stored: Cost, source_id: int) -> dict[str, object]:
    return {
        "site_id": site_id,
        "day_on": stored.day_on,
        "traffic_source_id": source_id,
        "system": account.system,
        "account": account.account,
        "origin": account.origin.value,
        "amount_kopecks": stored.amount_kopecks,
        "clicks": stored.clicks,
        "impressions": stored.impressions,
    }
