"""Change lists of deals, rematch the deals whose matchers changed, and annotate the leads of the deals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dealtrace.deals.changes import Change, Unset
from dealtrace.deals.deal import Deal
from dealtrace.errors import PointsSpent, Refusal
from dealtrace.leads.annotations import Addition
from dealtrace.operations.deals.change import PendingDealChanges
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.deals.register_lists import outcomes_by_list, spread
from dealtrace.operations.leads.annotate import add_to_leads
from dealtrace.operations.matching.decide_matchers import decide_matchers
from dealtrace.operations.spend_points import pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record


@record
class DealUpdate:
    """A change to a deal, and the annotations (tags, comments and so on) to add to the deal's lead afterwards."""

    change: Change
    to_lead: tuple[Addition, ...] = ()


@record
class UpdatedDeal:
    """A deal after an update.

    `matcher` is the position of the sent matcher (a search for a lead or visit) that succeeded, or `None` if none did.
    """

    deal: Deal
    matcher: int | None = None


@operation(ids_per_command=0, ids_per_item=1)
def update_lists(
    work: Work, commands: Sequence[WriteCommand[Sequence[DealUpdate]]]
) -> list[list[UpdatedDeal | Refusal] | PointsSpent]:
    """Change lists of deals.

    The outcome of a list is the refusal `PointsSpent`, or a list with the updated deal or a refusal for each update.
    Updates are applied in input order. A list costs points once if any update in it annotates a lead, or makes a
    difference to its deal after the earlier lists are applied; otherwise it costs nothing.
    """
    items, owners = spread(commands)
    named = find_deals(work, [item.payload.change.key for item in items])
    lists: dict[int, dict[int, Deal]] = {}
    for position, deal in named.found.items():
        lists.setdefault(owners[position], {})[position] = deal
    applied = _apply(work, items, list(lists.values()), len(lists))
    paid = pay_for_calls(work, PaidMethod.ORDER_UPDATE, applied.costing)
    if paid < applied.costing:
        applied = _apply(work, items, list(lists.values()), paid)
    updated = _store(work, items, applied)
    refusal = points_refusal(work)
    outcomes = [updated.get(position) or named.refused.get(position, refusal) for position in range(len(items))]
    return outcomes_by_list(work, commands, outcomes)


@record
class _Applied:
    """The result of applying lists of updates in memory.

    `found` has the deals before the updates, by position; `costing` is the number of lists for which the site pays
    points of its daily quota.
    """

    pending: PendingDealChanges
    found: Mapping[int, Deal]
    costing: int


def _apply(
    work: Work, items: Sequence[WriteCommand[DealUpdate]], lists: Sequence[Mapping[int, Deal]], paid: int
) -> _Applied:
    """Apply lists of updates in order; a list that costs points is skipped if `paid` such lists were applied before it.

    Each of `lists` has the deals that were found for its updates, by the positions of the updates in `items`.
    """
    pending = PendingDealChanges(work)
    found: dict[int, Deal] = {}
    costing = 0
    for positions in lists:
        dated = {position: _dated(items[position].payload.change, deal) for position, deal in positions.items()}
        costs = any(
            items[position].payload.to_lead or pending.differs(deal, dated[position])
            for position, deal in positions.items()
        )
        if costs and costing == paid:
            continue
        costing += costs
        found |= positions
        for position, deal in positions.items():
            pending.change(deal, items[position].with_payload(dated[position]))
    return _Applied(pending, found, costing)


def _dated(change: Change, deal: Deal) -> Change:
    """Return a change in which matchers without a date get the date of the deal."""
    if isinstance(change.matchers, Unset):
        return change
    matchers = (replace(each, until=each.until or deal.happened_at) for each in change.matchers)
    return replace(change, matchers=tuple(matchers))


def _store(work: Work, items: Sequence[WriteCommand[DealUpdate]], applied: _Applied) -> dict[int, UpdatedDeal]:
    latest = applied.pending.store()
    updates = {
        position: (latest.get(deal.id, deal), items[position].payload) for position, deal in applied.found.items()
    }
    updated = _with_matchers(work, updates)
    _add_to_leads(work, list(updates.values()))  # last, because new tags may cause a rematch
    return updated


def _add_to_leads(work: Work, updates: Sequence[tuple[Deal, DealUpdate]]) -> None:
    additions = [
        (deal.lead, addition) for deal, update in updates for addition in update.to_lead if deal.lead is not None
    ]
    if additions:
        add_to_leads(work, additions)


def _with_matchers(work: Work, updates: Mapping[int, tuple[Deal, DealUpdate]]) -> dict[int, UpdatedDeal]:
    """Return the updated deals by position; if an update contains matchers, its deal has the matcher that succeeded."""
    asked = {
        position: deal for position, (deal, update) in updates.items() if not isinstance(update.change.matchers, Unset)
    }
    decisions = decide_matchers(work.connection, work.site, [deal.matchers for deal in asked.values()]) if asked else []
    decided = {position: each.matcher for position, each in zip(asked, decisions, strict=True)}
    return {position: UpdatedDeal(deal, decided.get(position)) for position, (deal, _) in updates.items()}
