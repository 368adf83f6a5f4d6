"""`calls-diary/calls`: the journal of calls, as one page of any interval or as an array with all calls of one day."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.classification import NOT_SET
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.calls import call_record
from dealtrace.calltouch.answers.journal_page import page_answer
from dealtrace.calltouch.answers.sources import NOT_SPECIFIED
from dealtrace.calltouch.journals.lead_pages import build_all_records, build_records
from dealtrace.calltouch.journals.parameters import CALLS_DIARY, FILTERED, read_interval
from dealtrace.calltouch.journals.requested_page import answer_page, empty_page, requested_page
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.lead import LeadKind
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, find_page
from dealtrace.storage.journals.lead_journal import (
    LeadField,
    LeadFilter,
    LeadOperator,
    LeadQuery,
    QualificationFilter,
    query_leads,
)

TABLE = ParameterTable(CALLS_DIARY)
_EVENT = "calls_listed"
_QUALIFICATIONS = {
    "uniqueOnly": QualificationFilter.UNIQUE,
    "targetOnly": QualificationFilter.TARGET,
    "uniqTargetOnly": QualificationFilter.UNIQUE_TARGET,
}


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with a page of calls if `page` was sent, else with all calls of one day."""
    query, site = read_query(caller.site, sent), caller.site
    number, limit = requested_page(sent)
    if "page" not in sent.values:
        _check_one_day(sent)
        reply = await caller.read_pool.read(_answer_array, site, query, sent)
    elif sent.get("callbackOnly"):
        reply = empty_page(number, limit, site, _EVENT)
    else:
        answer = partial(answer_page_of_calls, site=site, query=query, sent=sent)
        reply = await answer_page(caller, query, (number - 1) * limit, answer)
    await caller.pay_for_reading(PaidMethod.CALLS_DIARY)
    return reply


def _check_one_day(sent: Sent) -> None:
    if sent["dateFrom"] != sent["dateTo"]:
        raise InvalidParameters(
            [
                Violation(
                    "dateTo",
                    "без page отдаются звонки только одного дня: передайте page=1 или dateTo, равный dateFrom",
                    "only one day is available without page: send page=1, or a dateTo equal to dateFrom",
                )
            ]
        )


def read_query(site: Site, sent: Sent) -> LeadQuery:
    """Build the query for calls from the parameters.

    Raises:
        InvalidParameters: the interval ends before it starts.
    """
    since, until = read_interval(site, sent)
    return LeadQuery(
        kind=LeadKind.CALL,
        model=sent.get("attribution", AttributionModel(site.attribution)),
        since=since,
        until=until,
        by_visit="bindTo" in sent.values,
        lead_id=sent.get("callId"),
        qualifications=frozenset(qualification for flag, qualification in _QUALIFICATIONS.items() if sent.get(flag)),
        matches=tuple(_matches(sent)),
    )


def _matches(sent: Sent) -> Iterator[LeadFilter]:
    """Yield the filters on sources and phones; `(not set)` and `<не указано>` find calls without a value."""
    for name, field in (
        ("clientId", LeadField.GOOGLE_CLIENT_ID),
        ("utmSource", LeadField.UTM_SOURCE),
        ("utmMedium", LeadField.UTM_MEDIUM),
    ):
        if name in sent.values:
            yield LeadFilter(field, _plain(sent[name]))
    for name, (field, _) in FILTERED.items():
        if f"{name}.value" in sent.values:
            yield LeadFilter(field, _plain(sent[f"{name}.value"]), sent.get(f"{name}.filterMode", LeadOperator.EQUAL))


def _plain(text: str) -> str:
    return "" if text in (NOT_SET, NOT_SPECIFIED) else text


def answer_page_of_calls(
    connection: Connection, cursor: Cursor, *, site: Site, query: LeadQuery, sent: Sent
) -> tuple[ListPage, Reply]:
    """Return the page of calls that begins at `cursor`, and the reply built from it."""
    number, limit = requested_page(sent)
    page = find_page(connection, query_leads(site, query), cursor, limit)
    build = partial(call_record, site=site, model=query.model, sent=sent)
    records = build_records(connection, site, query, page.ids, sent, build)
    answer = page_answer(number, limit, page.total, records)
    return page, success(answer, _EVENT, site_id=site.id, records=len(records))


def _answer_array(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> Reply:
    if sent.get("callbackOnly"):
        return success([], _EVENT, site_id=site.id, records=0)
    records = build_all_records(
        connection, site, query, sent, partial(call_record, site=site, model=query.model, sent=sent)
    )
    return success(records, _EVENT, site_id=site.id, records=len(records))
