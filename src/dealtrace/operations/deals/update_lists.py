"""Change lists of deals, rematch the deals whose matchers changed, and annotate the leads of the deals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dealtrace.deals.changes import Change, Unset, apply_change
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import Deal
from dealtrace.errors import PointsSpent, Refusal
from dealtrace.leads.annotations import Addition
from dealtrace.operations.deals.change import Ledger
from dealtrace.operations.deals.decide import decide_matchers
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.deals.lists import gather, spread
from dealtrace.operations.leads.annotate import add_to_leads
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record


@record
class DealUpdate:
    """A change of a deal, and the annotations (tags, comments and so on) to add to the deal's lead afterwards."""

    change: Change
    to_lead: tuple[Addition, ...] = ()


@record
class UpdatedDeal:
    """A deal after an update.

    `matcher` is the position of the sent matcher (a search for a lead or visit) that decided, or `None` if none did.
    """

    deal: Deal
    matcher: int | None = None


@operation(ids_per_command=0, ids_per_item=1)
def update_lists(
    work: Work, commands: Sequence[WriteCommand[Sequence[DealUpdate]]]
) -> list[list[UpdatedDeal | Refusal] | PointsSpent]:
    """Change lists of deals; the outcome of a list is `PointsSpent`, or the updated deal or a refusal for each update.

    Updates are applied in input order. A list costs points once if any update in it differs from the stored deal or
    annotates a lead, and nothing otherwise.
    """
    items, owners = spread(commands)
    named = find_deals(work.connection, work.site, [item.payload.change.key for item in items])
    telling = [position for position, deal in named.found.items() if _makes_difference(work, items[position], deal)]
    costing = list(dict.fromkeys(owners[position] for position in telling))
    paid = set(costing[: pay_for_calls(work, PaidMethod.ORDER_UPDATE, len(costing))])
    unpaid = set(costing) - paid
    found = {position: deal for position, deal in named.found.items() if owners[position] not in unpaid}
    updated = _update(work, items, found)
    refusal = points_refusal(work)
    outcomes = [updated.get(position) or named.refused.get(position, refusal) for position in range(len(items))]
    return gather(work, commands, outcomes, unpaid)


def _makes_difference(work: Work, item: WriteCommand[DealUpdate], deal: Deal) -> bool:
    change = item.payload.change
    values, _ = split_by_known(change.custom_values, work.site.custom_fields)
    return bool(item.payload.to_lead) or apply_change(_dated(change, deal), deal, values) != deal


def _dated(change: Change, deal: Deal) -> Change:
    """Return a change in which matchers without a date get the date of the deal."""
    if isinstance(change.matchers, Unset):
        return change
    matchers = (replace(each, until=each.until or deal.happened_at) for each in change.matchers)
    return replace(change, matchers=tuple(matchers))


def _update(work: Work, items: Sequence[WriteCommand[DealUpdate]], found: Mapping[int, Deal]) -> dict[int, UpdatedDeal]:
    ledger = Ledger(work)
    for position, deal in found.items():
        item = items[position]
        ledger.change(deal, WriteCommand(_dated(item.payload.change, deal), item.token_id))
    latest = ledger.store()
    updates = {position: (latest.get(deal.id, deal), items[position].payload) for position, deal in found.items()}
    _add_to_leads(work, list(updates.values()))
    return _with_matchers(work, updates)


def _add_to_leads(work: Work, updates: Sequence[tuple[Deal, DealUpdate]]) -> None:
    additions = [
        (deal.lead, addition) for deal, update in updates for addition in update.to_lead if deal.lead is not None
    ]
    if additions:
        add_to_leads(work, additions)


def _with_matchers(work: Work, updates: Mapping[int, tuple[Deal, DealUpdate]]) -> dict[int, UpdatedDeal]:
    """Return each updated deal by position, with the matcher that decided if the update sent matchers."""
    asked = {
        position: deal for position, (deal, update) in updates.items() if not isinstance(update.change.matchers, Unset)
    }
    decisions = decide_matchers(work.connection, work.site, [deal.matchers for deal in asked.values()]) if asked else []
    decided = {position: each.matcher for position, each in zip(asked, decisions, strict=True)}
    return {position: UpdatedDeal(deal, decided.get(position)) for position, (deal, _) in updates.items()}
