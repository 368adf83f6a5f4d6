"""Changes of a site's past in the background: each reports its progress and its result to a file."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypedDict

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.reclassification import Reclassification, digest_of_hosts
from dealtrace.cabinet.what_if.forecast import MOVES_SHOWN
from dealtrace.cabinet.what_if.run_files import PastKind, Phase, RunFile, RunMove, RunState
from dealtrace.operations.deals.run_rematch import run_rematch, try_on_past
from dealtrace.operations.visits.run_reclassification import run_reclassification
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.what_if import Tally
from dealtrace.runtime.background_runs import IsStopping
from dealtrace.storage.database.engine import Database


@record
class PastRun:
    """A run to start: what it does, at which site, for which user, and the file it reports to."""

    database: Database
    site: Site
    kind: PastKind
    user_id: int
    file: RunFile


class _Progress(TypedDict, total=False):
    """The fields of `RunState` that a step reports."""

    done: int
    total: int
    counts_visits: bool
    figures: dict[str, int]
    moves: tuple[RunMove, ...]


def rules_of(site: Site, kind: PastKind) -> str:
    """Return a string with the settings that a run applies; when it changes, earlier previews are out of date."""
    return digest_of_hosts(site.hosts) if kind is PastKind.RECLASSIFY else f"contact_matching={site.contact_matching}"


def begin_state(run: PastRun, *, is_preview: bool) -> RunState:
    """Return the state of a run that waits for its turn, with the figures so far if it continues an earlier run."""
    now = clock.now()
    before = run.file.read()
    continues = before is not None and not is_preview and before.may_continue(now)
    figures = before.figures if before is not None and continues else {}
    return RunState(is_preview, rules_of(run.site, run.kind), now, now, figures=figures)


def run_past(run: PastRun, begun: RunState, is_stopping: IsStopping) -> None:
    """Run to the end or until the server stops, and store the progress after each chunk, then the result."""
    state = begun
    try:
        for progress in _steps(run, begun):
            state = replace(state, **progress, reported_at=clock.now())
            run.file.write(state)
            if is_stopping():
                run.file.write(replace(state, phase=Phase.STOPPED))
                return
    except BaseException:
        run.file.write(replace(state, phase=Phase.FAILED, reported_at=clock.now()))
        raise
    run.file.write(replace(state, phase=Phase.DONE, reported_at=clock.now()))


def _steps(run: PastRun, begun: RunState) -> Iterator[_Progress]:
    match run.kind, begun.is_preview:
        case PastKind.MATCH, True:
            yield from _try(run, Trial(contact_matching=run.site.contact_matching))
        case PastKind.MATCH, _:
            yield from _match(run, begun)
        case PastKind.RECLASSIFY, True:
            figures: dict[str, int] = {}
            for state, total in run_reclassification(run.database, run.site, clock.now, dry_run=True):
                figures = _figures(state)
                yield {"done": state.visits, "total": total, "counts_visits": True, "figures": figures}
            for progress in _try(run, Trial(classifies_again=True)):
                moved = {name: progress["figures"][name] for name in ("deals", "other_source")}
                yield {**progress, "figures": {**figures, **moved}}
        case _:
            for state, total in run_reclassification(
                run.database, run.site, clock.now, dry_run=False, user_id=run.user_id
            ):
                yield {"done": state.visits, "total": total, "counts_visits": True, "figures": _figures(state)}


def _match(run: PastRun, begun: RunState) -> Iterator[_Progress]:
    before = begun.figures
    deals, changed = before.get("deals", 0), before.get("changed", 0)
    for at in run_rematch(run.database, run.site, clock.now, after_id=before.get("last_id", 0), user_id=run.user_id):
        figures = {"deals": deals + at.deals, "changed": changed + at.changed, "last_id": at.last_id}
        yield {"done": deals + at.deals, "total": deals + at.total, "figures": figures}


def _try(run: PastRun, trial: Trial) -> Iterator[_Progress]:
    for tally, total in try_on_past(run.database, run.site, trial):
        found = {"deals": tally.deals, "other_lead": tally.flipped, "other_source": tally.moved, "pinned": tally.pinned}
        yield {
            "done": tally.deals,
            "total": total,
            "counts_visits": False,
            "figures": found,
            "moves": _moves(tally),
        }


def _figures(state: Reclassification) -> dict[str, int]:
    return {"visits": state.visits, "visits_changed": state.visits_changed, "leads_moved": state.leads_moved}


def _moves(tally: Tally) -> tuple[RunMove, ...]:
    return tuple(
        RunMove(tally.spelling_of(source), tally.spelling_of(target), moved.deals, moved.kopecks)
        for (source, target), moved in tally.moves_in_order()[:MOVES_SHOWN]
    )
