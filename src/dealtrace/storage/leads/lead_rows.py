"""Conversion between calls, lead requests and the rows of their tables."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.leads.call import NOT_REPORTED, Call, CallId, Circumstances
from dealtrace.leads.lead import LeadSpan
from dealtrace.leads.lead_request import LeadRequest, LeadRequestId
from dealtrace.leads.ring_back import RingBack
from dealtrace.record import record
from dealtrace.storage.database.compiled_statement import Row

_SECOND = timedelta(seconds=1)


@record
class NewLead:
    """A lead to insert, with further values for its rows, such as the client's id.

    `spans` has a span for each of the lead's contacts, in normal form. `annotations` contain only values of known
    custom fields; the stated source in `annotations` is stored by its id, `stated_source_id`. Only calls have
    `circumstances`, and only lead requests have a `page_url` and a `fingerprint`.
    """

    lead: Call | LeadRequest
    client_id: int
    phone: str | None
    email: str | None
    spans: tuple[LeadSpan, ...]
    annotations: Annotations = NO_ANNOTATIONS
    stated_source_id: int | None = None
    circumstances: Circumstances = NOT_REPORTED
    page_url: str | None = None
    fingerprint: str | None = None


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
        **_annotation_columns(new),
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
        "exchange": circumstances.exchange,
        "exchange_model": circumstances.exchange_model,
    }


def new_lead_request_columns(site_id: int, new: NewLead, now: datetime) -> dict[str, object]:
    """Return all columns of a new lead request."""
    assert isinstance(new.lead, LeadRequest)
    return {
        "site_id": site_id,
        "id": new.lead.id,
        "number": new.lead.number,
        "requested_at": new.lead.requested_at,
        "phone": new.phone,
        "email": new.email,
        "form_name": new.lead.form_name,
        "client_id": new.client_id,
        "visit_id": new.lead.visit_id,
        "recorded_at": now,
        "deleted_at": None,
        "page_url": new.page_url,
        "fingerprint": new.fingerprint,
        **_annotation_columns(new),
    }


def _annotation_columns(new: NewLead) -> dict[str, object]:
    return {**annotation_columns(new.annotations), "stated_source_id": new.stated_source_id}


def annotation_columns(annotations: Annotations) -> dict[str, object]:
    """Return the columns of the annotations of a lead, without its stated source."""
    return {
        "manager": annotations.manager,
        "comment": annotations.comment,
        "tags": list(annotations.tags) or None,
        "custom_values": dict(annotations.custom_values) or None,
    }


def call_from_row(row: Row) -> Call:
    """Return the call in a row of its table."""
    return Call(CallId(row.id), row.reference, row.started_at, _SECOND * row.duration_seconds, visit_id_from_row(row))


def circumstances_from_row(row: Row) -> Circumstances:
    """Return, from a row of the table of calls, the details that the telephone exchange reported about the call."""
    return Circumstances(
        sip_id=row.sip_id,
        is_successful=row.is_successful,
        waiting=_SECOND * row.waiting_seconds if row.waiting_seconds is not None else None,
        dialled_phone=row.dialled_phone,
        answering_phone=row.answering_phone,
        record_url=row.record_url,
        exchange=row.exchange,
        exchange_model=row.exchange_model,
    )


def ring_back_from_row(row: Row) -> RingBack | None:
    """Return what a person did about the missed call in a row of the table of calls, or `None`."""
    return RingBack(row.ring_back) if row.ring_back is not None else None


def lead_request_from_row(row: Row) -> LeadRequest:
    """Return the lead request in a row of its table."""
    return LeadRequest(LeadRequestId(row.id), row.number, row.requested_at, row.form_name, visit_id_from_row(row))


def visit_id_from_row(row: Row) -> VisitId | None:
    """Return the id of the visit in a row of a lead, or `None` if the lead has no visit."""
    return VisitId(row.visit_id) if row.visit_id is not None else None


def annotations_from_row(row: Row, stated_sources: Mapping[int, TrafficSource] | None = None) -> Annotations:
    """Return the annotations in a row of a lead.

    The stated source is looked up by id in `stated_sources`; without this mapping it is left out.
    """
    return Annotations(
        manager=row.manager,
        comment=row.comment,
        tags=tuple(row.tags or ()),
        custom_values=row.custom_values or {},
        stated_source=stated_sources.get(row.stated_source_id) if stated_sources else None,
    )
