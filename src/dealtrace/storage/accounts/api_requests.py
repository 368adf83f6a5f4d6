"""The journal of requests to the API."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    Tuple,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)

from dealtrace.accounts.api_request import REFUSED_FROM, ApiRequest
from dealtrace.record import record
from dealtrace.storage.database.column_types import MICROSECOND, Instant
from dealtrace.storage.database.compiled_statement import CompiledStatement, Row
from dealtrace.storage.schema.tables.control import site
from dealtrace.storage.schema.tables.requests import api_request

_INSERT = CompiledStatement(insert(api_request))


@record
class RequestQuery:
    """A query for the requests of a site, latest first.

    `since` is included, `until` is not. `before` is the time and id of the last request of the previous page, `back_to`
    those of the oldest request to look at.
    """

    since: datetime | None = None
    until: datetime | None = None
    is_refused: bool = False
    path: str = ""
    text: str = ""
    token_id: int | None = None
    before: tuple[datetime, str] | None = None
    back_to: tuple[datetime, str] | None = None

    @property
    def is_search(self) -> bool:
        """Return whether requests have to be looked at one by one, since no index finds those that match."""
        return self.is_refused or bool(self.path or self.text) or self.token_id is not None

    @property
    def period(self) -> "RequestQuery":
        """Return a query for all requests of the period, whatever they are."""
        return RequestQuery(self.since, self.until, before=self.before)


def insert_requests(connection: Connection, requests: Sequence[ApiRequest]) -> None:
    """Store API requests in the journal."""
    _INSERT.run_rows(
        connection,
        [
            [
                request.site_id,
                request.at,
                request.request_id,
                request.token_id,
                request.method,
                request.path,
                request.parameters,
                request.status,
                request.code,
                request.reason_ru,
                request.reason_en,
                request.duration // MICROSECOND,
            ]
            for request in requests
        ],
    )


def list_requests(connection: Connection, site_id: int, query: RequestQuery, limit: int) -> list[ApiRequest]:
    """List up to `limit` requests of a site, latest first; site id 0 stands for requests without a valid site."""
    at, request_id = api_request.c.at, api_request.c.request_id
    mine = select(api_request).where(api_request.c.site_id == site_id, *_conditions(query))
    rows = connection.execute(mine.order_by(at.desc(), request_id.desc()).limit(limit))
    return [_request_from_row(row) for row in rows]


def find_search_end(
    connection: Connection, site_id: int, query: RequestQuery, most: int
) -> tuple[datetime, str] | None:
    """Return the time and id of the `most`th request that a search has to look at, or `None` if there are fewer."""
    at, request_id = api_request.c.at, api_request.c.request_id
    mine = select(at, request_id).where(api_request.c.site_id == site_id, *_conditions(query.period))
    found = connection.execute(mine.order_by(at.desc(), request_id.desc()).limit(1).offset(most - 1)).first()
    return (found[0], found[1]) if found is not None else None


def count_refusals_without_site(connection: Connection, code: int, since: datetime, most: int) -> int:
    """Count up to `most` requests without a site that were refused with the error `code` at or after `since`."""
    found = select(api_request.c.code).where(
        api_request.c.site_id == 0, api_request.c.at >= since, api_request.c.code == code
    )
    return connection.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def find_previous_requests(
    connection: Connection, site_id: int, query: RequestQuery, limit: int, most: int
) -> tuple[datetime, str] | None:
    """Return the value of `RequestQuery.before` for the preceding page, or `None` if that is the first page.

    `query` selects the present page. A page has `limit` requests; the preceding page ends with `query.before`. A search
    looks at `most` requests; if too few of them match, `None` is returned, too.
    """
    assert query.before is not None
    at, request_id = api_request.c.at, api_request.c.request_id
    key, mine = tuple_(at, request_id), select(at, request_id).where(api_request.c.site_id == site_id)
    later = mine.where(key > _key_of(query.before)).order_by(at, request_id)
    wanted = later.where(*_conditions(replace(query, before=None)))
    if query.is_search:
        in_period = later.where(*_conditions(replace(query.period, before=None)))
        last = connection.execute(in_period.limit(1).offset(most - 1)).first()
        if last is not None:
            wanted = wanted.where(key <= _key_of((last[0], last[1])))
    found = connection.execute(wanted.limit(1).offset(limit - 1)).first()
    return (found[0], found[1]) if found is not None else None


def find_last_uses(connection: Connection, site_id: int, most: int) -> dict[int, datetime]:
    """Find when each token of a site last sent a request, by token id, among the latest `most` journalled requests."""
    at, token_id = api_request.c.at, api_request.c.token_id
    mine = select(token_id, at).where(api_request.c.site_id == site_id)
    latest = mine.order_by(at.desc(), api_request.c.request_id.desc()).limit(most).subquery()
    used = select(latest.c.token_id, func.max(latest.c.at, type_=at.type)).where(latest.c.token_id.is_not(None))
    return {row[0]: row[1] for row in connection.execute(used.group_by(latest.c.token_id))}


def list_sites_with_requests(connection: Connection, before: datetime) -> list[int]:
    """List the ids of the sites that have requests from before `before`; 0 stands for requests without a site."""
    columns = api_request.c
    is_old = exists().where(columns.site_id == site.c.id, columns.at < before)
    without = select(columns.site_id).where(columns.site_id == 0, columns.at < before).limit(1)
    return [*connection.scalars(without), *connection.scalars(select(site.c.id).where(is_old).order_by(site.c.id))]


def delete_some_requests(connection: Connection, site_id: int, before: datetime, most: int) -> int:
    """Delete the oldest requests of a site that were sent before `before`, and return how many were deleted.

    About `most` are deleted: requests that were sent at the same microsecond are deleted together.
    """
    at = api_request.c.at
    old = select(at).where(api_request.c.site_id == site_id, at < before).order_by(at, api_request.c.request_id)
    last_at = connection.scalar(old.offset(most - 1).limit(1))
    if last_at is None:
        return delete_requests(connection, site_id, before)
    return delete_requests(connection, site_id, last_at + MICROSECOND)


def delete_requests(connection: Connection, site_id: int, before: datetime) -> int:
    """Delete the requests of a site that were sent before `before`, and return how many were deleted."""
    old = delete(api_request).where(api_request.c.site_id == site_id, api_request.c.at < before)
    return connection.execute(old).rowcount


def _conditions(query: RequestQuery) -> Iterator[ColumnElement[bool]]:
    columns = api_request.c
    if query.since is not None:
        yield columns.at >= query.since
    if query.until is not None:
        yield columns.at < query.until
    if query.is_refused:
        yield or_(columns.status >= REFUSED_FROM, columns.code.is_not(None))
    if query.path:
        yield columns.path.contains(query.path, autoescape=True)
    if query.text:
        yield or_(
            type_coerce(columns.parameters, Text).contains(query.text, autoescape=True),
            columns.reason_ru.contains(query.text, autoescape=True),
            columns.reason_en.contains(query.text, autoescape=True),
        )
    if query.token_id is not None:
        yield columns.token_id == query.token_id
    if query.before is not None:
        yield tuple_(columns.at, columns.request_id) < _key_of(query.before)
    if query.back_to is not None:
        yield tuple_(columns.at, columns.request_id) >= _key_of(query.back_to)


def _key_of(key: tuple[datetime, str]) -> Tuple:
    at, request_id = key
    return tuple_(literal(at, Instant()), literal(request_id))


def _request_from_row(row: Row) -> ApiRequest:
    return ApiRequest(
        row.site_id,
        row.at,
        row.request_id,
        row.token_id,
        row.method,
        row.path,
        row.parameters,
        row.status,
        row.code,
        row.reason_ru,
        row.reason_en,
        timedelta(microseconds=row.duration_us),
    )
