"""Import a file from where an earlier run stopped, a chunk per transaction; then refresh the database's statistics."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.errors import Refusal
from dealtrace.leads.file_import import FileImport, ImportedFile, ImportRow
from dealtrace.operations.accounts.hold_rights import Admission
from dealtrace.operations.deals.import_deals import IDS_PER_DEAL_MAX, import_deals
from dealtrace.operations.import_file import ROWS_AT_ONCE, Import, begin_import, finish_import, import_rows
from dealtrace.operations.leads.import_leads import IDS_PER_LEAD_MAX, import_calls, import_lead_requests
from dealtrace.operations.refresh_statistics import refresh_statistics
from dealtrace.operations.retry_conflicts import retry_conflicts
from dealtrace.operations.visits.import_visits import IDS_PER_VISIT_MAX, import_visits
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks


@record
class ImportKind:
    """The function that imports one kind of record, and the maximum number of ids that a record takes.

    The records are typed Any: each kind of import has records of its own type.
    """

    run: Import[Any]
    ids_per_row: int


IMPORT_KINDS: Mapping[str, ImportKind] = {
    "call": ImportKind(import_calls, IDS_PER_LEAD_MAX),
    "lead_request": ImportKind(import_lead_requests, IDS_PER_LEAD_MAX),
    "deal": ImportKind(import_deals, IDS_PER_DEAL_MAX),
    "visit": ImportKind(import_visits, IDS_PER_VISIT_MAX),
}
"""The kinds of record that can be imported, by their names in `files.import_formats.ImportNoun`."""

SourceRow = TypeVar("SourceRow")
RefusedRow_contra = TypeVar("RefusedRow_contra", contravariant=True)


class RefusedRowsKept(Protocol[RefusedRow_contra]):
    """A place, such as a file, that keeps the refused rows of an import."""

    def begin(self, last_row: int) -> None:
        """Discard the kept rows after row `last_row`; an attempt that was not committed has left them behind."""

    def add(self, refused: Iterable[tuple[RefusedRow_contra, Refusal]]) -> None:
        """Keep the `refused` rows with the reasons; this is called before the import's transaction commits."""


@record
class ImportJob(Generic[SourceRow]):
    """A file and the site to import it into.

    `noun` is a key of `IMPORT_KINDS`, and `digest` identifies the file. `rows` takes a row number and yields all later
    rows: each row as it is in the file, and its record or refusal. The import is recorded as a change by user
    `user_id`. Webhooks receive nothing unless `publishes` is true. `name` is the name of the file. `admission` has the
    rights that the user must still have when the import begins.
    """

    database: Database
    site: Site
    noun: str
    digest: str
    rows: Callable[[int], Iterator[tuple[SourceRow, ImportRow[object]]]]
    refused: RefusedRowsKept[SourceRow]
    user_id: UserId | None = None
    publishes: bool = False
    name: str = ""
    admission: Admission | None = None


@record
class ImportOutcome:
    """The result of an import.

    If `finished_before` is true, an earlier run had finished the import, and this run changed nothing.
    `statistics_fault` is why the database's statistics could not be refreshed, or `None`.
    """

    state: FileImport
    finished_before: bool
    statistics_fault: str | None = None


@record
class _Run(Generic[SourceRow]):
    """A run of an import: its job, the ids that it has reserved, and its clock."""

    job: ImportJob[SourceRow]
    ids: IdBlocks
    now: Callable[[], datetime]

    def work_in(self, connection: Connection) -> Work:
        """Return the context of an operation on the site of the import, in the transaction of `connection`."""
        return Work(connection, self.ids, self.now(), self.job.site, user_id=self.job.user_id)


def run_import(
    job: ImportJob[SourceRow], now: Callable[[], datetime], show: Callable[[FileImport], None] = lambda _: None
) -> ImportOutcome:
    """Import the remaining rows of a file; `show` gets the progress at the start and after each chunk.

    If the import is interrupted, the next run continues after the last committed chunk. The refused rows of a chunk
    are kept before the chunk is committed.

    Raises:
        ImportInProgress: another run has imported the next rows in the meantime.
        FileUnreadable: `job.refused` cannot keep the refused rows.
        RightsChanged: the user has lost the rights in `job.admission`; nothing was imported.
    """
    job = job if job.publishes else replace(job, site=replace(job.site, listeners=()))
    run = _Run(job, IdBlocks(job.database.writer), now)
    with job.database.write() as connection:
        if job.admission is not None:
            job.admission.hold(run.work_in(connection))
        file = ImportedFile(job.noun, job.name, job.user_id, job.publishes)
        state = begin_import(run.work_in(connection), job.digest, file)
    if state.finished_at is not None:
        return ImportOutcome(state, finished_before=True)
    job.refused.begin(state.last_row)
    show(state)
    rows = job.rows(state.last_row)
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        state = _import_chunk(run, state, chunk)
        show(state)
    with job.database.write() as connection:
        state = finish_import(run.work_in(connection), state, job.noun)
    return ImportOutcome(state, finished_before=False, statistics_fault=refresh_statistics(job.database))


def _import_chunk(
    run: _Run[SourceRow], state: FileImport, chunk: Sequence[tuple[SourceRow, ImportRow[object]]]
) -> FileImport:
    """Import rows and return the progress; after a conflict with another process, try again."""
    job, kind = run.job, IMPORT_KINDS[run.job.noun]

    def attempt() -> FileImport:
        run.ids.ensure(len(chunk) * kind.ids_per_row)
        with job.database.write() as connection:
            done = import_rows(run.work_in(connection), kind.run, state, [row for _, row in chunk])
            job.refused.add((kept, done.refused[row.number]) for kept, row in chunk if row.number in done.refused)
        return done.at

    return retry_conflicts(attempt, lambda: job.refused.begin(state.last_row))
