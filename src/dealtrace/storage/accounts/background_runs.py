"""Background runs that change the past data of a site; only the latest run of each kind is stored."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from dealtrace.accounts.background_run import PastChange, Phase, RunMove, RunState
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.site_data import background_run

_FIELDS = ("is_preview", "rules", "started_at", "reported_at", "done", "total")


def find_run(connection: Connection, site_id: int, kind: PastChange) -> RunState | None:
    """Find the latest run of a kind at a site, or return `None` if there was none."""
    row = connection.execute(select(background_run).where(*_of_kind(site_id, kind))).one_or_none()
    if row is None:
        return None
    result = row.result
    moves = tuple(
        RunMove(tuple(source), tuple(target), deals, kopecks) for source, target, deals, kopecks in result["moves"]
    )
    return RunState(
        **{name: getattr(row, name) for name in _FIELDS},
        phase=Phase(row.phase),
        counts_visits=result["counts_visits"],
        figures=result["figures"],
        moves=moves,
        moves_left=result.get("moves_left", 0),
    )


def claim_run(
    connection: Connection, site_id: int, kind: PastChange, new: RunState, *, instead_of: RunState | None
) -> bool:
    """Store a new run in place of the run `instead_of`, and return whether it was stored.

    `False` means that the stored run no longer equals `instead_of`: another request has started a run in the meantime.
    """
    key = {"site_id": site_id, "kind": kind.value}
    if instead_of is None:
        first = insert_into(connection, background_run).values(**key, **_values(new))
        first = first.on_conflict_do_nothing(index_elements=list(key)).returning(background_run.c.kind)
        return connection.execute(first).first() is not None
    found = (
        background_run.c.started_at == instead_of.started_at,
        background_run.c.reported_at == instead_of.reported_at,
        background_run.c.phase == instead_of.phase,
    )
    replaced = update(background_run).where(*_of_kind(site_id, kind), *found).values(**_values(new))
    return connection.execute(replaced).rowcount > 0


def update_run(connection: Connection, site_id: int, kind: PastChange, state: RunState) -> bool:
    """Store the progress of a run; return whether it is still the latest of its kind at the site."""
    mine = (*_of_kind(site_id, kind), background_run.c.started_at == state.started_at)
    return connection.execute(update(background_run).where(*mine).values(**_values(state))).rowcount > 0


def update_waiting_run(
    connection: Connection, site_id: int, kind: PastChange, started_at: datetime, now: datetime
) -> None:
    """Store `now` as the time of a waiting run's last sign of life; a run that no longer waits is not changed."""
    mine = (*_of_kind(site_id, kind), background_run.c.started_at == started_at)
    waits = background_run.c.phase == Phase.WAITING
    connection.execute(update(background_run).where(*mine, waits).values(reported_at=now))


def _of_kind(site_id: int, kind: PastChange) -> tuple[ColumnElement[bool], ...]:
    return background_run.c.site_id == site_id, background_run.c.kind == kind


def _values(state: RunState) -> Mapping[str, object]:
    moves = [[move.source, move.target, move.deals, move.kopecks] for move in state.moves]
    result = {
        "counts_visits": state.counts_visits,
        "figures": dict(state.figures),
        "moves": moves,
        "moves_left": state.moves_left,
    }
    return {**{name: getattr(state, name) for name in _FIELDS}, "phase": state.phase.value, "result": result}
