"""Find the last day up to which all costs of a site are known, from the days with costs of its advertising accounts."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dealtrace.attribution.cost import CostAccount
from dealtrace.record import record

ENDED_AFTER = timedelta(days=28)
"""Ours: an account whose last costs are older than this has ended, and no further costs are expected from it."""
USUAL_SPAN = timedelta(days=14)
USUAL_DAYS_MIN = 7
"""Ours: an account is regular if it has costs on at least this many days of the `USUAL_SPAN` up to its latest costs.

Only regular accounts delay the day up to which the costs of a site are known: not an account with one invoice a month,
nor one that has just been added. An account whose campaigns pause at weekends is still regular.
"""
DAYS_WATCHED = ENDED_AFTER + USUAL_SPAN
"""Ours: how many days back costs are read to find the accounts that have not ended and are regular."""
LATE_DAYS_MAX = 3
"""Ours: if an account lacks the costs of more whole days than this, its import has stopped.

Costs usually come a day late. On a Tuesday morning, a campaign that pauses at weekends has costs only up to Friday, and
so lacks those of three whole days.
"""


@record
class KnownCosts:
    """The last day up to which all costs are known (`until`), and the accounts that delay it, with their last days.

    `behind` are the regular accounts without costs on the latest day on which any regular account has costs. `stopped`
    are the regular accounts whose import seems to have stopped, earliest last day first.
    """

    until: date
    behind: Mapping[CostAccount, date]
    stopped: Mapping[CostAccount, date]


def find_known(days: Mapping[CostAccount, Sequence[date]], today: date) -> KnownCosts | None:
    """Return the last day up to which all costs are known, with the accounts that delay it, or `None` without costs.

    `days` has the days on which each account has costs, from `DAYS_WATCHED` ago up to `today`.
    Ours: among the accounts that are regular and have not ended, the account that is furthest behind decides: all costs
    are known up to its last day with costs. Without such accounts, it is the last day with any costs.
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
