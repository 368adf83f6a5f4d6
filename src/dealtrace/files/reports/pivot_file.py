"""Write a pivot table to a file: all its rows, and its period, filters and other settings."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dealtrace.errors import Language, text_in
from dealtrace.files.atomic_file import Proceed
from dealtrace.files.reports.file_notes import question_notes, time_notes
from dealtrace.files.reports.question_words import QuestionWords, plain_words
from dealtrace.files.reports.report_file import NUMBER_FORMATS, TOTAL
from dealtrace.files.row import ExportedValue
from dealtrace.files.row_writers import CSV, FileNote, open_writer
from dealtrace.reports.filters import escaped_name
from dealtrace.reports.formats import TOTAL_TITLES, rounded_value
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.table_columns import FigurePart, pivot_cells, shown_parts, unit_of

NOTHING = ""
NOTHING_FOR_PEOPLE: Mapping[Language, str] = {"ru": "(не указано)", "en": "(nothing)"}
"""In files for people, the heading of the column whose key is `None` (no value); files for programs use `NOTHING`."""


def write_pivot(
    path: Path,
    pivot: Pivot,
    *,
    for_excel: bool = False,
    overwrite: bool = False,
    language: Language = "ru",
    words: QuestionWords | None = None,
    proceed: Proceed = lambda: None,
) -> None:
    """Write a pivot table as CSV or XLSX, depending on the extension; the file appears only when it is complete.

    `language` and `words` apply to files for people, see `write_report`. `proceed` may raise an exception to stop the
    writing.

    Raises:
        OSError: the file cannot be written, or it exists and `overwrite` is false.
        UnknownExtensionError: the extension is unknown.
    """
    is_for_programs = path.suffix.lower() == CSV and not for_excel
    parts = shown_parts(pivot.report, pivot.metric)
    notes = (
        *question_notes(pivot.report, None if is_for_programs else words or plain_words(language)),
        *_pivot_notes(pivot, language, is_for_programs=is_for_programs),
        *time_notes(pivot, "en" if is_for_programs else language),
    )
    with open_writer(
        path,
        _names(pivot, parts),
        _headings(pivot, parts, language),
        for_excel=for_excel,
        overwrite=overwrite,
        notes=notes,
        language=language,
        number_formats=_number_formats(pivot, parts),
        proceed=proceed,
    ) as file:
        for line in pivot.lines:
            file.add([*line.keys, *_figures(pivot, line, parts)])
        keys = [TOTAL if is_for_programs else TOTAL_TITLES[language], *[None] * (len(pivot.report.question.by) - 1)]
        file.add([*keys, *_figures(pivot, pivot.total, parts)])


def _names(pivot: Pivot, parts: Sequence[FigurePart]) -> list[str]:
    """Return the names of the columns, which programs read."""
    keys = [*(key or NOTHING for key in pivot.columns), TOTAL]
    by = [each.name for each in pivot.report.question.by]
    return by + _with_endings(keys, [part.name for part in parts])


def _headings(pivot: Pivot, parts: Sequence[FigurePart], language: Language) -> list[str]:
    """Return the headings of the columns, which people read."""
    keys = [*(key or NOTHING_FOR_PEOPLE[language] for key in pivot.columns), TOTAL_TITLES[language]]
    by = [text_in(language, each) for each in pivot.report.question.by]
    return by + _with_endings(keys, [text_in(language, part) for part in parts])


def _number_formats(pivot: Pivot, parts: Sequence[FigurePart]) -> list[str]:
    """Return the number formats of all columns in a workbook."""
    of_parts = [NUMBER_FORMATS[unit_of(pivot.metric, part)] for part in parts]
    return [*[""] * len(pivot.report.question.by), *of_parts * (len(pivot.columns) + 1)]


def _pivot_notes(pivot: Pivot, language: Language, *, is_for_programs: bool) -> Iterator[FileNote]:
    dimension = pivot.dimension
    label = escaped_name(dimension.name) if is_for_programs else text_in(language, dimension)
    yield FileNote("pivot", "Столбцы", label, "Columns by")
    yield FileNote("columns", "Столбцов", f"{len(pivot.columns)} / {pivot.columns_total}")


def _with_endings(names: Sequence[str], endings: Sequence[str]) -> list[str]:
    """Return the names of figure columns: each name comes once with each of the endings."""
    return [name + ending for name in names for ending in endings]


def _figures(pivot: Pivot, line: PivotLine, parts: Sequence[FigurePart]) -> Iterator[ExportedValue]:
    for cell in pivot_cells(pivot, line, parts):
        for part, figure in zip(parts, cell, strict=True):
            yield rounded_value(unit_of(pivot.metric, part), figure)
