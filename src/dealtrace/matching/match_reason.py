"""The reason why a deal has its lead or source, or has none, in one word for reports."""

from enum import StrEnum

from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import CallIdentity, ContactClue
from dealtrace.leads.lead import LeadKind
from dealtrace.record import record


class MatchReason(StrEnum):
    """What a deal was matched by, or why it has no lead; the values are keys of the dimension `match_reason`."""

    PINNED = "pinned"
    CALL_ID = "call_id"
    CALL_REFERENCE = "call_reference"
    REQUEST_ID = "request_id"
    REQUEST_NUMBER = "request_number"
    MATCHER = "matcher"
    PHONE = "phone"
    EMAIL = "email"
    STATED_SOURCE = "stated_source"
    PINNED_TO_NONE = "pinned_to_none"
    NOTHING_SENT = "nothing_sent"
    LEAD_UNKNOWN = "lead_unknown"
    CONTACT_UNUSABLE = "contact_unusable"
    MATCHING_OFF = "matching_off"
    NO_LEAD_NEAR = "no_lead_near"


UNMATCHED_REASONS = (
    MatchReason.PINNED_TO_NONE,
    MatchReason.NOTHING_SENT,
    MatchReason.LEAD_UNKNOWN,
    MatchReason.CONTACT_UNUSABLE,
    MatchReason.MATCHING_OFF,
    MatchReason.NO_LEAD_NEAR,
)
"""The reasons of deals that have neither a lead nor a stated source."""


@record
class LeadContacts:
    """What a deal's lead is known by: its name outside, and its contacts in normal form."""

    reference: str | None
    phone: str | None
    email: str | None


def match_reason_of(deal: Deal, lead: LeadContacts | None, *, contact_matching: bool) -> MatchReason:
    """Return the reason of a deal's match.

    `lead` belongs to the deal's lead. `contact_matching` is the site's present setting: what it was when the deal came
    is not kept.
    """
    if deal.lead is not None and lead is not None:
        return _reason_of_lead(deal, lead)
    if deal.pinned_at is not None:
        return MatchReason.PINNED_TO_NONE
    if deal.stated_source is not None:
        return MatchReason.STATED_SOURCE
    return _reason_of_none(deal, contact_matching=contact_matching)


def _reason_of_none(deal: Deal, *, contact_matching: bool) -> MatchReason:
    contact = deal.clue.contact
    if deal.matchers:
        return MatchReason.NO_LEAD_NEAR
    if contact is None:
        return MatchReason.NOTHING_SENT if deal.clue.identity is None else MatchReason.LEAD_UNKNOWN
    if _phone(contact) is None and _email(contact) is None:
        return MatchReason.CONTACT_UNUSABLE
    return MatchReason.NO_LEAD_NEAR if contact_matching else MatchReason.MATCHING_OFF


def _reason_of_lead(deal: Deal, lead: LeadContacts) -> MatchReason:
    assert deal.lead is not None
    if deal.pinned_at is not None:
        return MatchReason.PINNED
    if deal.matchers:
        return MatchReason.MATCHER
    identity, contact = deal.clue.identity, deal.clue.contact
    if identity is not None:
        is_call = isinstance(identity, CallIdentity)
        if identity.id == deal.lead.id and is_call == (deal.lead.kind is LeadKind.CALL):
            return MatchReason.CALL_ID if is_call else MatchReason.REQUEST_ID
        reference = identity.reference if isinstance(identity, CallIdentity) else identity.number
        if contact is None or (reference is not None and reference == lead.reference):
            return MatchReason.CALL_REFERENCE if is_call else MatchReason.REQUEST_NUMBER
    phone, email = (_phone(contact), _email(contact)) if contact is not None else (None, None)
    is_by_email = phone is None or (phone != lead.phone and email is not None and email == lead.email)
    return MatchReason.EMAIL if is_by_email else MatchReason.PHONE


def _phone(contact: ContactClue) -> str | None:
    return contact.phone.normal if contact.phone is not None else None


def _email(contact: ContactClue) -> str | None:
    return contact.email.normal if contact.email is not None else None
