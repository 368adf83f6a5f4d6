"""Credit leads with the visits of their visitors, as they come in and whenever a visit comes in later."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import EventKind
from dealtrace.attribution.credit import CREDIT_LOOKBACK, AttributionModel, credits_under, touches_before
from dealtrace.attribution.visit import Visit
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.storage.visits import visits
from dealtrace.storage.visits.credits import (
    CreditsByModel,
    VisitedLead,
    find_credited_visits,
    list_leads_of_visitors,
    replace_credits,
)
from dealtrace.webhooks.event import LeadEvent, LeadPart


def credit_leads(connection: Connection, site: Site, leads: Sequence[VisitedLead]) -> None:
    """Share each lead's credit among the visits of its visitor, under every model."""
    own = visits.find_visits(connection, site.id, [lead.visit_id for lead in leads])
    if not own:
        return
    moments = [lead.started_at for lead in leads]
    around = visits.list_visits_of_visitors(
        connection, site.id, [visit.visitor_id for visit in own.values()], min(moments) - CREDIT_LOOKBACK, max(moments)
    )
    credits_of = {lead.id: _credits(lead, own[lead.visit_id], around) for lead in leads if lead.visit_id in own}
    replace_credits(connection, site.id, credits_of)


def credit_again(connection: Connection, site: Site, recorded: Sequence[Visit], now: datetime) -> None:
    """Credit the leads anew that these visits, recorded now, may have led to; their order of arrival never matters.

    Webhooks are told of the leads that the site's model credits to another visit by then.
    """
    moments = [visit.started_at for visit in recorded]
    visitor_ids = [visit.visitor_id for visit in recorded]
    concerned = list_leads_of_visitors(connection, site.id, visitor_ids, min(moments), max(moments) + CREDIT_LOOKBACK)
    credited = partial(find_credited_visits, connection, site.id, model=AttributionModel(site.attribution))
    ids = [lead.id for lead in concerned if site.listeners]
    before = credited(ids)
    credit_leads(connection, site, concerned)
    after = credited(ids)
    changed = [lead for lead in concerned if before.get(lead.id) != after.get(lead.id)]
    events = [LeadEvent(EventKind.LEAD_CHANGED, lead.ref, (LeadPart.VISIT,)) for lead in changed]
    publish_events(connection, site, events, now)


def _credits(lead: VisitedLead, own: Visit, around: Sequence[Visit]) -> CreditsByModel:
    """Share one lead; a visit that began after its lead, by another clock, still explains it when none else does."""
    touches = touches_before(lead.started_at, [visit for visit in around if visit.visitor_id == own.visitor_id])
    return {model: credits_under(model, touches or [own]) for model in AttributionModel}
