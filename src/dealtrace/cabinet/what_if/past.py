"""The page from which an owner matches past deals again and reclassifies past visits, each after a preview."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.settings.page import Faults, show_settings, stored_site
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.forecast import Move, move_in_words
from dealtrace.cabinet.what_if.past_runs import PastRun, begin_state, rules_of, run_past
from dealtrace.cabinet.what_if.run_files import PastKind, Phase, RunState, run_file
from dealtrace.record import record
from dealtrace.reports.moves import Moved
from dealtrace.storage.deals.deals import count_deals
from dealtrace.storage.visits.reclassification import count_visits

PLACE = "settings/past"
PREVIEW, RUN = "preview", "run"
"""The values of the buttons that start a preview, and the run that was previewed."""
_TITLES = {PastKind.MATCH: "Match past deals again", PastKind.RECLASSIFY: "Reclassify past visits"}
_EXPLANATIONS = {
    PastKind.MATCH: "Finds the leads of all deals by the present settings, as if the deals had just arrived. Pinned "
    "deals keep their leads.",
    PastKind.RECLASSIFY: "Finds the sources of all visits by the present hosts and rules, and then the sources of "
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
_PHASES = {
    Phase.DONE: "Done.",
    Phase.STOPPED: "Stopped with the server. What was done is stored, and you can continue from there.",
    Phase.FAILED: "Failed; the log of the server has the cause. "
    "What was done is stored, and you can continue from there.",
}


@record
class PastCard:
    """What the page shows of a kind of change: how much there is to do, and its latest run.

    `may_run` is true if the latest run applied the present settings, and is a finished preview or a run that ended
    early.
    """

    kind: PastKind
    title: str
    explanation: str
    total: int
    state: RunState | None
    is_active: bool
    may_run: bool
    continues: bool
    phase: str
    figures: tuple[tuple[str, int], ...]
    moves: tuple[Move, ...]


async def show(view: View) -> Response:
    """Show both kinds of change with their latest runs."""
    return await _page(view)


async def start(view: View) -> Response:
    """Start a preview or the run that was previewed, and return to the page, which shows the progress."""
    site = await stored_site(view)
    kind, act = view.form.get("kind"), view.form.get("act")
    if kind not in list(PastKind) or act not in (PREVIEW, RUN):
        return await _page(view, faults={"": view.translate("Choose what to do.")})
    card = _card(view, site, PastKind(kind), 0)
    if card.is_active:
        return await _page(view, faults={"": view.translate("A run is already in progress.")})
    if act == RUN and not card.may_run:
        return await _page(view, faults={"": view.translate("Preview it first: the settings may have changed.")})
    database = view.services.database
    file = run_file(database, site.id, card.kind)
    run = PastRun(database, site, card.kind, view.rights.user.id, file)
    begun = begin_state(run, is_preview=act == PREVIEW)
    file.write(begun)
    view.services.background_runs.start(partial(run_past, run, begun))
    return view.redirect_to(f"/{site.id}/{PLACE}")


async def _page(view: View, faults: Faults | None = None) -> Response:
    site = await stored_site(view)
    totals = await view.read(_count, site.id)
    cards = [_card(view, site, kind, totals[kind]) for kind in PastKind]
    return show_settings(
        view,
        "settings/past.html",
        view.translate("The past"),
        faults=faults,
        cards=cards,
        is_active=any(card.is_active for card in cards),
    )


def _count(connection: Connection, site_id: int) -> Mapping[PastKind, int]:
    return {
        PastKind.MATCH: count_deals(connection, site_id),
        PastKind.RECLASSIFY: count_visits(connection, site_id),
    }


def _card(view: View, site: Site, kind: PastKind, total: int) -> PastCard:
    state, now = run_file(view.services.database, site.id, kind).read(), clock.now()
    is_active = state is not None and state.is_active(now)
    continues = state is not None and state.may_continue(now)
    is_previewed = state is not None and state.is_preview and state.phase is Phase.DONE
    is_up_to_date = state is not None and state.rules == rules_of(site, kind)
    return PastCard(
        kind,
        view.translate(_TITLES[kind]),
        view.translate(_EXPLANATIONS[kind]),
        total,
        state,
        is_active,
        may_run=is_up_to_date and (is_previewed or continues),
        continues=continues,
        phase=_phase_words(view, state, is_active=is_active),
        figures=_figures(view, state),
        moves=_moves(view, state),
    )


def _phase_words(view: View, state: RunState | None, *, is_active: bool) -> str:
    if state is None or is_active:
        return ""
    phase = Phase.STOPPED if state.phase is Phase.RUNNING else state.phase
    if state.is_preview:
        done = view.translate("This is what the run would change. Nothing has been changed yet.")
        return done if phase is Phase.DONE else view.translate("The preview ended early. Start it again.")
    return view.translate(_PHASES[phase])


def _figures(view: View, state: RunState | None) -> tuple[tuple[str, int], ...]:
    figures = state.figures if state is not None else {}
    return tuple((view.translate(words), figures[name]) for name, words in _FIGURES.items() if name in figures)


def _moves(view: View, state: RunState | None) -> tuple[Move, ...]:
    return tuple(
        move_in_words(view, move.source, move.target, Moved(move.deals, move.kopecks))
        for move in (state.moves if state is not None else ())
    )
