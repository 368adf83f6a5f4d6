"""Import a file in chunks of many rows, each in its own transaction.

An import costs no points, because it is not an API call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import ImportInProgress, InvalidParameters, Refusal, Violation
from dealtrace.leads.call import Call
from dealtrace.leads.file_import import REMEMBERED_NOUNS, FileImport, ImportedFile, ImportRow
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads import file_imports

ROWS_AT_ONCE = 1000
"""How many rows one transaction stores; registrations wait for one transaction at most."""

Content = TypeVar("Content")
Content_contra = TypeVar("Content_contra", contravariant=True)
NoteAdded = Callable[[Sequence[int]], object]
"""A function that gets the ids of the rows that an import has added; it is called before the import's commit."""


def ignore_added_rows(_ids: Sequence[int]) -> None:
    """Do nothing; used by imports whose rows are not remembered."""


class Import(Protocol[Content_contra]):
    """A function that stores records and returns, in input order, an outcome for each, which may be a `Refusal`."""

    def __call__(
        self, work: Work, records: Sequence[Content_contra], /, *, note_added: NoteAdded = ignore_added_rows
    ) -> Sequence[object]:
        """Store the records; `note_added` gets the ids of those that were not stored before."""


@record
class ImportedRows:
    """The result of importing a chunk of rows: the progress of the import, and the refusals by row number."""

    at: FileImport
    refused: Mapping[int, Refusal]


def begin_import(work: Work, digest: str, file: ImportedFile) -> FileImport:
    """Return the progress of importing a file; if the file is unknown, store a new import and return it.

    An import that was taken back starts again from the first row. Only imports of `REMEMBERED_NOUNS` can be taken back.

    Raises:
        ImportInProgress: the former import of this file is being taken back.
    """
    connection, site_id = work.connection, work.site.id
    lock_registrations(work)
    former = file_imports.find_import_of_file(connection, site_id, digest)
    if former is not None and former.is_begun:
        raise ImportInProgress
    if former is not None and former.undone_at is None:
        return former.at
    if file.noun not in REMEMBERED_NOUNS:
        begun = FileImport(digest, work.now)
        file_imports.insert_file_import(connection, site_id, begun)
        return begun
    begun = FileImport(digest, work.now, number=file_imports.find_last_import_number(connection, site_id) + 1)
    if former is not None:
        file_imports.begin_file_import_again(connection, site_id, begun, file)
    else:
        file_imports.insert_file_import(connection, site_id, begun, file)
    return begun


def import_rows(work: Work, run: Import[Content], at: FileImport, rows: Sequence[ImportRow[Content]]) -> ImportedRows:
    """Store the next rows of a file together with the progress of the import.

    Raises:
        ImportInProgress: another command has imported these rows in the meantime.
    """
    added: list[int] = []
    outcomes = store_unrefused(work, partial(run, note_added=added.extend), [row.content for row in rows])
    decided = zip((row.number for row in rows), outcomes, strict=True)
    refused = {number: outcome for number, outcome in decided if isinstance(outcome, Refusal)}
    after = at.after(rows[-1].number, taken_in=len(rows) - len(refused), refused=len(refused))
    _update(work, at, after)
    if after.number is not None:
        file_imports.insert_imported_rows(work.connection, work.site.id, after.number, added)
        noted = set(added)
        known = {row_id for row_id in map(_row_id, outcomes) if row_id is not None and row_id not in noted}
        file_imports.insert_shared_rows(work.connection, work.site.id, after.number, sorted(known))
    return ImportedRows(after, refused)


def _row_id(outcome: object) -> int | None:
    """Return the id of the stored row that an outcome is about, or `None` if the outcome is a refusal."""
    match outcome:
        case int() | Call(id=_) | LeadRequest(id=_):
            return outcome if isinstance(outcome, int) else outcome.id
    return None


def store_unrefused(
    work: Work, run: Callable[[Work, Sequence[Content]], Sequence[object]], contents: Sequence[Content | Refusal]
) -> list[object]:
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

    If the import stored rows, it is also recorded as a change to the site.

    Raises:
        ImportInProgress: another command has continued or finished the import in the meantime.
    """
    after = replace(at, finished_at=work.now)
    _update(work, at, after)
    if after.taken_in:
        record_change(work, work.site.id, ChangeKind.IMPORT, noun, after=str(after.taken_in))
    return after


def _update(work: Work, before: FileImport, after: FileImport) -> None:
    if not file_imports.update_file_import(work.connection, work.site.id, before, after):
        raise ImportInProgress
