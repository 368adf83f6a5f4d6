"""Find, by reference, the calls that a PBX has reported, and update calls that it reports again."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from dealtrace.leads.arrival import ReportedCall
from dealtrace.leads.call import NOT_REPORTED, CallId, IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import Row, Values
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.leads.contact_rows import delete_contact_rows, find_spans_of_leads, insert_spans
from dealtrace.storage.leads.lead_rows import (
    NewLead,
    circumstance_columns,
    circumstances_from_row,
    reported_columns,
    visit_id_from_row,
)
from dealtrace.storage.schema.tables.leads import call, lead_credit

_REPORTED = ("started_at", "duration_seconds", "phone", "client_id", *circumstance_columns(NOT_REPORTED))
_UPDATE_CALL = (
    update(call)
    .where(call.c.site_id == bindparam("of_site"), call.c.id == bindparam("of_call"))
    .values({name: bindparam(f"new_{name}", type_=call.c[name].type) for name in _REPORTED})
)


def find_reported_calls(connection: Connection, site_id: int, references: Iterable[str]) -> dict[str, ReportedCall]:
    """Find calls, deleted or not, by their references (ids in the PBX); unknown references are left out."""
    keys = sorted(set(references))
    rows = connection.execute(select(call).where(call.c.site_id == site_id, is_in(call.c.reference, keys))).all()
    spans = find_spans_of_leads(connection, site_id, LeadKind.CALL, [row.id for row in rows])
    return {
        row.reference: ReportedCall(
            CallId(row.id), _incoming_from_row(row), row.client_id, spans.get(row.id, ()), row.deleted_at is not None
        )
        for row in rows
    }


def update_calls(connection: Connection, site_id: int, calls: Sequence[NewLead]) -> None:
    """Replace the reported data and the contact rows of calls; their annotations stay.

    The attribution credits of the calls are deleted.
    """
    execute_many(connection, _UPDATE_CALL, [_row(site_id, reported) for reported in calls])
    ids = [reported.lead.id for reported in calls]
    delete_contact_rows(connection, site_id, LeadKind.CALL, ids)
    connection.execute(delete(lead_credit).where(lead_credit.c.site_id == site_id, is_in(lead_credit.c.lead_id, ids)))
    insert_spans(connection, site_id, [span for reported in calls for span in reported.spans])


def _row(site_id: int, reported: NewLead) -> Values:
    columns = {f"new_{name}": value for name, value in reported_columns(reported).items()}
    return {"of_site": site_id, "of_call": reported.lead.id, **columns}


def _incoming_from_row(row: Row) -> IncomingCall:
    return IncomingCall(
        started_at=row.started_at,
        duration=timedelta(seconds=row.duration_seconds),
        phone=row.phone,
        reference=row.reference,
        visit_id=visit_id_from_row(row),
        circumstances=circumstances_from_row(row),
    )
