"""`requests/orders/register`: register a lead request, and a deal if all required parameters of a deal were sent."""

from dealtrace.calltouch.deals.register import registration_of
from dealtrace.calltouch.journals.lead_request import answer_lead_request
from dealtrace.calltouch.lead_request_parameters import REQUESTS_ORDERS_REGISTER
from dealtrace.calltouch.leads.register_request import read_lead_request
from dealtrace.calltouch.parameters import CUSTOM
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.registration import Registration
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.operations.deals.register_with_lead_request import LeadRequestWithDeal, register_with_deals

TABLE = ParameterTable(REQUESTS_ORDERS_REGISTER, family=CUSTOM)
DEAL_NAMES = ("orderSum", "orderStatus", "orderDate", "service")


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Register the lead request and, if complete, its deal; answer with the journal's record of the lead request."""
    payload = LeadRequestWithDeal(read_lead_request(caller, sent), read_deal(caller, sent))
    taken: LeadRequest = await caller.write(register_with_deals, payload)
    return await answer_lead_request(caller, taken.id, sent, "lead_request_taken_in")


def read_deal(caller: Caller, sent: Sent) -> Registration | None:
    """Build the registration of the deal, or return `None` if a required parameter of the deal is missing.

    Ours: if the deal is incomplete, the lead request is still registered, since a refusal would lose it.
    """
    if not all(name in sent.values for name in DEAL_NAMES):
        return None
    return registration_of(caller, sent, LeadClue())
