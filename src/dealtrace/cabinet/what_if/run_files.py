"""The states of changes of a site's past; each is in a private file that all processes of the server read."""

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from dealtrace.accounts.token import token_digest
from dealtrace.cabinet.settings.uploads import private_folder
from dealtrace.record import record
from dealtrace.storage.database.engine import Database

_FOLDER = "dealtrace-runs"
SILENCE_MAX = timedelta(minutes=10)
"""Ours: a run that has not reported for this long has ended with its process; a chunk takes seconds."""


class PastKind(StrEnum):
    """A change of the past: matching all deals again, or classifying all visits again."""

    MATCH = "match"
    RECLASSIFY = "reclassify"


class Phase(StrEnum):
    """The phase of a run: it is running or done, was stopped together with the server, or has failed."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@record
class RunMove:
    """What moves between two sources, which are pairs of name and medium; `deals` and `kopecks` are as in `Moved`."""

    source: tuple[str | None, str | None]
    target: tuple[str | None, str | None]
    deals: int
    kopecks: int


@record
class RunState:
    """The state of a run; a preview changes nothing, and its state says what the run would change.

    `rules` identifies the settings that it applies. `done` of `total` deals or, if `counts_visits`, visits are done.
    `figures` are its result by name, and `moves` the largest moves between sources.
    """

    is_preview: bool
    rules: str
    started_at: datetime
    reported_at: datetime
    phase: Phase = Phase.RUNNING
    done: int = 0
    total: int = 0
    counts_visits: bool = False
    figures: Mapping[str, int] = field(default_factory=dict)
    moves: tuple[RunMove, ...] = ()

    def is_active(self, now: datetime) -> bool:
        """Return whether the run is running, and has reported lately."""
        return self.phase is Phase.RUNNING and now - self.reported_at < SILENCE_MAX

    def may_continue(self, now: datetime) -> bool:
        """Return whether a run that changes the past has ended early, so that it can be continued."""
        return not self.is_preview and self.phase is not Phase.DONE and not self.is_active(now)


@record
class RunFile:
    """The file with the state of the latest run of a kind at a site."""

    path: Path

    def read(self) -> RunState | None:
        """Return the state, or `None` if there was no run."""
        try:
            stored = json.loads(self.path.read_text())
        except FileNotFoundError:
            return None
        moves = tuple(RunMove(tuple(source), tuple(target), *moved) for source, target, *moved in stored.pop("moves"))
        started_at, reported_at = (datetime.fromisoformat(stored.pop(name)) for name in ("started_at", "reported_at"))
        phase = Phase(stored.pop("phase"))
        return RunState(started_at=started_at, reported_at=reported_at, phase=phase, moves=moves, **stored)

    def write(self, state: RunState) -> None:
        """Replace the state at once, so that readers never see half of it."""
        stored = {name: getattr(state, name) for name in ("is_preview", "rules", "phase", "done", "total")}
        stored |= {"counts_visits": state.counts_visits, "figures": dict(state.figures)}
        stored |= {name: getattr(state, name).isoformat() for name in ("started_at", "reported_at")}
        stored["moves"] = [[move.source, move.target, move.deals, move.kopecks] for move in state.moves]
        draft = self.path.with_suffix(f".{token_hex(8)}")
        draft.write_text(json.dumps(stored))
        draft.replace(self.path)


def run_file(database: Database, site_id: int, kind: PastKind) -> RunFile:
    """Return the file for the runs of a kind at a site of a database."""
    return RunFile(private_folder(_FOLDER) / token_digest(f"{database.name} {site_id} {kind}"))
