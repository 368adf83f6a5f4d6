"""Import a file, many rows at a time, each chunk in its own transaction.

A file costs no points: it is not a call of the API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import ImportInProgress, InvalidParameters, Refusal, Violation
from dealtrace.leads.file_import import FileImport, ImportRow
from dealtrace.operations.accounts.record_change import record_work
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads.file_imports import find_file_import, insert_file_import, update_file_import

ROWS_AT_ONCE = 1000
"""One transaction and one flush; registrations meanwhile wait no longer than a chunk takes."""

Content = TypeVar("Content")
Import = Callable[[Work, Sequence[Content]], Sequence[object]]
"""Stores the records of rows; an outcome for each, in their order: a refusal, or anything else if it is stored."""


@record
class ImportedRows:
    """The outcome of a chunk of rows: how far the import has come, and why rows were refused, by their numbers."""

    at: FileImport
    refused: Mapping[int, Refusal]


def begin_import(work: Work, digest: str) -> FileImport:
    """Return how far the import of a file has come; the import of an unknown file begins."""
    insert_file_import(work.connection, work.site.id, FileImport(digest, work.now))
    found = find_file_import(work.connection, work.site.id, digest)
    assert found is not None
    return found


def import_rows(work: Work, run: Import[Content], at: FileImport, rows: Sequence[ImportRow[Content]]) -> ImportedRows:
    """Store the next rows of a file together with how far the import has come.

    Raises:
        ImportInProgress: another command has imported these rows meanwhile.
    """
    outcomes = store_unrefused(work, run, [row.content for row in rows])
    decided = zip((row.number for row in rows), outcomes, strict=True)
    refused = {number: outcome for number, outcome in decided if isinstance(outcome, Refusal)}
    after = at.after(rows[-1].number, taken_in=len(rows) - len(refused), refused=len(refused))
    _update(work, at, after)
    return ImportedRows(after, refused)


def store_unrefused(work: Work, run: Import[Content], contents: Sequence[Content | Refusal]) -> list[object]:
    """Store the records among refusals, and return the outcomes in order; refusals are their own."""
    outcomes = iter(run(work, [content for content in contents if not isinstance(content, Refusal)]))
    return [content if isinstance(content, Refusal) else next(outcomes) for content in contents]


def refusal_of_own_id(name: str, checked: int, first: int) -> Refusal:
    """Return the refusal of an id that this database assigns itself: a record of ours may have it, or get it."""
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
    """Return the refusal of a record that is stored already, with other values."""
    return InvalidParameters(
        [Violation(name, f"{known} уже есть, с другими значениями", f"{known} already exists, with other values")]
    )


def finish_import(work: Work, at: FileImport, noun: str) -> FileImport:
    """Store that the import of a file of a noun is complete, and return it; that it stored rows is recorded.

    Raises:
        ImportInProgress: another command has finished it meanwhile.
    """
    after = replace(at, finished_at=work.now)
    _update(work, at, after)
    if after.taken_in:
        record_work(work, ChangeKind.IMPORT, noun, after=str(after.taken_in))
    return after


def _update(work: Work, before: FileImport, after: FileImport) -> None:
    if not update_file_import(work.connection, work.site.id, before, after):
        raise ImportInProgress
