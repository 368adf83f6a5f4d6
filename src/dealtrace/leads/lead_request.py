"""A lead request (заявка): a form that a person submitted on a website."""

from datetime import datetime
from typing import NewType

from dealtrace.attribution.visit import VisitId
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.record import record

LeadRequestId = NewType("LeadRequestId", int)


@record
class IncomingLeadRequest:
    """A lead request that is not stored yet.

    `number` is its number on the website (`requestNumber`), unique within a site; if it is `None`, the id is used.
    `fingerprint` is a hash of everything sent with it: equal hashes mean that the same lead request was sent again.
    `id` is the id that the lead request had at Calltouch and keeps here; if it is `None`, it gets a new id.
    """

    requested_at: datetime
    phone: str | None = None
    email: str | None = None
    client_name: str | None = None
    number: str | None = None
    form_name: str = ""
    visit_id: VisitId | None = None
    page_url: str | None = None
    annotations: Annotations = NO_ANNOTATIONS
    fingerprint: str | None = None
    id: LeadRequestId | None = None


@record
class LeadRequest:
    """A stored lead request."""

    id: LeadRequestId
    number: str
    requested_at: datetime
    form_name: str = ""
    visit_id: VisitId | None = None

    @property
    def began_at(self) -> datetime:
        """When the lead began: the time of the lead request."""
        return self.requested_at

    @property
    def ended_at(self) -> datetime:
        """When the lead ended: the time at which it began, because a lead request has no duration."""
        return self.requested_at


@record
class StoredLeadRequest:
    """A stored lead request, and the fingerprint of what was sent with it."""

    lead_request: LeadRequest
    fingerprint: str | None

    def is_retried_by(self, incoming: IncomingLeadRequest) -> bool:
        """Return whether `incoming` repeats the stored lead request: both have the same fingerprint, not `None`."""
        return self.fingerprint is not None and self.fingerprint == incoming.fingerprint
