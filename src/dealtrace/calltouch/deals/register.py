"""`orders/register`: register a deal.

Seed: «API-метод для создания новых сделок».
"""

import hashlib
from datetime import timedelta

import msgspec

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.clocks import instant_of
from dealtrace.calltouch.answers.deals import registered_order
from dealtrace.calltouch.parameters import CLIENT_API_ID, CUSTOM, REGISTER
from dealtrace.deals.lead_clue import (
    LINK_THRESHOLD_DEFAULT,
    CallIdentity,
    ContactClue,
    LeadClue,
    LeadRequestIdentity,
)
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.errors import CallAndLeadRequest
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.contact import stated_email, stated_phone
from dealtrace.operations.deals.register import register_deals

TABLE = ParameterTable(REGISTER, family=CUSTOM)
CALL_NAMES = ("callId", "callReferenceId")
LEAD_REQUEST_NAMES = ("requestId", "requestNumber")


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Register the deal and answer with it."""
    registration = read_registration(caller, sent)
    receipt: Receipt = await caller.write(register_deals, registration)
    order = registered_order(receipt, caller.site.time_zone, sent["orderSum"])
    return success(
        order, "deal_registered", site_id=caller.site.id, deal_id=receipt.deal_id, matched=receipt.lead is not None
    )


def read_registration(caller: Caller, sent: Sent) -> Registration:
    """Build a registration from the parameters; the date sent is in the site's time zone.

    Raises:
        CallAndLeadRequest: both a call and a lead request are named.
    """
    return Registration(
        number=sent.get("orderNumber"),
        status=sent["orderStatus"],
        amount_rub=sent["orderSum"],
        amount_as_sent=sent.texts["orderSum"],
        happened_at=instant_of(sent["orderDate"], caller.site.time_zone),
        service=sent["service"],
        manager=sent.get("manager"),
        comment=sent.get("orderComment"),
        tags=sent.get("tags", ()),
        custom_values=sent.custom,
        stated_source=_stated_source(sent),
        clue=LeadClue(_identity(sent), _contact(sent)),
        fingerprint=fingerprint(sent),
    )


def fingerprint(sent: Sent) -> str:
    """Return a hash of all known parameters except the token, by which a repeated registration is recognised."""
    texts = sorted((name, text) for name, text in sent.texts.items() if name != CLIENT_API_ID.name)
    return hashlib.sha256(msgspec.json.encode(texts)).hexdigest()


def _identity(sent: Sent) -> CallIdentity | LeadRequestIdentity | None:
    """Return the call or lead request that the caller names, or `None` if neither is named.

    Seed: «Нельзя создать сделку одновременно по звонку и заявке».
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


def _contact(sent: Sent) -> ContactClue | None:
    phone, email = sent.get("phoneNumber"), sent.get("email")
    if phone is None and email is None:
        return None
    seconds = sent.get("linkTimeThreshold")
    return ContactClue(
        phone=stated_phone(phone) if phone is not None else None,
        email=stated_email(email) if email is not None else None,
        link_threshold=LINK_THRESHOLD_DEFAULT if seconds is None else timedelta(seconds=seconds),
        only_kind=sent.get("bindTo"),
    )


def _stated_source(sent: Sent) -> TrafficSource | None:
    """Return the source that the caller states, or `None` if no part of it was sent."""
    stated = {part: sent[part] for part in SOURCE_PARTS if part in sent.values}
    return TrafficSource(**stated) if stated else None
