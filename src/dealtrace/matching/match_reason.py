"""The reason why a deal has its lead or source, or has neither: a key in reports, and a verdict in explanations."""

from collections.abc import Mapping
from enum import StrEnum

from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import CallIdentity, SearchContacts
from dealtrace.leads.contact import StatedContact
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.reference_spelling import spellings
from dealtrace.record import record


class MatchReason(StrEnum):
    """The reason why a deal has its lead, or has none; the values are keys of the report dimension `match_reason`."""

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
"""The reasons why a deal has neither a lead nor a stated source."""


class Verdict(StrEnum):
    """The reason why a deal has its lead, or has no lead, as explanations show it."""

    PINNED = "pinned by hand"
    NAMED = "named by the caller"
    CONTACT = "found by contact"
    MATCHER = "decided by a matcher"
    KEPT = "kept from before contact matching was switched off"
    NO_CLUE = "nothing identifies the lead"
    SWITCHED_OFF = "contact matching is off"
    NONE_FITS = "no lead fits"


_VERDICTS: Mapping[MatchReason, Verdict] = {
    MatchReason.PINNED: Verdict.PINNED,
    MatchReason.PINNED_TO_NONE: Verdict.PINNED,
    MatchReason.CALL_ID: Verdict.NAMED,
    MatchReason.CALL_REFERENCE: Verdict.NAMED,
    MatchReason.REQUEST_ID: Verdict.NAMED,
    MatchReason.REQUEST_NUMBER: Verdict.NAMED,
    MatchReason.MATCHER: Verdict.MATCHER,
    MatchReason.PHONE: Verdict.CONTACT,
    MatchReason.EMAIL: Verdict.CONTACT,
    MatchReason.NOTHING_SENT: Verdict.NO_CLUE,
    MatchReason.LEAD_UNKNOWN: Verdict.NONE_FITS,
    MatchReason.CONTACT_UNUSABLE: Verdict.NONE_FITS,
    MatchReason.MATCHING_OFF: Verdict.SWITCHED_OFF,
    MatchReason.NO_LEAD_NEAR: Verdict.NONE_FITS,
}
"""The verdict for each reason; `STATED_SOURCE` has no verdict, since verdicts are about leads."""


def verdict_of(reason: MatchReason, *, contact_matching: bool) -> Verdict:
    """Return the verdict for a reason; a lead found by contact is `KEPT` if contact matching is off now.

    Raises:
        KeyError: the reason is `STATED_SOURCE`, which has no verdict.
    """
    verdict = _VERDICTS[reason]
    return Verdict.KEPT if verdict is Verdict.CONTACT and not contact_matching else verdict


@record
class LeadContacts:
    """The values by which a deal's lead may have been found: the lead's contacts, and its id in another system."""

    reference: str | None
    contacts: frozenset[str]


def match_reason_of(deal: Deal, lead: LeadContacts | None, *, contact_matching: bool) -> MatchReason:
    """Return the reason why a deal has its lead or source, or has neither.

    Ours: a stated source counts even if a person left the deal without a lead, as it does in all figures by source.
    `contact_matching` is the current setting of the site, since its value when the deal was registered is not stored.
    """
    if deal.lead is not None and lead is not None:
        return _reason_of_lead(deal, lead)
    if deal.visit_id is not None:
        return MatchReason.MATCHER
    if deal.stated_source is not None:
        return MatchReason.STATED_SOURCE
    if deal.pinned_at is not None:
        return MatchReason.PINNED_TO_NONE
    return _reason_of_none(deal, contact_matching=contact_matching)


def _reason_of_none(deal: Deal, *, contact_matching: bool) -> MatchReason:
    contact = deal.clue.contact
    if deal.matchers:
        return MatchReason.NO_LEAD_NEAR
    if contact is None:
        return MatchReason.NOTHING_SENT if deal.clue.identity is None else MatchReason.LEAD_UNKNOWN
    if not _normals(contact.phone) and not _normals(contact.email):
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
        is_of_kind = is_call == (deal.lead.kind is LeadKind.CALL)
        if is_of_kind and identity.id == deal.lead.id:
            return MatchReason.CALL_ID if is_call else MatchReason.REQUEST_ID
        reference = identity.reference if isinstance(identity, CallIdentity) else identity.number
        is_named = is_of_kind and reference is not None and lead.reference in spellings(reference)
        if contact is None or is_named:
            return MatchReason.CALL_REFERENCE if is_call else MatchReason.REQUEST_NUMBER
    return _reason_of_contacts(contact, lead.contacts) if contact is not None else MatchReason.PHONE


def _reason_of_contacts(sent: SearchContacts, contacts: frozenset[str]) -> MatchReason:
    """Return `PHONE` or `EMAIL`, whichever found the lead; phones are tried first, see `searches_for`."""
    phones, emails = _normals(sent.phone), _normals(sent.email)
    is_by_email = not phones or (contacts.isdisjoint(phones) and not contacts.isdisjoint(emails))
    return MatchReason.EMAIL if is_by_email else MatchReason.PHONE


def _normals(sent: StatedContact | None) -> tuple[str, ...]:
    return sent.normals if sent is not None else ()
