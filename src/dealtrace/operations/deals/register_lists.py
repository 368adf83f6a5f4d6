"""Register and delete lists of deals: a list is one API call, but each of its deals succeeds or fails alone."""

from collections.abc import Sequence
from typing import TypeVar

from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.errors import PointsSpent, Refusal
from dealtrace.leads.annotations import Addition
from dealtrace.operations.deals.delete import delete_paid
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.deals.register import decide_registrations, store_registrations
from dealtrace.operations.leads.annotate import add_to_leads
from dealtrace.operations.spend_points import pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@operation(ids_per_command=0, ids_per_item=2)
def register_lists(
    work: Work, commands: Sequence[WriteCommand[Sequence[Registration]]]
) -> list[list[Receipt | Refusal] | PointsSpent]:
    """Register lists of deals; the outcome of a list is a receipt or a refusal for each deal.

    If the site has too few points, the outcome of the list is `PointsSpent` instead. A list costs points (the API's
    daily quota) once if any deal in it is new, and nothing otherwise. All lists of a batch are stored together; the
    result is the same as if each were stored alone, in order.
    """
    items, owners = spread(commands)
    batch = decide_registrations(work, items)
    costing = list(dict.fromkeys(owners[new.position] for new in batch.new))
    paid = set(costing[: pay_for_calls(work, PaidMethod.ORDER_CREATE, len(costing))])
    new = [each for each in batch.new if owners[each.position] in paid]
    outcomes = store_registrations(work, items, batch, new)
    tagged = [
        (outcome.lead, Addition(tags=each.command.payload.lead_tags))
        for each in new
        if each.command.payload.lead_tags
        and isinstance(outcome := outcomes[each.position], Receipt)
        and outcome.lead is not None
    ]
    if tagged:
        add_to_leads(work, tagged)
    return outcomes_by_list(work, commands, outcomes)


@operation(ids_per_command=0)
def delete_lists(
    work: Work, commands: Sequence[WriteCommand[Sequence[DealKey]]]
) -> list[list[Deal | Refusal] | PointsSpent]:
    """Delete lists of deals.

    The outcome of a list is `PointsSpent` if the site has no points left. Otherwise it has the deleted deal or a
    refusal for each key.
    A list costs points once if any deal in it was deleted, and nothing otherwise.
    """
    items, owners = spread(commands)
    named = find_deals(work, [item.payload for item in items])
    naming = named.first_naming()
    costing = list(dict.fromkeys(owners[position] for position in naming))
    paid = set(costing[: pay_for_calls(work, PaidMethod.ORDER_DELETE, len(costing))])
    deleted = {position for position in naming if owners[position] in paid}
    return outcomes_by_list(work, commands, delete_paid(work, items, named, deleted))


def spread(commands: Sequence[WriteCommand[Sequence[Item]]]) -> tuple[list[WriteCommand[Item]], list[int]]:
    """Return a command for each item of the lists, and for each of these commands the position of its list."""
    items = [command.with_payload(item) for command in commands for item in command.payload]
    owners = [number for number, command in enumerate(commands) for _ in command.payload]
    return items, owners


def outcomes_by_list(
    work: Work, commands: Sequence[WriteCommand[Sequence[Item]]], outcomes: Sequence[Outcome]
) -> list[list[Outcome] | PointsSpent]:
    """Return the outcomes of the items, grouped by list; a list is `PointsSpent` if any of its items is.

    An item is also `PointsSpent` if an item of an earlier list names the same deal and is `PointsSpent`. The outcomes
    are the same as if each list had been sent alone, in order.
    """
    rest = iter(outcomes)
    lists = [[next(rest) for _ in command.payload] for command in commands]
    return [points_refusal(work) if any(isinstance(item, PointsSpent) for item in each) else each for each in lists]
