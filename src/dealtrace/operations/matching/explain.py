"""Explain why a deal has its lead, or why it has none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue, LeadRequestIdentity, SearchContacts
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.explanation import NEAR_MISS, MatcherOutcome, MatcherStep, Missed, Step, explain_search
from dealtrace.matching.lead_search import searched_contacts
from dealtrace.matching.match_reason import LeadContacts, MatchReason, Verdict, match_reason_of, verdict_of
from dealtrace.matching.matcher_changes import MatcherChange
from dealtrace.matching.rematch_effect import Match
from dealtrace.matching.rule_changes import SECOND, RuleChange, list_rule_changes
from dealtrace.matching.window import LINK_THRESHOLD_MAX
from dealtrace.operations.matching.decide_matchers import explain_decision
from dealtrace.operations.matching.match import DealToMatch, match_deals
from dealtrace.record import record
from dealtrace.storage.leads import contact_rows

REFERENCE = "reference"
"""The value of `Naming.by` if a request identifies a lead by its reference in another system, and not by our id."""


@record
class Naming:
    """An id or reference that a request gave for a lead; `lead` is the lead that has it, or `None` if no lead does."""

    kind: LeadKind
    by: str
    value: str
    lead: LeadRef | None


@record
class Explanation:
    """The explanation of a deal's lead: all searches for the lead, in the order of matching.

    `namings` are the ids and references that the request gave. They are tried first, until one identifies a lead.
    `steps` are the searches by contact, which are listed even if contact matching is off. `rule_changes` are the
    smallest changes to the rules that would give the deal a different lead; there are none if the lead is pinned
    or identified by the request. For a deal of the deals API 2.0, only `matchers` and `matcher_changes` are filled; the
    latter are the smallest changes to its matchers that would give it a different lead or visit.
    """

    deal: Deal
    contact_matching: bool
    namings: tuple[Naming, ...]
    steps: tuple[Step, ...]
    rule_changes: tuple[RuleChange, ...] = ()
    matchers: tuple[MatcherStep, ...] = ()
    matcher_changes: tuple[MatcherChange, ...] = ()

    @property
    def named(self) -> LeadRef | None:
        """The lead that the sent id or reference identifies at present, or `None` if there is none."""
        return next((naming.lead for naming in self.namings if naming.lead is not None), None)

    @property
    def verdict(self) -> Verdict:
        """The reason why the deal has its lead, or why it has none."""
        if self.deal.matchers and self.deal.pinned_at is None:
            return Verdict.MATCHER if any(map(_is_decided, self.matchers)) else Verdict.NONE_FITS
        return verdict_of(self.reason, contact_matching=self.contact_matching)

    @property
    def reason(self) -> MatchReason:
        """The match reason as in reports, except that a stated source does not count as a reason for having no lead."""
        deal = replace(self.deal, stated_source=None)
        return match_reason_of(deal, self._found_by(deal.lead), contact_matching=self.contact_matching)

    def _found_by(self, lead: LeadRef | None) -> LeadContacts | None:
        """Return the reference and contacts by which the searches found `lead`, or `None` if there is no lead."""
        if lead is None:
            return None
        references = (naming.value for naming in self.namings if naming.lead == lead and naming.by == REFERENCE)
        shared = (step.search.contact for step in self.steps if any(each.lead == lead for each in step.candidates))
        return LeadContacts(next(references, None), frozenset(shared))


def _is_decided(step: MatcherStep) -> bool:
    return step.outcome is MatcherOutcome.DECIDED


def explain_deal(connection: Connection, site: Site, deal: Deal) -> Explanation:
    """Explain how the deal's lead was found; the explanation follows the same rules as matching."""
    if deal.matchers:
        decision = explain_decision(connection, site, deal.matchers, Match.of(deal))
        changes_of_matchers = decision.changes if deal.pinned_at is None else ()
        return Explanation(
            deal, site.contact_matching, (), (), matchers=decision.steps, matcher_changes=changes_of_matchers
        )
    namings = tuple(_namings(connection, site, deal))
    contact = deal.clue.contact
    if contact is None:
        return Explanation(deal, site.contact_matching, namings, ())
    spans = _list_spans(connection, site, deal.happened_at, contact)
    steps = explain_search(contact, deal.happened_at, spans)
    explanation = Explanation(deal, site.contact_matching, namings, tuple(steps))
    if deal.pinned_at is not None or explanation.named is not None:
        return explanation
    spans += _list_farther_spans(connection, site, deal.happened_at, contact, steps)
    changes = list_rule_changes(
        contact, deal.happened_at, spans, current=deal.lead, contact_matching=site.contact_matching
    )
    return replace(explanation, rule_changes=tuple(changes))


def _namings(connection: Connection, site: Site, deal: Deal) -> Iterator[Naming]:
    """Yield the ids and references that were sent with the deal, ending with the first that identifies a lead.

    The id that this server assigned to a lead comes before its reference in another system.
    """
    for kind, by, value, identity in _names_in(deal.clue):
        (found,) = match_deals(connection, site, [DealToMatch(LeadClue(identity), deal.happened_at)])
        yield Naming(kind, by, value, found)
        if found is not None:
            break


def _names_in(clue: LeadClue) -> Iterator[tuple[LeadKind, str, str, CallIdentity | LeadRequestIdentity]]:
    match clue.identity:
        case CallIdentity(lead_id, reference):
            if lead_id is not None:
                yield LeadKind.CALL, "id", str(lead_id), CallIdentity(lead_id, None)
            if reference is not None:
                yield LeadKind.CALL, REFERENCE, reference, CallIdentity(None, reference)
        case LeadRequestIdentity(lead_id, number):
            if lead_id is not None:
                yield LeadKind.LEAD_REQUEST, "id", str(lead_id), LeadRequestIdentity(lead_id, None)
            if number is not None:
                yield LeadKind.LEAD_REQUEST, REFERENCE, number, LeadRequestIdentity(None, number)


def _list_spans(connection: Connection, site: Site, happened_at: datetime, contact: SearchContacts) -> list[LeadSpan]:
    """List the leads that share a contact with a deal and fit its time limits, or miss them by at most `NEAR_MISS`."""
    since = happened_at - contact.link_threshold - NEAR_MISS
    queries = [contact_rows.SpanQuery(value, happened_at + NEAR_MISS, since) for value in searched_contacts(contact)]
    return contact_rows.list_spans(connection, site.id, queries)


def _list_farther_spans(
    connection: Connection, site: Site, happened_at: datetime, contact: SearchContacts, steps: Sequence[Step]
) -> list[LeadSpan]:
    """List the leads that the deal would get if its link threshold were just long enough.

    The link threshold is the longest time between a lead and its deal. Only searches by contact that found nothing
    are considered, and only leads that miss the threshold by more than `NEAR_MISS`. The list is empty if a smaller
    increase of the threshold would give the deal a nearer lead.
    """
    failed = [step for step in steps if step.winner is None]
    if any(candidate.missed_end is Missed.CLOSING for step in failed for candidate in step.candidates):
        return []
    wanted = {kind: {step.search.contact for step in failed if step.search.kind is kind} for kind in LeadKind}
    latest = contact_rows.find_latest_end(connection, site.id, wanted, happened_at)
    if latest is None or latest < happened_at - LINK_THRESHOLD_MAX:
        return []
    queries = [contact_rows.SpanQuery(value, happened_at, latest - SECOND) for value in searched_contacts(contact)]
    return contact_rows.list_spans(connection, site.id, queries)
