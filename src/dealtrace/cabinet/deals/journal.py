"""The journal of deals: the deals of a period or the results of a search, filtered, and sorted by date or amount."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.choices import SelectOption
from dealtrace.cabinet.deals.labels import REASONS
from dealtrace.cabinet.formats import money
from dealtrace.cabinet.labels import LEAD_LABELS, labelled_text
from dealtrace.cabinet.links import lead_url, source_label
from dealtrace.cabinet.list_query import (
    BEFORE,
    PAGE_ROWS,
    UNUSABLE,
    FilterLabels,
    ListPeriod,
    ListQuery,
    SortHeading,
    days_of,
    labels_of,
    list_query_of,
)
from dealtrace.cabinet.view import View
from dealtrace.matching.match_reason import MatchReason
from dealtrace.record import record
from dealtrace.storage.journals.deal_entries import DealEntry, list_deal_entries
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.deals_by_amount import (
    SORTED_MAX,
    AmountKey,
    AmountPage,
    find_by_amount,
    find_previous_by_amount,
)
from dealtrace.storage.journals.keyset_pages import (
    NextPage,
    PageQuery,
    SortKey,
    count_rows,
    find_counted,
    find_newest,
    find_oldest,
    find_previous,
)
from dealtrace.storage.journals.search_rows import FOUND_MAX, find_searched_deals
from dealtrace.storage.reports.statuses import list_statuses

YES, NO = "yes", "no"
MATCHED = {YES: "With a lead or a stated source", NO: "Neither a lead nor a source"}


class DealSorting(StrEnum):
    """The orders of the list, as they are written in its URL."""

    NEWEST = "-date"
    OLDEST = "date"
    HIGHEST = "-amount"
    LOWEST = "amount"


FILTERS: FilterLabels = {
    "status": ("Status", {}),
    "manager": ("Manager", {}),
    "service": ("Service", {}),
    "matched": ("Matched", MATCHED),
    "reason": ("Match reason", {reason.value: REASONS[reason] for reason in MatchReason}),
    "source": ("Source", {}),
    "unsourced": ("Without a source", {YES: "Yes"}),
    "contact": ("With an invalid phone or e-mail", {UNUSABLE: "Yes"}),
    "deleted": ("Deleted deals", {YES: "Yes"}),
}
ASKED: FilterLabels = {**FILTERS, "sort": ("Order of rows", {sorting.value: "" for sorting in DealSorting})}
"""The labels of the list's filters and of its order, which are parameters of its URL."""
_BY_AMOUNT = (DealSorting.HIGHEST, DealSorting.LOWEST)


@record
class ListedDeal:
    """A deal of the list, as strings; `lead` is empty if it has no lead."""

    url: str
    number: str
    happened_at: str
    status: str
    amount: str
    source: str
    lead: str
    lead_url: str


@record
class FoundDealList:
    """The data of the page: its deals, and the total number of deals found.

    `end` is the key after which the next page begins, or `None` on the last page. `previous` is the key after which the
    previous page begins, or `None` on the first two pages. `statuses` are all statuses of the site's deals. `sorting`
    is the requested order, or the default order if the list is too long for the requested one.
    """

    entries: Sequence[DealEntry]
    end: SortKey | AmountKey | None
    previous: SortKey | AmountKey | None
    sorting: DealSorting
    total: int
    statuses: Sequence[str]
    is_cut: bool = False


async def show(view: View) -> Response:
    """Show the deals that match the query; a search ignores the period."""
    list_query = list_query_of(f"/cabinet/{view.current_site.id}/deals", view.request.query_params, tuple(ASKED))
    days = days_of(list_query, view.current_site, clock.now(), view.language, ASKED)
    found = await view.read(_read, view.current_site, list_query, days)
    is_sortable = found.total <= SORTED_MAX
    return view.page(
        "deals/journal.html",
        HTTPStatus.BAD_REQUEST if days.refusal is not None else HTTPStatus.OK,
        fault=labelled_text(days.refusal, view.language, labels_of(ASKED)) if days.refusal is not None else "",
        by_date=_heading(list_query, found.sorting, DealSorting.NEWEST, DealSorting.OLDEST),
        by_amount=_heading(list_query, found.sorting, DealSorting.HIGHEST, DealSorting.LOWEST)
        if is_sortable
        else SortHeading("", ""),
        sorted_max=SORTED_MAX if not is_sortable else 0,
        next_label=view.translate("Older") if found.sorting is DealSorting.NEWEST else view.translate("Next deals"),
        first_label=view.translate("To the newest")
        if found.sorting is DealSorting.NEWEST
        else view.translate("To the first page of deals"),
        previous_label=view.translate("Newer")
        if found.sorting is DealSorting.NEWEST
        else view.translate("Previous deals"),
        previous_page=list_query.previous_page(found.previous),
        list_query=list_query,
        days=days,
        rows=[_row(entry, view) for entry in found.entries],
        total=found.total,
        found_max=FOUND_MAX if found.is_cut else 0,
        next_page=list_query.next_page(found.end),
        is_first=not list_query.get(BEFORE),
        statuses=found.statuses,
        reasons=_choices(view, FILTERS["reason"][1], list_query.get("reason")),
        matched=_choices(view, MATCHED, list_query.get("matched")),
        is_unsourced=list_query.get("unsourced") == YES,
        is_unusable=list_query.get("contact") == UNUSABLE,
        is_deleted=list_query.get("deleted") == YES,
        is_filtered=any(list_query.get(name) for name in FILTERS),
    )


