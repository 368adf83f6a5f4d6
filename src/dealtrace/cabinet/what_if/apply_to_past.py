"""The page from which an owner matches past deals again and reclassifies past visits, each after a preview."""

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.background_run import ACTIVE, PastChange, Phase, RunState
from dealtrace.accounts.site import Site
from dealtrace.cabinet.form_pages import Faults, show_form_page, stored_site
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import may_save
from dealtrace.cabinet.what_if.forecast import Move, move_of
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.what_if.apply_to_past import (
    VISITS_COUNTED_MAX,
    PastChangeRun,
    claim_past_change,
    may_run,
    report_waiting,
    run_past_change,
)
from dealtrace.operations.work import AccountWork
from dealtrace.record import record
from dealtrace.reports.what_if import Moved
from dealtrace.runtime.background_runs import Lane
from dealtrace.storage.accounts.background_runs import find_run
from dealtrace.storage.database.column_types import EARLIEST, LATEST
from dealtrace.storage.deals.daily_counts import DaysOfDeals, JournalTime
from dealtrace.storage.visits.reclassification import count_visits_up_to

PLACE = "settings/past"
PREVIEW, RUN = "preview", "run"
"""The values of two buttons: one starts a preview, the other starts the run that was previewed."""
_TITLES = {PastChange.MATCH: "Match past deals again", PastChange.RECLASSIFY: "Reclassify past visits"}
_EXPLANATIONS = {
    PastChange.MATCH: "Finds the leads of all deals by the current settings, as if the deals had just arrived. Pinned "
    "deals keep their leads.",
    PastChange.RECLASSIFY: "Finds the sources of all visits by the current hosts and rules, and then the sources of "
    "their leads and deals.",
}
_FIGURES = {
    "visits": "Visits read",
    "visits_changed": "Visits with another source",
    "leads_moved": "Leads with another source",
    "deals": "Deals checked",
    "changed": "Deals with another lead",
    "other_lead": "Deals with another lead",
    "other_source": "Deals with another source",
    "pinned": "Pinned deals, which keep their leads",
}
"""The titles of a run's figures; figures that are not here are not shown."""
_ENDED_PREVIEW = "The preview ended early. Start it again."
_ENDED_PREVIEWS = {
    Phase.SETTINGS_CHANGED: "The preview ended, because the settings were changed in the meantime. Start it again.",
}
_RUNS_ALREADY = "A run is already in progress."
_PHASES = {
    Phase.DONE: "Done.",
    Phase.STOPPED: "Stopped when the server stopped. What was done so far is kept, and you can continue from there.",
    Phase.SETTINGS_CHANGED: "Stopped, because the settings were changed in the meantime. What was done so far is kept.",
    Phase.FAILED: "Failed; the log of the server has the cause. "
    "What was done so far is kept, and you can continue from there.",
}


@record
class PastChangeCard:
    """A kind of change on the page: its texts, the number of deals or visits that it examines, and the latest run.

    If `has_more` is true, there are more than `total`. `may_run` is true if the latest run used the current settings,
    and is either a finished preview or a change that ended early; `agreed` is the form value that confirms the preview.
    """

    kind: PastChange
    title: str
    explanation: str
    total: int
    has_more: bool
    state: RunState | None
    is_active: bool
    may_run: bool
    agreed: str
    continues: bool
    phase: str
    figures: tuple[tuple[str, int], ...]
    moves: tuple[Move, ...]
    moves_left: int


async def show(view: View) -> Response:
    """Show the two kinds of changes to past data, each with its latest run."""
    return await _page(view)


async def start(view: View) -> Response:
    """Start a preview, or the change that was previewed, and redirect to the page, which shows the progress."""
    site = await stored_site(view)
    kind, act = view.form.get("kind"), view.form.get("act")
    if kind not in list(PastChange) or act not in (PREVIEW, RUN):
        return await _page(view, faults={"": view.translate("Choose what to do.")})
    agreed = None if act == PREVIEW else partial(may_save, view)
    begun = await view.manage(_claim, site.id, PastChange(kind), agreed)
    if isinstance(begun, str):
        return await _page(view, faults={"": view.translate(begun)})
    run = PastChangeRun(view.services.database, site.id, PastChange(kind), view.rights.user.id, begun, clock.now)
    view.services.background_runs.start(
        Lane.PAST, site.id, lambda steps: run_past_change(run, steps.next), partial(report_waiting, run)
    )
    return view.redirect_to(f"/{site.id}/{PLACE}")


