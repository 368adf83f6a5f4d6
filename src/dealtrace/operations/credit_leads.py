"""Divide the credit for leads among visits, when leads arrive and again when earlier visits arrive late."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.webhook import EventKind
from dealtrace.attribution.credit import (
    CREDIT_LOOKBACK,
    TOUCHES_MAX,
    AttributionModel,
    CreditKey,
    credits_under,
    touches_of,
)
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.leads.lead import ids_by_kind
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.work import Work
from dealtrace.storage.leads.leads import find_known_ids
from dealtrace.storage.visits import visits
from dealtrace.storage.visits.credits import (
    Credited,
    CreditsByModel,
    VisitedLead,
    find_credited_visits,
    list_leads_of_visits,
    list_matched_visits,
    replace_credits,
)
from dealtrace.webhooks.event import LeadEvent, LeadPart


def credit_leads(work: Work, leads: Sequence[Credited]) -> None:
    """Divide the credit for each lead among its visitor's visits, and store the shares under every attribution model.

    A deal without a lead may be matched to a visit; the credit for such a visit is divided in the same way.
    """
    touches_by_key = find_creditable_visits(work.connection, work.site.id, leads)
    if touches_by_key:
        replace_credits(
            work.connection,
            work.site.id,
            _credits_by_touches(touches_by_key),
        )


def _credits_by_touches(touches_by_key: Mapping[CreditKey, Sequence[Visit]]) -> dict[CreditKey, CreditsByModel]:
    """Return the credits of visits for each lead, by model; leads with the same visits share one computation."""
    divided: dict[tuple[VisitId, ...], CreditsByModel] = {}
    found: dict[CreditKey, CreditsByModel] = {}
    for key, touches in touches_by_key.items():
        visit_ids = tuple(visit.id for visit in touches)
        if visit_ids not in divided:
            divided[visit_ids] = {model: credits_under(model, touches) for model in AttributionModel}
        found[key] = divided[visit_ids]
    return found


def find_creditable_visits(
    connection: Connection, site_id: int, leads: Sequence[Credited]
) -> dict[CreditKey, list[Visit]]:
    """Return the visits that may be credited with each lead, earliest visit first.

    Leads that came without a visit, or from a visit that is not stored, are left out. `leads` may also contain
    visits to which deals without a lead were matched; each of these visits counts as a lead.
    """
    own = visits.find_visits(connection, site_id, [lead.visit_id for lead in leads])
    if not own:
        return {}
    starts, visitors = [lead.started_at for lead in leads], {visit.visitor_id for visit in own.values()} - {""}
    most = TOUCHES_MAX * len(visitors)
    around = visits.list_visits_of_visitors(
        connection, site_id, visitors, min(starts) - CREDIT_LOOKBACK, max(starts), most=most + 1
    )
    if len(around) > most:
        return _find_creditable_visits_of_each(connection, site_id, leads, own)
    return {
        lead.credit_key: touches_of(lead.started_at, own[lead.visit_id], around)
        for lead in leads
        if lead.visit_id in own
    }


def _find_creditable_visits_of_each(
    connection: Connection, site_id: int, leads: Sequence[Credited], own: Mapping[int, Visit]
) -> dict[CreditKey, list[Visit]]:
    """Return the visits that may be credited with each lead, earliest visit first.

    This is for visitors with very many visits: for each lead, only visits that may be credited with it are read.
    """
    found: dict[CreditKey, list[Visit]] = {}
    for lead in leads:
        if lead.visit_id in own:
            named = own[lead.visit_id]
            since, until = lead.started_at - CREDIT_LOOKBACK, min(lead.started_at, named.started_at)
            ends = visits.list_first_and_latest(connection, site_id, named, since, until, most=TOUCHES_MAX)
            found[lead.credit_key] = touches_of(lead.started_at, named, ends)
    return found


def credit_again(work: Work, new_visits: Sequence[Visit]) -> list[VisitedLead]:
    """Divide the credit again for the leads that may have come from `new_visits`, and return these leads.

    The result is the same as if the visits had been stored before the leads. Webhooks receive the leads that the site's
    model now credits to a different visit.
    """
    concerned = list_leads_of_visits(work.connection, work.site.id, new_visits, CREDIT_LOOKBACK)
    visitor_ids, starts = {visit.visitor_id for visit in new_visits}, [visit.started_at for visit in new_visits]
    until = max(starts) + CREDIT_LOOKBACK
    credit_leads(work, list_matched_visits(work.connection, work.site.id, visitor_ids, min(starts), until))
    if not work.site.listeners:
        credit_leads(work, concerned)
        return concerned
    before = find_credited(work, concerned)
    credit_leads(work, concerned)
    publish_credit_changes(work, concerned, before)
    return concerned


def find_credited(work: Work, leads: Sequence[VisitedLead]) -> dict[int, Visit]:
    """Return the visit with the largest credit for each lead under the site's attribution model, by lead id."""
    model = AttributionModel(work.site.attribution)
    return find_credited_visits(work.connection, work.site.id, [lead.ref.id for lead in leads], model)


def publish_credit_changes(work: Work, leads: Sequence[VisitedLead], before: Mapping[int, Visit]) -> list[VisitedLead]:
    """Return the leads whose credited visit or source has changed, and publish them to webhooks.

    `before` has the credited visit of each lead before the change.

    Deleted leads are returned, but not published.
    """
    after = find_credited(work, leads)
    moved = [lead for lead in leads if _credit_of(before.get(lead.ref.id)) != _credit_of(after.get(lead.ref.id))]
    published = _undeleted(work, moved) if work.site.listeners else []
    publish_events(work, [LeadEvent(EventKind.LEAD_CHANGED, lead.ref, (LeadPart.VISIT,)) for lead in published])
    return moved


def _undeleted(work: Work, leads: Sequence[VisitedLead]) -> list[VisitedLead]:
    known = {
        kind: find_known_ids(work.connection, work.site.id, kind, ids)
        for kind, ids in ids_by_kind(lead.ref for lead in leads).items()
    }
    return [lead for lead in leads if lead.ref.id in known[lead.ref.kind]]


def _credit_of(visit: Visit | None) -> tuple[VisitId, TrafficSource] | None:
    return (visit.id, visit.traffic_source) if visit is not None else None
