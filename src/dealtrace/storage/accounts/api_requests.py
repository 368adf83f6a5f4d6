"""The journal of requests to the API: store, search, count and delete requests."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

import msgspec
from sqlalchemy import ColumnElement, Connection, case, delete, func, select, tuple_

from dealtrace.accounts.api_request import ApiRequest
from dealtrace.record import record
from dealtrace.storage.accounts.encoded_requests import (
    NO_ENTRIES,
    EncodedRequests,
    requests_of,
    second_of,
    start_of,
    stored_entries,
    text_of,
)
from dealtrace.storage.database.compiled_statement import AnySelect, CompiledStatement, NamedRow
from dealtrace.storage.schema.tables.requests import api_request_batch

FIRST_ROWS, ROWS_MAX = 8, 256
"""How many rows the first read gets, and the most that a later one gets; a row may have hundreds of requests."""
REQUESTS_AT_ONCE = 2_000
"""Ours: if rows that are read at once have more requests than this, fewer rows are read next, to save memory."""
RequestKey = tuple[datetime, str]
"""The time and id of a request, by which requests are sorted."""
_OMITTED = "-"
"""The prefix of `first_id` in rows that only count requests that were not kept."""
_INSERT = CompiledStatement(lambda insert: insert(api_request_batch))
"""Inserts rows one by one: in an array of rows, PostgreSQL would get compressed bytes as hexadecimal digits.

