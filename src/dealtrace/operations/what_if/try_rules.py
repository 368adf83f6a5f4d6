"""Find out what other rules would change in the deals, leads and visits of a period; nothing is stored."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel, Credit, CreditKey, credit_key_of_visit, credits_under
from dealtrace.attribution.reclassification import reclassified
from dealtrace.attribution.site_hosts import SiteHosts
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.lead_search import SEARCH_ORDER
from dealtrace.matching.rematch_effect import Match, rematched
from dealtrace.operations.credit_leads import find_creditable_visits
from dealtrace.operations.matching.match import DealToMatch, match_deals
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.what_if import DealAttribution, Shares, Tally, TriedDeal, moves_of, single_source, source_key
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import pages_of
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list, query_visit_list
from dealtrace.storage.leads.leads import find_stated_sources
from dealtrace.storage.reports.currency_rates import find_rates
from dealtrace.storage.visits.credits import MatchedVisit, find_credits_under, list_visited_leads
from dealtrace.storage.visits.visits import find_visits

ROWS_AT_ONCE = 1000
DEALS_AT_ONCE = 1000
ShowTried = Callable[[int, int], None]
"""A function that shows how many deals have been tried, and how many there are."""


def list_tried_deals(connection: Connection, site: Site, trial: Trial, ids: Sequence[int]) -> list[TriedDeal]:
    """List the deals as they are and as they would be under the rules of `trial`, in the order of `ids`.

    The result is the same as if `dealtrace match` and `dealtrace source reclassify` had run under those rules, but
    nothing is stored. The number of queries does not depend on the number of deals.
    """
    found = list_deals_by_id(connection, site.id, ids)
    matched = (
        _match_again(connection, site, trial, found) if trial.matches_again else [_Matched(deal.lead) for deal in found]
    )
    refs = {
        ref for deal, after in zip(found, matched, strict=True) for ref in (deal.lead, after.lead) if ref is not None
    }
    stated = find_stated_sources(connection, site.id, refs)
    visits = find_visits(connection, site.id, {deal.visit_id for deal in found if deal.visit_id is not None})
    credited = [MatchedVisit(visit.id, visit.started_at) for visit in visits.values()]
    before = _Sources(stated, _find_shares(connection, site, refs, credited))
    after = _Sources(stated, _try_shares(connection, site, trial, refs, credited)) if changes_credits(trial) else before
    rates = find_rates(connection, site.id)
    return [
        TriedDeal(
            deal,
            before.attribution_of(deal, deal.lead),
            after.attribution_of(deal, tried.lead),
            rates.worth(deal.amount_rub, deal.currency, deal.happened_at) if deal.amount_rub is not None else None,
            tried.is_kept,
        )
        for deal, tried in zip(found, matched, strict=True)
    ]


def find_moved_leads(connection: Connection, site: Site, trial: Trial, refs: Collection[LeadRef]) -> set[LeadRef]:
    """Find the leads to which the trial would give a different source, or different shares of sources."""
    stated = find_stated_sources(connection, site.id, refs)
    before = _Sources(stated, _find_shares(connection, site, refs, []))
    after = _Sources(stated, _try_shares(connection, site, trial, refs, []))
    return {ref for ref in refs if moves_of(before.shares_of(ref), after.shares_of(ref), 0)}


@record
class _Matched:
    """The lead that a deal would have; `is_kept` is true if the deal keeps a lead that the rules do not find."""

    lead: LeadRef | None
    is_kept: bool = False


def _match_again(connection: Connection, site: Site, trial: Trial, found: Sequence[Deal]) -> list[_Matched]:
    tried = trial.site_of(site)
    to_match = [DealToMatch(_clue_of(trial, deal), deal.happened_at, deal.matchers) for deal in found]
    leads = match_deals(connection, tried, to_match, trial.precedence or SEARCH_ORDER)
    return [_matched(tried, deal, lead) for deal, lead in zip(found, leads, strict=True)]


def _matched(tried: Site, deal: Deal, found: LeadRef | None) -> _Matched:
    match = Match(found, deal.visit_id if found is None else None)
    lead = rematched(deal, match, contact_matching=tried.contact_matching, now=deal.touched_at).lead
    return _Matched(lead, is_kept=deal.pinned_at is None and lead is not None and found is None)


def _clue_of(trial: Trial, deal: Deal) -> LeadClue:
    contact = deal.clue.contact
    if contact is None or trial.link_threshold is None:
        return deal.clue
    return replace(deal.clue, contact=replace(contact, link_threshold=trial.link_threshold))


@record
class _Sources:
    """The sources of leads: `stated` has the source sent with a lead, `shares` the sources of its credited visits."""

    stated: Mapping[LeadRef, TrafficSource]
    shares: Mapping[CreditKey, Shares]

    def attribution_of(self, deal: Deal, lead: LeadRef | None) -> DealAttribution:
        """Return the lead of a deal and the deal's sources.

        A deal with a lead has the sources of the lead's credited visits; if no visit is credited, it has the source
        sent with the lead. A deal without a lead has the source of its own visit; without a visit, it has the source
        sent with the deal.
        """
        if lead is None:
            of_visit = self.shares.get(credit_key_of_visit(deal.visit_id)) if deal.visit_id is not None else None
            return DealAttribution(None, of_visit or single_source(deal.stated_source or NOWHERE))
        return DealAttribution(lead, self.shares_of(lead))

    def shares_of(self, lead: LeadRef) -> Shares:
        """Return the sources of a lead with their shares."""
        return self.shares.get(CreditKey(lead.id)) or single_source(self.stated.get(lead, NOWHERE))


def changes_credits(trial: Trial) -> bool:
    """Return whether the visits or sources that a trial credits may differ from those that are stored."""
    return trial.model is not None or trial.moves_visits


def _find_shares(
    connection: Connection, site: Site, refs: Iterable[LeadRef], visits: Sequence[MatchedVisit]
) -> dict[CreditKey, Shares]:
    keys = [*(CreditKey(ref.id) for ref in refs), *(visit.credit_key for visit in visits)]
    found = find_credits_under(connection, site.id, keys, AttributionModel(site.attribution))
    return {key: _latest_first(credited) for key, credited in found.items()}


def _try_shares(
    connection: Connection, site: Site, trial: Trial, refs: Iterable[LeadRef], named: Sequence[MatchedVisit]
) -> dict[CreditKey, Shares]:
    """Return the sources that the trial's attribution model credits for each lead or visit, with their shares.

    The key of a lead or visit is its `CreditKey`. If the trial changes the classification of visits, the visits
    are classified again before any are credited.
    """
    tried = trial.site_of(site)
    if not trial.moves_visits:
        return _find_shares(connection, tried, refs, named)
    touches = find_creditable_visits(connection, site.id, [*list_visited_leads(connection, site.id, refs), *named])
    model = trial.model_of(site)
    return {
        key: _latest_first(credits_under(model, [classified_again(visit, tried.hosts) for visit in visits]))
        for key, visits in touches.items()
    }


def classified_again(visit: Visit, hosts: SiteHosts) -> Visit:
    """Return a visit after classifying it again; a visit of an anonymised visitor is returned unchanged."""
    return reclassified(visit, hosts) if visit.visitor_id else visit


def _latest_first(credited: Sequence[Credit]) -> Shares:
    in_order = sorted(credited, key=lambda credit: (credit.visit.started_at, credit.visit.id), reverse=True)
    return [(credit.visit.traffic_source, credit.share) for credit in in_order]


@record
class MovedCount:
    """The number of leads or visits of a period, the number tried, and the number that would get a different source."""

    moved: int = 0
    tried: int = 0
    total: int = 0


@record
class MovedLeads:
    """The numbers of leads and of visits in a period that would get a different source."""

    leads: MovedCount
    visits: MovedCount


Show = Callable[[LeadKind | None, int, int], None]
"""A function that shows progress: the kind of leads (`None` for visits), how many were tried, and of how many."""


def try_on_leads(
    connection: Connection,
    site: Site,
    trial: Trial,
    since: datetime,
    until: datetime,
    *,
    rows_max: int | None = None,
    show: Show = lambda _kind, _tried, _total: None,
) -> MovedLeads:
    """Return the numbers of leads and visits of a period that would get a different source under a trial.

    Calls, lead requests and visits are each tried from the earliest on, in chunks, until at least `rows_max` are tried;
    `None` means no limit. If the trial cannot affect leads or visits at all, their counts are 0.
    `show` is called after each chunk.
    """
    leads, visits = MovedCount(), MovedCount()
    for kind in LeadKind if changes_credits(trial) else ():
        query = query_lead_list(site.id, LeadFilters(kind, since, until))
        count = partial(_count_moved_leads, connection, site, trial, kind)
        of_kind = _try(pages_of(connection, query, ROWS_AT_ONCE), count, rows_max, partial(show, kind))
        leads = MovedCount(leads.moved + of_kind.moved, leads.tried + of_kind.tried, leads.total + of_kind.total)
    if trial.moves_visits:
        query = query_visit_list(site.id, since, until)
        count = partial(_count_moved_visits, connection, site.id, trial.site_of(site).hosts)
        visits = _try(pages_of(connection, query, ROWS_AT_ONCE), count, rows_max, partial(show, None))
    return MovedLeads(leads, visits)


def _try(
    pages: Iterable[tuple[int, Sequence[int]]],
    count_moved: Callable[[Sequence[int]], int],
    rows_max: int | None,
    show: Callable[[int, int], None],
) -> MovedCount:
    moved = tried = total = 0
    for counted, ids in pages:
        total = counted
        moved += count_moved(ids)
        tried += len(ids)
        show(tried, total)
        if rows_max is not None and tried >= rows_max:
            break
    return MovedCount(moved, tried, total)


def _count_moved_leads(connection: Connection, site: Site, trial: Trial, kind: LeadKind, ids: Sequence[int]) -> int:
    return len(find_moved_leads(connection, site, trial, [LeadRef(kind, each) for each in ids]))


def _count_moved_visits(connection: Connection, site_id: int, hosts: SiteHosts, ids: Sequence[int]) -> int:
    moved = 0
    for visit in find_visits(connection, site_id, ids).values():
        again = classified_again(visit, hosts).traffic_source
        moved += again != visit.traffic_source and source_key(again) != source_key(visit.traffic_source)
    return moved


@record
class TrialResult:
    """The effect of other rules on the deals of a period.

    `tally` counts the tried deals, and `total` is the number of all deals of the period. `tally.changed` is the
    number of tried deals whose lead or source would change, and `changed` has some of these deals, earliest first.
    """

    tally: Tally
    total: int
    changed: tuple[TriedDeal, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all deals of the period were tried."""
        return self.tally.deals >= self.total


