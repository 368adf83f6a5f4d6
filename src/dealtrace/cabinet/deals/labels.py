"""The labels and sentences of the pages of deals, in English; pages translate them."""

from collections.abc import Mapping

from dealtrace.deals.matchers import MatcherKind, Preference
from dealtrace.deals.versions import VersionKind
from dealtrace.files.reports.code_labels import CODE_LABELS
from dealtrace.matching.explanation import MatcherOutcome, WonBy
from dealtrace.matching.lead_search import Miss
from dealtrace.matching.match_reason import MatchReason, Verdict
from dealtrace.reports.dimensions import DIMENSIONS

REASONS: Mapping[MatchReason, str] = {
    MatchReason(code): labels[1] for code, labels in CODE_LABELS[DIMENSIONS["match_reason"].name].items()
}
"""The reasons why deals have their leads, or have no lead, in the words of reports and files."""
VERDICTS: Mapping[Verdict, str] = {
    Verdict.PINNED: "The lead was pinned by hand. Leads that arrive later do not replace it.",
    Verdict.NAMED: "The CRM identified the lead, so no search was needed.",
    Verdict.CONTACT: "The lead was found by the client’s contact and the time of the deal.",
    Verdict.MATCHER: "The match was decided by a matcher from the list that the CRM sent.",
    Verdict.KEPT: "The lead was found by contact before matching by contact was turned off; the deal keeps it.",
    Verdict.NO_CLUE: "The CRM sent neither a lead nor a contact, so there is nothing to search by.",
    Verdict.SWITCHED_OFF: "Matching by contact is off for this site, so no search by contact was made.",
    Verdict.NONE_FITS: "No lead matches. See below what was searched for and why the leads found do not match.",
}
UNSEARCHED: Mapping[MatchReason, str] = {
    MatchReason.LEAD_UNKNOWN: "The lead that the CRM identified is not in Dealtrace, and the CRM sent no phone "
    "or e-mail, so there was nothing to search by. If that lead arrives, the deal will get it.",
    MatchReason.CONTACT_UNUSABLE: "The phone or e-mail that the CRM sent is invalid, "
    "so there was nothing to search by.",
    MatchReason.PINNED_TO_NONE: "A person left the deal without a lead. Leads that arrive later do not change that.",
}
"""The sentences about deals for which no search for a lead was made; they replace the sentences in `VERDICTS`."""
CURED_IN_CRM = frozenset({MatchReason.NOTHING_SENT, MatchReason.LEAD_UNKNOWN, MatchReason.CONTACT_UNUSABLE})
"""The reasons for which a deal has no lead until the CRM sends a lead, or a contact by which one can be found."""
STATED_ALONE = "The CRM stated the source and sent neither a lead nor a contact, so there was nothing to search by."
NOBODY_FOUND = "No lead matches: there is none with this contact. See below what was searched for."
LEAD_KEPT = "The deal keeps the lead that was found earlier, although none of the matchers below finds a lead now."
NO_MATCHER_DECIDED = (
    "No matcher found a lead. See below which matchers the CRM sent and why each of them found nothing."
)
WON_BY: Mapping[WonBy, str] = {
    WonBy.ALONE: "This is the only lead within the allowed time.",
    WonBy.START: "Of the leads within the allowed time, this one began last.",
    WonBy.END: "Of the leads that began at the same time, this one ended last.",
    WonBy.REFERENCE: "Of the leads with the same start and end, the number of this one is the greatest.",
    WonBy.ID: "Of the leads with the same start and end, this one was stored last.",
}
OUTCOMES: Mapping[MatcherOutcome, str] = {
    MatcherOutcome.DECIDED: "This matcher decided.",
    MatcherOutcome.FOUND_NOTHING: "This matcher found nothing.",
    MatcherOutcome.PASSED_OVER: "Skipped: Dealtrace does not support this search.",
    MatcherOutcome.NOT_TRIED: "Not tried, because an earlier matcher decided.",
    MatcherOutcome.UNREACHABLE: "Never tried, because an earlier matcher always decides.",
}
MISSES: Mapping[Miss, str] = {
    Miss.KIND: "the matcher searches for leads of another kind",
    Miss.LATER: "the lead began %(time)s after the matcher’s date",
    Miss.DEPTH: "the lead began %(time)s before the matcher’s date, %(excess)s more than allowed",
    Miss.TAGS: "the required tags are missing",
    Miss.UNIQUE: "the lead is not unique",
}
"""Why a lead does not fit a matcher (a search for a deal's lead, defined by the CRM)."""
UNSPECIFIED: Mapping[MatcherKind, str] = {
    MatcherKind.ID: "A lead by its ID",
    MatcherKind.NO_SOURCE: "Neither a lead nor a source",
    MatcherKind.CHAT: "A chat",
}
"""Titles, by kind, of matchers (searches for a deal's lead) that were sent without an id, contact or source."""
PREFERENCES: Mapping[Preference, str] = {
    Preference.NEAREST: "The nearest lead is chosen.",
    Preference.NEAREST_UNIQUE: "The nearest lead that is unique among leads of its kind is chosen.",
    Preference.NEAREST_UNIQUE_LEAD: "The nearest lead that is unique among all leads is chosen.",
}
VERSIONS: Mapping[VersionKind, str] = {
    VersionKind.REGISTERED: "Registered",
    VersionKind.CHANGED: "Changed",
    VersionKind.DELETED: "Deleted",
    VersionKind.RESTORED: "Restored",
    VersionKind.MATCHED: "Another lead was found",
    VersionKind.PINNED: "Lead pinned by hand",
    VersionKind.UNPINNED: "Lead unpinned",
}
FIELDS: Mapping[str, str] = {
    "number": "Number",
    "status": "Status",
    "status_since": "Status since",
    "amount_rub": "Amount",
    "margin_rub": "Margin",
    "currency": "Currency",
    "happened_at": "Date of the deal",
    "service": "Service",
    "manager": "Manager",
    "comment": "Comment",
    "tags": "Tags",
    "ring_back": "Missed call",
    "custom_values": "Custom fields",
    "stated_source": "Source stated by the CRM",
    "matchers": "Matchers",
    "lead": "Lead",
    "visit_id": "Visit",
    "deleted_at": "Deleted",
}
"""The titles of fields in the history of a deal; the details of a deal have titles of their own."""
assert (set(REASONS), set(VERDICTS), set(WON_BY), set(VERSIONS)) == tuple(
    map(set, (MatchReason, Verdict, WonBy, VersionKind))
)
assert (set(OUTCOMES), set(MISSES), set(PREFERENCES)) == tuple(map(set, (MatcherOutcome, Miss, Preference)))
