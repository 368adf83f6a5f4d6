"""The stored data of the rows behind a figure: deals, leads and visits."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.leads.lead import KINDS_BY_NAME, LeadRef, ids_by_kind
from dealtrace.operations.reports.show_rows import RowBehind
from dealtrace.record import record
from dealtrace.reports.facts import Fact
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


def read_details(
    connection: Connection, site: Site, kind: str, rows: Sequence[RowBehind], model: AttributionModel
) -> Details:
    """Return the stored data that the rows show. Deals and leads show the source that `model` credits."""
    ids = [row["id"] for row in rows if "id" in row]
    deal_ids = ids if kind == Fact.DEALS else []
    return Details(
        {entry.id: entry for entry in list_deal_entries(connection, site.id, deal_ids, model)},
        find_match_reasons(connection, site.id, deal_ids, contact_matching=site.contact_matching),
        _find_leads(connection, site, [ref_of(row) for row in rows], model) if kind == Fact.LEADS else {},
        find_visits(connection, site.id, ids) if kind == Fact.VISITS else {},
    )


def ref_of(row: RowBehind) -> LeadRef:
    """Return the kind and id of the lead that a row shows; the row must show a lead, not a visit, deal or cost."""
    return LeadRef(KINDS_BY_NAME[row["kind"]], row["id"])


def source_of_cost(row: RowBehind) -> TrafficSource:
    """Return the traffic source of the cost that a row shows; the row must show a cost."""
    return TrafficSource(row["source"], row["medium"], row["campaign"], row["content"], row["term"])


def _find_leads(
    connection: Connection, site: Site, refs: Sequence[LeadRef], model: AttributionModel
) -> dict[LeadRef, LeadEntry]:
    found = {}
    for kind, ids in ids_by_kind(refs).items():
        entries = list_lead_entries(connection, site, kind, ids, model)
        found.update({LeadRef(kind, entry.lead.id): entry for entry in entries})
    return found
