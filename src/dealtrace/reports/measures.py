"""Measures: the sums and counts that statements ask of facts, and metrics are made of."""

from enum import Enum, auto

from dealtrace.record import record
from dealtrace.reports.facts import Fact


class Aggregate(Enum):
    """How a measure is made of the facts of a row.

    `COUNT` counts facts by their shares, in millionths. `MONEY` adds sums in kopecks, each split by the shares.
    `DISTINCT` counts different values of an attribute, whatever the shares. `TOTAL` adds an attribute as it stands.
    `DURATION` adds a time in whole seconds by the shares.
    """

    COUNT = auto()
    MONEY = auto()
    DISTINCT = auto()
    TOTAL = auto()
    DURATION = auto()


@record
class Measure:
    """A measure of a fact: the attribute it adds or counts, and the flag that facts must have to count.

    `statuses` are the keys of statuses that a deal must have, `None` if any will do.
    """

    fact: Fact
    aggregate: Aggregate = Aggregate.COUNT
    attribute: str = ""
    flag: str = ""
    statuses: frozenset[str] | None = None

    @property
    def adds_up(self) -> bool:
        """Whether rows add up to the total."""
        return self.aggregate is not Aggregate.DISTINCT
