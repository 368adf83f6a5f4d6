"""Background runs that change a site's past data: their kinds, phases and results."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.record import record

SILENCE_MAX = timedelta(minutes=10)
"""Ours: a run that has not reported for this long counts as ended; runs report at least once a minute."""


class PastChange(StrEnum):
    """A change to past data: matching all deals again, or classifying all visits again."""

    MATCH = "match"
    RECLASSIFY = "reclassify"


class Phase(StrEnum):
    """The phase of a run: it waits for its turn, runs, is done, or ended early for one of three reasons."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    SETTINGS_CHANGED = "settings_changed"


ACTIVE = frozenset({Phase.WAITING, Phase.RUNNING})


@record
class RunMove:
    """The deals and kopecks that a run moves from one source to another; each source is given with its medium.

    `deals` is in millionths of a deal, since the credit for a deal may be divided among sources. `kopecks` is `None` if
    none of the amounts is known.
    """

    source: tuple[str | None, str | None]
    target: tuple[str | None, str | None]
    deals: int
    kopecks: int | None


@record
class RunState:
    """The state of a run; a preview changes no deals or visits, and stores only what the run would change.

    `rules` identifies the settings that the run applies. `done` and `total` count deals, or visits if `counts_visits`
    is true. `figures` are the results of the run by name, and `moves` the largest moves between sources; `moves_left`
    is the number of other moves. A waiting or running run reports at least once a minute. Runs of the same kind on a
    site differ in `started_at`.
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
    moves_left: int = 0

    def is_active(self, now: datetime) -> bool:
        """Return whether the run waits or runs, and has reported lately; a report from the future does not count."""
        return self.phase in ACTIVE and -CLOCKS_APART_MAX <= now - self.reported_at < SILENCE_MAX

    def may_continue(self, now: datetime) -> bool:
        """Return whether the run has ended early and can be continued; a preview cannot."""
        return not self.is_preview and self.phase is not Phase.DONE and not self.is_active(now)
