"""What the journals of calls and of lead requests share: records of a page, or of a whole list."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.calls import CallRecord
from dealtrace.calltouch.answers.lead_requests import LeadRequestRecord
from dealtrace.calltouch.journals.pages import ARRAY_SIZE_MAX, RECORDS_AT_ONCE, refuse_long_array
from dealtrace.http.parameters import Sent
from dealtrace.http.replies import ready
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads

Tell = Callable[[LeadEntry], CallRecord | LeadRequestRecord]


def tell_leads(
    connection: Connection, site: Site, query: LeadQuery, ids: Sequence[int], sent: Sent, tell: Tell
) -> list[msgspec.Raw]:
    """Tell of leads, a thousand at a time, so that the longest array is never held but as text.

    Deals of lead requests are always told of, those of calls when asked for.
    """
    asked = {
        "with_visits": sent.get("withMapVisits", False),
        "with_deals": sent.get("withOrders", query.kind is LeadKind.LEAD_REQUEST),
    }
    records: list[msgspec.Raw] = []
    for start in range(0, len(ids), RECORDS_AT_ONCE):
        some = ids[start : start + RECORDS_AT_ONCE]
        records += [
            ready(tell(one)) for one in list_lead_entries(connection, site, query.kind, some, query.model, **asked)
        ]
    return records


def tell_all(connection: Connection, site: Site, query: LeadQuery, sent: Sent, tell: Tell) -> list[msgspec.Raw]:
    """Tell of all leads of a list.

    Raises:
        InvalidParameters: they are too many for one array.
    """
    page = find_page(connection, query_leads(site, query), Cursor(), ARRAY_SIZE_MAX)
    if page.total > ARRAY_SIZE_MAX:
        raise refuse_long_array()
    return tell_leads(connection, site, query, page.ids, sent, tell)
