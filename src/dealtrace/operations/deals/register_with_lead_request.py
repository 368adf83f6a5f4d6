"""Register a lead request together with its deal, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from dealtrace.deals.lead_clue import LeadClue, LeadRequestIdentity
from dealtrace.deals.registration import Receipt, Registration
from dealtrace.errors import Refusal
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.leads.reference_spelling import all_spellings, find_spelt
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.arrivals import IDS_PER_LEAD_MAX, decide_lead_requests
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.spend_points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.deals.deals import find_registered
from dealtrace.storage.deals.versions import find_receipts
from dealtrace.storage.leads.leads import find_lead_requests_by_number

Outcome = TypeVar("Outcome", Receipt, LeadRequest)


@record
class LeadRequestWithDeal:
    """A lead request, and the deal to register with it; `deal` is `None` if only the lead request was sent.

    A lead request without a deal costs as many points of the daily quota as the API method `method`.
    """

    lead_request: IncomingLeadRequest
    deal: Registration | None
    method: PaidMethod = PaidMethod.REQUESTS_ORDERS


@operation(ids_per_command=IDS_PER_LEAD_MAX + register_deals.ids_per_command)
def register_with_deals(
    work: Work, commands: Sequence[WriteCommand[LeadRequestWithDeal]]
) -> list[LeadRequest | Refusal]:
    """Register lead requests with their deals; each outcome is the lead request or a refusal.

    If the lead request or its deal is refused, neither is stored. If the deal (or, without a deal, the lead request)
    has a number, sending the same content again is a safe retry: it costs nothing, and the outcome is the stored lead
    request. If anything is new, points are spent once: for the deal if there is one, else for the lead request.
    """
    return [_register(work, command) for command in commands]


def _register(work: Work, command: WriteCommand[LeadRequestWithDeal]) -> LeadRequest | Refusal:
    sent = command.payload
    if (earlier := _find_retried(work, sent)) is not None:
        return earlier
    try:
        with work.connection.begin_nested():
            return _register_both(work, command)
    except Refusal as refusal:
        return refusal


def _register_both(work: Work, command: WriteCommand[LeadRequestWithDeal]) -> LeadRequest:
    """Store a lead request and its deal, and return the lead request.

    Raises:
        Refusal: the lead request or the deal is refused; the caller must roll back the transaction.
    """
    sent = command.payload
    lock_registrations(work)
    decision = decide_lead_requests(work, [sent.lead_request])
    lead_request = _accepted(decision.outcomes[0])
    store_leads(work, list(decision.arrivals.values()))
    if sent.deal is not None:
        clue = LeadClue(LeadRequestIdentity(lead_request.id, None), None)
        (receipt,) = register_deals(work, [command.with_payload(replace(sent.deal, clue=clue))])
        _accepted(receipt)
    elif decision.arrivals and not pay_for_calls(work, sent.method, 1):
        raise points_refusal(work)
    return lead_request


def _accepted(outcome: Outcome | Refusal) -> Outcome:
    """Return the outcome of an operation, or raise the outcome if it is a refusal."""
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _find_retried(work: Work, sent: LeadRequestWithDeal) -> LeadRequest | None:
    """Return the stored lead request of a deal that is sent again, or `None` if the deal is not a retry.

    The deal is found by its number. If the lead request was sent with a number of its own, the result is `None`.
    """
    if sent.deal is None or sent.deal.number is None or sent.lead_request.number is not None:
        return None
    registered = find_registered(work.connection, work.site.id, all_spellings([sent.deal.number]))
    earlier = find_spelt(sent.deal.number, registered)
    if earlier is None or not earlier.is_retried_by(sent.deal):
        return None
    receipt = find_receipts(work.connection, work.site.id, [earlier.deal_id]).get(earlier.deal_id)
    if receipt is None or receipt.lead is None or receipt.lead.kind is not LeadKind.LEAD_REQUEST:
        return None
    number = str(receipt.lead.id)
    known = find_lead_requests_by_number(work.connection, work.site.id, [number]).get(number)
    return known.lead_request if known is not None else None
