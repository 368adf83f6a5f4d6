"""Compute, with the functions that match, credit and classify, how other rules would change deals and leads."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel, Credit, CreditKey, credit_key_of_visit, credits_under
from dealtrace.attribution.reclassification import reclassified
from dealtrace.attribution.site_hosts import SiteHosts
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.nearest_lead import SEARCH_ORDER
from dealtrace.matching.rematch import Match, rematched
from dealtrace.operations.credit_leads import find_creditable_visits
from dealtrace.operations.matching.match import DealToMatch, match_deals
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.moves import Shares, moves_of, single_source
from dealtrace.reports.what_if import DealAttribution, TriedDeal
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.leads.leads import find_stated_sources
from dealtrace.storage.reports.currency_rates import find_rates
from dealtrace.storage.visits.credits import MatchedVisit, find_credits_under, list_visited_leads
from dealtrace.storage.visits.visits import find_visits


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
    after = _Sources(stated, _try_shares(connection, site, trial, refs, credited)) if credits_again(trial) else before
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


def credits_again(trial: Trial) -> bool:
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
