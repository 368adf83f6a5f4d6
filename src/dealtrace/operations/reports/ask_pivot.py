"""Compute a pivot table from three reports, so that its totals equal the totals of the reports."""

from dataclasses import replace
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.find_known_costs import with_known_costs
from dealtrace.reports.answer import Report
from dealtrace.reports.pivot import COLUMNS_MAX, Pivot, pivoted
from dealtrace.reports.question import Question


def ask_report_or_pivot(source: FactSource, site: Site, question: Question, now: datetime) -> Report | Pivot:
    """Return the pivot table of a question that has a pivot dimension, or the report of any other question.

    An answer with figures of costs has the last day up to which costs are known.
    """
    if question.pivot is None:
        return with_known_costs(source, site, ask(source, site, question, now), now)
    return with_known_costs(source, site, ask_pivot(source, site, question, now), now)


def ask_pivot(source: FactSource, site: Site, question: Question, now: datetime) -> Pivot:
    """Return a pivot table of a question's first metric, with rows by `question.by` and columns by `question.pivot`.

    If the columns are periods such as days, and there are too many, a period without data gets no column.
    """
    assert question.pivot is not None
    first = replace(question, metrics=question.metrics[:1], sort=question.sort_of(question.metrics[0]))
    by_columns = replace(first, by=(question.pivot,), sort=None, limit=COLUMNS_MAX)
    columns = ask(source, site, by_columns, now)
    if columns.rows_total > COLUMNS_MAX and question.shows_empty_times:
        columns = ask(source, site, replace(by_columns, shows_empty_times=False), now)
    by_both = replace(first, by=(*question.by, question.pivot), sort=None, limit=None, shows_empty_times=False)
    rows, both = ask(source, site, first, now), ask(source, site, by_both, now)
    return pivoted(replace(rows, counted_since=rows.counted_since or columns.counted_since), columns, both)
