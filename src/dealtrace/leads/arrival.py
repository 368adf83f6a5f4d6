"""A lead that arrives, or a stored call that is reported again: its id, its details, and its contacts."""

from collections.abc import Iterable
from datetime import datetime

from dealtrace.leads.call import Call, CallId, IncomingCall
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.plain_text import stripped
from dealtrace.record import record


@record
class ReportedCall:
    """A stored call: the data that the PBX reported, its client, and its contact rows.

    Annotations are not included. A deleted call has no contact rows until it is restored.
    """

    id: CallId
    details: IncomingCall
    client_id: int
    spans: tuple[LeadSpan, ...]
    is_deleted: bool


@record
class Arrival:
    """A lead ready to be stored, with all sent `details`, and its contacts in normal form.

    `stored` is the stored call that this lead updates, or `None` for a new lead.
    """

    lead: Call | LeadRequest
    details: IncomingCall | IncomingLeadRequest
    contacts: tuple[str, ...]
    stored: ReportedCall | None = None

    @property
    def ref(self) -> LeadRef:
        """The kind and the id of the lead."""
        return LeadRef(LeadKind.CALL if isinstance(self.lead, Call) else LeadKind.LEAD_REQUEST, self.lead.id)

    @property
    def reference(self) -> str | None:
        """The lead's id in another system: a call's id in its PBX, or a lead request's number on the website."""
        return self.lead.reference if isinstance(self.lead, Call) else self.lead.number

    @property
    def spans(self) -> tuple[LeadSpan, ...]:
        """The spans by which matching finds the lead: each has one contact, and the start and end of the lead."""
        return contact_spans(self.ref, self.contacts, self.lead.began_at, self.lead.ended_at, self.reference)

    @property
    def keeps_client(self) -> bool:
        """Whether the lead is a stored call with unchanged contacts, so that it keeps its client."""
        return self.stored is not None and {span.contact for span in self.stored.spans} == set(self.contacts)

    @property
    def is_found_by_same_keys(self) -> bool:
        """Whether the lead is a stored call with unchanged contacts and start; only its end may have changed."""
        begins_as_before = self.stored is not None and self.stored.details.started_at == self.lead.began_at
        return begins_as_before and self.keeps_client

    @property
    def changed_spans(self) -> tuple[LeadSpan, ...]:
        """The spans by which matching found the stored call before but finds it no longer, and the new spans."""
        former, spans = self.stored.spans if self.stored is not None else (), self.spans
        gone = [span for span in former if span not in spans]
        return (*gone, *(span for span in spans if span not in former))


def contact_spans(
    ref: LeadRef, contacts: Iterable[str], started_at: datetime, ended_at: datetime, reference: str | None
) -> tuple[LeadSpan, ...]:
    """Return a span for each contact of a lead: the contact, and the start and end of the lead."""
    return tuple(LeadSpan(ref, contact, started_at, ended_at, reference or "") for contact in contacts)


def identified_call(call_id: CallId, details: IncomingCall) -> Call:
    """Return a new call that has the given id; blanks around its reference are removed."""
    reference = stripped(details.reference) if details.reference is not None else None
    return Call(call_id, reference, details.started_at, details.duration, details.visit_id)


def call_arrival(call: Call, details: IncomingCall, stored: ReportedCall | None = None) -> Arrival:
    """Return a call ready to be stored.

    A stored call whose phone is unchanged keeps its stored contacts. A deleted call stays without contacts, so that
    matching does not find it.
    """
    if stored is None or not (stored.is_deleted or details.phone == stored.details.phone):
        return Arrival(call, details, normal_contacts(details.phone, None), stored)
    return Arrival(call, details, tuple(span.contact for span in stored.spans), stored)
