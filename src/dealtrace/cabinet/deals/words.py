"""What the pages of deals call things; the words are English, and translated where they are shown."""

from collections.abc import Mapping

from dealtrace.deals.versions import VersionKind
from dealtrace.matching.explanation import WonBy
from dealtrace.matching.match_reason import MatchReason
from dealtrace.operations.deals.explain import Verdict

REASONS: Mapping[MatchReason, str] = {
    MatchReason.PINNED: "Pinned by hand",
    MatchReason.CALL_ID: "The CRM named the call",
    MatchReason.CALL_REFERENCE: "The CRM named the call by its number in the exchange",
    MatchReason.REQUEST_ID: "The CRM named the lead request",
    MatchReason.REQUEST_NUMBER: "The CRM named the lead request by its number",
    MatchReason.PHONE: "Found by phone",
    MatchReason.EMAIL: "Found by e-mail",
    MatchReason.STATED_SOURCE: "The CRM stated the source",
    MatchReason.PINNED_TO_NONE: "Pinned by hand to no lead",
    MatchReason.MATCHER: "By a matcher of the CRM’s list",
    MatchReason.NOTHING_SENT: "The CRM sent neither a lead nor a contact",
    MatchReason.LEAD_UNKNOWN: "The CRM named a lead that is unknown",
    MatchReason.CONTACT_UNUSABLE: "The contact cannot be read",
    MatchReason.MATCHING_OFF: "Matching by contact is off",
    MatchReason.NO_LEAD_NEAR: "No lead in time",
}
"""Why deals have their leads, or none."""
VERDICTS: Mapping[Verdict, str] = {
    Verdict.PINNED: "A person pinned it by hand. Leads that arrive later do not change that.",
    Verdict.NAMED: "The CRM named the lead, so nothing had to be searched for.",
    Verdict.CONTACT: "The lead was found by the client’s contact and by time.",
    Verdict.MATCHER: "A matcher of the list that the CRM sent decided.",
    Verdict.KEPT: "The lead was found by contact before matching by contact was switched off, and is kept.",
    Verdict.NO_CLUE: "The CRM sent neither a lead nor a contact, so there is nothing to search by.",
    Verdict.SWITCHED_OFF: "Matching by contact is off at this site, so contacts are not searched for.",
    Verdict.NONE_FITS: "No lead fits: see below what was searched for and what was missed.",
}
WON_BY: Mapping[WonBy, str] = {
    WonBy.ALONE: "It is the only one in time.",
    WonBy.START: "Of several in time it began last.",
    WonBy.END: "Of several that began together it ended last.",
    WonBy.REFERENCE: "Of several at the same time it has the greater number.",
    WonBy.ID: "Of several at the same time it was stored last.",
}
VERSIONS: Mapping[VersionKind, str] = {
    VersionKind.REGISTERED: "Registered",
    VersionKind.CHANGED: "Changed",
    VersionKind.DELETED: "Deleted",
    VersionKind.RESTORED: "Restored",
    VersionKind.MATCHED: "Another lead was found",
    VersionKind.PINNED: "Lead pinned by hand",
    VersionKind.UNPINNED: "Lead left to the rules",
}
FIELDS: Mapping[str, str] = {
    "number": "Number",
    "status": "Status",
    "amount_rub": "Sum",
    "happened_at": "Date of the deal",
    "service": "Service",
    "manager": "Manager",
    "comment": "Comment",
    "tags": "Tags",
    "custom_values": "Custom fields",
    "stated_source": "Stated source",
    "lead": "Lead",
    "visit_id": "Visit",
    "deleted_at": "Deleted",
}
"""The fields that versions show; all else is known from other places of the card."""
assert (set(REASONS), set(VERDICTS), set(WON_BY), set(VERSIONS)) == tuple(
    map(set, (MatchReason, Verdict, WonBy, VersionKind))
)
