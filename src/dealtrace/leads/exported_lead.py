"""A lead as it is exported, with everything that belongs to it."""

from dealtrace.attribution.origin import LeadVisit
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, Circumstances
from dealtrace.leads.client import Client
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.leads.missed_calls import RingBack
from dealtrace.leads.qualification import Qualification
from dealtrace.record import record


@record
class ExportedLead:
    """A call or lead request to export, with its details.

    `circumstances` are the details of a call, `ring_back` is what a person did about a missed call, and `page_url` is
    the page of a lead request's form.
    """

    lead: Call | LeadRequest
    client: Client
    qualification: Qualification
    annotations: Annotations
    visit: LeadVisit | None
    phone: str | None
    email: str | None
    circumstances: Circumstances
    page_url: str | None
    ring_back: RingBack | None
