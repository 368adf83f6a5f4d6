"""Import a file of calls or lead requests, many rows at a time, each chunk in its own transaction.

A file costs no points: it is not a call of the API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dealtrace.errors import ImportInProgress, Refusal
from dealtrace.leads.file_import import FileImport, LeadRow
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.leads.arrivals import Decision, decide_calls, decide_lead_requests
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads.file_imports import find_file_import, insert_file_import, update_file_import

ROWS_AT_ONCE = 1000
"""One transaction and one flush; registrations meanwhile wait no longer than a chunk takes."""

_DECIDE: Mapping[LeadKind, Callable[[Work, Sequence[Any]], Decision]] = {
    LeadKind.CALL: decide_calls,
    LeadKind.LEAD_REQUEST: decide_lead_requests,
}


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


def import_rows(work: Work, kind: LeadKind, at: FileImport, rows: Sequence[LeadRow]) -> ImportedRows:
    """Store the next rows of a file together with how far the import has come.

    Raises:
        ImportInProgress: another command has imported these rows meanwhile.
    """
    decision = _DECIDE[kind](work, [row.told for row in rows if not isinstance(row.told, Refusal)])
    store_leads(work, list(decision.arrivals.values()))
    outcomes = iter(decision.outcomes)
    decided = {row.number: row.told if isinstance(row.told, Refusal) else next(outcomes) for row in rows}
    refused = {number: outcome for number, outcome in decided.items() if isinstance(outcome, Refusal)}
    after = at.after(rows[-1].number, taken_in=len(rows) - len(refused), refused=len(refused))
    _update(work, at, after)
    return ImportedRows(after, refused)


def finish_import(work: Work, at: FileImport) -> FileImport:
    """Store that the import of a file is complete, and return it.

    Raises:
        ImportInProgress: another command has finished it meanwhile.
    """
    after = replace(at, finished_at=work.now)
    _update(work, at, after)
    return after


def _update(work: Work, before: FileImport, after: FileImport) -> None:
    if not update_file_import(work.connection, work.site.id, before, after):
        raise ImportInProgress
