"""The journal of requests to the API: the callers, what they requested, the answers, and the reasons for refusals."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dealtrace.accounts.api_request import ApiRequest
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_days import day_end, day_start
from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.settings.page import number_of
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.leads.wall_clock import read_day, read_instant
from dealtrace.record import record
from dealtrace.reports.periods import YEAR_FIRST
from dealtrace.storage.accounts.api_requests import REFUSED_FROM, RequestQuery, list_requests
from dealtrace.storage.accounts.tokens import list_tokens

SHOWN = 100
NO_SITE = 0
UTC_ZONE = ZoneInfo("UTC")
NAMES = ("from", "to", "path", "text", "token", "refused")
"""The parameters of the form, which the URL of the next page repeats."""


@record
class Line:
    """A request, as strings."""

    at: str
    token: str
    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    status: int
    reason: str
    milliseconds: int
    is_refused: bool


async def show(view: View) -> Response:
    """Show the requests of the site."""
    return await _show(view, view.current_site.id, view.current_site.time_zone)


async def show_without_site(view: View) -> Response:
    """Show the requests that belong to no site, such as those with a wrong token; times are in UTC."""
    return await _show(view, NO_SITE, UTC_ZONE)


async def _show(view: View, site_id: int, zone: ZoneInfo) -> Response:
    asked = view.request.query_params
    query = _query(asked, zone)
    requests, labels = await view.read(_read, site_id, query)
    shown = requests[:SHOWN]
    return view.page(
        "requests/page.html",
        lines=[_line(request, labels, zone, view.language) for request in shown],
        tokens=labels,
        asked={name: asked.get(name, "") for name in NAMES},
        next_page=_next_page(view.request.url.path, asked, shown[-1]) if len(requests) > SHOWN else "",
        zone=zone.key,
    )


def _read(connection: Connection, site_id: int, query: RequestQuery) -> tuple[list[ApiRequest], Mapping[int, str]]:
    tokens = list_tokens(connection, SiteId(site_id)) if site_id else []
    return list_requests(connection, site_id, query, SHOWN + 1), {token.id: token.label for token in tokens}


def _query(asked: QueryParams, zone: ZoneInfo) -> RequestQuery:
    """Return the query of a URL; invalid parameters are ignored."""
    before_at = read_instant(asked.get("before_at", ""), YEAR_FIRST)
    return RequestQuery(
        since=_bound(asked.get("from", ""), zone, day_start),
        until=_bound(asked.get("to", ""), zone, day_end),
        is_refused=bool(asked.get("refused")),
        path=asked.get("path", "").strip(),
        text=asked.get("text", "").strip(),
        token_id=number_of(asked.get("token", "")) or None,
        before=(before_at, asked.get("before_id", "")) if before_at is not None else None,
    )


def _bound(text: str, zone: ZoneInfo, bound: Callable[[date, ZoneInfo], datetime]) -> datetime | None:
    """Return the start or end of the day in `text`, whichever `bound` computes, or `None` if it is not a day."""
    day_on = read_day(text, YEAR_FIRST)
    return bound(day_on, zone) if day_on is not None else None


def _line(request: ApiRequest, labels: Mapping[int, str], zone: ZoneInfo, language: Language) -> Line:
    return Line(
        f"{clock_time(language, request.at, zone)}:{request.at.astimezone(zone):%S}",
        labels.get(request.token_id, str(request.token_id)) if request.token_id is not None else "",
        request.method,
        request.path,
        tuple(request.parameters.items()),
        request.status,
        (request.reason_ru if language == "ru" else request.reason_en) or "",
        round(request.duration.total_seconds() * 1000),
        request.status >= REFUSED_FROM,
    )


def _next_page(path: str, asked: QueryParams, last: ApiRequest) -> str:
    kept: Sequence[tuple[str, str]] = [(name, asked[name]) for name in NAMES if asked.get(name)]
    return f"{path}?{urlencode([*kept, ('before_at', last.at.isoformat()), ('before_id', last.request_id)])}"
