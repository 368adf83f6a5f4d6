"""Measures: counts and sums of visits, leads, deals and costs, computed by SQL; metrics are computed from them."""

from collections.abc import Collection, Iterable, Mapping
from enum import Enum, auto
from fractions import Fraction

from dealtrace.attribution.cost import KOPECKS_PER_RUBLE
from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.known_sum import known_sum
from dealtrace.record import record
from dealtrace.reports.facts import Fact

SECONDS_PER_DAY = 86_400


class Aggregate(Enum):
    """How a measure is computed from facts, such as deals; a share is the part of a fact that counts for a row.

    `COUNT` adds the shares, in millionths. `MONEY` adds amounts in kopecks, each already split by the shares.
    `DISTINCT` counts the different values of an attribute, ignoring shares. `TOTAL` adds an attribute, ignoring shares.
    `DURATION` adds the whole seconds from a time, which is the attribute, to the deal, multiplied by the shares.
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


Values = Mapping[Measure, int | None]
"""The value of each measure in a row, or `None` for a measure that is unknown in the row."""


def known_values(measures: Iterable[Measure], given: Values, unknown: Collection[Measure]) -> Values:
    """Return the value of each measure: `None` if it is unknown, zero if nothing was counted."""
    return {measure: None if measure in unknown else given.get(measure, 0) for measure in measures}


@record
class Sum:
    """A sum of measures; each measure has a sign, 1 or -1."""

    terms: tuple[tuple[Measure, int], ...]

    @property
    def has_one_scale(self) -> bool:
        """Return whether all measures have the same unit; sorting by their plain sum then equals sorting by `value`."""
        return len({_SCALES[measure.aggregate] for measure, _ in self.terms}) == 1

    def value(self, values: Values) -> Fraction | None:
        """Return the sum of the measures, in rubles for money and in days for times; `None` if a measure is unknown."""
        if len(self.terms) == 1:
            ((measure, sign),) = self.terms
            only = values[measure]
            return None if only is None else Fraction(sign * only, _SCALES[measure.aggregate])
        added = Fraction(0)
        for measure, sign in self.terms:
            value = values[measure]
            if value is None:
                return None
            added += sign * Fraction(value, _SCALES[measure.aggregate])
        return added


_SCALES = {
    Aggregate.COUNT: WHOLE,
    Aggregate.MONEY: KOPECKS_PER_RUBLE,
    Aggregate.DISTINCT: 1,
    Aggregate.TOTAL: 1,
    Aggregate.DURATION: WHOLE * SECONDS_PER_DAY,
}


def added_up(values: Iterable[int | None]) -> int | None:
    """Return the sum of the values that are known, or `None` if it is zero and some are unknown; see `known_sum`."""
    listed = list(values)
    return known_sum(sum(value for value in listed if value is not None), has_unknown=None in listed)


def added_up_rows(values: Iterable[int | None]) -> int | None:
    """Return the sum of the rows of a report, or `None` if it cannot be told from the rows whether it is known.

    That is so if it is zero without each row being zero: 5 may stand for 5 and something unknown.
    """
    listed = list(values)
    added = sum(value for value in listed if value is not None)
    return added if added or not any(value != 0 for value in listed) else None
