"""Build the records of a page or of a whole journal, for the journals of calls and of lead requests."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.calls import CallRecord
from dealtrace.calltouch.answers.lead_requests import LeadRequestRecord
from dealtrace.calltouch.journals.requested_page import ARRAY_SIZE_MAX, RECORDS_AT_ONCE, refuse_long_array
from dealtrace.http.parameter_table import Sent
from dealtrace.http.replies import ready
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads

Build = Callable[[LeadEntry], CallRecord | LeadRequestRecord]


def build_records(
    connection: Connection, site: Site, query: LeadQuery, ids: Sequence[int], sent: Sent, build: Build
) -> list[msgspec.Raw]:
    """Return the records of leads as encoded JSON, in input order; leads are read 1000 at a time to save memory.

    Deals of lead requests are always included, deals of calls only if `withOrders` is set.
    """
    included = {
        "with_visits": sent.get("withMapVisits", False),
        "with_deals": sent.get("withOrders", query.kind is LeadKind.LEAD_REQUEST),
    }
    records: list[msgspec.Raw] = []
    for start in range(0, len(ids), RECORDS_AT_ONCE):
        chunk = ids[start : start + RECORDS_AT_ONCE]
        records += [
            ready(build(entry))
            for entry in list_lead_entries(connection, site, query.kind, chunk, query.model, **included)
        ]
    return records


def build_all_records(
    connection: Connection, site: Site, query: LeadQuery, sent: Sent, build: Build
) -> list[msgspec.Raw]:
    """Return the records of all leads that a query finds, as encoded JSON.

    Raises:
        InvalidParameters: there are more than `ARRAY_SIZE_MAX` leads.
    """
    page = find_page(connection, query_leads(site, query), Cursor(), ARRAY_SIZE_MAX)
    if page.total > ARRAY_SIZE_MAX:
        raise refuse_long_array()
    return build_records(connection, site, query, page.ids, sent, build)
