"""Why a deal was matched to its lead or to none, computed in SQL; `matching/match_reason.py` has the rule in Python."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, case, literal, or_, select

from dealtrace.leads.lead import LeadKind
from dealtrace.matching.match_reason import UNMATCHED_REASONS, MatchReason
from dealtrace.storage.database.column_types import AnyElement, is_in
from dealtrace.storage.deals.lead_links import is_its_lead
from dealtrace.storage.schema.tables.deals import deal, deal_contact
from dealtrace.storage.schema.tables.leads import call, lead_contact, lead_request


def match_reason(*, contact_matching: bool) -> AnyElement:
    """Return the SQL expression for a deal's match reason: why the deal has its lead, or why it has none.

    The query must join the lead. `contact_matching` is the site's setting that allows matches by phone or e-mail.
    """
    without_lead = _without_lead(contact_matching=contact_matching)
    return case((deal.c.lead_id.is_(None), without_lead), else_=_with_lead(~_has_contact()))


def has_reason(reason: MatchReason, *, contact_matching: bool) -> ColumnElement[bool]:
    """Return the SQL condition that a deal has the match reason `reason`.

    If `needs_lead(reason)`, the query must join the lead. Otherwise the condition reads only columns of the deal, so
    that long lists of deals are searched quickly. Deals without a lead are recognised by `lead_kind`, a column that
    the indexes for the journal of deals contain.
    """
    if needs_lead(reason):
        return match_reason(contact_matching=contact_matching) == reason
    return and_(deal.c.lead_kind.is_(None), _without_lead(contact_matching=contact_matching) == reason)


def needs_lead(reason: MatchReason) -> bool:
    """Return whether deals with a lead can have `reason`; if so, a search for such deals must read the lead's row."""
    return reason not in UNMATCHED_REASONS and reason is not MatchReason.STATED_SOURCE


def _without_lead(*, contact_matching: bool) -> ColumnElement[str]:
    """Return the SQL expression for the reason why a deal has no lead; it reads only the deal's own row."""
    clue = deal.c
    has_identity = or_(
        clue.clue_call_id.is_not(None),
        clue.clue_call_reference.is_not(None),
        clue.clue_lead_request_id.is_not(None),
        clue.clue_lead_request_number.is_not(None),
    )
    is_usable = or_(clue.clue_phone.is_not(None), clue.clue_email.is_not(None))
    return case(
        (deal.c.visit_id.is_not(None), MatchReason.MATCHER),
        (deal.c.stated_source_id.is_not(None), MatchReason.STATED_SOURCE),
        (deal.c.pinned_at.is_not(None), MatchReason.PINNED_TO_NONE),
        (clue.matchers.is_not(None), MatchReason.NO_LEAD_NEAR),
        (and_(~_has_contact(), ~has_identity), MatchReason.NOTHING_SENT),
        (~_has_contact(), MatchReason.LEAD_UNKNOWN),
        (~is_usable, MatchReason.CONTACT_UNUSABLE),
        else_=MatchReason.NO_LEAD_NEAR if contact_matching else MatchReason.MATCHING_OFF,
    )


def _has_contact() -> ColumnElement[bool]:
    return or_(deal.c.clue_phone_as_sent.is_not(None), deal.c.clue_email_as_sent.is_not(None))


def find_match_reasons(
    connection: Connection, site_id: int, deal_ids: Sequence[int], *, contact_matching: bool
) -> dict[int, str]:
    """Find the reasons why deals were matched to their lead or to none, by deal id."""
    if not deal_ids:
        return {}
    joined = deal.outerjoin(call, is_its_lead(call, LeadKind.CALL)).outerjoin(
        lead_request, is_its_lead(lead_request, LeadKind.LEAD_REQUEST)
    )
    reason = match_reason(contact_matching=contact_matching)
    query = select(deal.c.id, reason).select_from(joined).where(deal.c.site_id == site_id, is_in(deal.c.id, deal_ids))
    return {row[0]: str(row[1]) for row in connection.execute(query)}


def _with_lead(is_without_contact: ColumnElement[bool]) -> AnyElement:
    clue = deal.c
    is_call, is_request = (deal.c.lead_kind == kind for kind in (LeadKind.CALL, LeadKind.LEAD_REQUEST))
    names_call = or_(clue.clue_call_id.is_not(None), clue.clue_call_reference.is_not(None))
    names_request = or_(clue.clue_lead_request_id.is_not(None), clue.clue_lead_request_number.is_not(None))
    is_by_email = or_(clue.clue_phone.is_(None), and_(~_shares(is_email=False), _shares(is_email=True)))
    return case(
        (deal.c.pinned_at.is_not(None), MatchReason.PINNED),
        (clue.matchers.is_not(None), MatchReason.MATCHER),
        (and_(is_call, clue.clue_call_id == deal.c.lead_id), MatchReason.CALL_ID),
        (and_(is_request, clue.clue_lead_request_id == deal.c.lead_id), MatchReason.REQUEST_ID),
        (
            and_(names_call, or_(is_without_contact, clue.clue_call_reference == call.c.reference)),
            MatchReason.CALL_REFERENCE,
        ),
        (
            and_(names_request, or_(is_without_contact, clue.clue_lead_request_number == lead_request.c.number)),
            MatchReason.REQUEST_NUMBER,
        ),
        (is_by_email, MatchReason.EMAIL),
        else_=MatchReason.PHONE,
    )


def _shares(*, is_email: bool) -> ColumnElement[bool]:
    """Return the SQL condition that a deal and its lead have a phone, or an e-mail, in common.

    The rows of leads contain contacts as sent; the normalised contacts are in the table `lead_contact`.
    """
    contact = lead_contact.c.contact
    sent = deal.c.clue_email if is_email else deal.c.clue_phone
    mark = contact.contains("@", autoescape=True)
    further = select(deal_contact.c.contact).where(
        deal_contact.c.site_id == deal.c.site_id, deal_contact.c.deal_id == deal.c.id
    )
    theirs = (
        lead_contact.c.site_id == deal.c.site_id,
        lead_contact.c.lead_id == deal.c.lead_id,
        mark if is_email else ~mark,
        or_(contact == sent, contact.in_(further.correlate(deal))),
    )
    return select(literal(1)).where(*theirs).correlate(deal).exists()
