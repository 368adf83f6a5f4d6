"""The rules by which the overview of every site looks for sharp falls, whether or not the site has alerts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from dealtrace.alerts.judgement import AlertVerdict, Observed, judge
from dealtrace.alerts.rule import PERCENT_USUAL, AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS, Slot, slots_before
from dealtrace.record import record
from dealtrace.reports.metrics import METRICS, Metric

FALLS_WATCHED = tuple(METRICS[name] for name in ("match_rate", "deals", "leads", "visits"))
"""Ours: the watched metrics; amounts are not watched, because a few large deals can change them sharply."""
WINDOWS_WATCHED = (WINDOWS["week"], WINDOWS["day"])
"""Ours: the last seven finished days and the last finished day are judged; if both show a fall, the week is shown."""
RATIO_BASIS_MIN = 100
"""Ours: a ratio is judged only in windows with at least this many deals; an alert, which a person chose, needs fewer.

A rate of one half varies by a tenth among 100 deals, and by a quarter among 20: a fall of 30 % would often be chance.
Counts have no fixed minimum: by the rules for alerts, a usual count of nine is enough to notice a fall to zero, and a
usual count of a hundred to notice a fall of 30 %.
"""


@record
class Fall:
    """A sharp fall: the metric, the window of time in which it fell, its value in that window, and its usual value."""

    metric: Metric
    slot: Slot
    value: Fraction
    usual: Fraction


def find_falls(observed: Mapping[Metric, Mapping[Slot, Observed]], slots: Sequence[Slot]) -> list[Fall]:
    """Return the falls of the watched metrics, at most one for each metric, in the order of the metrics.

    `slots` are the windows to judge, the most important first. `observed` has the numbers in these windows and in the
    same windows of the weeks before.
    """
    falls = []
    for metric, numbers in observed.items():
        found = (_fall(metric, slot, numbers) for slot in slots)
        falls += [fall for fall in found if fall is not None][:1]
    return falls


def falls_together(falls: Sequence[Fall]) -> list[tuple[Fall, ...]]:
    """Return falls in groups, each with the falls in one window of time; groups and their falls keep their order."""
    found: dict[Slot, list[Fall]] = {}
    for fall in falls:
        found.setdefault(fall.slot, []).append(fall)
    return [tuple(group) for group in found.values()]


def _fall(metric: Metric, slot: Slot, numbers: Mapping[Slot, Observed]) -> Fall | None:
    rule = Rule(AlertKind.DROP, metric.name, slot.window, Decimal(PERCENT_USUAL[AlertKind.DROP]))
    judged = judge(rule, metric, _sound(numbers[slot]), [_sound(numbers[each]) for each in slots_before(slot)])
    if judged.verdict is not AlertVerdict.RAISED or judged.value is None or judged.usual is None:
        return None
    return Fall(metric, slot, judged.value, judged.usual)


def _sound(number: Observed) -> Observed:
    """Return `number`, but without its value if it is a ratio whose divisor is less than `RATIO_BASIS_MIN`."""
    is_small = number.basis is not None and number.basis < RATIO_BASIS_MIN
    return Observed(None, number.basis) if is_small else number
