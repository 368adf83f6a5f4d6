"""Commands that wait in the write queue: grouping them, and delivering their outcomes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dealtrace.accounts.site import Site
from dealtrace.operations.work import AnyOperation, Work, ids_needed
from dealtrace.operations.write_command import WriteCommand

SHARED_ITEMS_MAX = 16
"""Ours: a pending command with more items is not written in one transaction with the commands of other sites.

Otherwise the rows of these sites would stay locked, and their clients would wait, until the whole list is written.
"""
_UNSETTLED = object()


@dataclass(slots=True)
class Pending:
    """A waiting command, and the future that receives its outcome; `size` is the number of items in the command.

    Payload and answer are typed Any: the commands of all operations, each with its own types, wait in one queue.
    """

    operation: AnyOperation
    site: Site
    command: WriteCommand[Any]
    answer: "asyncio.Future[Any]"
    size: int
    outcome: object = _UNSETTLED


def count_items(batch: Sequence[Pending]) -> int:
    """Return the total number of items in the commands of a batch."""
    return sum(pending.size for pending in batch)


def count_ids(batch: Sequence[Pending]) -> int:
    """Return the largest number of ids that the commands of a batch may use."""
    return sum(ids_needed(pending.operation, pending.size) for pending in batch)


def group_by_site(batch: Sequence[Pending]) -> list[list[Pending]]:
    """Group commands by site, ordered by site id; the commands of a site keep their order of arrival."""
    sites: dict[int, list[Pending]] = {}
    for pending in batch:
        sites.setdefault(pending.site.id, []).append(pending)
    return [sites[site_id] for site_id in sorted(sites)]


def split_lists_off(batch: Sequence[Pending]) -> list[list[Pending]]:
    """Divide a batch: one part for all sites without long lists, and one part for each site with a long list.

    The shared part comes first; all other parts are ordered by site id. The commands of a part share a transaction, so
    their sites wait for each other.
    """
    with_lists = {pending.site.id for pending in batch if pending.size > SHARED_ITEMS_MAX}
    others = [pending for pending in batch if pending.site.id not in with_lists]
    lists = group_by_site([pending for pending in batch if pending.site.id in with_lists])
    return [others, *lists] if others else lists


def group_by_operation(batch: Sequence[Pending]) -> list[list[Pending]]:
    """Group commands by operation and site, ordered by site id, then by arrival."""
    groups: dict[tuple[AnyOperation, int], list[Pending]] = {}
    for pending in batch:
        groups.setdefault((pending.operation, pending.site.id), []).append(pending)
    return sorted(groups.values(), key=lambda group: group[0].site.id)


def run_group(work: Work, group: Sequence[Pending]) -> None:
    """Run the operation of a group of commands of one site, and set the outcome of each command."""
    outcomes = group[0].operation(work, [pending.command for pending in group])
    for pending, outcome in zip(group, outcomes, strict=True):
        pending.outcome = outcome


def fail_all(batch: Sequence[Pending], fault: BaseException) -> None:
    """Set `fault` as the outcome of each command in a batch."""
    for pending in batch:
        pending.outcome = fault


def deliver(batch: Sequence[Pending]) -> None:
    """Deliver the outcomes of a batch to the callers that still wait; called once per batch, in the event loop."""
    for pending in batch:
        if pending.answer.done():
            continue
        if isinstance(pending.outcome, StopIteration):
            pending.answer.set_exception(RuntimeError("the operation raised StopIteration, which no future can hold"))
        elif isinstance(pending.outcome, Exception):
            pending.answer.set_exception(pending.outcome)
        else:
            pending.answer.set_result(pending.outcome)
