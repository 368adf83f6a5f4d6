"""The letter of a scheduled report, with a table of its figures and those of the period before."""

from decimal import Decimal

from dealtrace.errors import Language
from dealtrace.mails.figure_words import figure_words
from dealtrace.mails.letter import Letter, LetterTable
from dealtrace.reports.answer import Report, Row
from dealtrace.reports.formats import rounded_value
from dealtrace.reports.table import COMPARED, COMPARED_RU, figure_columns, figures_of

ROWS_SHOWN = 50
"""Ours: the most rows in the text of a mail; the attached file has all rows."""
_TOTAL = {"ru": "Итого", "en": "Total"}
_PERIOD = {
    "ru": "С {first} по {last}, в сравнении с {other_first} – {other_last}.",
    "en": "From {first} to {last}, compared with {other_first} – {other_last}.",
}
_MORE = {
    "ru": "Показано строк: {shown} из {rows}. Остальные — в приложенном файле.",
    "en": "{shown} of {rows} rows are shown. The others are in the attached file.",
}
_LEAVE = {
    "ru": "Отказаться от рассылки можно на этой странице:",
    "en": "To unsubscribe, open this page:",
}
_DAY = "%d.%m.%Y"


def report_letter(title: str, report: Report, site_name: str, language: Language, link: str) -> Letter:
    """Return the letter of a report that is compared with another period; `link` is the URL for unsubscribing.

    `link` is the page on which users get no more of it; typed addresses have a link of their own, and this is empty.
    """
    period, other = report.question.period, report.compared_period
    assert other is not None
    paragraphs = [
        f"{site_name}. {title}.",
        _PERIOD[language].format(
            first=f"{period.first_on:{_DAY}}",
            last=f"{period.last_on:{_DAY}}",
            other_first=f"{other.first_on:{_DAY}}",
            other_last=f"{other.last_on:{_DAY}}",
        ),
    ]
    if len(report.rows) > ROWS_SHOWN:
        paragraphs.append(_MORE[language].format(shown=ROWS_SHOWN, rows=report.rows_total))
    if link:
        paragraphs.append(_LEAVE[language])
    return Letter(f"{title} – {site_name}", tuple(paragraphs), link, _table(report, language))


def _table(report: Report, language: Language) -> LetterTable:
    question = report.question
    dimensions = tuple(each.ru if language == "ru" else each.en for each in question.by)
    head = (*(dimensions or ("",)), *_headings(report, language))
    keyed = ((tuple(key if key is not None else "–" for key in row.keys), row) for row in report.rows[:ROWS_SHOWN])
    rows = [(*keys, *_cells(report, row, language)) for keys, row in keyed] if question.by else []
    blank = ("",) * (len(dimensions) - 1)
    return LetterTable(head, [*rows, (_TOTAL[language], *blank, *_cells(report, report.total, language))])


def _headings(report: Report, language: Language) -> tuple[str, ...]:
    columns = figure_columns(report)
    if language == "ru":
        return tuple(column.ru.replace(COMPARED_RU, "до этого") for column in columns)
    return tuple(
        f"{column.metric.en}, before" if column.name.endswith(f" {COMPARED}") else column.metric.en
        for column in columns
    )


def _cells(report: Report, row: Row, language: Language) -> tuple[str, ...]:
    cells = []
    for column, figure in zip(figure_columns(report), figures_of(report.question, row), strict=True):
        rounded = rounded_value(column.metric, figure)
        text = f"{Decimal(rounded):f}" if rounded is not None else None
        cells.append(figure_words(text, column.metric.unit, language))
    return tuple(cells)
