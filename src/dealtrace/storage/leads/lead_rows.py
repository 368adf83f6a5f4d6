"""Conversion between leads and the rows of their tables; columns that only calls have are in `calls.py`."""

from collections.abc import Mapping
from datetime import datetime

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.leads.call import NOT_REPORTED, Call, Circumstances
from dealtrace.leads.lead import LeadSpan
from dealtrace.leads.lead_request import LeadRequest, LeadRequestId
from dealtrace.record import record
from dealtrace.storage.database.compiled_statement import NamedRow


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
        **new_annotation_columns(new),
    }


def new_annotation_columns(new: NewLead) -> dict[str, object]:
    """Return the columns of the annotations of a new lead."""
    return {**annotation_columns(new.annotations), "stated_source_id": new.stated_source_id}


def annotation_columns(annotations: Annotations) -> dict[str, object]:
    """Return the columns of the annotations of a lead, without its stated source."""
    return {
        "manager": annotations.manager,
        "comment": annotations.comment,
        "tags": list(annotations.tags) or None,
        "custom_values": dict(annotations.custom_values) or None,
    }


def lead_request_from_row(row: NamedRow) -> LeadRequest:
    """Return the lead request in a row of its table."""
    return LeadRequest(LeadRequestId(row.id), row.number, row.requested_at, row.form_name, row.visit_id)


def annotations_from_row(row: NamedRow, stated_sources: Mapping[int, TrafficSource] | None = None) -> Annotations:
    """Return the annotations in a row of a lead.

    The stated source is looked up by id in `stated_sources`; without this mapping, the source is left out.
    """
    return Annotations(
        manager=row.manager,
        comment=row.comment,
        tags=tuple(row.tags or ()),
        custom_values=row.custom_values or {},
        stated_source=stated_sources.get(row.stated_source_id) if stated_sources else None,
    )
