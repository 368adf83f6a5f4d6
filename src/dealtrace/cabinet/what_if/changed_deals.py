"""The deals that would get a different lead or source under other rules, as strings."""

from collections.abc import Sequence
from fractions import Fraction
from urllib.parse import urlencode

from dealtrace.attribution.credit import WHOLE
from dealtrace.cabinet.formats import clock_time, money, number
from dealtrace.cabinet.labels import lead_name
from dealtrace.cabinet.view import View
from dealtrace.operations.what_if.trial import Trial, pairs_of
from dealtrace.operations.what_if.try_settings import TriedDays
from dealtrace.record import record
from dealtrace.reports.what_if import Shares, TriedDeal, spelling_of

FLIPS_LISTED = 50
"""Ours: how many deals a page lists that other rules would change, as many as a page of the journal of deals.

Further pages and a file list the rest.
"""
PLACE = "settings/try"
"""The page that tries rules, below the site."""
PAGE = "page"
"""The parameter with the page number in the list of deals that would change."""
Spelling = tuple[str | None, str | None]
"""A source and its medium; each is `None` if it is missing."""


@record
class ChangedDealLine:
    """A deal that would get a different lead or source: its lead and source now, and those under the tried rules.

    The lead or the source may be the same before and after.
    """

    number: str
    url: str
    happened_at: str
    amount: str
    lead_before: str
    lead_after: str
    source_before: str
    source_after: str


@record
class ChangedDealPages:
    """The navigation in the list of deals that would change: the shown deals, other pages, and files with all deals.

    `earlier` and `later` are empty if there is no such page. `all` leads to the first page of the same list on the page
    that tries rules.
    """

    first: int
    last: int
    earlier: str
    later: str
    all: str
    csv: str
    xlsx: str


def changed_deal_pages(site_id: int, trial: Trial, days: TriedDays, page: int, changed: int) -> ChangedDealPages:
    """Return the navigation of page number `page`; `changed` is the number of all deals that would change."""
    place = f"/cabinet/{site_id}/{PLACE}"
    parameters = [*pairs_of(trial), ("from", f"{days.first_on}"), ("to", f"{days.last_on}")]
    query = urlencode(parameters)

    def url_of(number: int) -> str:
        return f"{place}?{urlencode([*parameters, (PAGE, str(number))])}"

    last = page * FLIPS_LISTED
    return ChangedDealPages(
        first=last - FLIPS_LISTED + 1,
        last=min(last, changed),
        earlier=url_of(page - 1) if page > 1 else "",
        later=url_of(page + 1) if last < changed else "",
        all=f"{place}?{query}",
        csv=f"{place}/flips.csv?{query}",
        xlsx=f"{place}/flips.xlsx?{query}",
    )


def changed_deal_lines(view: View, changed: Sequence[TriedDeal]) -> tuple[ChangedDealLine, ...]:
    """Return deals with their leads and sources now and under the tried rules."""
    return tuple(_changed_deal_line(view, tried) for tried in changed)


def _changed_deal_line(view: View, tried: TriedDeal) -> ChangedDealLine:
    deal, site, language = tried.deal, view.current_site, view.language
    return ChangedDealLine(
        deal.number,
        f"/cabinet/{site.id}/deals/{deal.id}",
        clock_time(language, deal.happened_at, site.time_zone),
        money(language, deal.amount_rub, deal.currency),
        lead_name(tried.before.lead, view.translate),
        lead_name(tried.after.lead, view.translate),
        sources_label(view, tried.before.shares),
        sources_label(view, tried.after.shares),
    )


def sources_label(view: View, shares: Shares) -> str:
    """Return the sources of a deal, the latest first, with their shares if there are several."""
    return ", ".join(
        spelling_label(view, spelling_of(source))
        + ("" if share == WHOLE else f" {number(view.language, Fraction(share * 100, WHOLE))}\u00a0%")
        for source, share in shares
    )


def spelling_label(view: View, parts: Spelling) -> str:
    """Return a source and its medium, joined by a slash."""
    return " / ".join(part for part in parts if part is not None) or view.translate("(no source)")
