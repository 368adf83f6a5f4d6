"""The columns of calls, and finding and updating the calls that a PBX reports again."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from dealtrace.leads.arrival import ReportedCall
from dealtrace.leads.call import NOT_REPORTED, Call, CallId, Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.missed_calls import RingBack
from dealtrace.leads.reference_spelling import all_spellings, find_spelt
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow, ValuesByName
from dealtrace.storage.leads.contact_rows import delete_contact_rows, find_spans_of_leads, insert_spans
from dealtrace.storage.leads.lead_rows import NewLead, new_annotation_columns
from dealtrace.storage.schema.tables.leads import call, lead_credit

_SECOND = timedelta(seconds=1)


def new_call_columns(site_id: int, new: NewLead, now: datetime) -> dict[str, object]:
    """Return all columns of a new call."""
    assert isinstance(new.lead, Call)
    return {
        "site_id": site_id,
        "id": new.lead.id,
        "reference": new.lead.reference,
        "visit_id": new.lead.visit_id,
        "recorded_at": now,
        "deleted_at": None,
        "ring_back": None,
        **reported_columns(new),
        **new_annotation_columns(new),
    }


def reported_columns(new: NewLead) -> dict[str, object]:
    """Return the columns of a call that are replaced when the same call is reported again."""
    assert isinstance(new.lead, Call)
    return {
        "started_at": new.lead.started_at,
        "duration_seconds": new.lead.duration // _SECOND,
        "phone": new.phone,
        "client_id": new.client_id,
        **circumstance_columns(new.circumstances),
    }


def circumstance_columns(circumstances: Circumstances) -> dict[str, object]:
    """Return the columns for the circumstances of a call, such as its SIP id."""
    waiting = circumstances.waiting
    return {
        "sip_id": circumstances.sip_id,
        "is_successful": circumstances.is_successful,
        "waiting_seconds": waiting // _SECOND if waiting is not None else None,
        "dialled_phone": circumstances.dialled_phone,
        "answering_phone": circumstances.answering_phone,
        "record_url": circumstances.record_url,
        "exchange": circumstances.pbx,
        "exchange_model": circumstances.pbx_model,
    }


_REPORTED = ("started_at", "duration_seconds", "phone", "client_id", *circumstance_columns(NOT_REPORTED))
_UPDATE_CALL = CompiledStatement(
    update(call)
    .where(call.c.site_id == bindparam("of_site"), call.c.id == bindparam("of_call"))
    .values({name: bindparam(f"new_{name}", type_=call.c[name].type) for name in _REPORTED})
)


def find_reported_calls(connection: Connection, site_id: int, references: Collection[str]) -> dict[str, ReportedCall]:
    """Find calls, deleted or not, by their references (ids in the PBX); unknown references are left out.

    The keys are the given references, whichever spelling of them is stored.
    """
    keys = sorted(set(all_spellings(references)))
    rows = connection.execute(select(call).where(call.c.site_id == site_id, is_in(call.c.reference, keys))).all()
    spans = find_spans_of_leads(connection, site_id, LeadKind.CALL, [row.id for row in rows]) if rows else {}
    stored = {
        row.reference: ReportedCall(
            CallId(row.id), _incoming_from_row(row), row.client_id, spans.get(row.id, ()), row.deleted_at is not None
        )
        for row in rows
    }
    found = {reference: find_spelt(reference, stored) for reference in references}
    return {reference: known for reference, known in found.items() if known is not None}


def update_calls(connection: Connection, site_id: int, calls: Sequence[NewLead], *, moved: Collection[int]) -> None:
    """Replace the reported data of calls; replace the contact rows of those calls whose ids are in `moved`.

    The annotations of the calls are kept. The attribution credits of the calls are deleted.
    """
    _UPDATE_CALL.run_many(connection, [_row(site_id, reported) for reported in calls])
    ids = [reported.lead.id for reported in calls]
    connection.execute(delete(lead_credit).where(lead_credit.c.site_id == site_id, is_in(lead_credit.c.lead_id, ids)))
    if moved:
        delete_contact_rows(connection, site_id, LeadKind.CALL, sorted(moved))
        insert_spans(
            connection, site_id, [span for reported in calls if reported.lead.id in moved for span in reported.spans]
        )


def _row(site_id: int, reported: NewLead) -> ValuesByName:
    columns = {f"new_{name}": value for name, value in reported_columns(reported).items()}
    return {"of_site": site_id, "of_call": reported.lead.id, **columns}


def _incoming_from_row(row: NamedRow) -> IncomingCall:
    return IncomingCall(
        started_at=row.started_at,
        duration=_SECOND * row.duration_seconds,
        phone=row.phone,
        reference=row.reference,
        visit_id=row.visit_id,
        circumstances=circumstances_from_row(row),
    )


def call_from_row(row: NamedRow) -> Call:
    """Return the call in a row of its table."""
    return Call(CallId(row.id), row.reference, row.started_at, _SECOND * row.duration_seconds, row.visit_id)


def circumstances_from_row(row: NamedRow) -> Circumstances:
    """Return, from a row of the table of calls, the details that the PBX reported about the call."""
    return Circumstances(
        sip_id=row.sip_id,
        is_successful=row.is_successful,
        waiting=_SECOND * row.waiting_seconds if row.waiting_seconds is not None else None,
        dialled_phone=row.dialled_phone,
        answering_phone=row.answering_phone,
        record_url=row.record_url,
        pbx=row.exchange,
        pbx_model=row.exchange_model,
    )


def ring_back_from_row(row: NamedRow) -> RingBack | None:
    """Return how a person dealt with the missed call in a row of the table of calls, or `None`."""
    return RingBack(row.ring_back) if row.ring_back is not None else None
