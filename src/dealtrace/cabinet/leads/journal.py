"""The lists of calls, missed calls to return, lead requests and visits, newest first unless the URL says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.visit import Visit
from dealtrace.cabinet.choices import SelectOption
from dealtrace.cabinet.form_pages import done_text
from dealtrace.cabinet.formats import number, span_of_time
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.leads.missed_calls import (
    COUNTED_MAX,
    MISSED_ASKED,
    MISSED_TOTAL_MAX,
    OWN_PERIOD,
    SAID,
    USUAL_PERIOD,
    MarkButton,
    count_missed,
    date_heading,
    is_oldest_first,
    mark_buttons,
    mark_label,
    missed_days,
    missed_label,
)
from dealtrace.cabinet.links import client_url, lead_url, phone_url, source_label, visitor_label, web_url
from dealtrace.cabinet.list_query import (
    PAGE_ROWS,
    PERIOD,
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
from dealtrace.errors import Language
from dealtrace.leads.call import Call
from dealtrace.leads.call_outcome import CallPhase, is_missed, phase_of
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.missed_calls import MISSED_DAYS
from dealtrace.record import record
from dealtrace.storage.journals.keyset_pages import (
    FindPage,
    PageQuery,
    SortKey,
    find_counted,
    find_newest,
    find_oldest,
    find_previous,
)
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.journals.lead_list import CallOutcome, LeadFilters, query_lead_list, query_visit_list
from dealtrace.storage.journals.search_rows import (
    FOUND_MAX,
    VISITS_SEARCHED_MAX,
    find_searched_leads,
    find_searched_visits,
)
from dealtrace.storage.visits.visits import find_visits

CALLS, MISSED, REQUESTS, VISITS = "calls", "missed", "requests", "visits"
TABS: Mapping[str, str] = {
    CALLS: "Calls",
    MISSED: "Missed calls to return",
    REQUESTS: "Lead requests",
    VISITS: "Visits",
}
KINDS = {CALLS: LeadKind.CALL, MISSED: LeadKind.CALL, REQUESTS: LeadKind.LEAD_REQUEST}
"""The kind of lead that each tab lists; the tab of visits lists none."""
NARROWING = ("q", "contact", "done", *OWN_PERIOD)
"""The parameters that change what the tab of missed calls lists; without them, it lists the usual days' calls."""
YES = "yes"
OUTCOMES: Mapping[str, str] = {CallOutcome.ANSWERED: "Answered", CallOutcome.MISSED: "Missed"}
ASKED: FilterLabels = {
    "tab": ("Kinds of leads", TABS),
    "outcome": ("Outcome", OUTCOMES),
    "contact": ("With an invalid phone or e-mail", {UNUSABLE: "Yes"}),
    "deleted": ("Deleted leads", {YES: "Yes"}),
    "done": ("Returned or no longer needed", {YES: "Yes"}),
    **MISSED_ASKED,
}


@record
class Tab:
    """A tab: its title, its URL, and whether it is the current tab.

    `waiting` is the number of missed calls to return; it is empty for other tabs, and if there are none.
    """

    title: str
    url: str
    is_shown: bool
    waiting: str = ""


@record
class ListedLead:
    """A lead of the list, as strings; `recording` is the URL of its recording, empty if pages cannot link to it.

    `phone_url` is the `tel:` URL that calls the phone, empty if the phone cannot be called.

    `mark` is what a person did about a missed call, and `buttons` are the buttons that set the mark.
    """

    url: str
    began: str
    name: str
    own_id: str
    client: str
    client_url: str
    phone: str
    phone_url: str
    email: str
    source: str
    state: str
    recording: str
    deals: int
    mark: str
    buttons: Sequence[MarkButton]


@record
class ListedVisit:
    """A visit of the list, as strings."""

    began: str
    source: str
    landing: str
    landing_link: str
    place: str


@record
class FoundLeadList:
    """The data of the page.

    `total` is `None` for visits, which are too many to count; missed calls are counted up to `MISSED_TOTAL_MAX`.
    `previous` is the key after which the previous page begins, or `None` on the first two pages. `missed` is the number
    of missed calls to return, see `count_missed`. `is_cut` is true if the search found more leads than it may list.
    """

    entries: Sequence[LeadEntry]
    visits: Sequence[Visit]
    end: SortKey | None
    previous: SortKey | None
    total: int | None
    missed: int = 0
    is_cut: bool = False


