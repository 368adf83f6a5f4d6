"""Missed calls to return: the period for which they are listed, and the buttons with which a person marks them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.cabinet.choices import SelectOption, period_label
from dealtrace.cabinet.form_pages import number_of
from dealtrace.cabinet.formats import in_language
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import RING_BACK_LABELS
from dealtrace.cabinet.list_query import (
    BEFORE,
    PERIOD,
    FilterLabels,
    ListPeriod,
    ListQuery,
    SortHeading,
    days_of,
    list_query_of,
)
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, Language, LeadNotFound, Violation
from dealtrace.leads.call import Call
from dealtrace.leads.call_outcome import is_missed
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.missed_calls import MISSED_DAYS, MISSED_DAYS_MAX, RingBack
from dealtrace.operations.leads.mark_missed_calls import RingBackMark, mark_missed_calls
from dealtrace.record import record
from dealtrace.reports.periods import Period
from dealtrace.storage.journals.keyset_pages import count_up_to
from dealtrace.storage.journals.lead_entries import LeadEntry
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list

COUNTED_MAX = 99
"""Ours: more missed calls than this are shown as `99+`, so that counting them never reads a long list."""
MISSED_TOTAL_MAX = 1_000
"""Ours: the length of a longer list is shown as `1,000+`, since each counted call needs a search for later calls."""
OWN_PERIOD = ("missed", "missed_from", "missed_to")
"""The parameters of the list's own period, its first day and its last day; `PERIOD` is the period of reports."""
USUAL_PERIOD = f"{MISSED_DAYS}d"
PERIODS = ("today", "yesterday", "7d", USUAL_PERIOD, "28d", "month", "last_month")
"""The periods that the list offers: those of reports that have at most `MISSED_DAYS_MAX` days, and the usual one."""
SORT = "sort"


class MissedSorting(StrEnum):
    """The orders of the list, as they are written in its URL; the oldest call has waited longest."""

    NEWEST = "-date"
    OLDEST = "date"


MISSED_ASKED: FilterLabels = {
    OWN_PERIOD[0]: ("Period", dict.fromkeys(PERIODS, "")),
    OWN_PERIOD[1]: ("First day", {}),
    OWN_PERIOD[2]: ("Last day", {}),
    SORT: ("Order of rows", dict.fromkeys(MissedSorting, "")),
}
"""The parameters that only this list has."""
SAID = "said"
"""The parameter that names the message about the last mark; the name `done`, used by other pages, is a filter here."""
AGAIN = "again"
"""The name of the button with which a person says that a call must be returned after all."""
MARKS: Mapping[str, RingBack | None] = {**{mark.value: mark for mark in RingBack}, AGAIN: None}
"""The mark that each button sets on a call, by the name of the button; `None` removes the mark."""
_BUTTONS = {RingBack.RETURNED: "Returned", RingBack.UNNEEDED: "No longer needed"}


@record
class MarkButton:
    """A button that marks a missed call: its name, its text, and its text for screen readers."""

    name: str
    text: str
    label: str


def missed_days(
    list_query: ListQuery, site: Site, now: datetime, language: Language, filters: FilterLabels
) -> ListPeriod:
    """Return the list's own period in the URL, by default the last `MISSED_DAYS` days, including today.

    The period of reports in the URL has no effect. A period of more than `MISSED_DAYS_MAX` days is refused, except
    beside a search, which ignores it.
    """
    stated = dict(zip(PERIOD, map(list_query.get, OWN_PERIOD), strict=True))
    has_days = bool(stated["from"] or stated["to"])
    preset = "" if has_days else stated["period"] or USUAL_PERIOD
    is_usual = preset not in PERIODS or preset == USUAL_PERIOD
    others = [(name, value) for name, value in list_query.parameters if name not in PERIOD]
    own = [(name, value) for name, value in stated.items() if value and (has_days or not is_usual)]
    days = days_of(replace(list_query, parameters=(*others, *own)), site, now, language, filters)
    period, refusal = days.period, days.refusal
    if is_usual and not has_days:
        today = site_day(now, site.time_zone)
        period = Period(today - timedelta(days=MISSED_DAYS - 1), today)
    elif refusal is None and period.days > MISSED_DAYS_MAX and list_query.search is None:
        refusal = InvalidParameters([_TOO_LONG])
    choices = tuple(SelectOption(name, _period_label(name, language), name == preset) for name in PERIODS)
    return replace(days, period=period, choices=choices, refusal=refusal, names=OWN_PERIOD)


