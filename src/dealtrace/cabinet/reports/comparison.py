"""Format the time up to which the compared period is counted, if the period of the report is not over yet."""

from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.formats import clock_time
from dealtrace.errors import Language
from dealtrace.reports.periods import INSTANT, compared_span
from dealtrace.reports.question import Question


def compared_until(question: Question, site: Site, now: datetime, language: Language) -> str:
    """Return the local time up to which the compared period is counted; empty if there is no such limit."""
    if question.comparison is None or question.period.last_on < site_day(now, site.time_zone):
        return ""
    span = compared_span(question.period, question.comparison, site.time_zone, now)
    return clock_time(language, span.until - INSTANT, site.time_zone) if span.days is not None else ""
