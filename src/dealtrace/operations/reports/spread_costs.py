"""Store costs that are sent by API for traffic sources; each cost is spread evenly over a period.

Added costs increase earlier costs sent by API; restated costs replace earlier costs sent by API or file.
"""

from collections.abc import Sequence

from dealtrace.attribution.cost import API_ACCOUNT, Cost
from dealtrace.attribution.cost_spread import CostSpread, spread_evenly
from dealtrace.errors import PointsSpent
from dealtrace.operations.spend_points import pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.reports.costs import add_api_costs, delete_restated_costs, insert_costs
from dealtrace.storage.visits.traffic_sources import intern_sources


@operation(ids_per_command=1)
def add_costs(work: Work, commands: Sequence[WriteCommand[CostSpread]]) -> list[CostSpread | PointsSpent]:
    """Add costs to the days of their periods; each outcome is the added cost, or a refusal if too few points are left.

    Spending points locks the row with the site's points of the day, so the imports of a site run one after another.
    """
    paid = _paid(work, PaidMethod.COSTS_ADD, commands)
    sources = dict.fromkeys(spread.traffic_source for spread in paid)
    source_ids = intern_sources(work.connection, work.ids, work.site.id, sources)
    amounts: dict[tuple[object, ...], Cost] = {}
    for spread in paid:
        for cost in _costs_of(spread):
            key = (cost.day_on, cost.traffic_source)
            before = amounts[key].amount_kopecks if key in amounts else 0
            amounts[key] = Cost(cost.day_on, cost.traffic_source, before + cost.amount_kopecks)
    add_api_costs(work.connection, work.site.id, amounts.values(), source_ids)
    return _outcomes(work, commands, len(paid))


@operation(ids_per_command=1)
def restate_costs(work: Work, commands: Sequence[WriteCommand[CostSpread]]) -> list[CostSpread | PointsSpent]:
    """Store costs; costs that came earlier by API or from a file, for the same sources and days, are replaced.

    If two commands of a batch have the same source and day, the later one counts. The outcomes are as in `add_costs`.
    """
    paid = _paid(work, PaidMethod.COSTS_UPDATE, commands)
    sources = dict.fromkeys(spread.traffic_source for spread in paid)
    source_ids = intern_sources(work.connection, work.ids, work.site.id, sources)
    delete_restated_costs(work.connection, work.site.id, paid, source_ids)
    restated = {
        (spread.traffic_source, day): Cost(day, spread.traffic_source, kopecks)
        for spread in paid
        for day, kopecks in spread_evenly(spread).items()
    }
    nonzero = [cost for cost in restated.values() if cost.amount_kopecks]
    insert_costs(work.connection, work.site.id, API_ACCOUNT, nonzero, source_ids)
    return _outcomes(work, commands, len(paid))


def _paid(work: Work, method: PaidMethod, commands: Sequence[WriteCommand[CostSpread]]) -> list[CostSpread]:
    return [command.payload for command in commands[: pay_for_calls(work, method, len(commands))]]


def _costs_of(spread: CostSpread) -> list[Cost]:
    return [Cost(day, spread.traffic_source, kopecks) for day, kopecks in spread_evenly(spread).items() if kopecks]


def _outcomes(work: Work, commands: Sequence[WriteCommand[CostSpread]], paid: int) -> list[CostSpread | PointsSpent]:
    unpaid = points_refusal(work)
    return [command.payload if place < paid else unpaid for place, command in enumerate(commands)]