async def show(view: View) -> Response:
    """Show the list of the current tab; a search ignores the period, and so does the list of missed calls."""
    list_query = list_query_of(f"/cabinet/{view.current_site.id}/leads", view.request.query_params, tuple(ASKED))
    tab = tab_of(list_query)
    now = clock.now()
    days = listed_days(list_query, view.current_site, now, view.language, ASKED)
    found = await view.read(read_lead_list, view.current_site, list_query, tab, days, now)
    is_reversed = finder_of(list_query, tab) is find_oldest
    return view.page(
        "leads/journal.html",
        HTTPStatus.BAD_REQUEST if days.refusal is not None else HTTPStatus.OK,
        fault=labelled_text(days.refusal, view.language, labels_of(ASKED)) if days.refusal is not None else "",
        done=done_text(view, SAID) if tab == MISSED else "",
        list_query=list_query,
        days=days,
        tab=tab,
        tabs=[_tab(view, list_query, name, found.missed, is_shown=name == tab) for name in TABS],
        rows=[lead_row(entry, view) for entry in found.entries],
        visits=[_visit_row(visit, view) for visit in found.visits],
        total=_total_text(found.total, tab, view.language),
        found_max=FOUND_MAX if found.is_cut else 0,
        next_page=list_query.next_page(found.end),
        is_first=list_query.before is None,
        previous_page=list_query.previous_page(found.previous),
        previous_label=view.translate("Older" if is_reversed else "Newer"),
        next_label=view.translate("Newer" if is_reversed else "Older"),
        first_label=view.translate("To the oldest" if is_reversed else "To the newest"),
        by_date=date_heading(list_query) if tab == MISSED else SortHeading("", ""),
        kept=PERIOD if tab == MISSED else OWN_PERIOD,
        outcomes=[
            SelectOption(value, view.translate(text), value == list_query.get("outcome"))
            for value, text in OUTCOMES.items()
        ],
        is_unusable=list_query.get("contact") == UNUSABLE,
        is_deleted=list_query.get("deleted") == YES,
        is_done=list_query.get("done") == YES,
        missed_days=MISSED_DAYS,
        visits_searched=VISITS_SEARCHED_MAX,
    )


def _tab(view: View, list_query: ListQuery, name: str, missed: int, *, is_shown: bool) -> Tab:
    label = missed_label(missed) if name == MISSED else ""
    return Tab(view.translate(TABS[name]), list_query.link(tab=name), is_shown, label)


def _total_text(total: int | None, tab: str, language: Language) -> str:
    """Return the length of the list as a string: `325`, or `1,000+` for a longer list of missed calls."""
    is_more = tab == MISSED and total is not None and total > MISSED_TOTAL_MAX
    return f"{number(language, MISSED_TOTAL_MAX)}+" if is_more else number(language, total)


def listed_days(
    list_query: ListQuery, site: Site, now: datetime, language: Language, filters: FilterLabels
) -> ListPeriod:
    """Return the period in the URL or, for missed calls, their own period.

    Each tab refuses only the invalid values of its own period: the fields of the other one are not on the page.
    """
    if tab_of(list_query) == MISSED:
        return missed_days(list_query, site, now, language, filters)
    shown = {name: labels for name, labels in filters.items() if name not in OWN_PERIOD}
    return days_of(list_query, site, now, language, shown)


def finder_of(list_query: ListQuery, tab: str) -> FindPage:
    """Return the function that finds the rows of a tab in their order; only missed calls may have the oldest first."""
    return find_oldest if tab == MISSED and is_oldest_first(list_query) else find_newest


def tab_of(list_query: ListQuery) -> str:
    """Return the tab in the URL, or the first tab if the URL has none."""
    return list_query.get("tab") if list_query.get("tab") in TABS else CALLS


def read_lead_list(
    connection: Connection, site: Site, list_query: ListQuery, tab: str, days: ListPeriod, now: datetime
) -> FoundLeadList:
    """Return the data of the page; the number of missed calls is not counted again if the page lists these calls."""
    found = _found(connection, site, list_query, tab, days)
    if tab == MISSED and days.refusal is None and found.total is not None and not _is_narrowed(list_query):
        return replace(found, missed=min(found.total, COUNTED_MAX + 1))
    return replace(found, missed=count_missed(connection, site, now))


def _is_narrowed(list_query: ListQuery) -> bool:
    """Return whether the tab of missed calls lists others than usual; its form always states the period."""
    return any(list_query.get(name) not in ("", USUAL_PERIOD) for name in NARROWING)


