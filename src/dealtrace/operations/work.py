"""The context of an operation, and how an operation declares the number of new ids that it may take."""

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar, cast

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.record import record
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.reports.known_statuses import KnownStatuses

Outcome_co = TypeVar("Outcome_co", covariant=True)
P = ParamSpec("P")
Result = TypeVar("Result")
OperationFunction = TypeVar("OperationFunction", bound=Callable[..., object])
AnyOperation: TypeAlias = "Operation[Any, Any]"
"""An operation whose payload and outcome are typed Any: the same code runs all operations, whatever their types."""


@record
class AccountWork:
    """The context of a change to sites, users or tokens: the open connection, unused ids, and the time in UTC.

    The caller begins and commits the transaction, and reserves as many ids as the change declares. `user_id` is the
    user who makes the change on a page; it is `None` on the command line, and for people who are not logged in.
    """

    connection: Connection
    ids: IdBlocks
    now: datetime
    user_id: UserId | None = field(default=None, kw_only=True)

    def at(self, site: Site) -> "Work":
        """Return the context of an operation on a site, in the same transaction."""
        return Work(self.connection, self.ids, self.now, site, user_id=self.user_id)


@record
class Work(AccountWork):
    """The context of an operation on one site: an `AccountWork` with that site.

    `known_statuses` are the deal statuses known to be stored; a process that writes repeatedly passes the same object
    to each transaction. For commands of the write queue, the user is in `WriteCommand.user_id`, not in `user_id`.
    """

    site: Site
    known_statuses: KnownStatuses = field(default_factory=KnownStatuses)


class Operation(Protocol[Payload, Outcome_co]):
    """A function that executes many commands of one site at once, and returns an outcome for each in input order.

    A command uses up at most `ids_per_command` new ids. A command with a list may use up `ids_per_item` more for each
    item.
    """

    ids_per_command: int
    ids_per_item: int

    def __call__(self, work: Work, commands: Sequence[WriteCommand[Payload]]) -> Sequence[Outcome_co]:
        """Execute the commands: read stored rows, decide, spend points, and store the results."""


class _TakesIds(Protocol):
    """A function that is decorated with `takes_ids`."""

    ids_taken: int


def operation(
    *, ids_per_command: int, ids_per_item: int = 0
) -> Callable[
    [Callable[[Work, Sequence[WriteCommand[Payload]]], Sequence[Outcome_co]]], Operation[Payload, Outcome_co]
]:
    """Return a decorator that makes a function an operation, given the maximum number of ids that a command may take.

    The ids are reserved before the transaction begins, so an operation that takes more ids fails its whole batch.
    """

    def declare(
        function: Callable[[Work, Sequence[WriteCommand[Payload]]], Sequence[Outcome_co]],
    ) -> Operation[Payload, Outcome_co]:
        declared = cast("Operation[Payload, Outcome_co]", function)
        declared.ids_per_command = ids_per_command
        declared.ids_per_item = ids_per_item
        return declared

    return declare


def takes_ids(count: int) -> Callable[[OperationFunction], OperationFunction]:
    """Return a decorator that declares how many ids a change to an account, such as a new token, takes at most.

    `AccountChanges` reserves them before the transaction of the change begins; a function that is not decorated takes
    none.
    """

    def declare(function: OperationFunction) -> OperationFunction:
        cast("_TakesIds", function).ids_taken = count
        return function

    return declare


def ids_taken_by(change: Callable[..., object]) -> int:
    """Return the maximum number of ids that a change, which may be a `partial`, takes, as declared by `takes_ids`."""
    if isinstance(change, partial):
        return ids_taken_by(change.func)
    return cast("_TakesIds", change).ids_taken if hasattr(change, "ids_taken") else 0


def at_site(
    site: Site | Callable[[Connection], Site], change: Callable[Concatenate[Work, P], Result]
) -> Callable[Concatenate[AccountWork, P], Result]:
    """Return a change to one site, which needs a `Work`, as a change that `AccountChanges` can run.

    Instead of the site, a function may be given that reads the site in the transaction of the change.
    """

    @takes_ids(ids_taken_by(change))
    def change_there(work: AccountWork, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        return change(work.at(site if isinstance(site, Site) else site(work.connection)), *args, **kwargs)

    return change_there


def ids_needed(run: Operation[Payload, Outcome_co], items: int) -> int:
    """Return the maximum number of ids that a command with `items` items may take."""
    return run.ids_per_command + run.ids_per_item * items
