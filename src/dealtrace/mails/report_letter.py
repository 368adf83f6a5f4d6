"""Write the content of an e-mail with a scheduled report: a table with the figures of a report or a pivot."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from dealtrace.errors import Language, text_in
from dealtrace.mails.figure_format import UNKNOWN, format_figure
from dealtrace.mails.letter import Letter, LetterTable
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.formats import TOTAL_TITLES, rounded_value
from dealtrace.reports.metrics import Metric
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.reading.compared_times import compared_lines, lacking_data_text
from dealtrace.reports.reading.days_lacking_costs import known_costs_text
from dealtrace.reports.reading.overlap import overlap_text, undivided_text
from dealtrace.reports.reading.partial_times import partial_lines
from dealtrace.reports.table_columns import CHANGES, COMPARED, TableColumn, figure_columns, figures_of

ROWS_SHOWN = 50
"""Ours: the maximum number of rows in the text of an e-mail; the attached file has all rows."""
COLUMNS_SHOWN = 12
"""Ours: the maximum number of columns of a pivot in the text of an e-mail; the months of a year still fit."""
_PERIOD = {
    "ru": "С {first} по {last}, в сравнении с {other_first} – {other_last}{lacking}.",
    "en": "From {first} to {last}, compared with {other_first} – {other_last}{lacking}.",
}
_PERIOD_ALONE = {"ru": "С {first} по {last}.", "en": "From {first} to {last}."}
_PIVOT = {
    "ru": "Показатель: {metric}. Столбцы: {dimension}.",
    "en": "Metric: {metric}. Columns: {dimension}.",
}
_MORE_COLUMNS = {
    "ru": "Показано столбцов: {shown} из {columns}. Остальные — в приложенном файле.",
    "en": "{shown} of {columns} columns are shown. The others are in the attached file.",
}
_MORE = {
    "ru": "Показано строк: {shown} из {rows}. Остальные — в приложенном файле.",
    "en": "{shown} of {rows} rows are shown. The others are in the attached file.",
}
_MORE_THAN_FIT = {
    "ru": "Показано строк: {shown} из {rows}. В приложенном файле их {attached}: больше в письмо не помещается, "
    "весь файл можно скачать на странице отчёта.",
    "en": "{shown} of {rows} rows are shown. The attached file has {attached}: an e-mail has no room for more; "
    "the whole file can be downloaded from the page of the report.",
}
_LEAVE = {
    "ru": "Отказаться от рассылки можно на этой странице:",
    "en": "To unsubscribe, open this page:",
}
_BEFORE = {"ru": ", до этого", "en": ", before"}
_DAY = "%d.%m.%Y"


def report_letter(
    title: str,
    answered: Report | Pivot,
    site_name: str,
    language: Language,
    link: str,
    *,
    rows_attached: int | None = None,
) -> Letter:
    """Return the content of an e-mail with a report or a pivot; a report includes the compared figures, if it has any.

    `link` is the page on which users unsubscribe. It is empty for an address without a user: the link for such an
    address is in `Letter.unsubscribe`. `rows_attached` is the number of rows in the attached file, or `None` if the
    file has all rows.
    """
    report = answered.report if isinstance(answered, Pivot) else answered
    paragraphs = [f"{site_name}. {title}.", _period(report, language)]
    if isinstance(answered, Pivot):
        metric, dimension = (text_in(language, each) for each in (answered.metric, answered.dimension))
        paragraphs.append(_PIVOT[language].format(metric=metric, dimension=dimension))
        if len(answered.columns) > COLUMNS_SHOWN:
            note = _MORE_COLUMNS[language].format(shown=COLUMNS_SHOWN, columns=len(answered.columns))
            paragraphs.append(note)
    if len(report.rows) > ROWS_SHOWN:
        sentences = _MORE if rows_attached is None else _MORE_THAN_FIT
        numbers = {"shown": ROWS_SHOWN, "rows": report.rows_total, "attached": rows_attached}
        paragraphs.append(sentences[language].format(**numbers))
    paragraphs += filter(None, (undivided_text(report.question, language), overlap_text(report.question, language)))
    if lacking := known_costs_text(report, language, lambda day_on: f"{day_on:{_DAY}}"):
        paragraphs.append(lacking)
    if partial := partial_lines(answered, language):
        paragraphs.append(f"{'; '.join(partial)}.")
    if isinstance(answered, Report) and (compared := compared_lines(answered, language)):
        paragraphs.append(f"{'; '.join(compared)}.")
    if link:
        paragraphs.append(_LEAVE[language])
    table = _pivot_table(answered, language) if isinstance(answered, Pivot) else _table(report, language)
    return Letter(f"{title} – {site_name}", tuple(paragraphs), link, table)


def _period(report: Report, language: Language) -> str:
    period, other = report.question.period, report.compared_period
    days = {"first": f"{period.first_on:{_DAY}}", "last": f"{period.last_on:{_DAY}}"}
    if other is None:
        return _PERIOD_ALONE[language].format(**days)
    lacking = lacking_data_text(report, language, lambda day_on: f"{day_on:{_DAY}}")
    return _PERIOD[language].format(
        **days,
        other_first=f"{other.first_on:{_DAY}}",
        other_last=f"{other.last_on:{_DAY}}",
        lacking=f" ({lacking})" if lacking else "",
    )


def _table(report: Report, language: Language) -> LetterTable:
    question = report.question
    dimensions = tuple(text_in(language, each) for each in question.by)
    columns = [column for column in figure_columns(report) if column.part not in CHANGES]
    head = (*(dimensions or ("",)), *_headings(columns, language))

    def figures(row: ReportLine) -> tuple[str, ...]:
        shown = zip(columns, figures_of(report, columns, row), strict=True)
        return tuple(_cell(column.metric, figure, language) for column, figure in shown)

    rows = [(*_keys(row.keys), *figures(row)) for row in report.rows[:ROWS_SHOWN] if question.by]
    blank = ("",) * (len(dimensions) - 1)
    return LetterTable(head, [*rows, (TOTAL_TITLES[language], *blank, *figures(report.total))])


def _pivot_table(pivot: Pivot, language: Language) -> LetterTable:
    """Return a table of the first columns of a pivot; the totals of its rows include all columns."""
    dimensions = tuple(text_in(language, each) for each in pivot.report.question.by)
    head = (*dimensions, *_keys(pivot.columns[:COLUMNS_SHOWN]), TOTAL_TITLES[language])

    def figures(line: PivotLine) -> tuple[str, ...]:
        return tuple(_cell(pivot.metric, figure, language) for figure in (*line.values[:COLUMNS_SHOWN], line.total))

    rows = [(*_keys(line.keys), *figures(line)) for line in pivot.lines[:ROWS_SHOWN]]
    blank = ("",) * (len(dimensions) - 1)
    return LetterTable(head, [*rows, (TOTAL_TITLES[language], *blank, *figures(pivot.total))])


def _keys(keys: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(key if key is not None else UNKNOWN for key in keys)


def _headings(columns: Sequence[TableColumn], language: Language) -> tuple[str, ...]:
    named = ((text_in(language, column), text_in(language, column.part), column.part) for column in columns)
    return tuple(
        heading.removesuffix(ending) + _BEFORE[language] if part is COMPARED else heading
        for heading, ending, part in named
    )


def _cell(metric: Metric, figure: Fraction | None, language: Language) -> str:
    rounded = rounded_value(metric.unit, figure)
    text = f"{Decimal(rounded):f}" if rounded is not None else None
    return format_figure(text, metric.unit, language)
