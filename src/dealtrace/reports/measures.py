"""Measures: counts and sums of visits, leads, deals and costs, computed by SQL; metrics are computed from them."""

from collections.abc import Iterable
from enum import Enum, auto

from dealtrace.record import record
from dealtrace.reports.facts import Fact


class Aggregate(Enum):
    """How a measure is computed from facts, such as deals; a share is the part of a fact that counts for a row.

    `COUNT` adds the shares, in millionths. `MONEY` adds amounts in kopecks, each already split by the shares.
    `DISTINCT` counts the different values of an attribute, ignoring shares. `TOTAL` adds an attribute, ignoring shares.
    `DURATION` adds durations in whole seconds, multiplied by the shares.
    """

    COUNT = auto()
    MONEY = auto()
    DISTINCT = auto()
    TOTAL = auto()
    DURATION = auto()


@record
class Measure:
    """A measure: the kind of fact that is counted, such as deals, and the attribute whose values are added or counted.

    If there is a `flag`, such as `is_won`, only facts with this flag are counted. `statuses` are the keys of the
    statuses whose deals are counted, or `None` for all statuses.
    """

    fact: Fact
    aggregate: Aggregate = Aggregate.COUNT
    attribute: str = ""
    flag: str = ""
    statuses: frozenset[str] | None = None

    @property
    def adds_up(self) -> bool:
        """Return whether the values of the measure in the rows of a report add up to its value in the total."""
        return self.aggregate is not Aggregate.DISTINCT


def added_up(values: Iterable[int | None]) -> int | None:
    """Return the sum of the values that are known, or `None` if it is zero and some values are unknown."""
    listed = list(values)
    added = sum(value for value in listed if value is not None)
    return None if not added and None in listed else added
