"""Import a file in chunks of many rows, each in its own transaction.

An import costs no points, because it is not a call of the API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import ImportInProgress, InvalidParameters, Refusal, Violation
from dealtrace.leads.file_import import FileImport, ImportRow
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads.file_imports import find_file_import, insert_file_import, update_file_import

ROWS_AT_ONCE = 1000
"""How many rows one transaction stores; registrations wait for one transaction at most."""

Content = TypeVar("Content")
Import = Callable[[Work, Sequence[Content]], Sequence[object]]
"""A function that stores records and returns, in input order, an outcome for each, which may be a `Refusal`."""


@record
class ImportedRows:
    """The result of importing a chunk of rows: the progress of the import, and the refusals by row number."""

    at: FileImport
    refused: Mapping[int, Refusal]


def begin_import(work: Work, digest: str) -> FileImport:
    """Return the progress of importing a file; if the file is unknown, store a new import and return it."""
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
    """Store the records in `contents`; return, in input order, their outcomes and the refusals in `contents`."""
    outcomes = iter(run(work, [content for content in contents if not isinstance(content, Refusal)]))
    return [content if isinstance(content, Refusal) else next(outcomes) for content in contents]


def refusal_of_own_id(name: str, checked: int, first: int) -> Refusal:
    """Return the refusal of a record whose id is in the range that this server assigns, since the ids might collide."""
    return InvalidParameters(
        [
            Violation(
                name,
                f"идентификаторы от {first} выдаёт сам сервер, {checked} импортировать нельзя",
                f"the server assigns ids from {first} on, so {checked} cannot be imported",
            )
        ]
    )


def refusal_of_other_values(name: str, known: int) -> Refusal:
    """Return the refusal of a record that is already stored with other values."""
    return InvalidParameters(
        [Violation(name, f"запись {known} уже есть, её значения другие", f"{known} already exists, with other values")]
    )


def finish_import(work: Work, at: FileImport, noun: str) -> FileImport:
    """Store that the import of a file is complete, and return the import.

    If the import stored rows, it is also recorded as a change of the site.

    Raises:
        ImportInProgress: another command has continued or finished the import in the meantime.
    """
    after = replace(at, finished_at=work.now)
    _update(work, at, after)
    if after.taken_in:
        record_change(work, work.site.id, ChangeKind.IMPORT, noun, after=str(after.taken_in))
    return after


def _update(work: Work, before: FileImport, after: FileImport) -> None:
    if not update_file_import(work.connection, work.site.id, before, after):
        raise ImportInProgress
