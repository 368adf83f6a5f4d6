"""Incidents: each lasts from the first window of time in which an alert's figure is unusual to the last such window.

A trial of a rule finds past incidents and stores nothing; incidents of saved rules are stored.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NewType

from dealtrace.alerts.judgement import AlertVerdict, Judgement
from dealtrace.alerts.windows import Slot
from dealtrace.record import record
from dealtrace.reports.formats import rounded_value
from dealtrace.reports.metrics import Metric, Unit

IncidentId = NewType("IncidentId", int)


@record
class Incident:
    """A stored incident: its first window (`since` to `until`), the figure in that window, and the usual figure.

    `ended_value` is the normal figure that ended the incident. `ended_at` is `None` while the incident continues.
    Figures are decimal numbers as strings, in the unit of the metric, or `None` if unknown.
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
class TrialIncident:
    """An incident that a trial of a rule found in past data: its first unusual window, and that window's judgement.

    `ended` is the first normal window after the unusual windows, or `None` if the incident is not over.
    """

    slot: Slot
    judgement: Judgement
    ended: Slot | None


def trial_incidents(judged: Sequence[tuple[Slot, Judgement]]) -> list[TrialIncident]:
    """List the incidents in a sequence of windows, oldest first.

    Each window is paired with its judgement; an undecided window neither begins nor ends an incident.
    """
    found: list[TrialIncident] = []
    for slot, judgement in judged:
        is_open = bool(found) and found[-1].ended is None
        if judgement.verdict is AlertVerdict.RAISED and not is_open:
            found.append(TrialIncident(slot, judgement, None))
        elif judgement.verdict is AlertVerdict.QUIET and is_open:
            found[-1] = TrialIncident(found[-1].slot, found[-1].judgement, slot)
    return found


def figure_text(metric: Metric, value: Fraction | None) -> str | None:
    """Format a figure as incidents store it: a rounded decimal string, or `None` if unknown."""
    rounded = rounded_value(metric.unit, value)
    return f"{Decimal(rounded):f}" if rounded is not None else None
