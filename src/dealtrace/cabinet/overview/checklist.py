"""The steps to connect a new site, each with a line to copy."""

from datetime import datetime, timedelta

from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.formats import clock_time, span_of_time
from dealtrace.cabinet.links import CALL_PATH, DEAL_PATH
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.storage.reports.first_and_last import Arrivals, FirstAndLast

MINUTE = timedelta(minutes=1)
"""The age of the latest data is shown in whole minutes, at least one."""


@record
class ChecklistStep:
    """A step: its title, its state in words, the line to copy, whether the step is done, and whether it is required."""

    title: str
    state: str
    line: str
    is_done: bool
    is_needed: bool


def checklist_of(arrivals: Arrivals, view: View) -> list[ChecklistStep]:
    """Return the steps in order; the state of each says when data first and last arrived, or that none has."""
    origin, site_id = view.origin, view.current_site.id
    return [
        _step(
            view, view.translate("Counter on the pages"), arrivals.visits, is_needed=False,
            line=f'<script async src="{origin}/counter/{site_id}.js"></script>',
        ),
        _step(
            view, view.translate("Calls from the PBX"), arrivals.calls, is_needed=False,
            line=origin + CALL_PATH,
        ),
        _step(
            view, view.translate("Lead requests from forms"), arrivals.lead_requests, is_needed=False,
            line=f"{origin}/calls-service/RestAPI/requests/{site_id}/register/",
        ),
        _step(
            view, view.translate("Deals from the CRM"), arrivals.deals, is_needed=True,
            line=origin + DEAL_PATH,
        ),
    ]  # fmt: skip


def _step(view: View, title: str, times: FirstAndLast, line: str, *, is_needed: bool) -> ChecklistStep:
    return ChecklistStep(title, state_of(times, clock.now(), view), line, times.last_at is not None, is_needed)


def state_of(times: FirstAndLast, now: datetime, view: View) -> str:
    """Return the state of a step: when data first arrived (only the time if today) and how long ago it last arrived."""
    first_at, last_at = times.first_at, times.last_at
    if first_at is None or last_at is None:
        return view.translate("no data yet")
    zone = view.current_site.time_zone
    is_today = site_day(first_at, zone) == site_day(now, zone)
    first = f"{first_at.astimezone(zone):%H:%M}" if is_today else clock_time(view.language, first_at, zone)
    return view.translate("first at %(time)s, last %(span)s ago") % {
        "time": first,
        "span": span_of_time(view.language, max((now - last_at) // MINUTE, 1) * MINUTE),
    }
