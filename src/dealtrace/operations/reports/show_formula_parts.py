"""Compute the value of a ratio or formula in a row of a report, and the values from which it is computed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, ask_series
from dealtrace.reports.figure import Figure
from dealtrace.reports.measures import known_values
from dealtrace.reports.metrics import Metric


def show_parts(
    source: FactSource, site: Site, figure: Figure, parts: Sequence[Metric], now: datetime
) -> tuple[Fraction | None, ...]:
    """Return the exact values of a figure and of its parts; a value that is unknown in the report is `None`."""
    question = replace(figure.question, metrics=(figure.metric, *parts))
    formulas, gathered = ask_series(source, site, question, question.by, figure.span(site.time_zone, now))
    found = gathered.rows.get(figure.keys, {}) if figure.keys else gathered.total
    unknown = gathered.unknown | (gathered.unknown_in_rows if figure.keys else frozenset())
    values = []
    for metric in question.metrics:
        formula = formulas[metric]
        values.append(formula.value(known_values(formula.measures, found, unknown)))
    return tuple(values)
