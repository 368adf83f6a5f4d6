"""`orders/register`: register a deal.

Vendor: «API-метод для создания новых сделок».
"""

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.deals import registered_order
from dealtrace.calltouch.deal_registration import registration_of
from dealtrace.calltouch.deals.clue import read_clue
from dealtrace.calltouch.parameters import CUSTOM, REGISTER
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
    return registration_of(caller, sent, read_clue(sent), tags=sent.get("tags", ()), stated_source=_stated_source(sent))


def _stated_source(sent: Sent) -> TrafficSource | None:
    """Return the source that the request states, or `None` if no part of a source was sent."""
    stated = {part: sent[part] for part in SOURCE_PARTS if part in sent.values}
    return TrafficSource(**stated) if stated else None
