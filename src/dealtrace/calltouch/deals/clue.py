"""Parse what a registration states about the lead of its deal: the id of a call or lead request, or a contact."""

from datetime import timedelta

from dealtrace.deals.lead_clue import (
    LINK_THRESHOLD_DEFAULT,
    CallIdentity,
    LeadClue,
    LeadRequestIdentity,
    SearchContacts,
)
from dealtrace.errors import CallAndLeadRequest
from dealtrace.http.parameters import Sent
from dealtrace.leads.contact import stated_email, stated_phone

CALL_NAMES = ("callId", "callReferenceId")
LEAD_REQUEST_NAMES = ("requestId", "requestNumber")


def read_clue(sent: Sent) -> LeadClue:
    """Return the ids and contacts that were sent to find the lead of the deal.

    Raises:
        CallAndLeadRequest: the parameters identify both a call and a lead request.
    """
    return LeadClue(_identity(sent), _contact(sent))


def _identity(sent: Sent) -> CallIdentity | LeadRequestIdentity | None:
    """Return the ids of the call or lead request in the parameters, or `None` if there are none.

    Vendor: «Нельзя создать сделку одновременно по звонку и заявке».
    """
    call = [name for name in CALL_NAMES if name in sent.values]
    lead_request = [name for name in LEAD_REQUEST_NAMES if name in sent.values]
    if call and lead_request:
        raise CallAndLeadRequest(call=", ".join(call), lead_request=", ".join(lead_request))
    if call:
        return CallIdentity(sent.get("callId"), sent.get("callReferenceId"))
    if lead_request:
        return LeadRequestIdentity(sent.get("requestId"), sent.get("requestNumber"))
    return None


def _contact(sent: Sent) -> SearchContacts | None:
    phone, email = sent.get("phoneNumber"), sent.get("email")
    if phone is None and email is None:
        return None
    seconds = sent.get("linkTimeThreshold")
    return SearchContacts(
        phone=stated_phone(phone) if phone is not None else None,
        email=stated_email(email) if email is not None else None,
        link_threshold=LINK_THRESHOLD_DEFAULT if seconds is None else timedelta(seconds=seconds),
        only_kind=sent.get("bindTo"),
    )
