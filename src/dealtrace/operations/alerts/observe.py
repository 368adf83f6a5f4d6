"""Read the numbers that alert rules judge, for a few windows of time or for all windows of a month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.alerts.judgement import Observed, basis_of
from dealtrace.alerts.windows import Slot
from dealtrace.operations.reports.ask import FactSource, ask_series, ask_totals
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.measures import Measure, Values, added_up, added_up_rows
from dealtrace.reports.metrics import AnyFormula, Metric
from dealtrace.reports.periods import Period, Span
from dealtrace.reports.question import Question
from dealtrace.reports.rows.gathered import Gathered, RowKeys

_DAY = DIMENSIONS["day"]
_OWN_HOUR = DIMENSIONS["own_hour"]
_NOTHING_KNOWN = Observed(None)


def observe_each(source: FactSource, site: Site, question: Question, slots: Sequence[Slot]) -> Mapping[Slot, Observed]:
    """Return the number observed in each window of time; for many windows, `observe_all` is faster.

    The number for an hour that clocks skip is unknown, so later comparisons do not use it as an hour without deals.
    """
    asked = with_basis(question)
    totals = ask_totals(source, site, asked, [slot.span(site.time_zone) for slot in slots])
    return {
        slot: _NOTHING_KNOWN if slot.is_skipped(site.time_zone) else Observed(*total)
        for slot, total in zip(slots, totals, strict=True)
    }


def observe_all(source: FactSource, site: Site, question: Question, slots: Sequence[Slot]) -> Mapping[Slot, Observed]:
    """Return the same as `observe_each`, but faster for many adjacent windows.

    One statement reads the numbers for all windows if the measures of the metric can be summed over time. Windows whose
    rows do not tell whether their sum is known are asked again, each by itself.
    """
    asked, window = with_basis(question), slots[0].window
    measures = {measure for metric in asked.metrics for measure in metric.formula.measures}
    if (window.hours or window.days) > 1 and not all(measure.adds_up for measure in measures):
        return observe_each(source, site, question, slots)
    by = (_DAY, _OWN_HOUR) if window.hours else (_DAY,)
    formulas, gathered = ask_series(source, site, asked, by, _whole_span(site, slots))
    observed = _observed(site, [formulas[metric] for metric in asked.metrics], gathered, slots)
    needed = {measure for formula in formulas.values() for measure in formula.measures}
    doubtful = [slot for slot in slots if _is_doubtful(gathered, needed, _keys_of(slot))]
    return {**observed, **observe_each(source, site, question, doubtful)} if doubtful else observed


def observe_metrics(
    source: FactSource, site: Site, question: Question, slots: Sequence[Slot]
) -> Mapping[Metric, Mapping[Slot, Observed]]:
    """Return the numbers of each metric of a question for windows of whole days; all metrics are read together.

    It must be possible to sum the measures of the metrics over days, and none may be below zero.
    """
    bases = {metric: basis_of(metric) for metric in question.metrics}
    every = dict.fromkeys([*question.metrics, *(basis for basis in bases.values() if basis is not None)])
    asked = replace(question, metrics=tuple(every))
    formulas, gathered = ask_series(source, site, asked, (_DAY,), _whole_span(site, slots))
    listed = {
        metric: [formulas[each] for each in (metric, basis) if each is not None] for metric, basis in bases.items()
    }
    return {metric: _observed(site, of_metric, gathered, slots) for metric, of_metric in listed.items()}


def with_basis(question: Question) -> Question:
    """Return a report's question; if its metric divides by a count, that count is added as a second metric.

    See `basis_of`.
    """
    basis = basis_of(question.metrics[0])
    return question if basis is None else replace(question, metrics=(*question.metrics, basis))


def _observed(
    site: Site, formulas: Sequence[AnyFormula], gathered: Gathered, slots: Sequence[Slot]
) -> Mapping[Slot, Observed]:
    """Return the number in each window; `formulas` has the formula of the metric and, for a ratio, of its basis."""
    return {
        slot: _NOTHING_KNOWN
        if slot.is_skipped(site.time_zone)
        else Observed(*(_figure(formula, gathered, _keys_of(slot)) for formula in formulas))
        for slot in slots
    }


def _whole_span(site: Site, slots: Sequence[Slot]) -> Span:
    spans = [slot.span(site.time_zone) for slot in slots]
    days = [span.days for span in spans if span.days is not None]
    period = Period(min(each.first_on for each in days), max(each.last_on for each in days)) if days else None
    return Span(min(span.since for span in spans), max(span.until for span in spans), period)


def _keys_of(slot: Slot) -> Iterable[RowKeys]:
    if slot.window.days:
        days = (slot.last_on - timedelta(days=number) for number in range(slot.window.days))
        return [(day_on.toordinal(),) for day_on in days]
    return [(slot.last_on.toordinal(), hour) for hour in range(slot.end_hour - slot.window.hours, slot.end_hour)]


def _is_doubtful(gathered: Gathered, measures: Iterable[Measure], keys: Iterable[RowKeys]) -> bool:
    """Return whether it cannot be told from the rows of a window whether a sum is zero or unknown.

    That is so if the rows add up to zero, but not each of them is zero; see `added_up_rows`. If a row is unknown, so
    is their sum.
    """
    rows = _rows_at(gathered, keys)
    listed = ([row.get(measure, 0) for row in rows] for measure in measures)
    return any(None not in values and added_up_rows(values) is None for values in listed)


def _rows_at(gathered: Gathered, keys: Iterable[RowKeys]) -> Sequence[Values]:
    return [row for key in keys if (row := gathered.rows.get(key)) is not None]


def _figure(formula: AnyFormula, gathered: Gathered, keys: Iterable[RowKeys]) -> Fraction | None:
    rows = _rows_at(gathered, keys)
    unknown = gathered.unknown | gathered.unknown_in_rows
    values: Values = {
        measure: None if measure in unknown else added_up(row.get(measure, 0) for row in rows)
        for measure in formula.measures
    }
    return formula.value(values)
