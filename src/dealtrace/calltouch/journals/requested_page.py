"""Parse the parameters of a page of a journal, and answer with the page."""

import asyncio
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.calltouch.answers.journal_page import PAGE_SIZE_MAX, page_answer
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.page_ends import KEPT_FOR, ReadPage, keep_page_ends
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage
from dealtrace.storage.journals.page_ends import PageEnd, find_cursor

ARRAY_SIZE_MAX = 50_000
"""Ours: the maximum number of records that a journal returns without paging.

Larger results must be requested in parts.
"""
RECORDS_AT_ONCE = 1000
"""How many records are read from the database at a time."""


def requested_page(sent: Sent, size_max: int = PAGE_SIZE_MAX) -> tuple[int, int]:
    """Return the number and size of the requested page; page 0 means the first page, and size 0 means 1000 records."""
    return max(1, sent.get("page", 1)), min(sent.get("limit") or PAGE_SIZE_MAX, size_max)


def empty_page(number: int, limit: int, site: Site, event: str) -> Reply:
    """Return a reply whose page has no records."""
    return success(page_answer(number, limit, 0, []), event, site_id=site.id, records=0)


async def answer_page(
    caller: Caller, query: Hashable, offset: int, answer: Callable[[Connection, Cursor], tuple[ListPage, Reply]]
) -> Reply:
    """Return the reply with the page that begins after the first `offset` rows of a journal.

    If the same token has just read the previous page of `query`, reading continues where that page ended. Otherwise
    the start of the page is found by counting `offset` rows.
    """
    reader = (caller.site.id, caller.token_id, query)
    if caller.read_pool.is_shared:
        return await _answer_shared_page(caller, reader_digest(reader), offset, answer)
    cursor = caller.read_pool.page_cursors.cursor_of(reader, offset)
    page, reply = await caller.read_pool.read(answer, cursor)
    caller.read_pool.page_cursors.keep(reader, cursor, page)
    return reply


async def _answer_shared_page(
    caller: Caller, reader: str, offset: int, answer: Callable[[Connection, Cursor], tuple[ListPage, Reply]]
) -> Reply:
    """Return the reply with a page when several processes share the database.

    The position at the end of the page is stored in the database, so that any process can serve the next page. That
    write is queued but not awaited; the command that spends the points for the page is queued after it and awaited.
    """
    cursor = Cursor()
    if offset:
        since = clock.now() - KEPT_FOR
        cursor = await caller.read_pool.read_newest(find_cursor, caller.site.id, reader, offset, since)
    page, reply = await caller.read_pool.read(answer, cursor)
    if page.end is not None:
        end = PageEnd(reader, offset + len(page.ids), page.end, page.total)
        command = WriteCommand(ReadPage(end, is_first=offset == 0), caller.token_id)
        caller.write_queue.write(keep_page_ends, caller.site, command).add_done_callback(_forget_fault)
    return reply


def _forget_fault(written: "asyncio.Future[None]") -> None:
    """Ignore a failure to store the end of a page; the next page is then found by counting rows from the start."""
    if not written.cancelled():
        written.exception()


def reader_digest(reader: Hashable) -> str:
    """Return 64 hexadecimal digits that identify a site, a token and a query, the same in every process."""
    return hashlib.sha256(repr(_in_order(reader)).encode()).hexdigest()


def _in_order(value: object) -> object:
    """Return a value in a form with the same `repr` in every process: sets are sorted, dataclasses become lists."""
    if isinstance(value, frozenset):
        return sorted(repr(_in_order(item)) for item in value)
    if isinstance(value, tuple):
        return [_in_order(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__qualname__, *(_in_order(getattr(value, part.name)) for part in fields(value))]
    return value


def refuse_long_array() -> InvalidParameters:
    """Return the refusal for a journal that is too long for one array."""
    return InvalidParameters(
        [
            Violation(
                "page",
                f"записей больше {ARRAY_SIZE_MAX}: передайте page и limit или сузьте интервал",
                f"more than {ARRAY_SIZE_MAX} records: send page and limit, or a shorter interval",
            )
        ]
    )
