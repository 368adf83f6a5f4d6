"""Write the answer to a question (a report or a pivot table) to a file."""

from pathlib import Path
from typing import TypedDict

from dealtrace.errors import Language
from dealtrace.files.atomic_file import Proceed
from dealtrace.files.reports.pivot_file import write_pivot
from dealtrace.files.reports.question_words import QuestionWords
from dealtrace.files.reports.report_file import write_report
from dealtrace.reports.answer import Report
from dealtrace.reports.pivot import Pivot


def write_answer(
    path: Path,
    answered: Report | Pivot,
    *,
    for_excel: bool = False,
    overwrite: bool = False,
    language: Language = "ru",
    words: QuestionWords | None = None,
    proceed: Proceed = lambda: None,
) -> None:
    """Write a report or a pivot table as CSV or XLSX, depending on the extension of `path`.

    The file appears only when it is complete.
    XLSX files and CSV files for Excel are for people: their headings and notes are in `language`, and `words` say how
    the notes write the question (`plain_words` by default). `proceed` is called
    before each row and while a workbook is packed; to stop the writing, it raises an exception, which is passed on.

    Raises:
        OSError: the file cannot be written, or it exists and `overwrite` is false.
        UnknownExtensionError: the extension is unknown.
    """
    chosen: _Options = {
        "for_excel": for_excel,
        "overwrite": overwrite,
        "language": language,
        "proceed": proceed,
        "words": words,
    }
    if isinstance(answered, Pivot):
        write_pivot(path, answered, **chosen)
    else:
        write_report(path, answered, **chosen)


class _Options(TypedDict):
    for_excel: bool
    overwrite: bool
    language: Language
    proceed: Proceed
    words: QuestionWords | None
