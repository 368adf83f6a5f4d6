"""Import the costs of an advertising account, from a file or as a list, and delete an account's costs."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from dealtrace.accounts.figure_changes import USUAL_DELAY
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, FormerValues
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.user import UserId
from dealtrace.attribution.campaign import CampaignNaming
from dealtrace.attribution.cost import Cost, CostAccount, CostImportSource
from dealtrace.attribution.stated_costs import StatedCost, name_costs
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, TrafficSource
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.hold_rights import Admission
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.refresh_statistics import refresh_statistics
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import transaction
from dealtrace.storage.reports import costs
from dealtrace.storage.reports.costs import (
    CostTotals,
    DaysOfCosts,
    delete_costs_of_days,
    insert_costs,
    list_visited_sources,
)
from dealtrace.storage.visits.traffic_sources import intern_sources


@record
class ImportedCosts:
    """How many costs of an account were stored, and how many earlier costs of the same days were replaced."""

    stored: int
    replaced: int


def import_costs(work: Work, account: CostAccount, days: Collection[date], costs: Sequence[Cost]) -> ImportedCosts:
    """Replace the costs of an account on `days` by `costs`, and record the import in the history of the site.

    Ours: an import by API is recorded only if a day is more than `USUAL_DELAY` ago, since programs send the costs of
    the latest days many times a day.
    """
    done = replace_costs(work, account, days, costs)
    first_on = min(days, default=None)
    if first_on is None:
        return done
    is_late = site_day(work.now, work.site.time_zone) - first_on > USUAL_DELAY
    if is_late or account.origin is CostImportSource.FILE:
        former: FormerValues = {
            "system": account.system,
            "account": account.account,
            "origin": account.origin.value,
            "days": len(set(days)),
            "replaced": done.replaced,
        }
        span = f"{first_on} {max(days)}"
        record_change(work, work.site.id, ChangeKind.COSTS, account_name(account), after=span, former=former)
    return done


def account_name(account: CostAccount) -> str:
    """Return the name that people see for an advertising account: its system and, if there is one, its account name."""
    return " ".join(part for part in (account.system, account.account) if part)


def replace_costs(work: Work, account: CostAccount, days: Collection[date], costs: Sequence[Cost]) -> ImportedCosts:
    """Replace the stored costs of an account on `days` by `costs`, no two of which may have the same day and source.

    Importing the same file again changes nothing. Imports and registrations of a site run one after another. Ours:
    `days` are the days that have a row in the file, so a file with gaps deletes nothing on the days in between.
    """
    lock_registrations(work)
    replaced = delete_costs_of_days(work.connection, work.site.id, account, days)
    sources = dict.fromkeys(cost.traffic_source for cost in costs)
    source_ids = intern_sources(work.connection, work.ids, work.site.id, sources)
    insert_costs(work.connection, work.site.id, account, costs, source_ids)
    return ImportedCosts(len(costs), replaced)


@record
class NamedCosts:
    """The costs of a file by day and source, and the sources of all visits of the site."""

    costs: Sequence[Cost]
    visited: Sequence[TrafficSource]


@record
class CostImportOutcome:
    """The result of an import of costs.

    `statistics_fault` is why the database's statistics could not be refreshed, or `None`.
    """

    named: NamedCosts
    imported: ImportedCosts
    statistics_fault: str | None


def read_named_costs(
    database: Database, site: Site, stated: Sequence[StatedCost], naming: CampaignNaming
) -> NamedCosts:
    """Return the costs as an import would store them.

    Raises:
        InvalidSetting: the name of a campaign is too long.
    """
    with database.read() as connection:
        visited = list_visited_sources(connection, site.id)
    costs = name_costs(stated, naming, visited)
    longest = max((len(cost.traffic_source.campaign) for cost in costs), default=0)
    if longest > SOURCE_LENGTH_MAX:
        raise InvalidSetting(
            key="campaign",
            ru=f"длина названия {longest}, допускается не более {SOURCE_LENGTH_MAX} символов",
            en=f"a name would have {longest} characters; at most {SOURCE_LENGTH_MAX} are allowed",
        )
    return NamedCosts(costs, visited)


def run_cost_import(  # noqa: PLR0913 - what a file states, and who imports it when
    database: Database,
    site: Site,
    account: CostAccount,
    stated: Sequence[StatedCost],
    days: Collection[date],
    naming: CampaignNaming,
    *,
    now: datetime,
    user_id: UserId | None = None,
    admission: Admission | None = None,
) -> CostImportOutcome:
    """Replace the costs of an account on the `days` of a file by the costs in the file.

    The import is recorded as a change by user `user_id`. `admission` has the rights that the user must still have.

    Raises:
        InvalidSetting: the name of a campaign is too long.
        RightsChanged: the user has lost these rights; nothing was stored.
    """
    named = read_named_costs(database, site, stated, naming)
    with transaction(database, ids=len({cost.traffic_source for cost in named.costs})) as (connection, ids):
        work = Work(connection, ids, now, site, user_id=user_id)
        if admission is not None:
            admission.hold(work)
        imported = import_costs(work, account, days, named.costs)
    return CostImportOutcome(named, imported, refresh_statistics(database))


def delete_costs(work: Work, account: CostAccount, days: DaysOfCosts, expected: CostTotals) -> CostTotals:
    """Delete the costs of an account on some days, record the deletion, and return the totals of the costs found.

    Nothing is deleted if the totals differ from `expected`, which the person has agreed to delete.
    """
    lock_registrations(work)
    found = costs.sum_costs(work.connection, work.site.id, account, days)
    if found == expected and found.first_on is not None:
        costs.delete_costs(work.connection, work.site.id, account, days)
        span = f"{found.first_on} {found.last_on}"
        record_change(work, work.site.id, ChangeKind.COSTS, account_name(account), before=span)
    return found
