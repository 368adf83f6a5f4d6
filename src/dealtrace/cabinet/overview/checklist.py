"""The steps to connect a new site, each with a line of code to copy."""

from datetime import datetime, timedelta

from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.formats import clock_time, span_of_time
from dealtrace.cabinet.request_lines import call_line, curl_of_deal, lead_request_line
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.storage.reports.arrivals import Arrivals, FirstAndLast

MINUTE = timedelta(minutes=1)
"""The age of the latest data is shown in whole minutes, at least one."""


@record
class ChecklistStep:
    """A step: its title, its state in words, the line of code to copy, whether it is done, and whether it is required.

    `documentation` is the URL of the page about the API method that the line calls, empty if it calls none. If
    `takes_token` is true, the reader must insert a token into the line.
    """

    title: str
    state: str
    line: str
    is_done: bool
    is_needed: bool
    documentation: str = ""
    takes_token: bool = False


def checklist_of(arrivals: Arrivals, view: View) -> list[ChecklistStep]:
    """Return the steps in order; the state of each says when data first and last arrived, or that none has arrived."""
    origin, site_id, now = view.origin, view.current_site.id, clock.now().astimezone(view.current_site.time_zone)
    return [
        _step(
            view, view.translate("Counter on the pages"), arrivals.visits, is_needed=False,
            line=f'<script async src="{origin}/counter/{site_id}.js"></script>',
        ),
        _step(
            view, view.translate("Calls from the PBX"), arrivals.calls, is_needed=False,
            line=call_line(origin, now), method="inbound-call", takes_token=True,
        ),
        _step(
            view, view.translate("Lead requests from forms"), arrivals.lead_requests, is_needed=False,
            line=lead_request_line(origin, site_id), method="requests-register",
        ),
        _step(
            view, view.translate("Deals from the CRM"), arrivals.deals, is_needed=True,
            line=curl_of_deal(origin, now), method="register", takes_token=True,
        ),
    ]  # fmt: skip


def _step(
    view: View,
    title: str,
    times: FirstAndLast,
    *,
    line: str,
    is_needed: bool,
    method: str = "",
    takes_token: bool = False,
) -> ChecklistStep:
    state, is_done = state_of(times, clock.now(), view), times.last_at is not None
    documentation = f"/docs/methods/{method}?site={view.current_site.id}" if method else ""
    return ChecklistStep(title, state, line, is_done, is_needed, documentation, takes_token)


def state_of(times: FirstAndLast, now: datetime, view: View) -> str:
    """Return the state of a step: when data first arrived, and how long ago data last arrived.

    If the first data arrived today, its date is left out.
    """
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
