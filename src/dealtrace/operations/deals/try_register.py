"""Try registrations: decide and explain them without storing anything."""

from collections.abc import Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import DealId
from dealtrace.deals.registration import Registered, Registration, new_deal
from dealtrace.errors import NumberTaken
from dealtrace.leads.reference_spelling import all_spellings, find_spelt
from dealtrace.operations.matching.decide_matchers import MatchDecision
from dealtrace.operations.matching.explain import Explanation, explain_deal
from dealtrace.operations.matching.match import DealToMatch, match_with_reasons
from dealtrace.plain_text import stripped
from dealtrace.record import record
from dealtrace.storage.deals import deals

NO_ID = DealId(0)
"""The id of a deal that is not stored."""


@record
class TriedRegistration:
    """The result of trying a registration.

    `earlier` is the id of the stored deal if the registration would be a retry, or `None`. `explanation` says why the
    deal would get its lead, or why it would get no lead. Custom fields in `unknown_fields` would not be stored.
    """

    registration: Registration
    decision: MatchDecision
    explanation: Explanation
    unknown_fields: tuple[str, ...]
    earlier: DealId | None = None


def try_registrations(
    connection: Connection, site: Site, registrations: Sequence[Registration]
) -> list[TriedRegistration | NumberTaken]:
    """Return the result that each of `registrations` would have if all were sent now, in this order.

    Ours: a trial costs no points and is not refused if none are left, because spending points would be a write.
    """
    stated = [each.number for each in registrations if each.number is not None]
    registered = deals.find_registered(connection, site.id, all_spellings(stated))
    decisions = match_with_reasons(connection, site, [DealToMatch.of(each) for each in registrations])
    tried: list[TriedRegistration | NumberTaken] = []
    for registration, decision in zip(registrations, decisions, strict=True):
        number = registration.number
        earlier = find_spelt(number, registered) if number is not None else None
        if earlier is not None and not earlier.is_retried_by(registration):
            tried.append(NumberTaken(number=number, deal_id=earlier.deal_id))
            continue
        if number is not None and earlier is None:
            registered[stripped(number)] = Registered(NO_ID, registration.fingerprint)
        tried.append(_try(connection, site, registration, decision, earlier))
    return tried


def _try(
    connection: Connection, site: Site, registration: Registration, decision: MatchDecision, earlier: Registered | None
) -> TriedRegistration:
    values, unknown = split_by_known(registration.custom_values, site.custom_fields)
    deal = new_deal(
        registration,
        NO_ID,
        registration.number or "",
        lead=decision.match.lead,
        custom_values=values,
        now=registration.happened_at,
        visit_id=decision.match.visit_id,
    )
    known = earlier.deal_id if earlier is not None else None
    return TriedRegistration(registration, decision, explain_deal(connection, site, deal), unknown, known)
