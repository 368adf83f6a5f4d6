"""Import a file in chunks of many rows, each in its own transaction.

An import costs no points, because it is not a call of the API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from dealtrace.errors import ImportInProgress, InvalidParameters, Refusal, Violation
from dealtrace.leads.file_import import FileImport, ImportRow
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads.file_imports import find_file_import, insert_file_import, update_file_import

ROWS_AT_ONCE = 1000
"""The rows of a transaction; registrations wait at most as long as one such chunk takes."""

Content = TypeVar("Content")
Import = Callable[[Work, Sequence[Content]], Sequence[object]]
"""Stores the records of rows and returns an outcome for each in input order: a refusal, or anything else if stored."""


@record
class ImportedRows:
    """The outcome of a chunk of rows: the progress of the import, and the refusals by row number."""

    at: FileImport
    refused: Mapping[int, Refusal]


def begin_import(work: Work, digest: str) -> FileImport:
    """Return the progress of a file's import; for a file that is unknown, a new import begins."""
    insert_file_import(work.connection, work.site.id, FileImport(digest, work.now))
    found = find_file_import(work.connection, work.site.id, digest)
    assert found is not None
    return found


def import_rows(work: Work, run: Import[Content], at: FileImport, rows: Sequence[ImportRow[Content]]) -> ImportedRows:
    """Store the next rows of a file together with the progress of the import.

    Raises:
        ImportInProgress: another command has imported these rows in the meantime.
    """
    outcomes = store_unrefused(work, run, [row.content for row in rows])
    decided = zip((row.number for row in rows), outcomes, strict=True)
    refused = {number: outcome for number, outcome in decided if isinstance(outcome, Refusal)}
    after = at.after(rows[-1].number, taken_in=len(rows) - len(refused), refused=len(refused))
    _update(work, at, after)
    return ImportedRows(after, refused)


def store_unrefused(work: Work, run: Import[Content], contents: Sequence[Content | Refusal]) -> list[object]:
    """Store the records that are not refusals, and return the outcomes in input order; a refusal is its own outcome."""
    outcomes = iter(run(work, [content for content in contents if not isinstance(content, Refusal)]))
    return [content if isinstance(content, Refusal) else next(outcomes) for content in contents]


def refusal_of_own_id(name: str, checked: int, first: int) -> Refusal:
    """Return the refusal of an id that this database assigns itself: our own record may have it or get it later."""
    return InvalidParameters(
        [
            Violation(
                name,
                f"{checked} выдаёт этот сервер: импортировать можно идентификаторы меньше {first}",
                f"{checked} is assigned by this server: only ids below {first} can be imported",
            )
        ]
    )


def refusal_of_other_values(name: str, known: int) -> Refusal:
    """Return the refusal of a record that is stored already with other values."""
    return InvalidParameters(
        [Violation(name, f"{known} уже есть, с другими значениями", f"{known} already exists, with other values")]
    )


def finish_import(work: Work, at: FileImport) -> FileImport:
    """Store that the import of a file is complete, and return its progress.

    Raises:
        ImportInProgress: another command has continued or finished it in the meantime.
    """
    after = replace(at, finished_at=work.now)
    _update(work, at, after)
    return after


def _update(work: Work, before: FileImport, after: FileImport) -> None:
    if not update_file_import(work.connection, work.site.id, before, after):
        raise ImportInProgress
