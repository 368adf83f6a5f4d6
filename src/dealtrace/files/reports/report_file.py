"""Write a report to a file: its rows, the total after them, and its period, filters and other settings."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dealtrace.errors import Language, text_in
from dealtrace.files.atomic_file import Proceed
from dealtrace.files.reports.file_notes import question_notes, time_notes
from dealtrace.files.reports.question_words import QuestionWords, plain_words
from dealtrace.files.row import ExportedValue
from dealtrace.files.row_writers import CSV, open_writer
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.formats import TOTAL_TITLES, rounded_value
from dealtrace.reports.metrics import Unit
from dealtrace.reports.question import Question
from dealtrace.reports.table_columns import TableColumn, figure_columns, figures_of

TOTAL = "# total"
"""The first cell of the total row in files for people; files for programs use `TOTAL`."""

NUMBER_FORMATS: Mapping[Unit, str] = {
    Unit.COUNT: "",
    Unit.MONEY: "#,##0.00",
    Unit.PRICE: "#,##0.00",
    Unit.RATIO: "0.0%",
    Unit.DAYS: "0.00",
    Unit.NUMBER: "#,##0.0",
}
"""How a workbook shows the figures of each unit; cells have all decimals. Ratios are in per cent, as on pages."""


def write_report(
    path: Path,
    report: Report,
    *,
    for_excel: bool = False,
    overwrite: bool = False,
    language: Language = "ru",
    words: QuestionWords | None = None,
    proceed: Proceed = lambda: None,
) -> None:
    """Write a report as CSV or XLSX, depending on the extension; the file appears only when it is complete.

    Every file except a CSV file without `for_excel` is for people: its headings and notes are in `language`. `words`
    say how its notes write the question; the default is `plain_words`. `proceed` is called often; if it raises an
    exception, the writing stops.

    Raises:
        OSError: the file cannot be written, or it exists and `overwrite` is false.
        UnknownExtensionError: the extension is unknown.
    """
    question, columns = report.question, figure_columns(report)
    names, headings = zip(*_columns(question, columns, language), strict=True)
    is_for_programs = path.suffix.lower() == CSV and not for_excel
    notes = (
        *question_notes(report, None if is_for_programs else words or plain_words(language)),
        *time_notes(report, "en" if is_for_programs else language),
    )
    with open_writer(
        path,
        names,
        headings,
        for_excel=for_excel,
        overwrite=overwrite,
        notes=notes,
        language=language,
        number_formats=[*[""] * max(len(question.by), 1), *(NUMBER_FORMATS[column.unit] for column in columns)],
        proceed=proceed,
    ) as file:
        for row in report.rows:
            file.add([*row.keys, *_figures(report, columns, row)])
        keys = [TOTAL if is_for_programs else TOTAL_TITLES[language], *[None] * (len(question.by) - 1)]
        file.add([*keys, *_figures(report, columns, report.total)])


def _columns(question: Question, columns: Sequence[TableColumn], language: Language) -> Iterator[tuple[str, str]]:
    """Yield the name and heading of each column; without dimensions, the column `total` takes their place."""
    if not question.by:
        yield "total", TOTAL_TITLES[language]
    for dimension in question.by:
        yield dimension.name, text_in(language, dimension)
    for column in columns:
        yield column.name, text_in(language, column)


def _figures(report: Report, columns: Sequence[TableColumn], row: ReportLine) -> Iterator[ExportedValue]:
    for column, figure in zip(columns, figures_of(report, columns, row), strict=True):
        yield rounded_value(column.unit, figure)
