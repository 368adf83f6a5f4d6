"""The journal of requests to the API: who sent them, what they requested, the answers, and the reasons for refusals."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from http import HTTPStatus
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.api_request import NO_SITE_ID, ApiRequest
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.form_pages import number_of
from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.labels import LABELS, labelled_text, unknown_choice
from dealtrace.cabinet.view import View
from dealtrace.dates_and_times import YEAR_FIRST, read_day, read_instant
from dealtrace.errors import InvalidParameters, Language, Violation
from dealtrace.record import record
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.runtime.request_journal import WITHOUT_SITE_PER_DAY_MAX
from dealtrace.storage.accounts.api_requests import (
    FoundRequests,
    RequestKey,
    RequestQuery,
    count_omitted,
    find_previous_requests,
    search_requests,
)
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.accounts.tokens import list_tokens

SHOWN = 100
SEARCHED_MAX = 30_000
"""Ours: a page searches this many requests, which takes about 60 ms; *Earlier requests* continues the search.

There is no index for such searches, since every registration would have to update it.
"""
UTC_ZONE = ZoneInfo("UTC")
_LABELS = {**LABELS, "token": "Token", "site": "Site"}
NAMES = ("from", "to", "path", "text", "token", "refused", "site")
"""The parameters of the form; the URL of the next page repeats them."""


@record
class RequestsPage:
    """The requests of a page, the first request of the following page, if any, and the key of the preceding page."""

    found: FoundRequests = FoundRequests()
    previous: RequestKey | None = None

    @property
    def following(self) -> RequestKey | None:
        """Return the key after which the following page begins, or `None` if this is the last page."""
        if len(self.found.requests) > SHOWN:
            last = self.found.requests[SHOWN - 1]
            return last.at, last.request_id
        return (self.found.searched_to, "") if self.found.searched_to is not None else None


@record
class RequestLine:
    """A request, as strings; `sender` is the label of its token or, without a site, the network that it came from."""

    at: str
    sender: str
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
    """Show the requests that belong to no site, such as those with a wrong token; times are in UTC.

    The page links back to the site from whose journal the person came, which `site` in the URL names.
    """
    site_id = number_of(view.request.query_params.get("site", ""))
    back = await view.read(find_site, SiteId(site_id))
    return await _show(view, NO_SITE_ID, UTC_ZONE, back)


async def _show(view: View, site_id: int, zone: ZoneInfo, back: Site | None = None) -> Response:
    asked = view.request.query_params
    query, path = _query(asked, zone), view.request.url.path
    labels = await view.read(_read_tokens, site_id)
    refusal = _check(asked, labels, site_day(clock.now(), zone), back or view.site)
    page = await view.read(_read, site_id, query) if refusal is None else RequestsPage()
    searched_to, following = page.found.searched_to, page.following
    today_at = day_start(site_day(clock.now(), UTC_ZONE), UTC_ZONE)
    return view.page(
        "requests/page.html",
        HTTPStatus.BAD_REQUEST if refusal is not None else HTTPStatus.OK,
        fault=labelled_text(refusal, view.language, _LABELS) if refusal is not None else "",
        lines=[_line(request, labels, zone, view.language) for request in page.found.requests[:SHOWN]],
        tokens=labels,
        sender=view.translate("Network" if site_id == NO_SITE_ID else "Token"),
        asked={name: asked.get(name, "") for name in NAMES},
        searched_to=_shown_at(searched_to, zone, view.language) if searched_to is not None else "",
        searched=SEARCHED_MAX,
        omitted=await view.read(count_omitted, NO_SITE_ID, today_at) if site_id == NO_SITE_ID else 0,
        kept_max=WITHOUT_SITE_PER_DAY_MAX,
        is_kept=view.services.requests_kept_days > 0,
        next_page=_page_before(path, asked, following) if following is not None else "",
        previous_page=_page_before(path, asked, page.previous) if query.before is not None else "",
        zone=zone.key,
        back=back,
    )


def _read_tokens(connection: Connection, site_id: int) -> Mapping[int, str]:
    tokens = list_tokens(connection, SiteId(site_id)) if site_id else []
    return {token.id: token.label for token in tokens}


def _read(connection: Connection, site_id: int, query: RequestQuery) -> RequestsPage:
    previous = None
    if query.before is not None:
        previous = find_previous_requests(connection, site_id, query, SHOWN, SEARCHED_MAX)
    return RequestsPage(search_requests(connection, site_id, query, SHOWN + 1, SEARCHED_MAX), previous)


def _check(asked: QueryParams, labels: Mapping[int, str], today: date, back: Site | None) -> InvalidParameters | None:
    """Return the refusal of invalid fields of the form, or `None` if all are valid."""
    violations: list[Violation] = []
    try:
        days = RawQuestion(metrics="deals", first=asked.get("from", ""), last=asked.get("to", ""))
        parse_question(days, QuestionContext(today, AttributionModel.LAST_INTERACTION))
    except InvalidParameters as refusal:
        violations += refusal.violations
    token = asked.get("token", "")
    if token and number_of(token) not in labels:
        violations.append(unknown_choice("token", token))
    if asked.get("site") and back is None:
        violations.append(unknown_choice("site", asked["site"]))
    return InvalidParameters(violations) if violations else None


def _query(asked: QueryParams, zone: ZoneInfo) -> RequestQuery:
    """Return the query of a URL whose fields are valid; if it has no valid start of a page, query the first page."""
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
    """Return the start or the end of the day in `text`, which `bound` computes, or `None` if `text` is not a day."""
    day_on = read_day(text, YEAR_FIRST)
    return bound(day_on, zone) if day_on is not None else None


def _line(request: ApiRequest, labels: Mapping[int, str], zone: ZoneInfo, language: Language) -> RequestLine:
    return RequestLine(
        _shown_at(request.at, zone, language),
        labels.get(request.token_id, str(request.token_id)) if request.token_id is not None else request.network or "",
        request.method,
        request.path,
        tuple(request.parameters.items()),
        request.status,
        (request.reason_ru if language == "ru" else request.reason_en) or "",
        round(request.duration.total_seconds() * 1000),
        request.is_refused,
    )


def _shown_at(at: datetime, zone: ZoneInfo, language: Language) -> str:
    return f"{clock_time(language, at, zone)}:{at.astimezone(zone):%S}"


def _page_before(path: str, asked: QueryParams, start: RequestKey | None) -> str:
    """Return the URL of the page with the requests before `start`; if `start` is `None`, the URL of the first page."""
    kept: list[tuple[str, str]] = [(name, asked[name]) for name in NAMES if asked.get(name)]
    if start is not None:
        kept += [("before_at", start[0].isoformat()), ("before_id", start[1])]
    return f"{path}?{urlencode(kept)}" if kept else path
