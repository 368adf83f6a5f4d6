"""The qualification of a lead: whether it is unique, and whether it is a target.

A target is a lead that may become a deal: a call of some length, or any lead request.
"""

from datetime import datetime, timedelta

from dealtrace.leads.call import Circumstances
from dealtrace.record import record


@record
class Qualification:
    """The qualification of a lead: whether it is the client's first of its kind, a target, and the first target."""

    is_unique: bool
    is_target: bool
    is_unique_target: bool


@record
class Predecessors:
    """The start of the client's previous lead of the same kind, and of their previous target, if there are any."""

    any_at: datetime | None
    target_at: datetime | None


def qualification_of(
    began_at: datetime, before: Predecessors, unique_depth: timedelta | None, *, is_target: bool
) -> Qualification:
    """Return the qualification of a lead that began at `began_at`.

    Ours: a lead is unique if the client has no earlier lead within `unique_depth`, inclusive; `None` is no limit. A
    target is a unique target if the client has no earlier target, even after other leads.
    """
    return Qualification(
        is_unique=is_first(began_at, before.any_at, unique_depth),
        is_target=is_target,
        is_unique_target=is_target and is_first(began_at, before.target_at, unique_depth),
    )


def is_first(began_at: datetime, previous_at: datetime | None, depth: timedelta | None) -> bool:
    """Return whether a lead is the first within `depth`, inclusive; `previous_at` is when the previous lead began.

    `previous_at` is `None` if there is none, and `depth` is `None` if there is no limit.
    """
    return previous_at is None or (depth is not None and began_at - previous_at > depth)


def is_target_call(circumstances: Circumstances, duration: timedelta, target_call: timedelta) -> bool:
    """Return whether a call is a target: it lasted at least `target_call`, and was not reported as unanswered.

    Ours: every lead request is a target, since its sender wrote on purpose.
    """
    return circumstances.is_successful is not False and duration >= target_call
