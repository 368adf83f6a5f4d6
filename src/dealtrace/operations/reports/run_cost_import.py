"""Import the costs of a file: name campaigns as the site's visits do, store the costs, and refresh the statistics."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.attribution.campaign import CampaignNaming
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.stated_cost import StatedCost, name_costs
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, TrafficSource
from dealtrace.errors import InvalidSetting
from dealtrace.operations.refresh_statistics import refresh_statistics
from dealtrace.operations.reports.import_costs import ImportedCosts, import_costs
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import transaction
from dealtrace.storage.reports.costs import list_visited_sources


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
            ru=f"название длиной {longest} символов, а можно не больше {SOURCE_LENGTH_MAX}",
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
) -> CostImportOutcome:
    """Replace the costs of an account on the `days` of a file by the costs that the file states.

    The import is recorded as a change by user `user_id`.

    Raises:
        InvalidSetting: the name of a campaign is too long.
    """
    named = read_named_costs(database, site, stated, naming)
    with transaction(database, ids=len({cost.traffic_source for cost in named.costs})) as (connection, ids):
        work = Work(connection, ids, now, site, user_id=user_id)
        imported = import_costs(work, account, days, named.costs)
    return CostImportOutcome(named, imported, refresh_statistics(database))
