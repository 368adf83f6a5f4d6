"""Calls as they are kept, to be told of again by their exchange."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from dealtrace.attribution.visit import VisitId
from dealtrace.leads.call import UNTOLD, Call, CallId, Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.record import record
from dealtrace.storage.leads.leads import NewLead, circumstance_columns, insert_contact_rows
from dealtrace.storage.schema.tables.leads import call, lead_contact, lead_credit

_TOLD = ("started_at", "duration_seconds", "phone", "client_id", *circumstance_columns(UNTOLD))
_UPDATE_CALL = (
    update(call)
    .where(call.c.site_id == bindparam("of_site"), call.c.id == bindparam("of_call"))
    .values({name: bindparam(f"new_{name}", type_=call.c[name].type) for name in _TOLD})
)


@record
class ReportedCall:
    """A call as it is kept: what was told of it, remarks aside, whose it is, and what matching finds it by.

    Matching finds nothing by which to find one that is hidden, and never shall until it is shown again.
    """

    id: CallId
    told: IncomingCall
    client_id: int
    spans: tuple[LeadSpan, ...]
    is_deleted: bool


def list_reported_calls(connection: Connection, site_id: int, references: Iterable[str]) -> dict[str, ReportedCall]:
    """Find calls by their references; unknown ones are missing."""
    wanted = sorted(set(references))
    rows = connection.execute(select(call).where(call.c.site_id == site_id, call.c.reference.in_(wanted))).all()
    spans = _spans(connection, site_id, [row.id for row in rows])
    return {
        row.reference: ReportedCall(
            CallId(row.id), _told(row), row.client_id, spans.get(row.id, ()), row.deleted_at is not None
        )
        for row in rows
    }


def update_calls(connection: Connection, site_id: int, calls: Sequence[NewLead]) -> None:
    """Keep what is told of calls that are there, in place of what was told before; remarks stay."""
    if not calls:
        return
    connection.execute(_UPDATE_CALL, [_changes(site_id, one) for one in calls])
    ids = [one.lead.id for one in calls]
    finders = (lead_contact.c.lead_id.in_(ids), lead_contact.c.lead_kind == LeadKind.CALL)
    connection.execute(delete(lead_contact).where(lead_contact.c.site_id == site_id, *finders))
    connection.execute(delete(lead_credit).where(lead_credit.c.site_id == site_id, lead_credit.c.lead_id.in_(ids)))
    insert_contact_rows(connection, site_id, calls)


def _changes(site_id: int, one: NewLead) -> dict[str, Any]:
    assert isinstance(one.lead, Call)
    told: Mapping[str, Any] = {
        "started_at": one.lead.started_at,
        "duration_seconds": one.lead.duration // timedelta(seconds=1),
        "phone": one.phone,
        "client_id": one.client_id,
        **circumstance_columns(one.circumstances),
    }
    return {"of_site": site_id, "of_call": one.lead.id, **{f"new_{name}": value for name, value in told.items()}}


def _spans(connection: Connection, site_id: int, ids: Sequence[int]) -> dict[int, tuple[LeadSpan, ...]]:
    finders = lead_contact.c
    found: dict[int, tuple[LeadSpan, ...]] = {}
    for row in connection.execute(
        select(lead_contact)
        .where(finders.site_id == site_id, finders.lead_id.in_(ids), finders.lead_kind == LeadKind.CALL)
        .order_by(finders.contact)
    ):
        ref = LeadRef(LeadKind(row.lead_kind), row.lead_id)
        span = LeadSpan(ref, row.contact, row.started_at, row.ended_at, row.reference)
        found[row.lead_id] = (*found.get(row.lead_id, ()), span)
    return found


def _told(row: Any) -> IncomingCall:
    waiting = row.waiting_seconds
    return IncomingCall(
        started_at=row.started_at,
        duration=timedelta(seconds=row.duration_seconds),
        phone=row.phone,
        reference=row.reference,
        visit_id=VisitId(row.visit_id) if row.visit_id is not None else None,
        circumstances=Circumstances(
            sip_id=row.sip_id,
            is_successful=row.is_successful,
            waiting=timedelta(seconds=waiting) if waiting is not None else None,
            dialled_phone=row.dialled_phone,
            answering_phone=row.answering_phone,
            record_url=row.record_url,
            exchange=row.exchange,
            exchange_model=row.exchange_model,
        ),
    )
