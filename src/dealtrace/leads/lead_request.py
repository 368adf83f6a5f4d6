"""A lead request (заявка): what a person left in a form of the site."""

from datetime import datetime
from typing import NewType

from dealtrace.attribution.visit import VisitId
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.record import record

LeadRequestId = NewType("LeadRequestId", int)


@record
class IncomingLeadRequest:
    """A lead request as the site sends it, before it has an id of ours.

    `number` is its id on the site (`requestNumber`), unique there; without one our own id becomes its number.
    `fingerprint` stands for everything as it was sent: equal ones mean that the same lead request was sent again.
    `id` is one it had with the vendor and keeps; every other lead request gets one of ours.
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
    """A lead request we keep."""

    id: LeadRequestId
    number: str
    requested_at: datetime
    form_name: str = ""
    visit_id: VisitId | None = None


@record
class TakenIn:
    """A lead request whose number is in use, and the fingerprint it came with."""

    lead_request: LeadRequest
    fingerprint: str | None

    def is_retried_by(self, incoming: IncomingLeadRequest) -> bool:
        """Whether `incoming` is the same one, sent again; without fingerprints nobody can tell."""
        return self.fingerprint is not None and self.fingerprint == incoming.fingerprint