These are twice as long, and cost its server three times the CPU time to read. Nearly all batches are a single row.
"""
_INSERT_ONCE = CompiledStatement(lambda insert: insert(api_request_batch).on_conflict_do_nothing())


@record
class RequestQuery:
    """A query for the requests of a site.

    `since` is included, `until` is not. `path` and `text` are searched for, ignoring case: `path` in paths, `text` in
    the names and values of parameters and in reasons. `before` is the key of the last request of the previous page.
    """

    since: datetime | None = None
    until: datetime | None = None
    is_refused: bool = False
    path: str = ""
    text: str = ""
    token_id: int | None = None
    before: RequestKey | None = None

    def includes(self, request: ApiRequest) -> bool:
        """Return whether a request matches the query."""
        return (
            (self.since is None or request.at >= self.since)
            and (self.until is None or request.at < self.until)
            and (self.before is None or _key_of(request) < self.before)
            and (self.token_id is None or request.token_id == self.token_id)
            and (not self.is_refused or request.is_refused)
            and (not self.path or self.path.casefold() in request.path.casefold())
            and (not self.text or any(self.text.casefold() in text.casefold() for text in _texts_of(request)))
        )


@record
class FoundRequests:
    """The requests that match a query, latest first; `searched_to` is where the search ended, if it ended early."""

    requests: Sequence[ApiRequest] = ()
    searched_to: datetime | None = None


@record
class RefusalCount:
    """The number of counted refusals; `is_whole` is false if not all requests were searched, so there may be more."""

    count: int
    is_whole: bool


@record
class OmittedRequests:
    """The number of requests that were not kept, as there were too many, and the time and id of the last of them."""

    count: int
    at: datetime
    last_id: str


@record
class _Second:
    """A second since 1970: the number of requests that were answered in it, and those that may match the query."""

    second: int
    count: int
    requests: Sequence[ApiRequest]


def insert_requests(connection: Connection, site_id: int, requests: Sequence[EncodedRequests]) -> None:
    """Store requests of a site in the journal; requests of the same second share a row."""
    by_second: dict[int, list[EncodedRequests]] = {}
    for each in requests:
        by_second.setdefault(each.second, []).append(each)
    rows: list[list[object]] = []
    for second, together in by_second.items():
        counts = sum(each.request_count for each in together), sum(each.refused_count for each in together)
        rows.append([site_id, second, together[0].first_id, *counts, *stored_entries(together)])
    _INSERT.run_rows(connection, rows)


def insert_omitted(connection: Connection, site_id: int, omitted: OmittedRequests) -> None:
    """Store the number of requests that were not kept; `count_omitted` adds up these numbers.

    A number that is stored twice, because it was unknown whether the first commit succeeded, is added once.
    """
    columns: tuple[object, ...] = (site_id, second_of(omitted.at), f"{_OMITTED}{omitted.last_id}", 0, omitted.count)
    names = [column.name for column in api_request_batch.columns]
    _INSERT_ONCE.run(connection, dict(zip(names, (*columns, NO_ENTRIES, None), strict=True)))


def count_omitted(connection: Connection, site_id: int, since: datetime) -> int:
    """Count the requests of a site that were answered since about `since` and were not kept.

    The requests are stored in batches; a batch is counted if its last request was answered at or after `since`. Site id
    0 stands for requests without a valid site.
    """
    columns = api_request_batch.c
    since_then = (columns.site_id == site_id, columns.second >= second_of(since), columns.first_id.like(f"{_OMITTED}%"))
    counted = connection.execute(select(func.sum(columns.refused_count)).where(*since_then)).scalar()
    return int(counted or 0)


def search_requests(
    connection: Connection, site_id: int, query: RequestQuery, limit: int, searched_max: int
) -> FoundRequests:
    """Find up to `limit` requests of a site that match `query`, latest first; search only about `searched_max`.

    Site id 0 stands for requests without a valid site.
    """
    found: list[ApiRequest] = []
    searched = 0
    for each in _seconds(connection, site_id, query, _needles_of(query)):
        found += filter(query.includes, each.requests)
        searched += each.count
        if len(found) >= limit:
            return FoundRequests(found[:limit])
        if searched >= searched_max:
            return FoundRequests(found, start_of(each.second))
    return FoundRequests(found)


def list_requests(connection: Connection, site_id: int, query: RequestQuery, limit: int) -> list[ApiRequest]:
    """List up to `limit` requests of a site that match `query`, latest first, searching all requests if necessary."""
    found: list[ApiRequest] = []
    for each in _seconds(connection, site_id, query, _needles_of(query)):
        found += filter(query.includes, each.requests)
        if len(found) >= limit:
            break
    return found[:limit]


def find_previous_requests(
    connection: Connection, site_id: int, query: RequestQuery, limit: int, searched_max: int
) -> RequestKey | None:
    """Return the value of `RequestQuery.before` that selects the previous page; `None` selects the first page.

    `query` selects the current page. A page has `limit` requests, latest first, so the previous page has later
    requests. About `searched_max` requests are searched; if fewer than `limit` of them match, the result is `None`.
    """
    assert query.before is not None
    later, searched, wanted = 0, 0, replace(query, before=None)
    for each in _seconds(connection, site_id, query, _needles_of(query), latest_first=False):
        for request in each.requests:
            if _key_of(request) > query.before and wanted.includes(request):
                later += 1
                if later == limit:
                    return _key_of(request)
        searched += each.count
        if searched >= searched_max:
            break
    return None


def count_refusals_without_site(connection: Connection, code: int, since: datetime, searched_max: int) -> RefusalCount:
    """Count the requests without a site that were refused with the error `code` at or after `since`.

    Only about the `searched_max` latest requests are searched, so some refusals may be missing from the count if there
    are more requests since then, or if some were not kept.
    """
    query, count, searched = RequestQuery(since=since, is_refused=True), 0, 0
    for each in _seconds(connection, 0, query, (str(code),)):
        count += sum(request.code == code and query.includes(request) for request in each.requests)
        searched += each.count
        if searched >= searched_max:
            return RefusalCount(count, is_whole=False)
    return RefusalCount(count, is_whole=not count_omitted(connection, 0, since))


def delete_some_requests(connection: Connection, site_id: int, before: datetime, most: int) -> int:
    """Delete the oldest requests of a site, and return how many were deleted.

    Only requests sent before the time `before` are deleted, about `most` of them: requests that were answered in the
    same second are deleted together, once the whole second is before that time.
    """
    columns, count, last = api_request_batch.c, 0, None
    mine = (columns.site_id == site_id, columns.second < second_of(before))
    old = select(columns.second, columns.request_count).where(*mine).order_by(columns.second, columns.first_id)
    for row in connection.execute(old.limit(most)):
        count, last = count + row.request_count, row.second
        if count >= most:
            break
    if last is not None:
        connection.execute(delete(api_request_batch).where(columns.site_id == site_id, columns.second <= last))
    return count


def _seconds(
    connection: Connection, site_id: int, query: RequestQuery, needles: Sequence[str] = (), *, latest_first: bool = True
) -> Iterator[_Second]:
    """Yield the seconds in which requests may match `query`, in order.

    Rows whose text lacks one of `needles` are counted but not decoded.
    """
    rows = _rows(connection, _row_query(site_id, query, latest_first=latest_first), latest_first=latest_first)
    for second, grouped in groupby(rows, key=lambda row: row.second):
        batches = list(grouped)
        texts = [text for row in batches if _has_all(text := text_of(row.entries, row.packed), needles)]
        requests = [request for text in texts for request in requests_of(site_id, text)]
        requests.sort(key=_key_of, reverse=latest_first)
        yield _Second(second, sum(row.request_count for row in batches), requests)


def _rows(connection: Connection, statement: AnySelect, *, latest_first: bool) -> Iterator[NamedRow]:
    """Yield the rows of a statement, fetched in batches that grow unless their rows contain many requests."""
    key, limit = tuple_(api_request_batch.c.second, api_request_batch.c.first_id), FIRST_ROWS
    rows = connection.execute(statement.limit(limit)).all()
    while rows:
        yield from rows
        if len(rows) < limit:
            return
        last = (rows[-1].second, rows[-1].first_id)
        is_much = sum(row.request_count for row in rows) > REQUESTS_AT_ONCE
        limit = max(limit // 2, 1) if is_much else min(limit * 2, ROWS_MAX)
        following = statement.where(key < last if latest_first else key > last)
        rows = connection.execute(following.limit(limit)).all()


def _row_query(site_id: int, query: RequestQuery, *, latest_first: bool) -> AnySelect:
    columns = api_request_batch.c
    entries: ColumnElement[str] = columns.entries
    packed: ColumnElement[bytes | None] = columns.packed
    if query.is_refused:  # the text of other rows is not read, but their requests count as searched
        entries = case((columns.refused_count > 0, entries), else_=NO_ENTRIES).label("entries")
        packed = case((columns.refused_count > 0, packed)).label("packed")
    statement = select(columns.second, columns.first_id, columns.request_count, entries, packed)
    statement = statement.where(columns.site_id == site_id)
    if query.since is not None:
        statement = statement.where(columns.second >= second_of(query.since))
    if query.until is not None:
        statement = statement.where(columns.second <= second_of(query.until))
    if query.before is not None:
        second = second_of(query.before[0])
        statement = statement.where(columns.second <= second if latest_first else columns.second >= second)
    if latest_first:
        return statement.order_by(columns.second.desc(), columns.first_id.desc())
    return statement.order_by(columns.second, columns.first_id)


def _needles_of(query: RequestQuery) -> Sequence[str]:
    """Return the strings that the case-folded text of a row must contain for any of its requests to match the query."""
    return [msgspec.json.encode(sought.casefold()).decode()[1:-1] for sought in (query.path, query.text) if sought]


def _has_all(entries: str, needles: Sequence[str]) -> bool:
    if not needles:
        return True
    folded = entries.casefold()
    return all(needle in folded for needle in needles)


def _texts_of(request: ApiRequest) -> Iterator[str]:
    yield from request.parameters
    yield from request.parameters.values()
    yield from (reason for reason in (request.reason_ru, request.reason_en) if reason)


def _key_of(request: ApiRequest) -> RequestKey:
    return request.at, request.request_id
