"""Register lead requests that a site sends one by one."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.attribution.visit_ids import FIRST_KEYED_ID, is_usable_without_token
from dealtrace.errors import Refusal
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.leads.arrivals import IDS_PER_LEAD_MAX, decide_lead_requests
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.visits.visits import find_visits


@operation(ids_per_command=IDS_PER_LEAD_MAX)
def register_lead_requests(
    work: Work, commands: Sequence[WriteCommand[IncomingLeadRequest]]
) -> list[LeadRequest | Refusal]:
    """Register lead requests; each outcome is the lead request with its id, or a refusal if its number is in use.

    If a lead request with a number is sent again with the same content, this is a safe retry: the outcome is the stored
    lead request.
    """
    lock_registrations(work)
    decision = decide_lead_requests(work, _without_guessed_visits(work, commands))
    store_leads(work, list(decision.arrivals.values()))
    return decision.outcomes


def _without_guessed_visits(
    work: Work, commands: Sequence[WriteCommand[IncomingLeadRequest]]
) -> list[IncomingLeadRequest]:
    """Return the lead requests; if a sender is not allowed to refer to a visit, the visit's id is removed.

    A sender without a token may refer to a visit with a guessable id only if the visit is recent.
    """
    guessable = {
        command.payload.visit_id
        for command in commands
        if command.token_id is None
        and command.payload.visit_id is not None
        and command.payload.visit_id < FIRST_KEYED_ID
    }
    stored = find_visits(work.connection, work.site.id, guessable)
    barred = {each for each in guessable if not is_usable_without_token(each, stored.get(each), work.now)}
    return [
        replace(command.payload, visit_id=None)
        if command.token_id is None and command.payload.visit_id in barred
        else command.payload
        for command in commands
    ]
