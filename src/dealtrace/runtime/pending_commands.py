"""Commands that wait in the write queue: how they are grouped, and how they are answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dealtrace.accounts.site import Site
from dealtrace.operations.work import AnyOperation, ids_needed
from dealtrace.operations.write_command import WriteCommand

_UNSETTLED = object()


@dataclass(slots=True)
class Pending:
    """A command that waits, with who awaits its answer; `size` is the number of items it carries.

    Any: commands for all operations wait together.
    """

    operation: AnyOperation
    site: Site
    command: WriteCommand[Any]
    answer: "asyncio.Future[Any]"
    size: int
    outcome: object = _UNSETTLED


def count_items(batch: Sequence[Pending]) -> int:
    """Count the items that commands carry."""
    return sum(pending.size for pending in batch)


def count_ids(batch: Sequence[Pending]) -> int:
    """Return how many ids commands may take at most."""
    return sum(ids_needed(pending.operation, pending.size) for pending in batch)


def group_by_site(batch: Sequence[Pending]) -> list[list[Pending]]:
    """Group commands by site, in the order of the sites' ids; those of a site stay in the order of arrival."""
    sites: dict[int, list[Pending]] = {}
    for pending in batch:
        sites.setdefault(pending.site.id, []).append(pending)
    return [sites[site_id] for site_id in sorted(sites)]


def group_by_operation(batch: Sequence[Pending]) -> list[list[Pending]]:
    """Group the commands of each operation and site: sites by their ids, inside a site in the order of arrival."""
    groups: dict[tuple[AnyOperation, int], list[Pending]] = {}
    for pending in batch:
        groups.setdefault((pending.operation, pending.site.id), []).append(pending)
    return sorted(groups.values(), key=lambda group: group[0].site.id)


def fail(batch: Sequence[Pending], fault: BaseException) -> None:
    """Make a fault the outcome of all commands."""
    for pending in batch:
        pending.outcome = fault


def deliver(batch: Sequence[Pending]) -> None:
    """Answer those who still wait; called in the event loop, once a batch."""
    for pending in batch:
        if pending.answer.done():
            continue
        if isinstance(pending.outcome, StopIteration):
            pending.answer.set_exception(RuntimeError("the operation ended with StopIteration, which no future takes"))
        elif isinstance(pending.outcome, Exception):
            pending.answer.set_exception(pending.outcome)
        else:
            pending.answer.set_result(pending.outcome)
