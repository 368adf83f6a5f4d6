"""Split the deals without a source in a report into those without a lead and those whose lead has no source."""

from datetime import datetime
from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.matching.match_reason import UNMATCHED_REASONS
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.question import Question
from dealtrace.reports.reading.no_source import no_source_question, shows_deals_without_source


@record
class NoSource:
    """The numbers of deals without a source, with and without a lead, in the report that answers `question`."""

    question: Question
    without_lead: Fraction
    with_lead: Fraction


def split_no_source(source: FactSource, site: Site, report: Report, now: datetime) -> NoSource | None:
    """Return the parts of a report's deals without a source, or `None` if the report shows no such deals."""
    if not shows_deals_without_source(report):
        return None
    found = ask(source, site, no_source_question(report.question), now)
    counts = {row.keys[0]: value or Fraction(0) for row in found.rows for (value,) in row.values.values()}
    without_lead = sum((counts.get(reason, Fraction(0)) for reason in UNMATCHED_REASONS), Fraction(0))
    return NoSource(report.question, without_lead, sum(counts.values(), Fraction(0)) - without_lead)
