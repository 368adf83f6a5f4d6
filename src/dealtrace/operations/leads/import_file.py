"""Import a file of calls or lead requests: a stretch of rows at a time, each in a transaction of its own.

It costs no points: it is no call of the API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import ImportInProgress, Refusal
from dealtrace.leads.file_import import FileImport, LeadRow
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.leads.calls import settle_calls
from dealtrace.operations.leads.intake import store_arrivals
from dealtrace.operations.leads.lead_requests import settle_lead_requests
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads.file_imports import find_file_import, insert_file_import, update_file_import

ROWS_AT_ONCE = 1000
"""One transaction and one flush; whoever registers deals meanwhile waits no longer than it takes."""
IDS_PER_ROW_MAX = 3
"""The lead, its client and its traffic source."""

_SETTLE: Mapping[LeadKind, Any] = {LeadKind.CALL: settle_calls, LeadKind.LEAD_REQUEST: settle_lead_requests}


@record
class ImportedRows:
    """What became of a stretch of rows: how far the import is now, and why rows were refused, by their numbers."""

    at: FileImport
    refused: Mapping[int, Refusal]


def begin_import(work: Work, digest: str) -> FileImport:
    """Tell how far a file has come; one that was never brought in begins."""
    insert_file_import(work.connection, work.site.id, FileImport(digest, work.now))
    found = find_file_import(work.connection, work.site.id, digest)
    assert found is not None
    return found


def import_rows(
    work: Work,
    kind: LeadKind,
    at: FileImport,
    rows: Sequence[LeadRow],
) -> ImportedRows:
    """Take in the rows that follow, and keep with them how far the import is: either both are there, or neither.

    Raises:
        ImportInProgress: another command has brought these rows in meanwhile.
    """
    told = [row.told for row in rows if not isinstance(row.told, Refusal)]
    settled = _SETTLE[kind](work, told)
    store_arrivals(work, list(settled.arrivals.values()))
    outcomes = iter(settled.outcomes)
    decided = {row.number: row.told if isinstance(row.told, Refusal) else next(outcomes) for row in rows}
    refused = {number: outcome for number, outcome in decided.items() if isinstance(outcome, Refusal)}
    after = at.after(rows[-1].number, taken_in=len(rows) - len(refused), refused=len(refused))
    _keep(work.connection, work.site, at, after)
    return ImportedRows(after, refused)


def finish_import(work: Work, at: FileImport) -> FileImport:
    """Note that nothing of the file is left.

    Raises:
        ImportInProgress: another command has done so meanwhile.
    """
    after = replace(at, finished_at=work.now)
    _keep(work.connection, work.site, at, after)
    return after


def _keep(connection: Connection, site: Site, before: FileImport, after: FileImport) -> None:
    if not update_file_import(connection, site.id, before, after):
        raise ImportInProgress
