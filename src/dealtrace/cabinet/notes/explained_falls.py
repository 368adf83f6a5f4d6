"""The note beside figures that fell: the days without calls, lead requests or visits that explain the fall."""

from collections.abc import Sequence

from dealtrace.cabinet.notes.gap_sentences import gap_sentence
from dealtrace.cabinet.reports.key_labels import key_label
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.reading.explained_falls import ExplainedFall, MetricGap, explained_falls

SHOWN_MAX = 3
"""Ours: the notes of at most this many falls are shown, and at most this many gaps for each, the latest of both."""


@record
class FallNote:
    """What fell, as a sentence, and the sentences of the gaps, each with the URL of the report of their days."""

    fallen: str
    gaps: tuple[tuple[str, str], ...]


def fall_notes(report: Report, gaps: Sequence[MetricGap], url: ReportUrl, view: View) -> list[FallNote]:
    """Return the notes of falls that gaps explain; `url` has the path of the page of reports."""
    return [_note(fall, url, view) for fall in explained_falls(report, gaps)[-SHOWN_MAX:]]


def _note(fall: ExplainedFall, url: ReportUrl, view: View) -> FallNote:
    language = view.language
    metrics = ", ".join(metric.ru if language == "ru" else metric.en for metric in fall.metrics)
    if fall.time is None:
        fallen = view.translate("Fell on days of which data is missing: %(metrics)s.")
        return FallNote(fallen % {"metrics": metrics}, _gaps(fall, url, view))
    fallen = view.translate("Fell in %(time)s, on days of which data is missing: %(metrics)s.")
    return FallNote(fallen % {"metrics": metrics, "time": key_label(*fall.time, language)}, _gaps(fall, url, view))


def _gaps(fall: ExplainedFall, url: ReportUrl, view: View) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            gap_sentence(metric, gap, view.language, view.translate),
            ReportUrl(url.page, (), ()).link(
                by="day", metrics=metric.name, first=gap.first_on.isoformat(), last=gap.last_on.isoformat()
            ),
        )
        for metric, gap in fall.gaps[-SHOWN_MAX:]
    )
