"""Deals and leads with everything that an export writes about them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.deals.exported_deal import ExportedDeal
from dealtrace.leads.exported_lead import ExportedLead
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.lead_entries import list_lead_entries
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.visits.credits import find_deal_visits


def list_exported_deals(connection: Connection, site: Site, ids: Sequence[int]) -> list[ExportedDeal]:
    """List deals to export in the order of `ids`, including deleted deals."""
    deals = list_deals_by_id(connection, site.id, ids)
    refs = [deal.lead for deal in deals if deal.lead is not None]
    model = AttributionModel(site.attribution)
    summaries = find_lead_summaries(connection, site.id, refs, model)
    visits = find_deal_visits(connection, site.id, deals, model)
    return [
        ExportedDeal(deal, summaries.get(deal.lead) if deal.lead is not None else None, visits.get(deal.id))
        for deal in deals
    ]


def list_exported_leads(connection: Connection, site: Site, kind: LeadKind, ids: Sequence[int]) -> list[ExportedLead]:
    """List the leads with these ids for an export, in the order of `ids`; deleted leads are included."""
    return [
        ExportedLead(
            entry.lead, entry.client, entry.qualification, entry.annotations, entry.visit, entry.phone, entry.email,
            entry.circumstances, entry.page_url, entry.ring_back,
        )
        for entry in list_lead_entries(connection, site, kind, ids, AttributionModel(site.attribution))
    ]  # fmt: skip