def _claim(work: AccountWork, site_id: int, kind: PastChange, agrees: Callable[[str], bool] | None) -> RunState | str:
    """Return the run to start, or the reason why no run can be started.

    `agrees` says whether the person has seen the latest run, or is `None` if a preview is to start.
    """
    site, latest = require_site(work.connection, site_id), find_run(work.connection, site_id, kind)
    if latest is not None and latest.is_active(work.now):
        return _RUNS_ALREADY
    if agrees is not None and not may_run(site, kind, latest, work.now):
        return "Make a preview first: there is none, or settings have changed since the last one."
    if agrees is not None and not agrees(_agreement(latest)):
        return "The preview has changed since you saw it. Check it again before you confirm."
    return claim_past_change(work.at(site), kind, latest, is_preview=agrees is None) or _RUNS_ALREADY


def _agreement(latest: RunState | None) -> str:
    """Return the form value that confirms that the person saw what this run has found or done."""
    return latest.started_at.isoformat() if latest is not None else ""


async def _page(view: View, faults: Faults | None = None) -> Response:
    site = await stored_site(view)
    totals, runs = await view.read(_read, site.id)
    cards = [_card(view, site, kind, totals[kind], runs[kind]) for kind in PastChange]
    return show_form_page(
        view,
        "settings/apply_to_past.html",
        view.translate("Apply to the past"),
        faults=faults,
        cards=cards,
        is_active=any(card.is_active for card in cards),
    )


def _read(
    connection: Connection, site_id: int
) -> tuple[Mapping[PastChange, int], Mapping[PastChange, RunState | None]]:
    """Return the number of deals or visits that a change examines, and its latest run, both by kind of change.

    If there are more than `VISITS_COUNTED_MAX` visits, their number is returned as `VISITS_COUNTED_MAX + 1`.
    """
    totals = {
        PastChange.MATCH: DaysOfDeals(site_id, JournalTime.HAPPENED).count(connection, EARLIEST, LATEST),
        PastChange.RECLASSIFY: count_visits_up_to(connection, site_id, VISITS_COUNTED_MAX),
    }
    return totals, {kind: find_run(connection, site_id, kind) for kind in PastChange}


def _card(view: View, site: Site, kind: PastChange, total: int, state: RunState | None) -> PastChangeCard:
    now = clock.now()
    is_active = state is not None and state.is_active(now)
    has_more = kind is PastChange.RECLASSIFY and total > VISITS_COUNTED_MAX
    return PastChangeCard(
        kind,
        view.translate(_TITLES[kind]),
        view.translate(_EXPLANATIONS[kind]),
        VISITS_COUNTED_MAX if has_more else total,
        has_more,
        state,
        is_active,
        may_run=may_run(site, kind, state, now),
        agreed=_agreement(state),
        continues=state is not None and state.may_continue(now),
        phase=_phase_label(view, state, is_active=is_active),
        figures=_figures(view, state),
        moves=_moves(view, state),
        moves_left=state.moves_left if state is not None else 0,
    )


def _phase_label(view: View, state: RunState | None, *, is_active: bool) -> str:
    if state is None or is_active:
        return ""
    phase = Phase.STOPPED if state.phase in ACTIVE else state.phase  # its process has ended
    if state.is_preview:
        done = view.translate("This is what the run would change. Nothing has been changed yet.")
        return done if phase is Phase.DONE else view.translate(_ENDED_PREVIEWS.get(phase, _ENDED_PREVIEW))
    return view.translate(_PHASES[phase])


def _figures(view: View, state: RunState | None) -> tuple[tuple[str, int], ...]:
    figures = state.figures if state is not None else {}
    return tuple((view.translate(label), figures[name]) for name, label in _FIGURES.items() if name in figures)


def _moves(view: View, state: RunState | None) -> tuple[Move, ...]:
    return tuple(
        move_of(view, move.source, move.target, Moved(move.deals, move.kopecks or 0, has_unknown=move.kopecks is None))
        for move in (state.moves if state is not None else ())
    )
