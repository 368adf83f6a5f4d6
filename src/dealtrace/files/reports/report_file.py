"""Write a report to a file: its rows, the total after them, and its period, filters and other settings."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dealtrace.attribution.model_labels import model_label
from dealtrace.errors import Language
from dealtrace.files.atomic_file import Proceed
from dealtrace.files.row import Value
from dealtrace.files.row_writers import CSV, Note, open_writer
from dealtrace.reports.answer import Report, Row
from dealtrace.reports.filters import format_filter, format_names, searches_what_is_shown
from dealtrace.reports.formats import TOTAL_TITLES, rounded_value
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import ALL_MODELS, Question, format_sort
from dealtrace.reports.reading.compared_times import compared_lines
from dealtrace.reports.reading.overlap import overlap_text
from dealtrace.reports.reading.partial_times import partial_lines
from dealtrace.reports.table import Column, figure_columns, figures_of

TOTAL = "# total"
"""The first cell of the total row in files for people; files for programs use `TOTAL`."""

_SEARCHES_MASKED: Mapping[Language, str] = {
    "ru": "телефоны и почта в тексте скрыты; кому контакты видны, у того может найтись больше",
    "en": "phones and e-mails in texts are masked; people who may see contacts may find more",
}


def write_report(
    path: Path,
    report: Report,
    *,
    for_excel: bool = False,
    overwrite: bool = False,
    language: Language = "ru",
    proceed: Proceed = lambda: None,
) -> None:
    """Write a report as CSV or XLSX, as the extension says; the file appears only when it is complete.

    A file for people, which is every file except a CSV without `for_excel`, has its texts in `language`. `proceed` is
    called often; if it raises an exception, the writing stops.

    Raises:
        OSError: the file cannot be written, or it exists and `overwrite` is false.
        UnknownExtensionError: the extension is unknown.
    """
    question, columns = report.question, figure_columns(report)
    names, headings = zip(*_columns(question, columns, language), strict=True)
    is_for_programs = path.suffix.lower() == CSV and not for_excel
    notes = (
        *question_notes(report, language, is_for_programs=is_for_programs),
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
        proceed=proceed,
    ) as file:
        for row in report.rows:
            file.add([*row.keys, *_figures(report, columns, row)])
        keys = [TOTAL if is_for_programs else TOTAL_TITLES[language], *[None] * (len(question.by) - 1)]
        file.add([*keys, *_figures(report, columns, report.total)])


def question_notes(report: Report, language: Language, *, is_for_programs: bool) -> Iterator[Note]:
    """Yield a note for each setting of a report, such as its period, metrics and filters, and for unknown metrics.

    In files for people, the label of the model follows its code.
    """
    question, compared, model = report.question, report.compared_period, report.question.model
    code = str(int(model)) if model is not None else ALL_MODELS
    label = f" ({model_label(model, language)})" if model is not None and not is_for_programs else ""
    yield Note("from", "С", question.period.first_on.isoformat())
    yield Note("to", "По", question.period.last_on.isoformat())
    if question.comparison is not None and compared is not None:
        yield Note("compare", "Сравнение", question.comparison.value)
        yield Note("compared from", "Сравнение с", compared.first_on.isoformat())
        yield Note("compared to", "Сравнение по", compared.last_on.isoformat())
    yield Note("by", "Группировки", format_names(dimension.name for dimension in question.by))
    yield Note("metrics", "Показатели", format_names(metric.name for metric in question.metrics))
    yield Note("model", "Модель атрибуции", code + label)
    yield Note("date", "Дата сделок", question.date_of.value)
    for condition in question.filters:
        yield Note("filter", "Условие", format_filter(condition))
    yield from masked_search_notes(question, language)
    if question.sort is not None:
        yield Note("sort", "Порядок", format_sort(question.sort))
    yield Note("rows", "Строк", f"{len(report.rows)} / {report.rows_total}")
    if overlap := overlap_text(question, "en" if is_for_programs else language):
        yield Note("adds up", "Итог", overlap)
    if report.lacking_won:
        lacking = format_names(metric.name for metric in report.lacking_won)
        yield Note("unknown without won statuses", "Неизвестны без выигранных статусов", lacking)


def masked_search_notes(question: Question, language: Language) -> Iterator[Note]:
    """Yield a note if a filter searches texts in which contacts are masked."""
    if searches_what_is_shown(question.filters):
        yield Note("contains", "Поиск части текста", _SEARCHES_MASKED[language])


def time_notes(answered: Report | Pivot, language: Language) -> Iterator[Note]:
    """Yield notes on some of the times, such as weeks, of a report or a pivot.

    One note lists the times that are not counted whole, another those compared with more or fewer days than their own.
    """
    if lines := partial_lines(answered, language):
        yield Note("not whole", "Не целиком", "; ".join(lines))
    if lines := compared_lines(answered, language):
        yield Note("compared days", "Дни сравнения", "; ".join(lines))


def _columns(question: Question, columns: Sequence[Column], language: Language) -> Iterator[tuple[str, str]]:
    """Yield the name and heading of each column; without dimensions, the column `total` takes their place."""
    if not question.by:
        yield "total", TOTAL_TITLES[language]
    for dimension in question.by:
        yield dimension.name, dimension.ru if language == "ru" else dimension.en
    for column in columns:
        yield column.name, column.ru if language == "ru" else column.en


def _figures(report: Report, columns: Sequence[Column], row: Row) -> Iterator[Value]:
    for column, figure in zip(columns, figures_of(report, columns, row), strict=True):
        yield rounded_value(column.unit, figure)
