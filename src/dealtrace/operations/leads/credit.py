"""Credit leads to the visits of their visitors, when the leads arrive and when a visit arrives later."""

from collections.abc import Sequence
from functools import partial

from dealtrace.accounts.webhook import EventKind
from dealtrace.attribution.credit import CREDIT_LOOKBACK, AttributionModel, credits_under, touches_of
from dealtrace.attribution.visit import Visit
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.work import Work
from dealtrace.storage.visits import visits
from dealtrace.storage.visits.credits import (
    CreditsByModel,
    VisitedLead,
    find_credited_visits,
    list_leads_of_visits,
    replace_credits,
)
from dealtrace.webhooks.event import LeadEvent, LeadPart


def credit_leads(work: Work, leads: Sequence[VisitedLead]) -> None:
    """Share each lead's credit among the visits of its visitor, under every model."""
    own = visits.find_visits(work.connection, work.site.id, [lead.visit_id for lead in leads])
    if not own:
        return
    moments = [lead.started_at for lead in leads]
    around = visits.list_visits_of_visitors(
        work.connection,
        work.site.id,
        [visit.visitor_id for visit in own.values()],
        min(moments) - CREDIT_LOOKBACK,
        max(moments),
    )
    credits_of = {lead.id: _credits(lead, own[lead.visit_id], around) for lead in leads if lead.visit_id in own}
    replace_credits(work.connection, work.site.id, credits_of)


def credit_again(work: Work, new_visits: Sequence[Visit]) -> None:
    """Credit again the leads that these new visits may have led to, so that the order of arrival makes no difference.

    Webhooks receive the leads that the site's model now credits to another visit.
    """
    concerned = list_leads_of_visits(work.connection, work.site.id, new_visits, CREDIT_LOOKBACK)
    credited = partial(
        find_credited_visits, work.connection, work.site.id, model=AttributionModel(work.site.attribution)
    )
    ids = [lead.id for lead in concerned if work.site.listeners]
    before = credited(ids)
    credit_leads(work, concerned)
    after = credited(ids)
    changed = [lead for lead in concerned if before.get(lead.id) != after.get(lead.id)]
    events = [LeadEvent(EventKind.LEAD_CHANGED, lead.ref, (LeadPart.VISIT,)) for lead in changed]
    publish_events(work, events)


def _credits(lead: VisitedLead, own: Visit, around: Sequence[Visit]) -> CreditsByModel:
    touches = touches_of(lead.started_at, own, around)
    return {model: credits_under(model, touches) for model in AttributionModel}
