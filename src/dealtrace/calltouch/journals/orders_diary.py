"""`orders-diary/orders`: the journal of deals, page by page."""

from collections.abc import Iterable
from functools import partial

import msgspec
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.deals import deal_record
from dealtrace.calltouch.answers.journal_page import page_answer
from dealtrace.calltouch.journals.parameters import ORDERS_DIARY, read_interval, require_dates
from dealtrace.calltouch.journals.requested_page import answer_page, empty_page, requested_page
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, ready, success
from dealtrace.leads.lead import LeadKind
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.deals.daily_counts import JournalTime
from dealtrace.storage.journals.deal_entries import DealEntry, list_deal_entries
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, find_page

TABLE = ParameterTable(ORDERS_DIARY)
_EVENT = "deals_listed"

_TIMES = {"created": JournalTime.HAPPENED, "updated": JournalTime.TOUCHED, "session": JournalTime.VISITED}
_LEAD_KINDS = {"CALL": LeadKind.CALL, "REQUEST": LeadKind.LEAD_REQUEST}


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with one page of deals; it is empty if `orderSource=CHAT`, since this server has no chats."""
    query, site = read_query(caller.site, sent), caller.site
    number, limit = requested_page(sent)
    if sent.get("orderSource") == "CHAT":
        reply = empty_page(number, limit, site, _EVENT)
    else:
        answer = partial(answer_page_of_deals, site=site, query=query, sent=sent)
        reply = await answer_page(caller, query, (number - 1) * limit, answer)
    await caller.pay_for_reading(PaidMethod.ORDERS_DIARY)
    return reply


def read_query(site: Site, sent: Sent) -> JournalQuery:
    """Build the query for deals from the parameters; an interval covers whole days in the site's time zone.

    Raises:
        InvalidParameters: no interval, id or number was sent, or the interval ends before it starts.
    """
    if "orderId" not in sent.values and "orderNumber" not in sent.values:
        require_dates(sent)
    since, until = read_interval(site, sent)
    return JournalQuery(
        time=_TIMES[sent.get("bindTo", "created")],
        since=since,
        until=until,
        deal_id=sent.get("orderId"),
        number=sent.get("orderNumber"),
        lead_kind=_LEAD_KINDS.get(sent.get("orderSource")),
    )


def answer_page_of_deals(
    connection: Connection, cursor: Cursor, *, site: Site, query: JournalQuery, sent: Sent
) -> tuple[ListPage, Reply]:
    """Return the page of deals that begins at `cursor`, and the reply built from it."""
    number, limit = requested_page(sent)
    model = sent.get("attribution", AttributionModel(site.attribution))
    page = find_page(connection, query_deals(site.id, query), cursor, limit)
    records = encode_deals(list_deal_entries(connection, site.id, page.ids, model), site=site, model=model, sent=sent)
    answer = page_answer(number, limit, page.total, records)
    return page, success(answer, _EVENT, site_id=site.id, records=len(records))


def encode_deals(entries: Iterable[DealEntry], *, site: Site, model: AttributionModel, sent: Sent) -> list[msgspec.Raw]:
    """Return the records of deals as encoded JSON, in input order."""
    return [ready(deal_record(entry, site, model, sent)) for entry in entries]
