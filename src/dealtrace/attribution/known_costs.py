"""Through which day the costs of a site are known, by the days on which its advertising accounts have costs."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dealtrace.attribution.cost import CostAccount
from dealtrace.record import record

ENDED_AFTER = timedelta(days=28)
"""Ours: an account whose last costs are older than this has ended; the costs of a site no longer wait for it."""
USUAL_SPAN = timedelta(days=14)
USUAL_DAYS_MIN = 7
"""Ours: costs come regularly if they are on at least this many of the `USUAL_SPAN` that ends with the last of them.

An invoice a month, or an account that has just been added, holds up no other costs; a campaign that pauses at weekends
is still regular.
"""
DAYS_WATCHED = ENDED_AFTER + USUAL_SPAN
"""Ours: how far back the days of costs are read, to find the accounts that have not ended and are regular."""
LATE_DAYS_MAX = 3
"""Ours: if an account lacks the costs of more whole days than this, its import has stopped.

Costs usually come a day late, and on a Tuesday morning those of a campaign without weekends are still of Friday.
"""


@record
class KnownCosts:
    """Through which day costs are known (`until`, included), and the accounts that hold this up, with their last days.

    `behind` are the regular accounts that do not have the last day of costs of the site. `stopped` are those of the
    regular accounts whose import seems to have stopped, earliest first.
    """

    until: date
    behind: Mapping[CostAccount, date]
    stopped: Mapping[CostAccount, date]


def find_known(days: Mapping[CostAccount, Sequence[date]], today: date) -> KnownCosts | None:
    """Return through which day costs are known, or `None` if there are no costs.

    `days` are the days of each account, up to today, on which it has costs, from `DAYS_WATCHED` ago on.
    Ours: this is the last day of that account which is furthest behind, among those that are regular and have not
    ended, because until then all costs are known. Without such accounts it is the last day with any cost.
    """
    last = {account: max(listed) for account, listed in days.items() if listed}
    if not last:
        return None
    regular = {
        account: last_on
        for account, last_on in sorted(last.items(), key=lambda each: (each[1], each[0].system, each[0].account))
        if today - last_on <= ENDED_AFTER and _is_regular(days[account], last_on)
    }
    latest = max(regular.values(), default=max(last.values()))
    return KnownCosts(
        min(regular.values(), default=latest),
        {account: last_on for account, last_on in regular.items() if last_on < latest},
        {account: last_on for account, last_on in regular.items() if (today - last_on).days - 1 > LATE_DAYS_MAX},
    )


def _is_regular(days: Sequence[date], last_on: date) -> bool:
    return len({each for each in days if last_on - each < USUAL_SPAN}) >= USUAL_DAYS_MIN
