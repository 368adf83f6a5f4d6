"""Divide the credit for leads among visits, when leads arrive and when earlier visits arrive later."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.webhook import EventKind
from dealtrace.attribution.credit import CREDIT_LOOKBACK, TOUCHES_MAX, AttributionModel, credits_under, touches_of
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.work import Work
from dealtrace.storage.visits import visits
from dealtrace.storage.visits.credits import (
    Credited,
    CreditsByModel,
    VisitedLead,
    find_credited_visits,
    list_leads_of_visits,
    list_named_visits,
    replace_credits,
)
from dealtrace.webhooks.event import LeadEvent, LeadPart


def credit_leads(work: Work, leads: Sequence[Credited]) -> None:
    """Divide the credit for each lead among its visitor's visits, and store the shares for every attribution model.

    A visit to which a deal without a lead was matched is credited like a lead.
    """
    touches_by_lead = find_touches(work.connection, work.site.id, leads)
    if touches_by_lead:
        replace_credits(
            work.connection,
            work.site.id,
            _credits_by_touches(touches_by_lead),
        )


def _credits_by_touches(touches_by_lead: Mapping[int, Sequence[Visit]]) -> dict[int, CreditsByModel]:
    """Divide the credit for each lead under every model; leads with the same touches are divided once."""
    divided: dict[tuple[VisitId, ...], CreditsByModel] = {}
    found: dict[int, CreditsByModel] = {}
    for lead_id, touches in touches_by_lead.items():
        key = tuple(visit.id for visit in touches)
        if key not in divided:
            divided[key] = {model: credits_under(model, touches) for model in AttributionModel}
        found[lead_id] = divided[key]
    return found


def find_touches(connection: Connection, site_id: int, leads: Sequence[Credited]) -> dict[int, list[Visit]]:
    """Return the visits that may be credited with each lead, by lead id, earliest visit first.

    Leads whose own visit is not stored are missing. A visit to which a deal without a lead was matched stands for a
    lead; its key is its negative id.
    """
    own = visits.find_visits(connection, site_id, [lead.visit_id for lead in leads])
    if not own:
        return {}
    moments, visitors = [lead.started_at for lead in leads], {visit.visitor_id for visit in own.values()} - {""}
    most = TOUCHES_MAX * len(visitors)
    around = visits.list_visits_of_visitors(
        connection, site_id, visitors, min(moments) - CREDIT_LOOKBACK, max(moments), most + 1
    )
    if len(around) > most:
        return _find_touches_of_each(connection, site_id, leads, own)
    return {lead.id: touches_of(lead.started_at, own[lead.visit_id], around) for lead in leads if lead.visit_id in own}


def _find_touches_of_each(
    connection: Connection, site_id: int, leads: Sequence[Credited], own: Mapping[int, Visit]
) -> dict[int, list[Visit]]:
    """Find the touches of leads whose visitors have very many visits, reading only those that count for each lead."""
    found: dict[int, list[Visit]] = {}
    for lead in leads:
        if lead.visit_id in own:
            named = own[lead.visit_id]
            since, until = lead.started_at - CREDIT_LOOKBACK, min(lead.started_at, named.started_at)
            ends = visits.list_first_and_latest(connection, site_id, named, since, until, TOUCHES_MAX)
            found[lead.id] = touches_of(lead.started_at, named, ends)
    return found


def credit_again(work: Work, new_visits: Sequence[Visit]) -> None:
    """Divide the credit again for the leads that may have come from these new visits.

    The result is the same as if the visits had been stored before the leads. Webhooks receive the leads that the site's
    model now credits to another visit.
    """
    concerned = list_leads_of_visits(work.connection, work.site.id, new_visits, CREDIT_LOOKBACK)
    visitor_ids, moments = {visit.visitor_id for visit in new_visits}, [visit.started_at for visit in new_visits]
    until = max(moments) + CREDIT_LOOKBACK
    credit_leads(work, list_named_visits(work.connection, work.site.id, visitor_ids, min(moments), until))
    if not work.site.listeners:
        credit_leads(work, concerned)
        return
    before = find_credited(work, concerned)
    credit_leads(work, concerned)
    publish_moves(work, concerned, before)


def find_credited(work: Work, leads: Sequence[VisitedLead]) -> dict[int, Visit]:
    """Find, by lead id, the visit that has the largest credit for the lead under the site's attribution model."""
    model = AttributionModel(work.site.attribution)
    return find_credited_visits(work.connection, work.site.id, [lead.id for lead in leads], model)


def publish_moves(work: Work, leads: Sequence[VisitedLead], before: Mapping[int, Visit]) -> list[VisitedLead]:
    """Return the leads whose credited visit or source differs from that in `before`, and publish them to webhooks."""
    after = find_credited(work, leads)
    moved = [lead for lead in leads if _credit_of(before.get(lead.id)) != _credit_of(after.get(lead.id))]
    publish_events(work, [LeadEvent(EventKind.LEAD_CHANGED, lead.ref, (LeadPart.VISIT,)) for lead in moved])
    return moved


def _credit_of(visit: Visit | None) -> tuple[VisitId, TrafficSource] | None:
    return (visit.id, visit.traffic_source) if visit is not None else None
