"""The journal of requests to the API."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Text, delete, func, insert, literal, or_, select, tuple_, type_coerce

from dealtrace.accounts.api_request import REFUSED_FROM, ApiRequest
from dealtrace.record import record
from dealtrace.storage.database.column_types import MICROSECOND, Instant
from dealtrace.storage.database.compiled_statement import CompiledStatement, Row
from dealtrace.storage.schema.tables.requests import api_request

_INSERT = CompiledStatement(insert(api_request))


@record
class RequestQuery:
    """A query for the requests of a site, latest first.

    `since` is included, `until` is not. `before` is the time and id of the last request of the previous page.
    """

    since: datetime | None = None
    until: datetime | None = None
    is_refused: bool = False
    path: str = ""
    text: str = ""
    token_id: int | None = None
    before: tuple[datetime, str] | None = None


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


def count_refusals_without_site(connection: Connection, code: int, since: datetime, most: int) -> int:
    """Count up to `most` requests without a site that were refused with the error `code` at or after `since`."""
    found = select(api_request.c.code).where(
        api_request.c.site_id == 0, api_request.c.at >= since, api_request.c.code == code
    )
    return connection.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def find_previous_requests(
    connection: Connection, site_id: int, query: RequestQuery, limit: int
) -> tuple[datetime, str] | None:
    """Return the value of `RequestQuery.before` for the preceding page, or `None` if that is the first page.

    `query` selects the present page. A page has `limit` requests; the preceding page ends with `query.before`.
    """
    assert query.before is not None
    at, request_id = api_request.c.at, api_request.c.request_id
    last_at, last_id = query.before
    is_later = tuple_(at, request_id) > tuple_(literal(last_at, Instant()), literal(last_id))
    conditions = (api_request.c.site_id == site_id, is_later, *_conditions(replace(query, before=None)))
    later = select(at, request_id).where(*conditions).order_by(at, request_id)
    found = connection.execute(later.limit(1).offset(limit - 1)).first()
    return (found[0], found[1]) if found is not None else None


def find_last_uses(connection: Connection, site_id: int) -> dict[int, datetime]:
    """Find when each token of a site last sent a journalled request, by token id; this reads the whole journal."""
    at, token_id = api_request.c.at, api_request.c.token_id
    mine = select(token_id, func.max(at, type_=at.type)).where(api_request.c.site_id == site_id, token_id.is_not(None))
    return {row[0]: row[1] for row in connection.execute(mine.group_by(token_id))}


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
        yield columns.status >= REFUSED_FROM
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
        at, request_id = query.before
        yield tuple_(columns.at, columns.request_id) < tuple_(literal(at, Instant()), literal(request_id))


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
