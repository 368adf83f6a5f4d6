"""A lead request (заявка): what a person left in a form of the site."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from dealtrace.attribution.visit import VisitId

LeadRequestId = NewType("LeadRequestId", int)


@dataclass(frozen=True, slots=True)
class IncomingLeadRequest:
    """A lead request as the site sends it, before it has an id of ours.

    `number` is its id on the site (`requestNumber`), unique there; without one our own id becomes its number.
    """

    requested_at: datetime
    phone: str | None = None
    email: str | None = None
    client_name: str | None = None
    number: str | None = None
    form_name: str = ""
    visit_id: VisitId | None = None


@dataclass(frozen=True, slots=True)
class LeadRequest:
    """A lead request we keep."""

    id: LeadRequestId
    number: str
    requested_at: datetime
    form_name: str = ""
    visit_id: VisitId | None = None