def _found(connection: Connection, site: Site, list_query: ListQuery, tab: str, days: ListPeriod) -> FoundLeadList:
    if days.refusal is not None:
        return FoundLeadList((), (), None, None, 0)
    if tab == VISITS:
        query, is_cut = _visit_query(connection, site, list_query, days)
        page = find_newest(connection, query, list_query.before, PAGE_ROWS)
        visits = find_visits(connection, site.id, page.ids)
        return FoundLeadList(
            (),
            [visits[visit_id] for visit_id in page.ids if visit_id in visits],
            page.end,
            _previous(connection, query, list_query, newest_first=True),
            None,
            is_cut=is_cut,
        )
    kind = KINDS[tab]
    query, is_cut = lead_query(connection, site, list_query, tab, days)
    count_max, find = MISSED_TOTAL_MAX + 1 if tab == MISSED else None, finder_of(list_query, tab)
    page, total = find_counted(connection, query, find, list_query.before, PAGE_ROWS, count_max)
    model = AttributionModel(site.attribution)
    entries = list_lead_entries(connection, site, kind, page.ids, model, with_deals=True)
    previous = _previous(connection, query, list_query, newest_first=find is find_newest)
    return FoundLeadList(entries, (), page.end, previous, total, is_cut=is_cut)


def _visit_query(connection: Connection, site: Site, list_query: ListQuery, days: ListPeriod) -> tuple[PageQuery, bool]:
    """Return the query for the visits of the list, and whether the search found more visits than it may list."""
    search = list_query.search
    if search is None:
        return query_visit_list(site.id, days.since, days.until), False
    found = find_searched_visits(connection, site.id, search, days.since, days.until)
    return query_visit_list(site.id, None, None, found.ids), found.is_cut


def lead_query(
    connection: Connection, site: Site, list_query: ListQuery, tab: str, days: ListPeriod
) -> tuple[PageQuery, bool]:
    """Return the query for the leads of a tab, and whether the search found more leads than it may list.

    A search ignores the period.
    """
    kind, search = KINDS[tab], list_query.search
    found = find_searched_leads(connection, site.id, search)[kind] if search is not None else None
    filters = LeadFilters(
        kind,
        None if search else days.since,
        None if search else days.until,
        found.ids if found is not None else None,
        to_ring_back=tab == MISSED and list_query.get("done") != YES,
        is_dealt_with=tab == MISSED and list_query.get("done") == YES,
        outcome=CallOutcome(list_query.get("outcome"))
        if tab == CALLS and list_query.get("outcome") in tuple(CallOutcome)
        else None,
        is_contact_unusable=list_query.get("contact") == UNUSABLE,
        is_deleted=list_query.get("deleted") == YES and tab != MISSED,
    )
    return query_lead_list(site.id, filters), found is not None and found.is_cut


def _previous(connection: Connection, query: PageQuery, list_query: ListQuery, *, newest_first: bool) -> SortKey | None:
    begun = list_query.before
    return find_previous(connection, query, begun, PAGE_ROWS, newest_first=newest_first) if begun is not None else None


def lead_row(entry: LeadEntry, view: View) -> ListedLead:
    """Return the row of a lead."""
    lead, site_id = entry.lead, view.current_site.id
    is_call = isinstance(lead, Call)
    return ListedLead(
        lead_url(site_id, LeadRef(LeadKind.CALL if is_call else LeadKind.LEAD_REQUEST, lead.id)),
        view.clock_time(entry.began_at),
        (lead.reference or str(lead.id)) if isinstance(lead, Call) else lead.number,
        str(lead.id),
        entry.client.name or view.translate("no name"),
        client_url(site_id, entry.client),
        entry.phone or "",
        phone_url(entry.phone or ""),
        entry.email or "",
        source_label(entry.origin.source) if entry.origin.is_known else "",
        call_state(entry, view) if is_call else (lead.form_name if not isinstance(lead, Call) else ""),
        web_url(entry.circumstances.record_url),
        len(entry.deals),
        mark_label(entry, view),
        mark_buttons(entry, view),
    )


def call_state(entry: LeadEntry, view: View) -> str:
    """Return a string with the outcome of a call."""
    assert isinstance(entry.lead, Call)
    if phase_of(entry.circumstances, entry.lead.duration) is CallPhase.ONGOING:
        return view.translate("in progress")
    if is_missed(entry.circumstances, entry.lead.duration):
        return view.translate("missed")
    return view.translate("answered, %(time)s") % {"time": span_of_time(view.language, entry.lead.duration)}


def _visit_row(visit: Visit, view: View) -> ListedVisit:
    return ListedVisit(
        view.clock_time(visit.started_at),
        source_label(visit.traffic_source),
        visit.landing_url,
        web_url(visit.landing_url),
        visitor_label(visit, view.language),
    )
