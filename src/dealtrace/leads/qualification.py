"""The qualification of a lead: whether it is unique, and whether it is a target.

A target is a lead that is likely to become a deal: a long enough call, or any lead request.
"""

from datetime import datetime, timedelta

from dealtrace.leads.call import Circumstances
from dealtrace.record import record


@record
class Qualification:
    """The qualification of a lead: whether it is unique, a target, and a unique target; see `qualification_of`."""

    is_unique: bool
    is_target: bool
    is_unique_target: bool


@record
class Predecessors:
    """When the client's previous lead and previous target began; `None` if there is no such lead.

    Only leads of the same kind as the qualified lead count.
    """

    any_at: datetime | None
    target_at: datetime | None


def qualification_of(
    began_at: datetime, before: Predecessors, unique_depth: timedelta | None, *, is_target: bool
) -> Qualification:
    """Return the qualification of a lead that began at `began_at`.

    Ours: a lead is unique if the client has no earlier lead within `unique_depth`, inclusive; `None` means no limit. A
    target is a unique target if the client has no earlier target within `unique_depth`; other leads do not matter.
    """
    return Qualification(
        is_unique=is_first(began_at, before.any_at, unique_depth),
        is_target=is_target,
        is_unique_target=is_target and is_first(began_at, before.target_at, unique_depth),
    )


def is_first(began_at: datetime, previous_at: datetime | None, depth: timedelta | None) -> bool:
    """Return whether a lead that began at `began_at` has no earlier lead that began at most `depth` before it.

    `previous_at` is when the previous lead began, `None` if there is none. A `depth` of `None` means no limit.
    """
    return previous_at is None or (depth is not None and began_at - previous_at > depth)


def is_target_call(circumstances: Circumstances, duration: timedelta, target_call: timedelta) -> bool:
    """Return whether a call is a target: it lasted at least `target_call`, and was not reported as unanswered.

    Ours: every lead request is a target, since it was sent on purpose.
    """
    return circumstances.is_successful is not False and duration >= target_call