def changed_chunks(
    connection: Connection,
    site: Site,
    trial: Trial,
    searched: JournalQuery,
    tally: Tally,
    *,
    deals_max: int | None = None,
    show: ShowTried = lambda _tried, _total: None,
) -> Iterator[list[TriedDeal]]:
    """Yield, for each chunk of the deals that `searched` finds, those whose lead or source would change.

    Chunks and deals come earliest first. All tried deals are counted in `tally`. The last chunk is the
    one in which the number of tried deals reaches `deals_max`. `show` is called after every chunk.
    """
    query = query_deals(site.id, searched)
    for total, ids in pages_of(connection, query, DEALS_AT_ONCE):
        yield [tried for tried in list_tried_deals(connection, site, trial, ids) if tally.add(tried)]
        show(tally.deals, total)
        if deals_max is not None and tally.deals >= deals_max:
            break


def try_rules(
    connection: Connection,
    site: Site,
    trial: Trial,
    since: datetime,
    until: datetime,
    *,
    deals_max: int,
    listed: range = range(0),
) -> TrialResult:
    """Return the effect of a trial on the deals of a period.

    Deals are tried in chunks, earliest first, until at least `deals_max` deals, or all deals of the period, have been
    tried. The result lists the deals whose lead or source would change and whose places among these are in `listed`.
    """
    tally, total = Tally(), 0

    def count(_tried: int, counted: int) -> None:
        nonlocal total
        total = counted

    searched = JournalQuery(since=since, until=until)
    chunks = changed_chunks(connection, site, trial, searched, tally, deals_max=deals_max, show=count)
    changed = tuple(deal for place, deal in enumerate(chain.from_iterable(chunks)) if place in listed)
    return TrialResult(tally, total, changed)
