"""The meanings of the statuses of a site's deals: won, lost or open."""

import asyncio

from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.cabinet.form_pages import Faults, fault_text, redirect_with_message, show_form_page, unknown_faults
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import TRY, may_save
from dealtrace.cabinet.what_if.days import days_choices
from dealtrace.cabinet.what_if.forecast import Forecast, forecast
from dealtrace.errors import InvalidSetting
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.set_status import PreparedStatus, prepare_status, store_status
from dealtrace.operations.what_if.trial import TriedSettings
from dealtrace.operations.work import Work, at_site
from dealtrace.record import record
from dealtrace.reports.refusals import MirrorBusy, ReportNotKept, ReportsBusy, ReportTooSlow, ServerStopping
from dealtrace.reports.statuses import STATUSES_MAX, Meaning, StatusGroup, group_statuses
from dealtrace.storage.reports.deal_counts import count_deals_by_spelling
from dealtrace.storage.reports.mirror.mirror import is_built
from dealtrace.storage.reports.statuses import (
    find_deals_by_status,
    find_latest_deals_by_status,
    list_left_out,
    list_statuses,
)

PLACE = "settings/statuses"
COUNT_SECONDS = 1.0
COUNTED_MAX = 50_000
"""Ours: without the column mirror, the page counts deals by status only among this many of the latest deals.

The column mirror is a copy of the data for reports. Counting a million deals in the database takes longer than a page
should take; a link on the page does so.
"""
COUNT, ALL = "count", "all"
"""With this parameter and value in the URL, the page counts all deals."""


@record
class CountedStatuses:
    """The statuses of a site with their numbers of deals, the most frequent first.

    If only the latest deals were counted, `counted_max` is their number; it is 0 if all deals were counted. `is_full`
    is true if the site has reached its limit of statuses.
    """

    groups: list[StatusGroup]
    counted_max: int
    is_full: bool


async def show(view: View) -> Response:
    """Show the statuses, the most frequent first."""
    return await _page(view)


async def save(view: View) -> Response:
    """Set the meaning of a status; if that changes how reports count its deals, show the effect first."""
    name, meaning = view.form.get("name"), view.form.get("meaning")
    agreement = f"{name.strip()}={meaning}"
    try:
        if not may_save(view, agreement):
            tried = await forecast(view, TriedSettings(statuses={name: meaning}), agreement)
            if view.form.get("act") == TRY or tried.settings:
                return await _page(view, name=name, meaning=meaning, tried=tried)
        await _set(view, name, meaning)
    except InvalidSetting as refusal:
        field = "meaning" if refusal.facts["key"] == "MEANING" else "name"
        return await _page(view, name=name, meaning=meaning, faults={field: fault_text(refusal, view.language)})
    return redirect_with_message(view, PLACE, "saved")


async def _read_statuses(view: View) -> CountedStatuses:
    """List the statuses of the site with their meanings and numbers of deals.

    The column mirror, a copy of the data for reports, counts deals many times faster than the database does. If there
    is no mirror, or it is busy or being built, the deals are counted in the database: the latest deals or, if the URL
    says so, all deals.
    """
    site_id = view.current_site.id
    deals = await _count_in_mirror(view) if is_built(view.services.database) else None
    counted_max = 0
    if deals is None and view.request.query_params.get(COUNT) == ALL:
        deals = await view.read(find_deals_by_status, site_id)
    elif deals is None:
        deals = await view.read(find_latest_deals_by_status, site_id, COUNTED_MAX)
        counted_max = COUNTED_MAX if sum(deals.values()) == COUNTED_MAX else 0
    stored = await view.read(list_statuses, site_id)
    return CountedStatuses(group_statuses(stored, deals), counted_max, len(stored) >= STATUSES_MAX)


async def _count_in_mirror(view: View) -> dict[str, int] | None:
    """Return the number of deals for each spelling of a status, or `None` if the mirror does not answer at once."""
    try:
        async with asyncio.timeout(COUNT_SECONDS):
            return await view.ask(_count_deals)
    except (TimeoutError, MirrorBusy, ReportNotKept, ReportsBusy, ReportTooSlow, ServerStopping):
        return None


def _count_deals(source: FactSource, _site: Site) -> dict[str, int]:
    return count_deals_by_spelling(source.fetch, source.tables)


async def _page(
    view: View, *, name: str = "", meaning: str = "", faults: Faults | None = None, tried: Forecast | None = None
) -> Response:
    statuses = await _read_statuses(view)
    count = view.request.query_params.get(COUNT, "")
    if count not in ("", ALL):
        faults = {**unknown_faults(view, **{COUNT: (count, "Deals")}), **(faults or {})}
    return show_form_page(
        view,
        "settings/statuses.html",
        view.translate("Statuses"),
        faults=faults,
        statuses=statuses.groups,
        counted_max=statuses.counted_max,
        stored_max=STATUSES_MAX if statuses.is_full else 0,
        meanings=[(str(meaning), view.translate(meaning)) for meaning in Meaning],
        name=name,
        meaning=meaning,
        tried=tried,
        tried_days=days_choices(view),
    )


async def _set(view: View, name: str, meaning: str) -> None:
    """Set the meaning of a status.

    If the site has reached its limit of statuses, its deals are read between two transactions, so as not to delay
    other writes.
    """
    site = view.current_site
    prepared = await view.manage(at_site(site, _set_or_prepare), name, meaning)
    if prepared.is_full:
        left_out = await view.read(list_left_out, site.id, name)
        await view.manage(at_site(site, store_status), prepared, left_out)


def _set_or_prepare(work: Work, name: str, meaning: str) -> PreparedStatus:
    """Set the meaning of a status, or only prepare it if the site has reached its limit of statuses."""
    prepared = prepare_status(work, name, meaning)
    if not prepared.is_full:
        store_status(work, prepared)
    return prepared