_TOO_LONG = Violation(
    OWN_PERIOD[2],
    f"в списке не больше {MISSED_DAYS_MAX} дней; поиск находит звонки за всё время",
    f"the list has at most {MISSED_DAYS_MAX} days; the search finds calls of all time",
)


def _period_label(name: str, language: Language) -> str:
    usual = in_language((f"{MISSED_DAYS} дней", f"{MISSED_DAYS} days"), language)
    return usual if name == USUAL_PERIOD else period_label(name, language)


def is_oldest_first(list_query: ListQuery) -> bool:
    """Return whether the URL asks for the calls that have waited longest first."""
    return list_query.get(SORT) == MissedSorting.OLDEST


def date_heading(list_query: ListQuery) -> SortHeading:
    """Return the heading of the dates; its link reverses the order of the list."""
    if is_oldest_first(list_query):
        return SortHeading(list_query.link(**{SORT: ""}), "ascending")
    return SortHeading(list_query.link(**{SORT: MissedSorting.OLDEST}), "descending")


def count_missed(connection: Connection, site: Site, now: datetime) -> int:
    """Return the number of missed calls that somebody should return, but at most `COUNTED_MAX + 1`."""
    zone, today = site.time_zone, site_day(now, site.time_zone)
    since = day_start(today - timedelta(days=MISSED_DAYS - 1), zone)
    filters = LeadFilters(LeadKind.CALL, since, day_end(today, zone), to_ring_back=True)
    return count_up_to(connection, query_lead_list(site.id, filters), COUNTED_MAX + 1)


def missed_label(count: int) -> str:
    """Return a number that `count_missed` returned as a string: `5`, `99+`, or an empty string for none."""
    return f"{COUNTED_MAX}+" if count > COUNTED_MAX else str(count or "")


def mark_buttons(entry: LeadEntry, view: View) -> Sequence[MarkButton]:
    """Return the buttons with which a person marks a call; none unless the call was missed and has a phone."""
    lead, say = entry.lead, view.translate
    if not isinstance(lead, Call) or not entry.phone or not is_missed(entry.circumstances, lead.duration):
        return ()
    buttons = {AGAIN: "Return the call after all"} if entry.ring_back is not None else _BUTTONS
    number = lead.reference or str(lead.id)
    return [MarkButton(name, say(label), f"{say(label)}: {number}") for name, label in buttons.items()]


def mark_label(entry: LeadEntry, view: View) -> str:
    """Return in words what a person did about a missed call, or an empty string if nobody has marked it."""
    return view.translate(RING_BACK_LABELS[entry.ring_back]) if entry.ring_back is not None else ""


async def mark(view: View) -> Response:
    """Set or remove the mark of a missed call, as the pressed button says, and redirect to the page with the button."""
    name = next((name for name in MARKS if view.form.has(name)), AGAIN)
    try:
        await view.write(mark_missed_calls, RingBackMark(number_of(view.form.get(name)), MARKS[name]))
    except LeadNotFound:
        return not_found_page(view)
    said = "marked" if MARKS[name] is not None else "saved"
    return view.redirect_to(_list_of(view, said).removeprefix("/cabinet"))


def _list_of(view: View, said: str) -> str:
    """Return the URL of the list with the button; the list then shows the message named `said`."""
    query = QueryParams([(name, value) for name, value in view.form.fields if name not in MARKS])
    list_query: ListQuery = list_query_of(
        f"/cabinet/{view.current_site.id}/leads", query, ("tab", "contact", "done", *MISSED_ASKED)
    )
    return list_query.link(**{BEFORE: list_query.get(BEFORE), SAID: said})
