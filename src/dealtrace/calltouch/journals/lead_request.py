"""`requests/{requestId}`: one lead request, as in the journal of lead requests."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.lead_requests import LeadRequestRecord, lead_request_record
from dealtrace.calltouch.journals.parameters import REQUEST
from dealtrace.errors import InvalidValue, LeadNotFound, SiteMismatch
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.parameter_types import Integer
from dealtrace.http.replies import Reply, success
from dealtrace.leads.lead import LeadKind
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_entries import list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads

TABLE = ParameterTable(REQUEST)
_REQUEST_ID = Integer(1)


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with the lead request.

    Raises:
        SiteMismatch: `siteId` is not the site of the token.
        LeadNotFound: the site has no such lead request, or it is deleted.
    """
    if sent.get("siteId", caller.site.id) != caller.site.id:
        raise SiteMismatch(site_id=sent["siteId"])
    asked = caller.path_params["requestId"]
    try:
        lead_id = _REQUEST_ID.read(asked)
    except InvalidValue:
        raise LeadNotFound(lead_id=asked) from None
    reply = await answer_lead_request(caller, lead_id, sent, "lead_request_shown")
    await caller.pay_for_reading(PaidMethod.REQUESTS)
    return reply


async def answer_lead_request(caller: Caller, lead_id: int, sent: Sent, event: str) -> Reply:
    """Answer with a lead request; it is read from the primary database, so it is found right after it is stored.

    Raises:
        LeadNotFound: the site has no such lead request, or it is deleted.
    """
    model = sent.get("attribution", AttributionModel(caller.site.attribution))
    record = await caller.read_pool.read_newest(_find_record, caller.site, lead_id, model, sent)
    if record is None:
        raise LeadNotFound(lead_id=lead_id)
    return success(record, event, site_id=caller.site.id, lead_request_id=lead_id)


def _find_record(
    connection: Connection, site: Site, lead_id: int, model: AttributionModel, sent: Sent
) -> LeadRequestRecord | None:
    query = LeadQuery(LeadKind.LEAD_REQUEST, model, lead_id=lead_id)
    page = find_page(connection, query_leads(site, query), Cursor(), 1)
    entries = list_lead_entries(
        connection,
        site,
        LeadKind.LEAD_REQUEST,
        page.ids,
        model,
        with_visits=sent.get("withMapVisits", False),
        with_deals=True,
    )
    return next((lead_request_record(entry, site, model, sent) for entry in entries), None)
