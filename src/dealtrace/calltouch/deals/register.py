"""`orders/register`: register a deal.

Vendor: «API-метод для создания новых сделок».
"""

from datetime import timedelta

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.deals import registered_order
from dealtrace.calltouch.answers.formats import utc_of_wall_clock
from dealtrace.calltouch.parameters import CLIENT_API_ID, CUSTOM, REGISTER
from dealtrace.deals.lead_clue import (
    LINK_THRESHOLD_DEFAULT,
    CallIdentity,
    LeadClue,
    LeadRequestIdentity,
    SearchContacts,
)
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.errors import CallAndLeadRequest
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.contact import stated_email, stated_phone
from dealtrace.operations.deals.register import register_deals

CALL_NAMES = ("callId", "callReferenceId")
LEAD_REQUEST_NAMES = ("requestId", "requestNumber")
TABLE = ParameterTable(REGISTER, family=CUSTOM)


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


def registration_of(
    caller: Caller,
    sent: Sent,
    clue: LeadClue,
    *,
    tags: tuple[str, ...] = (),
    stated_source: TrafficSource | None = None,
) -> Registration:
    """Build a registration from the parameters; the date sent is in the site's time zone."""
    return Registration(
        number=sent.get("orderNumber"),
        status=sent["orderStatus"],
        amount_rub=sent["orderSum"],
        amount_as_sent=sent.texts["orderSum"],
        happened_at=utc_of_wall_clock(sent["orderDate"], caller.site.time_zone),
        service=sent["service"],
        manager=sent.get("manager"),
        comment=sent.get("orderComment"),
        tags=tags,
        custom_values=sent.custom,
        stated_source=stated_source,
        clue=clue,
        fingerprint=sent.fingerprint(without=CLIENT_API_ID.name),
    )


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Register the deal and answer with its values."""
    registration = read_registration(caller, sent)
    receipt: Receipt = await caller.write(register_deals, registration)
    order = registered_order(receipt, caller.site.time_zone, sent["orderSum"])
    return success(
        order, "deal_registered", site_id=caller.site.id, deal_id=receipt.deal_id, matched=receipt.lead is not None
    )


def read_registration(caller: Caller, sent: Sent) -> Registration:
    """Build a registration from the parameters; the date sent is in the site's time zone.

    Raises:
        CallAndLeadRequest: the parameters identify both a call and a lead request.
    """
    return registration_of(caller, sent, read_clue(sent), tags=sent.get("tags", ()), stated_source=_stated_source(sent))


def _stated_source(sent: Sent) -> TrafficSource | None:
    """Return the source that the request states, or `None` if no part of a source was sent."""
    stated = {part: sent[part] for part in SOURCE_PARTS if part in sent.values}
    return TrafficSource(**stated) if stated else None
