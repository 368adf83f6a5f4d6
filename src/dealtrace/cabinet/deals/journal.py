"""The journal of deals: by period, with search and filters, newest first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.deals.words import REASONS
from dealtrace.cabinet.formats import clock_time, money
from dealtrace.cabinet.lead_words import LEAD_WORDS
from dealtrace.cabinet.listing import PAGE_ROWS, Days, Listing, days_of, listing_of
from dealtrace.cabinet.places import lead_address, source_words
from dealtrace.cabinet.reports.choices import Choice
from dealtrace.cabinet.view import View
from dealtrace.matching.match_reason import MatchReason
from dealtrace.record import record
from dealtrace.storage.journals.deal_entries import DealEntry, list_deal_entries
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.keyset_pages import SortKey, count_rows, find_newest
from dealtrace.storage.journals.search_rows import find_searched_deals
from dealtrace.storage.reports.statuses import list_statuses

ASKED = ("status", "manager", "service", "matched", "reason", "source", "deleted")
YES, NO = "yes", "no"


@record
class Row:
    """A deal of the list, as texts; `lead` is empty if it has no lead."""

    address: str
    number: str
    happened_at: str
    status: str
    amount: str
    source: str
    lead: str
    lead_address: str


@record
class Found:
    """The data of the page: its deals, and the total number of deals found.

    `end` is the sort key after which the next page begins, or `None` on the last page. `statuses` are all statuses of
    the site's deals.
    """

    entries: Sequence[DealEntry]
    end: SortKey | None
    total: int
    statuses: Sequence[str]


async def show(view: View) -> Response:
    """Show the deals that match the query; a search ignores the period."""
    listing = listing_of(f"/cabinet/{view.here.id}/deals", view.request.query_params, ASKED)
    days = days_of(listing, view.here, clock.now(), view.language)
    found = await view.read(_read, view.here, listing, days)
    return view.page(
        "deals/journal.html",
        listing=listing,
        days=days,
        rows=[_row(entry, view) for entry in found.entries],
        total=found.total,
        next_page=listing.next_page(found.end),
        is_first=listing.before is None,
        statuses=found.statuses,
        reasons=_choices(view, {reason.value: REASONS[reason] for reason in MatchReason}, listing.get("reason")),
        matched=_choices(view, {YES: "With a source", NO: "Without a source"}, listing.get("matched")),
        is_deleted=listing.get("deleted") == YES,
    )


def _choices(view: View, words: dict[str, str], chosen: str) -> list[Choice]:
    return [Choice(value, view.word(text), value == chosen) for value, text in words.items()]


def _read(connection: Connection, site: Site, listing: Listing, days: Days) -> Found:
    search = listing.search
    ids = find_searched_deals(connection, site.id, search) if search is not None else None
    query = query_deal_list(site, _filters(listing, ids, None if search else (days.since, days.until)))
    page = find_newest(connection, query, listing.before, PAGE_ROWS)
    statuses = {status.spelling for status in list_statuses(connection, site.id)}
    return Found(
        list_deal_entries(connection, site.id, page.ids, AttributionModel(site.attribution)),
        page.end,
        count_rows(connection, query),
        sorted(statuses, key=str.casefold),
    )


def _filters(listing: Listing, ids: set[int] | None, within: tuple[datetime, datetime] | None) -> DealFilters:
    reason = listing.get("reason")
    return DealFilters(
        since=within[0] if within else None,
        until=within[1] if within else None,
        ids=ids,
        status=listing.get("status"),
        manager=listing.get("manager").strip(),
        service=listing.get("service").strip(),
        is_matched={YES: True, NO: False}.get(listing.get("matched")),
        reason=MatchReason(reason) if reason in tuple(MatchReason) else None,
        source=listing.get("source").strip(),
        is_deleted=listing.get("deleted") == YES,
    )


def _row(entry: DealEntry, view: View) -> Row:
    ref = entry.lead_summary.ref if entry.lead_summary is not None else None
    return Row(
        f"/cabinet/{view.here.id}/deals/{entry.id}",
        entry.number,
        clock_time(view.language, entry.happened_at, view.here.time_zone),
        entry.status,
        money(view.language, entry.amount_rub),
        source_words(entry.origin.source) if entry.origin.is_known else "",
        view.word(LEAD_WORDS[ref.kind]) if ref is not None else "",
        lead_address(view.here.id, ref) if ref is not None else "",
    )