def _heading(list_query: ListQuery, sorting: DealSorting, falling: DealSorting, rising: DealSorting) -> SortHeading:
    """Return the heading of a column; its link sorts descending, or ascending if the list is sorted descending."""
    following = rising if sorting is falling else falling
    url = list_query.link(sort=following if following is not DealSorting.NEWEST else "")
    return SortHeading(url, {falling: "descending", rising: "ascending"}.get(sorting, ""))


def _choices(view: View, labels: Mapping[str, str], chosen: str) -> list[SelectOption]:
    return [SelectOption(value, view.translate(text), value == chosen) for value, text in labels.items()]


def deal_query(connection: Connection, site: Site, list_query: ListQuery, days: ListPeriod) -> tuple[PageQuery, bool]:
    """Return the query for the deals in the list, and whether the search found more deals than it may list.

    A search ignores the period.
    """
    search = list_query.search
    found = find_searched_deals(connection, site.id, search) if search is not None else None
    ids = found.ids if found is not None else None
    query = query_deal_list(site, _filters(list_query, ids, None if search else (days.since, days.until)))
    return query, found is not None and found.is_cut


def _read(connection: Connection, site: Site, list_query: ListQuery, days: ListPeriod) -> FoundDealList:
    statuses = {status.spelling for status in list_statuses(connection, site.id)}
    if days.refusal is not None:
        return FoundDealList((), None, None, DealSorting.NEWEST, 0, sorted(statuses, key=str.casefold))
    query, is_cut = deal_query(connection, site, list_query, days)
    page, total, sorting = _page(connection, query, list_query)
    return FoundDealList(
        list_deal_entries(connection, site.id, page.ids, AttributionModel(site.attribution)),
        page.end,
        _previous(connection, query, list_query, sorting),
        sorting,
        total,
        sorted(statuses, key=str.casefold),
        is_cut=is_cut,
    )


def sorting_of(list_query: ListQuery, total: int) -> DealSorting:
    """Return the order in the URL, or the default order if the URL has none or the list is too long for that order."""
    stated = _stated_sorting(list_query)
    return stated if stated not in _BY_AMOUNT or total <= SORTED_MAX else DealSorting.NEWEST


def _stated_sorting(list_query: ListQuery) -> DealSorting:
    stated = list_query.get("sort")
    return DealSorting(stated) if stated in tuple(DealSorting) else DealSorting.NEWEST


def _page(
    connection: Connection, query: PageQuery, list_query: ListQuery
) -> tuple[NextPage | AmountPage, int, DealSorting]:
    """Return the page in the URL, the length of the whole list, and the order of the list."""
    stated = _stated_sorting(list_query)
    if stated in _BY_AMOUNT:
        total = count_rows(connection, query)
        if sorting_of(list_query, total) is stated:
            after, highest_first = list_query.before_amount, stated is DealSorting.HIGHEST
            page = find_by_amount(connection, query, after, PAGE_ROWS, highest_first=highest_first)
            return page, total, stated
        return find_newest(connection, query, list_query.before, PAGE_ROWS), total, DealSorting.NEWEST
    find = find_newest if stated is DealSorting.NEWEST else find_oldest
    return *find_counted(connection, query, find, list_query.before, PAGE_ROWS), stated


def _previous(
    connection: Connection, query: PageQuery, list_query: ListQuery, sorting: DealSorting
) -> SortKey | AmountKey | None:
    """Return the key after which the previous page begins; `None` if that page is the first or does not exist."""
    highest_first, newest_first = sorting is DealSorting.HIGHEST, sorting is DealSorting.NEWEST
    if sorting in _BY_AMOUNT:
        begun = list_query.before_amount
        return (
            find_previous_by_amount(connection, query, begun, PAGE_ROWS, highest_first=highest_first) if begun else None
        )
    after = list_query.before
    return find_previous(connection, query, after, PAGE_ROWS, newest_first=newest_first) if after else None


def _filters(
    list_query: ListQuery, ids: Collection[int] | None, within: tuple[datetime, datetime] | None
) -> DealFilters:
    reason = list_query.get("reason")
    return DealFilters(
        since=within[0] if within else None,
        until=within[1] if within else None,
        ids=ids,
        status=list_query.get("status"),
        manager=list_query.get("manager").strip(),
        service=list_query.get("service").strip(),
        is_matched={YES: True, NO: False}.get(list_query.get("matched")),
        reason=MatchReason(reason) if reason in tuple(MatchReason) else None,
        source=list_query.get("source").strip(),
        is_unsourced=list_query.get("unsourced") == YES,
        is_contact_unusable=list_query.get("contact") == UNUSABLE,
        is_deleted=list_query.get("deleted") == YES,
    )


def _row(entry: DealEntry, view: View) -> ListedDeal:
    ref = entry.lead_summary.ref if entry.lead_summary is not None else None
    return ListedDeal(
        f"/cabinet/{view.current_site.id}/deals/{entry.id}",
        entry.number,
        view.clock_time(entry.happened_at),
        entry.status,
        money(view.language, entry.amount_rub, entry.currency),
        source_label(entry.origin.source) if entry.origin.is_known else "",
        view.translate(LEAD_LABELS[ref.kind]) if ref is not None else "",
        lead_url(view.current_site.id, ref) if ref is not None else "",
    )
