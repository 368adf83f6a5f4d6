"""Which changes to a site may change figures that people have already seen in reports."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.site_days import site_day

USUAL_DELAY = timedelta(days=7)
"""Ours: if a day's costs or rate come more than a week later, we assume that people have seen figures without them."""
MOVING_SETTINGS = frozenset(
    {"contact_matching", "attribution", "timezone", "unique_depth_days", "target_call_seconds", "respects_do_not_track"}
)
"""The settings that affect the figures of reports."""
MOVING_KINDS = frozenset(
    {
        ChangeKind.STATUS,
        ChangeKind.HOST,
        ChangeKind.RATE,
        ChangeKind.COSTS,
        ChangeKind.IMPORT,
        ChangeKind.PAST,
        ChangeKind.DEMO,
    }
)


def may_change_figures(change: SiteChange, time_zone: ZoneInfo) -> bool:
    """Return whether a change may affect the figures of reports; charts mark such changes.

    A change to currency rates, and an import of costs, may do so only if it comes more than `USUAL_DELAY` after the
    day of a changed rate or the first day of the costs. Days are in `time_zone`, the time zone of the site.
    """
    days: list[str] | None = None
    if change.kind is ChangeKind.RATE:
        days = [written.split()[1] for written in (change.before, change.after) if written]
    elif change.kind is ChangeKind.COSTS and change.after:
        days = [change.after.split()[0]]
    if days is not None:
        return any(site_day(change.changed_at, time_zone) - date.fromisoformat(day) > USUAL_DELAY for day in days)
    return change.kind in MOVING_KINDS or (change.kind is ChangeKind.SETTING and change.name in MOVING_SETTINGS)
