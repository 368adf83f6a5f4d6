"""What a lead counts for: whether it is its client's first, and whether it is one worth paying for."""

from datetime import datetime, timedelta

from dealtrace.leads.call import Circumstances
from dealtrace.record import record


@record
class Qualification:
    """What a lead counts for: the client's first of its kind, a target, the client's first target."""

    is_unique: bool
    is_target: bool
    is_unique_target: bool


@record
class Predecessors:
    """When the same client last became a lead of the same kind before, and when last one that is a target."""

    any_at: datetime | None
    target_at: datetime | None


def qualification_of(
    began_at: datetime, before: Predecessors, unique_depth: timedelta | None, *, is_target: bool
) -> Qualification:
    """Tell what a lead counts for that began at `began_at`.

    Ours: the first in `unique_depth` is unique, one exactly so long ago still counts; `None` looks back for ever. A
    target is a unique target if no target came before it, whatever else did.
    """
    return Qualification(
        is_unique=is_first(began_at, before.any_at, unique_depth),
        is_target=is_target,
        is_unique_target=is_target and is_first(began_at, before.target_at, unique_depth),
    )


def is_first(began_at: datetime, previous_at: datetime | None, depth: timedelta | None) -> bool:
    """Whether a lead has none before it that counts."""
    return previous_at is None or (depth is not None and began_at - previous_at > depth)


def is_target_call(circumstances: Circumstances, duration: timedelta, target_call: timedelta) -> bool:
    """Whether a call is a target: answered, as far as anybody tells, and talked for `target_call` or longer.

    Ours: every lead request is one, since its sender wrote on purpose.
    """
    return circumstances.is_successful is not False and duration >= target_call
