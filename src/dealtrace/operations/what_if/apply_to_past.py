"""In the background, match all deals of a site again or classify all its visits again, or preview the changes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from sqlalchemy import Connection

from dealtrace.accounts.background_run import PastChange, Phase, RunMove, RunState
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.user import UserId
from dealtrace.attribution.reclassification import Reclassification, digest_of_hosts
from dealtrace.errors import SiteNotFound
from dealtrace.operations.accounts.require_site import ReadSite, require_site
from dealtrace.operations.matching.rematch import CHUNK_DEALS, RematchProgress, run_rematch
from dealtrace.operations.pause_between_steps import NextStep, Stopped
from dealtrace.operations.visits.reclassify import run_reclassification
from dealtrace.operations.what_if.trial import Trial
from dealtrace.operations.what_if.try_rules import list_tried_deals
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.reports.what_if import Tally
from dealtrace.storage.accounts import background_runs
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import count_deals, list_ids_after

MOVES_STORED = 10
"""The maximum number of pairs of old and new source in a preview; the pairs with the most money come first."""
VISITS_COUNTED_MAX = 10_000
"""Ours: before a preview of the past, visits are counted only up to this number: counting millions takes seconds."""


def preview_past_change(
    database: Database, site: Site, trial: Trial, read_site: ReadSite | None = None
) -> Iterator[tuple[Tally, int]]:
    """Yield a tally of the changes that the rules of `trial` would make to a site's deals, and the number of all deals.

    The same tally, which grows, is yielded at the start and after each chunk of deals. Chunks are read one by one, so
    deals that change during the run are counted as they are when they are read. Deleted deals are left out. Nothing is
    stored. For rules that `trial` does not set, the rules of `site` apply; with `read_site`, the site is read again for
    each chunk.
    """
    tally, after_id = Tally(), 0
    with database.read() as connection:
        total = count_deals(connection, site.id, with_deleted=False)
    yield tally, total
    while True:
        with database.read() as connection:
            ids = list_ids_after(connection, site.id, after_id, CHUNK_DEALS)
            current = read_site(connection) if read_site is not None else site
            for tried in list_tried_deals(connection, current, trial, ids):
                tally.add(tried)
        if not ids:
            return
        after_id = ids[-1]
        yield tally, total


class _SettingsChanged(Exception):  # noqa: N818 - it is not an error
    """The settings are not those that were previewed."""


class _Replaced(Exception):  # noqa: N818 - it is not an error
    """The site was removed, or another run took over from this one, which had been silent for too long."""


@record
class PastChangeRun:
    """A background run that this process has claimed: its kind, site and user, and its state when it was claimed."""

    database: Database
    site_id: SiteId
    kind: PastChange
    user_id: UserId
    begun: RunState
    now: Callable[[], datetime]


class _Progress(TypedDict, total=False):
    """The fields of `RunState` that a step reports."""

    done: int
    total: int
    counts_visits: bool
    figures: dict[str, int]
    moves: tuple[RunMove, ...]
    moves_left: int


def rules_of(site: Site, kind: PastChange) -> str:
    """Return a string made from the settings that a run applies; a preview with a different string is out of date."""
    return digest_of_hosts(site.hosts) if kind is PastChange.RECLASSIFY else f"contact_matching={site.contact_matching}"


def may_run(site: Site, kind: PastChange, latest: RunState | None, now: datetime) -> bool:
    """Return whether the latest run had the current settings, and is a finished preview or a run to be continued."""
    if latest is None or latest.rules != rules_of(site, kind):
        return False
    return latest.may_continue(now) or (latest.is_preview and latest.phase is Phase.DONE)


def claim_past_change(work: Work, kind: PastChange, latest: RunState | None, *, is_preview: bool) -> RunState | None:
    """Store a new run, which waits for its turn, in place of the run `latest`, and return the new run.

    If neither the new run nor `latest` is a preview, and `latest` ended early, the new run continues the counts of
    `latest`. Return `None`, and store nothing, if another run has been started in the meantime.
    """
    continues = latest is not None and not is_preview and latest.may_continue(work.now)
    figures = latest.figures if latest is not None and continues else {}
    begun = RunState(is_preview, rules_of(work.site, kind), work.now, work.now, figures=figures)
    is_claimed = background_runs.claim_run(work.connection, work.site.id, kind, begun, instead_of=latest)
    return begun if is_claimed else None


def run_past_change(run: PastChangeRun, next_step: NextStep) -> None:
    """Work on a run until it is done, the server stops or the settings change; store the progress after each chunk."""
    state = run.begun
    try:
        next_step()
        state = _report(run, replace(state, phase=Phase.RUNNING))
        for progress in _steps(run):
            state = _report(run, replace(state, **progress))
            next_step()
        _report(run, replace(state, phase=Phase.DONE))
    except (_Replaced, SiteNotFound):
        return
    except _SettingsChanged:
        _end(run, state, Phase.SETTINGS_CHANGED)
    except Stopped:
        _end(run, state, Phase.STOPPED)
        raise
    except BaseException:
        _end(run, state, Phase.FAILED)
        raise


def report_waiting(run: PastChangeRun) -> None:
    """Store that the run still waits for its turn."""
    with run.database.write() as connection:
        background_runs.update_waiting_run(connection, run.site_id, run.kind, run.begun.started_at, run.now())


def _report(run: PastChangeRun, state: RunState) -> RunState:
    """Store a state and return it as it was stored."""
    reported = replace(state, reported_at=run.now())
    with run.database.write() as connection:
        if not background_runs.update_run(connection, run.site_id, run.kind, reported):
            raise _Replaced
    return reported


def _end(run: PastChangeRun, state: RunState, phase: Phase) -> None:
    """Store the `phase` of a run that ended early, unless a newer run of the same kind was stored in the meantime."""
    with run.database.write() as connection:
        ended = replace(state, phase=phase, reported_at=run.now())
        background_runs.update_run(connection, run.site_id, run.kind, ended)


def _read_site(run: PastChangeRun, connection: Connection) -> Site:
    """Return the site as it is now.

    Raises:
        SiteNotFound: the site was removed.
        _SettingsChanged: its settings are no longer those with which the run was claimed.
    """
    site = require_site(connection, run.site_id)
    if rules_of(site, run.kind) != run.begun.rules:
        raise _SettingsChanged
    return site


def _steps(run: PastChangeRun) -> Iterator[_Progress]:
    """Do the work in chunks, each with the settings that the site has at that time, and yield the progress."""
    with run.database.read() as connection:
        site = _read_site(run, connection)
    match run.kind, run.begun.is_preview:
        case PastChange.MATCH, True:
            yield from _try(run, site, Trial(contact_matching=site.contact_matching))
        case PastChange.MATCH, _:
            yield from _match(run, site)
        case PastChange.RECLASSIFY, True:
            figures: dict[str, int] = {}
            for progress in _reclassify(run, site):
                figures = progress["figures"]
                yield progress
            for progress in _try(run, site, Trial(classifies_again=True)):
                moved = {name: progress["figures"][name] for name in ("deals", "other_source")}
                yield {**progress, "figures": {**figures, **moved}}
        case _:
            yield from _reclassify(run, site)


def _reclassify(run: PastChangeRun, site: Site) -> Iterator[_Progress]:
    for state, total in run_reclassification(
        run.database,
        site,
        run.now,
        dry_run=run.begun.is_preview,
        user_id=run.user_id,
        read_site=lambda connection: _read_site(run, connection),
    ):
        yield {"done": state.visits, "total": total, "counts_visits": True, "figures": _figures(state)}


def _match(run: PastChangeRun, site: Site) -> Iterator[_Progress]:
    before = run.begun.figures
    after = RematchProgress(before.get("deals", 0), before.get("changed", 0), before.get("last_id", 0), 0)
    for at in run_rematch(
        run.database,
        site,
        run.now,
        after=after,
        user_id=run.user_id,
        read_site=lambda connection: _read_site(run, connection),
    ):
        figures = {"deals": at.deals, "changed": at.changed, "last_id": at.last_id}
        yield {"done": at.deals, "total": at.total, "figures": figures}


def _try(run: PastChangeRun, site: Site, trial: Trial) -> Iterator[_Progress]:
    for tally, total in preview_past_change(run.database, site, trial, lambda connection: _read_site(run, connection)):
        found = {"deals": tally.deals, "other_lead": tally.flipped, "other_source": tally.moved, "pinned": tally.pinned}
        yield {
            "done": tally.deals,
            "total": total,
            "counts_visits": False,
            "figures": found,
            "moves": _moves(tally),
            "moves_left": max(len(tally.moves) - MOVES_STORED, 0),
        }


def _figures(state: Reclassification) -> dict[str, int]:
    return {"visits": state.visits, "visits_changed": state.visits_changed, "leads_moved": state.leads_moved}


def _moves(tally: Tally) -> tuple[RunMove, ...]:
    return tuple(
        RunMove(tally.spelling_of(source), tally.spelling_of(target), moved.deals, moved.known_kopecks)
        for (source, target), moved in tally.moves_in_order()[:MOVES_STORED]
    )
