"""`statistics/{siteId}/calls/…`: the number of calls in total, by day and by keyword.

Ours: the answer is a number or a single object, as public clients of the API expect; the vendor documents no answer.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.calls import DayCounts, KeywordCounts, day_counts, keyword_counts
from dealtrace.calltouch.journals.parameters import STATISTICS, read_interval
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.lead import LeadKind
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.journals.call_counts import count_by_quarter, count_by_term
from dealtrace.storage.journals.keyset_pages import count_rows
from dealtrace.storage.journals.lead_journal import LeadField, LeadFilter, LeadQuery, query_leads

TABLE = ParameterTable(STATISTICS)
DAYS_MAX = 3660
KEYWORDS_MAX = 1000
SEARCHED = LeadFilter(LeadField.MEDIUM, "organic")
"""The filter that finds calls from search engines: their source has the medium `organic`."""
_EVENT = "calls_counted"

CountLeads = Callable[[Connection, Site, LeadQuery, Sent], int | DayCounts | KeywordCounts]


async def total_count(caller: Caller, sent: Sent) -> Reply:
    """Answer with the number of calls."""
    return await _answer(caller, sent, _total, searched=False)


async def count_by_date(caller: Caller, sent: Sent) -> Reply:
    """Answer with the number of calls on each day."""
    return await _answer(caller, sent, _by_date, searched=False)


async def searched_by_date(caller: Caller, sent: Sent) -> Reply:
    """Answer with the number of calls from search engines on each day."""
    return await _answer(caller, sent, _by_date, searched=True)


async def searched_by_keyword(caller: Caller, sent: Sent) -> Reply:
    """Answer with the number of calls from search engines for each keyword."""
    return await _answer(caller, sent, _by_keyword, searched=True)


async def _answer(caller: Caller, sent: Sent, count: CountLeads, *, searched: bool) -> Reply:
    """Answer with what `count` returns for an interval; if `searched`, only calls from search engines are counted.

    Raises:
        InvalidParameters: the interval is too long, or ends before it starts.
    """
    site = caller.site
    since, until = read_interval(site, sent)
    if sent["dateTo"] - sent["dateFrom"] > timedelta(days=DAYS_MAX):
        wrong = Violation(
            "dateTo", f"интервал не должен быть длиннее {DAYS_MAX} дней", f"must not be longer than {DAYS_MAX} days"
        )
        raise InvalidParameters([wrong])
    model = AttributionModel(site.attribution)
    query = LeadQuery(LeadKind.CALL, model, since, until, matches=(SEARCHED,) if searched else ())
    counts = await caller.read_pool.read(count, site, query, sent)
    await caller.pay_for_reading(PaidMethod.STATISTICS)
    return success(counts, _EVENT, site_id=site.id)


def _total(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> int:
    del sent
    return count_rows(connection, query_leads(site, query))


def _by_date(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> DayCounts:
    of_day: Counter[date] = Counter()
    for quarter_at, count in count_by_quarter(connection, query_leads(site, query)).items():
        of_day[site_day(quarter_at, site.time_zone)] += count
    days = (sent["dateTo"] - sent["dateFrom"]).days + 1
    each = (sent["dateFrom"] + timedelta(days=number) for number in range(days))
    return day_counts((day, of_day[day]) for day in each)


def _by_keyword(connection: Connection, site: Site, query: LeadQuery, sent: Sent) -> KeywordCounts:
    del sent
    return keyword_counts(count_by_term(connection, query_leads(site, query), KEYWORDS_MAX))
