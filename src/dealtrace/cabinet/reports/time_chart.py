"""The chart above a report: its first metric over time."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from markupsafe import Markup

from dealtrace.cabinet.charts.lines import ChartNote, Point, line_chart
from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.notes.axis import NO_NOTES, AxisNote, AxisNotes
from dealtrace.cabinet.reports.axis_labels import axis_labels
from dealtrace.cabinet.reports.key_cells import key_label, keys_before, part_label
from dealtrace.cabinet.reports.report_url import ReportUrl, narrowed_url
from dealtrace.cabinet.reports.table import Translate, rows_url
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import DIMENSIONS, Dimension, Kind
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question
from dealtrace.reports.reading.compared_times import ComparedTimes, compared_times_of
from dealtrace.reports.reading.partial_times import partial_times_of
from dealtrace.reports.time_keys import TIME_KEYS, days_of_times, keys_of_period

DAYS_BY_DAY = 62
DAYS_BY_WEEK = 400
"""Ours: the points of a chart are hours for a single day, days for up to `DAYS_BY_DAY` days, weeks for up to
`DAYS_BY_WEEK` days, and months for longer periods, unless the table below has other steps.
"""
TABLE_POINTS = range(2, 401)
"""Ours: a chart has the same steps as its table, such as weeks, if the number of steps is in this range.

