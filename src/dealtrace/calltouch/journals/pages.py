"""What every journal shares: its interval, the page that is asked for, and how a page is answered."""

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
"""Ours: how many records a journal without pages answers with at most; an array of more is asked for in parts."""
RECORDS_AT_ONCE = 1000
"""How many records are gathered by one round of questions."""

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def require_dates(sent: Sent) -> None:
    """See that an interval is named.

    Raises:
        InvalidParameters: one end of it, or both, are not.
    """
    missing = [name for name in ("dateFrom", "dateTo") if name not in sent.values]
    if missing:
        raise InvalidParameters([Violation(name, *REQUIRED) for name in missing])


def read_interval(site: Site, sent: Sent) -> tuple[datetime | None, datetime | None]:
    """Tell the interval as instants, the first belonging to it and the second not; `None` is an open side.

    Ours: `timeFrom` belongs to the first day and `timeTo`, a second of which counts whole, to the last; without them
    the days are whole.

    Raises:
        InvalidParameters: it ends before it begins.
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


def asked_page(sent: Sent, size_max: int = PAGE_SIZE_MAX) -> tuple[int, int]:
    """Tell the page and its size; what is odd is read kindly: page 0 is the first, a size of 0 the greatest."""
    return max(1, sent.get("page", 1)), min(sent.get("limit") or PAGE_SIZE_MAX, size_max)


def nothing(number: int, limit: int, site: Site, event: str) -> Reply:
    """Answer with a page of a list that is always empty."""
    return success(page_answer(number, limit, 0, []), event, site_id=site.id, records=0)


async def answer_page(
    caller: Caller, query: Hashable, offset: int, answer: Callable[[Connection, Cursor], tuple[Page, Reply]]
) -> Reply:
    """Answer with the page after `offset` rows, found from where this reader's page before ended, if it did here.

    Readers are told apart by their tokens and by what they ask.
    """
    reader = (caller.site.id, caller.token_id, query)
    cursor = caller.read_pool.page_cursors.cursor_of(reader, offset)
    page, reply = await caller.read_pool.read(answer, cursor)
    caller.read_pool.page_cursors.keep(reader, cursor, page)
    return reply


def refuse_long_array() -> InvalidParameters:
    """Refuse to answer with more than fits one array."""
    return InvalidParameters(
        [
            Violation(
                "page",
                f"записей больше {ARRAY_SIZE_MAX}: передайте page и limit или сузьте интервал",
                f"more than {ARRAY_SIZE_MAX} records: send page and limit, or a shorter interval",
            )
        ]
    )
