"""Import a chunk of a file in its own transaction; if another process stored a conflicting row first, try again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.leads.file_import import FileImport, ImportRow
from dealtrace.operations.deals.import_deals import IDS_PER_DEAL_MAX, import_deals
from dealtrace.operations.import_file import Import, import_rows
from dealtrace.operations.leads.import_leads import IDS_PER_LEAD_MAX, import_calls, import_lead_requests
from dealtrace.operations.visits.import_visits import IDS_PER_VISIT_MAX, import_visits
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.database_errors import is_lost_race
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

TRIES_MAX = 3
"""How often to try to import a chunk while others store conflicting rows, such as leads with the same reference."""


@record
class ImportKind:
    """The function that imports one kind of record, and the most ids that a record takes.

    Any: each kind has its own records.
    """

    run: Import[Any]
    ids_per_row: int


IMPORT_KINDS: Mapping[str, ImportKind] = {
    "call": ImportKind(import_calls, IDS_PER_LEAD_MAX),
    "lead_request": ImportKind(import_lead_requests, IDS_PER_LEAD_MAX),
    "deal": ImportKind(import_deals, IDS_PER_DEAL_MAX),
    "visit": ImportKind(import_visits, IDS_PER_VISIT_MAX),
}
"""The kinds of record that can be imported, by their names in `files.import_format.ImportNoun`."""


class RefusedRowsKept(Protocol):
    """A place, such as a file, that keeps the refused rows of an import."""

    def begin(self, last_row: int) -> None:
        """Discard the kept rows after `last_row`, which an uncommitted attempt has left."""

    def keep(self, refused: Mapping[int, Refusal]) -> None:
        """Keep these refusals, by row number; this is called before the transaction commits."""


@record
class ImportPlace:
    """The target of an import: the database, the source of new ids, the site, and the kind of record."""

    database: Database
    ids: IdBlocks
    site: Site
    kind: ImportKind


def import_chunk(
    place: ImportPlace, state: FileImport, rows: Sequence[ImportRow[object]], kept: RefusedRowsKept, now: datetime
) -> FileImport:
    """Import the next rows and return the progress of the import; refused rows are kept before the commit.

    Raises:
        ImportInProgress: another command has imported these rows in the meantime.
    """
    for tries_left in reversed(range(TRIES_MAX)):
        place.ids.ensure(len(rows) * place.kind.ids_per_row)
        try:
            with place.database.write() as connection:
                done = import_rows(Work(connection, place.ids, place.site, now), place.kind.run, state, rows)
                kept.keep(done.refused)
        except Exception as error:
            if not (tries_left and is_lost_race(error)):
                raise
            kept.begin(state.last_row)
        else:
            return done.at
    raise AssertionError
