"""Background runs that change a site's past data: their kinds, phases and results."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.accounts.clock_steps import CLOCKS_APART_MAX
from dealtrace.record import record

SILENCE_MAX = timedelta(minutes=10)
"""Ours: a run that has not reported for this long has ended with its process; a chunk takes seconds."""


class PastKind(StrEnum):
    """A change of the past: matching all deals again, or classifying all visits again."""

    MATCH = "match"
    RECLASSIFY = "reclassify"


class Phase(StrEnum):
    """What a run does: it waits for its turn, runs, is done, or ended early for one of three reasons."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    SETTINGS_CHANGED = "settings_changed"


ACTIVE = frozenset({Phase.WAITING, Phase.RUNNING})


@record
class RunMove:
    """What moves between two sources, each a name and a medium: shares of deals as in `Moved`, and kopecks."""

    source: tuple[str | None, str | None]
    target: tuple[str | None, str | None]
    deals: int
    kopecks: int


@record
class RunState:
    """The state of a run; a preview stores nothing but what the run would change.

    `rules` identifies the settings that it applies. `done` of `total` deals or, if `counts_visits`, visits are done.
    `figures` are its result by name, and `moves` the largest moves between sources. A run that waits or runs reports
    once a minute at least, and `started_at` tells it from other runs of the kind at the site.
    """

    is_preview: bool
    rules: str
    started_at: datetime
    reported_at: datetime
    phase: Phase = Phase.WAITING
    done: int = 0
    total: int = 0
    counts_visits: bool = False
    figures: Mapping[str, int] = field(default_factory=dict)
    moves: tuple[RunMove, ...] = ()

    def is_active(self, now: datetime) -> bool:
        """Return whether the run waits or runs, and has reported lately; a wrong clock reported in the future."""
        return self.phase in ACTIVE and -CLOCKS_APART_MAX <= now - self.reported_at < SILENCE_MAX

    def may_continue(self, now: datetime) -> bool:
        """Return whether a run that changes the past has ended early, so that it can be continued."""
        return not self.is_preview and self.phase is not Phase.DONE and not self.is_active(now)
