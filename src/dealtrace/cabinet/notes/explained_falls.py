"""The note beside figures that fell: the days without calls, lead requests or visits that explain the fall."""

from collections.abc import Callable, Sequence
from datetime import date

from dealtrace.cabinet.notes.gap_sentences import gap_sentence
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Metric
from dealtrace.reports.reading.explained_falls import ExplainedFall, MetricGap, explained_falls

TimeLabel = Callable[[Dimension, str, Language], str]
DaysUrl = Callable[[Metric, date, date], str]
SHOWN_MAX = 3
"""Ours: the maximum number of falls with notes on a page, and of gaps in each note; the latest are shown."""


@record
class FallNote:
    """A sentence that says what fell, and a sentence for each gap in the data that may explain it.

    Each sentence about a gap comes with the URL of the report for the days of that gap.
    """

    fallen: str
    gaps: tuple[tuple[str, str], ...]


def fall_notes(
    report: Report, gaps: Sequence[MetricGap], view: View, time_label: TimeLabel, days_url: DaysUrl
) -> list[FallNote]:
    """Return the notes about falls that gaps explain.

    `time_label` returns the name of a time span, such as a month, and `days_url` the URL of a metric's report by days.
    """
    return [_note(fall, view, time_label, days_url) for fall in explained_falls(report, gaps)[-SHOWN_MAX:]]


def _note(fall: ExplainedFall, view: View, time_label: TimeLabel, days_url: DaysUrl) -> FallNote:
    language = view.language
    metrics = ", ".join(metric.ru if language == "ru" else metric.en for metric in fall.metrics)
    gaps = tuple(
        (gap_sentence(metric, gap, language, view.translate), days_url(metric, gap.first_on, gap.last_on))
        for metric, gap in fall.gaps[-SHOWN_MAX:]
    )
    if fall.time is None:
        fallen = view.translate("Fell on days for which data is missing: %(metrics)s.")
        return FallNote(fallen % {"metrics": metrics}, gaps)
    fallen = view.translate("Fell in %(time)s, on days for which data is missing: %(metrics)s.")
    return FallNote(fallen % {"metrics": metrics, "time": time_label(*fall.time, language)}, gaps)
