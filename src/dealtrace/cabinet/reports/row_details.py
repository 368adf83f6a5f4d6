"""The stored data of the rows behind a figure: deals, leads and visits."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.visit import Visit
from dealtrace.leads.lead import LeadRef, ids_by_kind
from dealtrace.record import record
from dealtrace.reports.figure import AnyRow, DealRow, LeadRow, VisitRow
from dealtrace.storage.deals.match_reasons import find_match_reasons
from dealtrace.storage.journals.deal_entries import DealEntry, list_deal_entries
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.visits.visits import find_visits


@record
class Details:
    """The stored data that rows show, by id: deals, their match reasons, leads, visits."""

    deals: Mapping[int, DealEntry]
    reasons: Mapping[int, str]
    leads: Mapping[LeadRef, LeadEntry]
    visits: Mapping[int, Visit]


def read_row_details(connection: Connection, site: Site, rows: Sequence[AnyRow], model: AttributionModel) -> Details:
    """Return the stored data that the rows show. Deals and leads show the source that `model` credits."""
    deal_ids = [row.id for row in rows if isinstance(row, DealRow)]
    visit_ids = [row.id for row in rows if isinstance(row, VisitRow)]
    leads = [row.lead for row in rows if isinstance(row, LeadRow)]
    return Details(
        {entry.id: entry for entry in list_deal_entries(connection, site.id, deal_ids, model)},
        find_match_reasons(connection, site.id, deal_ids, contact_matching=site.contact_matching),
        _find_leads(connection, site, leads, model) if leads else {},
        find_visits(connection, site.id, visit_ids) if visit_ids else {},
    )


def _find_leads(
    connection: Connection, site: Site, refs: Sequence[LeadRef], model: AttributionModel
) -> dict[LeadRef, LeadEntry]:
    found = {}
    for kind, ids in ids_by_kind(refs).items():
        entries = list_lead_entries(connection, site, kind, ids, model)
        found.update({LeadRef(kind, entry.lead.id): entry for entry in entries})
    return found
