"""The steps to connect a new site, each with a line to copy."""

from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.places import CALL_PATH, DEAL_PATH
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.storage.reports.arrivals import Arrivals, FirstAndLast


@record
class Step:
    """A step: its title and state, the line to copy, whether it is done, and whether it is required."""

    title: str
    state: str
    line: str
    is_done: bool
    is_needed: bool


def checklist_of(arrivals: Arrivals, view: View) -> list[Step]:
    """Return the steps in order; the state of each says when data last arrived, or that none has arrived yet."""
    address, site_id = view.origin, view.current_site.id
    return [
        _step(
            view, view.translate("Counter on the pages"), arrivals.visits, is_needed=False,
            line=f'<script async src="{address}/counter/{site_id}.js"></script>',
        ),
        _step(
            view, view.translate("Calls from the PBX"), arrivals.calls, is_needed=False,
            line=address + CALL_PATH,
        ),
        _step(
            view, view.translate("Lead requests from forms"), arrivals.lead_requests, is_needed=False,
            line=f"{address}/calls-service/RestAPI/requests/{site_id}/register/",
        ),
        _step(
            view, view.translate("Deals from the CRM"), arrivals.deals, is_needed=True,
            line=address + DEAL_PATH,
        ),
    ]  # fmt: skip


def _step(view: View, title: str, times: FirstAndLast, line: str, *, is_needed: bool) -> Step:
    last_at = times.last_at
    state = (
        view.translate("No data yet")
        if last_at is None
        else f"{view.translate('Last:')} {clock_time(view.language, last_at, view.current_site.time_zone)}"
    )
    return Step(title, state, line, last_at is not None, is_needed)
