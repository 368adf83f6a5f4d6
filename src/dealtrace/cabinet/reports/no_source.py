"""The note below a table that has a row "(no source)": the number of its deals without a source, by reason."""

from fractions import Fraction

from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import rows_url
from dealtrace.cabinet.reports.without_contacts import rows_page_for
from dealtrace.cabinet.view import View
from dealtrace.matching.match_reason import UNMATCHED_REASONS, MatchReason
from dealtrace.operations.reports.split_no_source import NoSource
from dealtrace.record import record
from dealtrace.reports.filters import WRITTEN_OUT_MAX
from dealtrace.reports.reading.no_source import DEALS_COUNTED, WITH_LEAD_REASONS, no_source_question


@record
class NoSourcePart:
    """A part of the deals without a source, in words, and the URL of its rows, empty if there is no link."""

    text: str
    url: str


@record
class NoSourceNote:
    """The number of deals without a source, in words, and the parts that add up to it."""

    text: str
    parts: tuple[NoSourcePart, ...]


def no_source_note(found: NoSource | None, view: View, url: ReportUrl) -> NoSourceNote | None:
    """Return the note, or `None` if the table has no deals without a source; `url` is the URL of its page."""
    if found is None:
        return None
    listed: tuple[tuple[str, Fraction, tuple[MatchReason, ...]], ...] = (
        ("without a lead: %(deals)s", found.without_lead, UNMATCHED_REASONS),
        ("with a lead that has neither a visit nor a source: %(deals)s", found.with_lead, WITH_LEAD_REASONS),
    )
    parts = [
        NoSourcePart(view.translate(text) % {"deals": _count(deals, view)}, _rows(found, reasons, view, url))
        for text, deals, reasons in listed
        if deals
    ]
    text = view.translate("Deals in rows without a source: %(deals)s.")
    return NoSourceNote(text % {"deals": _count(found.without_lead + found.with_lead, view)}, tuple(parts))


def _count(deals: Fraction, view: View) -> str:
    return metric_value(view.language, DEALS_COUNTED, deals)


def _rows(found: NoSource, reasons: tuple[MatchReason, ...], view: View, url: ReportUrl) -> str:
    question = no_source_question(found.question, reasons)
    page = rows_page_for(view, found.question, url, question) if len(question.filters) <= WRITTEN_OUT_MAX else ""
    assert question.model is not None
    return rows_url(page, question, DEALS_COUNTED, question.model, ())
