"""`requests`: the journal of lead requests; the answer is always an array."""

from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.lead_requests import lead_request_record
from dealtrace.calltouch.journals.lead_pages import build_all_records, build_records
from dealtrace.calltouch.journals.parameters import REQUESTS, read_interval, require_dates
from dealtrace.calltouch.journals.requested_page import answer_page, requested_page
from dealtrace.errors import SiteMismatch
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.lead import LeadKind
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, find_page
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads

TABLE = ParameterTable(REQUESTS)
PART_SIZE_MAX = 10_000
"""Ours: the largest page size of the journal of lead requests. It exceeds that of the other journals, since clients
stop reading when a page has fewer records than they requested.
"""
TOTAL_HEADER = b"x-total-count"
"""Ours: this header has the number of lead requests on all pages, since the answer is a bare array."""
_EVENT = "lead_requests_listed"


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with an array: one page if `page` or `limit` was sent, else all lead requests that match.

    Raises:
        SiteMismatch: `siteId` is not the site of the token.
    """
    site = caller.site
    if sent.get("siteId", site.id) != site.id:
        raise SiteMismatch(site_id=sent["siteId"])
    query = read_query(site, sent)
    if "page" in sent.values or "limit" in sent.values:
        number, limit = requested_page(sent, PART_SIZE_MAX)
        answer = partial(_answer_part, site=site, query=query, sent=sent)
        reply = await answer_page(caller, query, (number - 1) * limit, answer)
    else:
        reply = await caller.read_pool.read(_answer_whole, site, query, sent)
    await caller.pay_for_reading(PaidMethod.REQUESTS)
    return reply


def read_query(site: Site, sent: Sent) -> LeadQuery:
    """Build the query for lead requests from the parameters.

    Raises:
        InvalidParameters: no interval, id or number was sent, or the interval ends before it starts.
    """
    if "requestId" not in sent.values and "requestNumber" not in sent.values:
        require_dates(sent)
    since, until = read_interval(site, sent)
    return LeadQuery(
        kind=LeadKind.LEAD_REQUEST,
        model=sent.get("attribution", AttributionModel(site.attribution)),
        since=since,
        until=until,
        by_visit="bindTo" in sent.values,
        lead_id=sent.get("requestId"),
        number=sent.get("requestNumber"),
    )


def _answer_part(
    connection: Connection, cursor: Cursor, *, site: Site, query: LeadQuery, sent: Sent
) -> tuple[ListPage, Reply]:
    _, limit = requested_page(sent, PART_SIZE_MAX)
    page = find_page(connection, query_leads(site, query), cursor, limit)
    build = partial(lead_request_record, site=site, model=query.model, sent=sent)
    records = build_records(connection, site, query, page.ids, sent, build)
    reply = success(records, _EVENT, site_id=site.id, records=len(records))
    return page, replace(reply, headers=(*reply.headers, (TOTAL_HEADER, str(page.total).encode())))


def _answer_whole(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> Reply:
    records = build_all_records(
        connection, site, query, sent, partial(lead_request_record, site=site, model=query.model, sent=sent)
    )
    return success(records, _EVENT, site_id=site.id, records=len(records))
