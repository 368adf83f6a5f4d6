"""Find the leads of deals: read the leads that may fit, then choose by the rules of `matching`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue, LeadRequestIdentity
from dealtrace.deals.matchers import Matcher
from dealtrace.deals.registration import Registration
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.reference_spelling import find_spelt, spellings
from dealtrace.matching.lead_search import SEARCH_ORDER, searched_contacts
from dealtrace.matching.nearest_lead import find_lead
from dealtrace.matching.rematch_effect import Match
from dealtrace.operations.matching.decide_matchers import MatchDecision, decide_matchers
from dealtrace.record import record
from dealtrace.storage.leads import contact_rows, leads


@record
class DealToMatch:
    """A deal to match: its time, and its `clue`, which is the id, reference or contacts that the CRM sent.

    The clue is ignored if the CRM also sent `matchers`, which are searches for a lead.
    """

    clue: LeadClue
    happened_at: datetime
    matchers: tuple[Matcher, ...] = ()

    @classmethod
    def of(cls, deal: Deal | Registration) -> "DealToMatch":
        """Return a deal or registration as a deal to match."""
        return cls(deal.clue, deal.happened_at, deal.matchers)


def match_deals(
    connection: Connection, site: Site, deals: Sequence[DealToMatch], precedence: Sequence[LeadKind] = SEARCH_ORDER
) -> list[LeadRef | None]:
    """Return the lead of each deal, or `None` if there is none, in input order.

    `precedence` says whether a phone is first searched for among calls or among lead requests.

    A deal of the deals API 2.0 is matched only by its matchers, whatever the site's setting. For any other deal, the
    sent id or reference of a lead is tried first. If no lead has it, the contacts are tried, but only if contact
    matching is on for the site.
    Vendor: «Склейка по номеру телефона или почте по умолчанию выключена».
    """
    return [decision.match.lead for decision in match_with_reasons(connection, site, deals, precedence)]


def match_with_reasons(
    connection: Connection, site: Site, deals: Sequence[DealToMatch], precedence: Sequence[LeadKind] = SEARCH_ORDER
) -> list[MatchDecision]:
    """Match deals by the rules of `match_deals`; return each deal's lead or visit, and the matcher that succeeded."""
    lists = [deal.matchers for deal in deals if deal.matchers]
    clues = [deal for deal in deals if not deal.matchers] if lists else deals
    by_matchers = iter(decide_matchers(connection, site, lists) if lists else ())
    by_clue = iter(_match_clues(connection, site, clues, precedence) if clues else ())
    return [next(by_matchers) if deal.matchers else MatchDecision(Match(next(by_clue))) for deal in deals]


def _match_clues(
    connection: Connection, site: Site, deals: Sequence[DealToMatch], precedence: Sequence[LeadKind]
) -> list[LeadRef | None]:
    named = _leads_by_identity(connection, site, deals)
    unresolved = [deal for deal in deals if _named(deal.clue, named) is None]
    spans = _spans_by_contact(connection, site, unresolved) if site.contact_matching else {}
    return [_named(deal.clue, named) or _by_contact(deal, spans, precedence) for deal in deals]


def _by_contact(
    deal: DealToMatch, spans: Mapping[str, Sequence[LeadSpan]], precedence: Sequence[LeadKind]
) -> LeadRef | None:
    contact = deal.clue.contact
    if contact is None or not spans:
        return None
    candidates = [span for value in contact.normals for span in spans.get(value, ())]
    found = find_lead(contact, deal.happened_at, candidates, precedence) if candidates else None
    return found.ref if found is not None else None


def _spans_by_contact(
    connection: Connection, site: Site, deals: Iterable[DealToMatch]
) -> Mapping[str, Sequence[LeadSpan]]:
    queries = [query for deal in deals for query in _queries(deal)]
    spans: dict[str, list[LeadSpan]] = {}
    for span in contact_rows.list_spans(connection, site.id, queries):
        spans.setdefault(span.contact, []).append(span)
    return spans


def _queries(deal: DealToMatch) -> Iterator[contact_rows.SpanQuery]:
    contact = deal.clue.contact
    if contact is not None:
        since = deal.happened_at - contact.link_threshold
        yield from (contact_rows.SpanQuery(value, deal.happened_at, since) for value in searched_contacts(contact))


@record
class _Named:
    """The stored leads to which the deals of a batch refer by id or reference."""

    ids: Mapping[LeadKind, set[int]]
    references: Mapping[LeadKind, Mapping[str, int]]


def _leads_by_identity(connection: Connection, site: Site, deals: Sequence[DealToMatch]) -> _Named:
    ids: dict[LeadKind, set[int]] = {kind: set() for kind in LeadKind}
    references: dict[LeadKind, set[str]] = {kind: set() for kind in LeadKind}
    for deal in deals:
        if deal.clue.identity is not None:
            kind, lead_id, reference = _identity_parts(deal.clue.identity)
            if lead_id is not None:
                ids[kind].add(lead_id)
            if reference is not None:
                references[kind].update(spellings(reference))
    return _Named(
        {kind: leads.find_known_ids(connection, site.id, kind, ids[kind]) for kind in LeadKind},
        {kind: leads.find_ids_by_reference(connection, site.id, kind, references[kind]) for kind in LeadKind},
    )


def _identity_parts(identity: CallIdentity | LeadRequestIdentity) -> tuple[LeadKind, int | None, str | None]:
    match identity:
        case CallIdentity(lead_id, reference):
            return LeadKind.CALL, lead_id, reference
        case LeadRequestIdentity(lead_id, number):
            return LeadKind.LEAD_REQUEST, lead_id, number


def _named(clue: LeadClue, named: _Named) -> LeadRef | None:
    """Return the lead with the id or reference in `clue`, or `None` if there is none; the id is tried first."""
    if clue.identity is None:
        return None
    kind, lead_id, reference = _identity_parts(clue.identity)
    if lead_id is not None and lead_id in named.ids[kind]:
        return LeadRef(kind, lead_id)
    found = find_spelt(reference, named.references[kind]) if reference is not None else None
    return LeadRef(kind, found) if found is not None else None
