"""What every journal shares: the interval, the requested page, and how a page is answered."""

from collections.abc import Callable, Hashable
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.clocks import instant_of
from dealtrace.calltouch.answers.pages import PAGE_SIZE_MAX, page_answer
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import REQUIRED, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.storage.journals.keyset_pages import Cursor, Page

ARRAY_SIZE_MAX = 50_000
"""Ours: the most records that a journal without pages answers with; more must be requested in parts."""
RECORDS_AT_ONCE = 1000
"""How many records are read by one round of queries."""

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def require_dates(sent: Sent) -> None:
    """Check that an interval was sent.

    Raises:
        InvalidParameters: one end of it is missing, or both are.
    """
    missing = [name for name in ("dateFrom", "dateTo") if name not in sent.values]
    if missing:
        raise InvalidParameters([Violation(name, *REQUIRED) for name in missing])


def read_interval(site: Site, sent: Sent) -> tuple[datetime | None, datetime | None]:
    """Return the interval as instants, its end exclusive; `None` is an open side.

    Ours: `timeFrom` is a time of the first day, and `timeTo` one of the last, whose whole second is included. Without
    them the days are whole.

    Raises:
        InvalidParameters: it ends before it starts.
    """
    first, last = sent.get("dateFrom"), sent.get("dateTo")
    if first is not None and last is not None and first > last:
        raise InvalidParameters([Violation("dateFrom", "позже, чем dateTo", "later than dateTo")])
    since = _instant(first, sent.get("timeFrom", time()), site) if first is not None else None
    until = None
    if last is not None:
        ends_at = sent.get("timeTo")
        until = _instant(last + _DAY, time(), site) if ends_at is None else _instant(last, ends_at, site) + _SECOND
    if since is not None and until is not None and since >= until:
        raise InvalidParameters([Violation("timeFrom", "позже, чем timeTo", "later than timeTo")])
    return since, until


def _instant(day_on: date, clock: time, site: Site) -> datetime:
    return instant_of(datetime.combine(day_on, clock), site.time_zone)


def requested_page(sent: Sent, size_max: int = PAGE_SIZE_MAX) -> tuple[int, int]:
    """Return the number and the size of the requested page; page 0 means the first, size 0 the greatest."""
    return max(1, sent.get("page", 1)), min(sent.get("limit") or PAGE_SIZE_MAX, size_max)


def empty_page(number: int, limit: int, site: Site, event: str) -> Reply:
    """Answer with the only page of an empty journal."""
    return success(page_answer(number, limit, 0, []), event, site_id=site.id, records=0)


async def answer_page(
    caller: Caller, query: Hashable, offset: int, answer: Callable[[Connection, Cursor], tuple[Page, Reply]]
) -> Reply:
    """Answer with the page after `offset` rows, from where the reader's previous page ended if that is remembered.

    A reader is a token together with its query.
    """
    reader = (caller.site.id, caller.token_id, query)
    cursor = caller.read_pool.page_cursors.cursor_of(reader, offset)
    page, reply = await caller.read_pool.read(answer, cursor)
    caller.read_pool.page_cursors.keep(reader, cursor, page)
    return reply


def refuse_long_array() -> InvalidParameters:
    """Return the refusal of an array that would be too long."""
    return InvalidParameters(
        [
            Violation(
                "page",
                f"записей больше {ARRAY_SIZE_MAX}: передайте page и limit или сузьте интервал",
                f"more than {ARRAY_SIZE_MAX} records: send page and limit, or a shorter interval",
            )
        ]
    )
