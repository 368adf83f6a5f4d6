"""`orders/register`: register a deal.

Vendor: «API-метод для создания новых сделок».
"""

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.clocks import instant_of
from dealtrace.calltouch.answers.deals import registered_order
from dealtrace.calltouch.deals.clue import read_clue
from dealtrace.calltouch.parameters import CLIENT_API_ID, CUSTOM, REGISTER
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.deals.register import register_deals

TABLE = ParameterTable(REGISTER, family=CUSTOM)


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
        clue=read_clue(sent),
        fingerprint=sent.fingerprint(without=CLIENT_API_ID.name),
    )


def _stated_source(sent: Sent) -> TrafficSource | None:
    """Return the source that the request states, or `None` if no part of a source was sent."""
    stated = {part: sent[part] for part in SOURCE_PARTS if part in sent.values}
    return TrafficSource(**stated) if stated else None
