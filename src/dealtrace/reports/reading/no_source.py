"""The two parts of a report's deals without a source: deals without a lead, and deals whose lead has no source."""

from dataclasses import replace

from dealtrace.matching.match_reason import UNMATCHED_REASONS, MatchReason
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.question import Question
from dealtrace.reports.reading.narrowing import narrowed_filters

SOURCE, REASON = DIMENSIONS["source"], DIMENSIONS["match_reason"]
DEALS_COUNTED = METRICS["deals"]
WITH_LEAD_REASONS = tuple(reason for reason in MatchReason if reason not in UNMATCHED_REASONS)
"""The match reasons of deals that have a lead, or that have a source although they have no lead."""


def shows_deals_without_source(report: Report) -> bool:
    """Return whether a report counts deals in a row that has no source."""
    question = report.question
    if question.model is None or SOURCE not in question.by or DEALS_COUNTED not in question.metrics:
        return False
    by, metric = question.by.index(SOURCE), question.metrics.index(DEALS_COUNTED)
    return any(row.keys[by] is None and row.values[question.model][metric] for row in report.rows)


def no_source_question(question: Question, reasons: tuple[MatchReason, ...] | None = None) -> Question:
    """Return the question that counts, by match reason, the deals of a report that have no source.

    If `reasons` are given, only deals with these match reasons are counted.
    """
    filters = narrowed_filters(question.filters, SOURCE, [None])
    if filters is not None and reasons is not None:
        filters = narrowed_filters(filters, REASON, reasons)
    assert filters is not None, "only tags cannot always be narrowed"
    return replace(
        question,
        by=(REASON,),
        metrics=(DEALS_COUNTED,),
        comparison=None,
        filters=filters,
        sort=None,
        limit=None,
        pivot=None,
        shows_empty_times=False,
    )
