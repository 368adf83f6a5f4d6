"""Register lead requests that a site sends one at a time."""

from collections.abc import Sequence

from dealtrace.errors import Refusal
from dealtrace.leads.call import Call
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.leads.arrivals import IDS_PER_LEAD_MAX, decide_lead_requests
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand


@operation(ids_per_command=IDS_PER_LEAD_MAX)
def register_lead_requests(
    work: Work, commands: Sequence[WriteCommand[IncomingLeadRequest]]
) -> list[Call | LeadRequest | Refusal]:
    """Register lead requests; each outcome is the lead request with its id, or a refusal if its number is taken.

    A lead request that is sent again with the same content is a safe retry: its outcome is what was stored first.
    """
    decision = decide_lead_requests(work, [command.payload for command in commands])
    store_leads(work, list(decision.arrivals.values()))
    return decision.outcomes