A single point is not a line, and too many points are a blur.
"""
BY_HOURS = {"ru": "по часам визита", "en": "by hour of the visit"}


@record
class LinePoint:
    """A point of a chart, as a row of the table that repeats the chart: its label, value, compared value and notes.

    `url` leads to the report for its hour, day, week or month, `rows` to the rows behind its value, and `rows_before`
    to those behind the compared value; each is empty if there is no link. `part` says which part of its time is
    counted, if not all of it. `days` are the days of the point within the period, `None` for an hour; a person who
    drags over points opens the period of these points.
    """

    label: str
    url: str
    value: str
    rows: str
    compared: str
    rows_before: str
    notes: str
    part: str = ""
    days: Period | None = None


@record
class TimeLine:
    """A chart over time, with its title and notes; `shown` has the chart as a table."""

    svg: Markup
    title: str
    shown: tuple[LinePoint, ...]
    has_comparison: bool
    notes: AxisNotes = NO_NOTES


def time_dimension(question: Question) -> Dimension:
    """Return the dimension of the time axis of a report's chart: hour, day, week, month or quarter.

    A report by days, weeks, months or quarters is drawn in the same steps as its table, so that both show the same
    figures; if it is by several of these, the shortest steps are used.
    """
    period = question.period
    dimensions = (*question.by, *([question.pivot] if question.pivot is not None else []))
    steps = {each: len(keys_of_period(each.name, period)) for each in dimensions if each.kind is Kind.CALENDAR}
    shortest = max(steps, key=lambda each: steps[each], default=None)
    if shortest is not None and steps[shortest] in TABLE_POINTS:
        return shortest
    if period.days == 1:
        return DIMENSIONS["hour"]
    if period.days <= DAYS_BY_DAY:
        return DIMENSIONS["day"]
    return DIMENSIONS["week" if period.days <= DAYS_BY_WEEK else "month"]


def has_line(question: Question, metric: Metric) -> bool:
    """Return whether a metric can be drawn over the period of a question; costs of a single day cannot.

    Costs are known only by day, not by hour.
    """
    return metric.facts <= time_dimension(question).facts


def undrawn_message(question: Question, metric: Metric, language: Language, translate: Translate) -> str:
    """Return the reason why a metric has no chart over the period of a question, or an empty string if it has one."""
    if has_line(question, metric):
        return ""
    sentence = translate(
        "%(metric)s: no chart of a single day, because costs are known only by day. Choose a longer period."
    )
    return sentence % {"metric": text_in(language, metric)}


def over_time(question: Question, metric: Metric) -> Question:
    """Return `question` for one metric over time, with the same filters and comparison."""
    return replace(question, by=(time_dimension(question),), metrics=(metric,), sort=None, limit=None)


def time_line(
    report: Report,
    url: ReportUrl | None,
    rows_page: str,
    language: Language,
    notes: AxisNotes = NO_NOTES,
) -> TimeLine:
    """Return the chart of a report over time; points without data are zero, or unknown if the metric is a ratio.

    Each point links to `rows_page`, which shows the rows behind the point. `shown` has the points as a table; if
    `url` is not `None`, each label in this table links to the report for the hour, day, week or month it names.
    """
    (dimension,), (metric,) = report.question.by, report.question.metrics
    keys, points = keys_of_period(dimension.name, report.question.period), _points(report, rows_page, language)
    title = _title(metric, dimension, language)

    def format_value(value: Fraction | None) -> str:
        return metric_value(language, metric, value)

    placed = _placed(notes.shown, dimension, report.question.period)
    days = days_of_times(dimension.name, report.question.period) if url is not None else {}
    noted = {note.place: note.text for note in placed}
    times = compared_times_of(report).get(dimension, {})
    shown = tuple(
        LinePoint(
            point.label,
            _narrowed(url, report.question, dimension, key),
            format_value(point.value),
            point.url,
            format_value(point.compared),
            _rows_before(report, rows_page, key, times) if point.compared else "",
            noted.get(place, ""),
            point.part,
            days.get(number),
        )
        for place, ((key, number), point) in enumerate(zip(keys.items(), points, strict=True))
    )
    svg = line_chart(title, points, format_value, placed, lambda marks: axis_labels(language, metric, marks))
    return TimeLine(svg, title, shown, report.compared_period is not None, notes)


def _narrowed(url: ReportUrl | None, question: Question, dimension: Dimension, key: str) -> str:
    """Return the URL of the report for one point of the chart, such as a day; empty if there is no link."""
    narrowed = narrowed_url(url, question, [(dimension, key)]) if url is not None else None
    return narrowed.link() if narrowed is not None else ""


def _rows_before(report: Report, rows_page: str, key: str, times: ComparedTimes) -> str:
    """Return the URL of the rows behind the value with which a point is compared."""
    (dimension,), (metric,), (model,) = report.question.by, report.question.metrics, report.total.values
    placed = keys_before([(dimension, key)], {dimension: times})
    return rows_url(rows_page, report.question, metric, model, placed, is_compared=True)


def _points(report: Report, rows_page: str, language: Language) -> list[Point]:
    """Return the points of a chart, one for each key of the period in order of time."""
    (dimension,), (metric,), (model,) = report.question.by, report.question.metrics, report.total.values
    rows = {row.keys[0]: row for row in report.rows}
    nothing, points, partial = metric.value_of_nothing, [], partial_times_of(report)
    for key in keys_of_period(dimension.name, report.question.period):
        row = rows.get(key)
        value = row.values[model][0] if row is not None else nothing
        compared = row.compared[model][0] if row is not None and row.compared is not None else nothing
        points.append(
            Point(
                key_label(dimension, key, language),
                value,
                compared if report.compared_period is not None else None,
                rows_url(rows_page, report.question, metric, model, [(dimension, key)]) if value else "",
                part_label(partial, dimension, key, language),
            )
        )
    return points


def _title(metric: Metric, dimension: Dimension, language: Language) -> str:
    title = text_in(language, metric)
    return f"{title}, {BY_HOURS[language]}" if dimension == DIMENSIONS["hour"] else title


def _placed(notes: Sequence[AxisNote], dimension: Dimension, period: Period) -> list[ChartNote]:
    """Return the notes of a chart, each at the point that includes its day; notes at the same point are joined.

    A chart by hours has no notes, since notes have days but no hours; they are listed below the chart.
    """
    keys = TIME_KEYS[dimension.name]
    if keys.number_of is None:
        return []
    places = {number: place for place, number in enumerate(keys_of_period(dimension.name, period).values())}
    found: dict[int, list[str]] = {}
    for note in notes:
        if (number := keys.number_of(note.day_on)) in places:
            found.setdefault(places[number], []).append(note.text)
    return [ChartNote(place, _joined(texts)) for place, texts in sorted(found.items())]


def _joined(texts: Sequence[str]) -> str:
    """Join texts with semicolons; only the last text keeps its full stop."""
    return "; ".join([*(text.removesuffix(".") for text in texts[:-1]), *texts[-1:]])
