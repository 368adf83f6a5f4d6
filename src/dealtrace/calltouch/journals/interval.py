"""Parse the interval of a journal: `dateFrom` to `dateTo`, in some journals also `timeFrom` and `timeTo`."""

from datetime import date, datetime, time, timedelta

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.clocks import utc_of_wall_clock
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.parameters import REQUIRED, Sent

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def require_dates(sent: Sent) -> None:
    """Check that an interval was sent.

    Raises:
        InvalidParameters: `dateFrom`, `dateTo` or both are missing.
    """
    missing = [name for name in ("dateFrom", "dateTo") if name not in sent.values]
    if missing:
        raise InvalidParameters([Violation(name, *REQUIRED) for name in missing])


def read_interval(site: Site, sent: Sent) -> tuple[datetime | None, datetime | None]:
    """Return the start of the interval and the first instant after it, in UTC; `None` for a date that was not sent.

    Ours: `timeFrom` is a time on the first day and `timeTo` a time on the last day; the whole second `timeTo` is
    included. By default, the interval covers whole days.

    Raises:
        InvalidParameters: the interval ends before it starts.
    """
    first, last = sent.get("dateFrom"), sent.get("dateTo")
    if first is not None and last is not None and first > last:
        raise InvalidParameters([Violation("dateFrom", "позже, чем dateTo", "must not be later than dateTo")])
    since = _instant(first, sent.get("timeFrom", time()), site) if first is not None else None
    until = None
    if last is not None:
        ends_at = sent.get("timeTo")
        until = _instant(last + _DAY, time(), site) if ends_at is None else _instant(last, ends_at, site) + _SECOND
    if since is not None and until is not None and since >= until:
        raise InvalidParameters([Violation("timeFrom", "позже, чем timeTo", "must not be later than timeTo")])
    return since, until


def _instant(day_on: date, clock: time, site: Site) -> datetime:
    return utc_of_wall_clock(datetime.combine(day_on, clock), site.time_zone)
