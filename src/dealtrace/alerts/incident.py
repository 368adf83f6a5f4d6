"""Incidents: times in which a figure is out of the ordinary, from the window that raised it to the last.

A trial finds them in the past; those that were sent are stored.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NewType

from dealtrace.alerts.judgement import Judgement, Verdict
from dealtrace.alerts.windows import Slot
from dealtrace.record import record
from dealtrace.reports.formats import rounded_value
from dealtrace.reports.metrics import Metric, Unit

IncidentId = NewType("IncidentId", int)


@record
class Incident:
    """A stored incident: the window and the figure that raised it, the usual one, and the figure that ended it.

    Figures are texts as answers show them, in the unit; an unknown one is `None`.
    """

    id: IncidentId
    alert_id: int
    since: datetime
    until: datetime
    unit: Unit
    value: str | None
    usual: str | None
    raised_at: datetime
    ended_at: datetime | None = None
    ended_value: str | None = None


@record
class Episode:
    """An incident that a trial found: its first window and figure, and the window that ended it, `None` if none did."""

    slot: Slot
    judgement: Judgement
    ended: Slot | None


def episodes_of(judged: Sequence[tuple[Slot, Judgement]]) -> list[Episode]:
    """List the incidents of judged windows, the oldest first; undecided windows change nothing."""
    found: list[Episode] = []
    for slot, judgement in judged:
        is_open = bool(found) and found[-1].ended is None
        if judgement.verdict is Verdict.RAISED and not is_open:
            found.append(Episode(slot, judgement, None))
        elif judgement.verdict is Verdict.QUIET and is_open:
            found[-1] = Episode(found[-1].slot, found[-1].judgement, slot)
    return found


def figure_text(metric: Metric, value: Fraction | None) -> str | None:
    """Return a figure as incidents store it."""
    rounded = rounded_value(metric, value)
    return f"{Decimal(rounded):f}" if rounded is not None else None
