"""The windows of time that alerts check: parts of the local day, whole days, or seven whole days."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import day_end, day_start
from dealtrace.record import record
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK, Period, Span

HOURS_OF_DAY = 24
WEEKS_BACK = 8
"""Ours: the usual figure of a window comes from this many past weeks, in which the season changes little."""
SETTLING = timedelta(minutes=10)
"""Ours: a window is checked this long after its end, so that it includes what is reported a little late."""
NEXT_CHECK_MAX = DAY + timedelta(hours=2)
"""The longest time from one check to the next: a day of 25 hours, then an hour for `SETTLING` and the check itself."""
TRIAL_DAYS = 30


@record
class AlertWindow:
    """A length of time that an alert checks: `hours` (a divisor of 24) or `days`; the unused one is zero.

    `ru` and `en` are its names at the end of a sentence, such as “within 3 hours”.
    """

    name: str
    ru: str
    en: str
    hours: int = 0
    days: int = 0


_TABLE = (
    AlertWindow("1h", "за час", "within an hour", hours=1),
    AlertWindow("3h", "за 3 часа", "within 3 hours", hours=3),
    AlertWindow("6h", "за 6 часов", "within 6 hours", hours=6),
    AlertWindow("12h", "за 12 часов", "within 12 hours", hours=12),
    AlertWindow("day", "за день", "within a day", days=1),
    AlertWindow("week", "за неделю", "within a week", days=DAYS_OF_WEEK),
)
WINDOWS: Mapping[str, AlertWindow] = {window.name: window for window in _TABLE}
"""All windows by name."""


@record
class Slot:
    """An occurrence of a window: its last day in the site's zone, and the local hour of its end (24 is midnight)."""

    window: AlertWindow
    last_on: date
    end_hour: int = HOURS_OF_DAY

    def weeks_before(self, weeks: int) -> "Slot":
        """Return the occurrence of the window `weeks` weeks earlier, on the same weekdays and at the same hours."""
        return Slot(self.window, self.last_on - weeks * DAYS_OF_WEEK * DAY, self.end_hour)

    def span(self, time_zone: ZoneInfo) -> Span:
        """Return the start and end in UTC and, if the window lasts whole days, also these days.

        The days are for costs, which are stored by day.
        """
        if self.window.days:
            period = Period(self.last_on - (self.window.days - 1) * DAY, self.last_on)
            return Span(day_start(period.first_on, time_zone), day_end(self.last_on, time_zone), period)
        first_hour = self.end_hour - self.window.hours
        return Span(_at(self.last_on, first_hour, time_zone), _at(self.last_on, self.end_hour, time_zone), None)

    def is_skipped(self, time_zone: ZoneInfo) -> bool:
        """Return whether clocks skip the whole window, such as the hour from 2 to 3 when they are put forward."""
        span = self.span(time_zone)
        return span.since >= span.until

    @property
    def preceding(self) -> "Slot":
        """The occurrence of the window before this one, even if clocks skip it."""
        if self.window.days:
            return replace(self, last_on=self.last_on - DAY)
        if self.end_hour == self.window.hours:
            return Slot(self.window, self.last_on - DAY)
        return replace(self, end_hour=self.end_hour - self.window.hours)

    @property
    def following(self) -> "Slot":
        """The occurrence of the window after this one, even if clocks skip it; windows of whole days end every day."""
        if self.window.days or self.end_hour == HOURS_OF_DAY:
            return Slot(self.window, self.last_on + DAY, self.window.hours or HOURS_OF_DAY)
        return replace(self, end_hour=self.end_hour + self.window.hours)


def _at(day_on: date, hour: int, time_zone: ZoneInfo) -> datetime:
    if hour == HOURS_OF_DAY:
        return day_end(day_on, time_zone)
    return datetime.combine(day_on, time(hour), time_zone).astimezone(UTC)


def last_slot(window: AlertWindow, time_zone: ZoneInfo, now: datetime) -> Slot:
    """Return the latest of a window's occurrences that ended at least `SETTLING` before `now`.

    Ours: an hour that clocks skip is not an occurrence. Nothing can happen in it, so an alert would be raised for
    silence.
    """
    local = (now - SETTLING).astimezone(time_zone)
    end_hour = local.hour // window.hours * window.hours if window.hours else 0
    slot = Slot(window, local.date() - DAY) if end_hour == 0 else Slot(window, local.date(), end_hour)
    while slot.is_skipped(time_zone):
        slot = slot.preceding
    return slot


def next_check(slot: Slot, time_zone: ZoneInfo) -> datetime:
    """Return when an alert checks the time interval that follows `slot`: `SETTLING` after that interval ends."""
    return following(slot, time_zone).span(time_zone).until + SETTLING


def following(slot: Slot, time_zone: ZoneInfo) -> Slot:
    """Return the next occurrence of the window that clocks do not skip."""
    found = slot.following
    while found.is_skipped(time_zone):
        found = found.following
    return found


def slots_before(slot: Slot) -> Sequence[Slot]:
    """List the occurrences of the window in the `WEEKS_BACK` weeks before `slot`, one for each week, oldest first."""
    return [slot.weeks_before(weeks) for weeks in range(WEEKS_BACK, 0, -1)]


def slots_of_trial(window: AlertWindow, time_zone: ZoneInfo, now: datetime) -> Sequence[Slot]:
    """List the time intervals that an alert with this window checks in the 30 days before `now`, oldest first."""
    last = last_slot(window, time_zone, now)
    slot = replace(last, last_on=last.last_on - TRIAL_DAYS * DAY)
    listed: list[Slot] = []
    while slot != last:
        slot = following(slot, time_zone)
        listed.append(slot)
    return listed
