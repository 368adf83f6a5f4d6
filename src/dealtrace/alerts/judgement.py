"""Decide whether a figure is unusual, compared with the figures for the same hours or days of earlier weeks."""

from collections.abc import Sequence
from enum import Enum, auto
from fractions import Fraction
from statistics import median

from dealtrace.alerts.rule import PERCENT_USUAL, AlertKind, Rule
from dealtrace.mails.figure_format import PERCENT
from dealtrace.record import record
from dealtrace.reports.facts import Fact
from dealtrace.reports.metrics import CLICKS, METRICS, Formula, Metric, Unit
from dealtrace.reports.reading.gaps import WEEKS_MIN
from dealtrace.reports.reading.silence import TIMES_USUAL

BASIS_MIN = 20
"""Ours: a ratio whose divisor counts fewer than this many deals, leads, visits or clicks is too uncertain for an
alert.
"""
DEVIATIONS = 3
"""Ours: to be unusual, a count must differ from the usual count by this many square roots of the usual count.

By chance, about 1 count in 1,000 differs by that much.
"""


class AlertVerdict(Enum):
    """The verdict on a figure: usual, unusual, or undecided for lack of data; `UNDECIDED` leaves the alert as it is."""

    QUIET = auto()
    RAISED = auto()
    UNDECIDED = auto()


@record
class Observed:
    """The number observed in a window, or `None` if unknown.

    For a ratio, `basis` is its divisor: the number of deals, leads, visits or clicks.
    """

    value: Fraction | None
    basis: Fraction | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the figure is known and, if it is a ratio, its divisor is at least `BASIS_MIN`."""
        return self.value is not None and (self.basis is None or self.basis >= BASIS_MIN)


@record
class Judgement:
    """The verdict on a number, the number, and the usual number; unknown numbers are `None`.

    `is_chance` is true if a count differs from the usual count by the rule's percentage, but may do so by chance.
    """

    verdict: AlertVerdict
    value: Fraction | None
    usual: Fraction | None
    is_chance: bool = False


def basis_of(metric: Metric) -> Metric | None:
    """Return the divisor of a ratio if the divisor counts deals, leads, visits or clicks, otherwise `None`.

    The result is `None` if `metric` is not a ratio, or its divisor is money. A column that is a formula counts as a
    ratio whose divisor is deals.
    """
    if not isinstance(metric.formula, Formula):
        return None if metric.formula.adds_up else METRICS["deals"]
    if metric.formula.under is None:
        return None
    divisor = {measure for measure, _ in metric.formula.under.terms}
    if divisor == {CLICKS}:
        return METRICS["clicks"]
    names = {Fact.VISITS: "visits", Fact.LEADS: "leads", Fact.DEALS: "deals"}
    facts = {measure.fact for measure in divisor}
    return METRICS[names[facts.pop()]] if facts <= names.keys() else None


def judge(rule: Rule, metric: Metric, current: Observed, before: Sequence[Observed]) -> Judgement:
    """Return the judgement on the number `current`; `before` has the numbers of past weeks, oldest first.

    Ours: zeros at the start of `before` are ignored, since nothing was measured yet. A drop is below the numbers of all
    past weeks, and a spike is above the numbers of all past weeks. Both differ from the median of these numbers by at
    least the rule's percentage. A drop of a count may be above a single zero, such as that of a holiday.
    """
    history = _history(before)
    usual = _usual(rule.kind, history)
    is_off = rule.kind in PERCENT_USUAL and _is_off(rule, metric, current, history, usual)
    verdict = _verdict(rule, metric, current, usual, is_off=is_off)
    return Judgement(verdict, current.value, usual, is_off and verdict is AlertVerdict.QUIET)


def _history(before: Sequence[Observed]) -> list[Fraction]:
    values = [seen.value for seen in before if seen.is_sound and seen.value is not None]
    first = next((place for place, value in enumerate(values) if value), len(values))
    return values[first:]


def _usual(kind: AlertKind, history: Sequence[Fraction]) -> Fraction | None:
    if len(history) < WEEKS_MIN:
        return None
    return sum(history, Fraction(0)) / len(history) if kind is AlertKind.SILENCE else median(history)


def _verdict(rule: Rule, metric: Metric, current: Observed, usual: Fraction | None, *, is_off: bool) -> AlertVerdict:
    value = current.value
    if value is None or not current.is_sound:
        return AlertVerdict.UNDECIDED
    match rule.kind:
        case AlertKind.SILENCE:
            if value > 0:
                return AlertVerdict.QUIET
            return AlertVerdict.RAISED if usual is not None and usual >= TIMES_USUAL else AlertVerdict.UNDECIDED
        case AlertKind.ABOVE | AlertKind.BELOW:
            assert rule.amount is not None
            limit = Fraction(rule.amount)
            return _raised_if(is_raised=value > limit if rule.kind is AlertKind.ABOVE else value < limit)
        case AlertKind.DROP | AlertKind.SPIKE:
            if usual is None or usual <= 0:
                return AlertVerdict.UNDECIDED
            return _raised_if(is_raised=is_off and not _is_noise(metric, value, usual))


def _is_off(rule: Rule, metric: Metric, current: Observed, history: Sequence[Fraction], usual: Fraction | None) -> bool:
    """Return whether a number is beyond those of past weeks, and differs from the usual one by the percentage."""
    value = current.value
    if value is None or not current.is_sound or usual is None:
        return False
    assert rule.amount is not None
    share = Fraction(rule.amount) / PERCENT
    if rule.kind is AlertKind.DROP:
        return value < _lowest(metric, history) and value <= usual * (1 - share)
    return value > max(history) and value >= usual * (1 + share)


def _lowest(metric: Metric, history: Sequence[Fraction]) -> Fraction:
    """Return the lowest number of past weeks, or of a count the second lowest if only one week had nothing.

    For a count whose drop exceeds chance, a zero is no chance either; two may be a habit. Other numbers, such as
    amounts of a few deals, are often zero by chance.
    """
    counted = [number for number in history if number]
    is_exception = metric.unit is Unit.COUNT and len(counted) == len(history) - 1 >= WEEKS_MIN
    return min(counted if is_exception else history)


def _is_noise(metric: Metric, value: Fraction, usual: Fraction) -> bool:
    """Return whether a count may differ from the usual count by chance; `False` if the metric is not a count."""
    return metric.unit is Unit.COUNT and (value - usual) ** 2 < DEVIATIONS**2 * usual


def _raised_if(*, is_raised: bool) -> AlertVerdict:
    return AlertVerdict.RAISED if is_raised else AlertVerdict.QUIET
