"""`dealtrace requests tail`: show the latest requests to the API, and why they were refused."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, TypedDict

import typer
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.api_request import NO_SITE_ID, ApiRequest
from dealtrace.cli.options import JsonOption, OnlySiteOption
from dealtrace.cli.output import cleaned, write_line
from dealtrace.cli.terminal import console, error_console, open_prepared, print_json
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.api_requests import RequestQuery, count_omitted, list_requests
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.tokens import find_token_labels
from dealtrace.storage.database.engine import Database

SHOWN = 20
SHOWN_MAX = 1_000
FOLLOW_SECONDS = 1.0
LATE = timedelta(seconds=5)
"""How late a request may appear in the journal; each server process stores its requests at least once a second."""
Labels = Mapping[int, str]
"""The labels of tokens, by token id."""


class RequestAnswer(TypedDict):
    """A request in `requests tail`; `siteId` is `None` if its site is unknown, and `reason` is the error in English.

    `tokenLabel` is the label of the token, `None` if the request had no known token; `network` is the masked address of
    a request whose site is unknown; `ms` is how many milliseconds the request took.
    """

    siteId: int | None
    at: datetime
    requestId: str
    tokenId: int | None
    tokenLabel: str | None
    method: str
    path: str
    parameters: dict[str, str]
    status: int
    errorCode: int | None
    reason: str | None
    network: str | None
    ms: float


request_commands = typer.Typer(help="Show the journal of requests to the API.", no_args_is_help=True)


@request_commands.callback()
def _group() -> None:
    """Show the journal of requests to the API."""


@request_commands.command("tail")
def tail(
    is_refused: Annotated[bool, typer.Option("--refused", help="Only requests that were refused.")] = False,
    site: OnlySiteOption = None,
    limit: Annotated[int, typer.Option(min=1, max=SHOWN_MAX, help="How many of the latest requests to show.")] = SHOWN,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing new requests until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the latest requests, oldest first. Times are in UTC, and contacts are masked.

    With --follow, --json prints one JSON object per line instead of a list.
    """
    with open_prepared() as database:
        if read_settings().requests_kept_days == 0:
            error_console.print("The journal of requests is off (DEALTRACE_REQUESTS_KEPT_DAYS=0).", markup=False)
        shown = _read(database, site, RequestQuery(is_refused=is_refused), limit)
        _warn_of_omitted(database, site)
        if len(shown) == SHOWN_MAX:
            error_console.print(
                f"Only the latest {SHOWN_MAX:,} requests are shown, back to {shown[0].at:%Y-%m-%d %H:%M:%S}; narrow "
                "the list with --site or --refused, or search it on the page Requests of the cabinet.",
                markup=False,
            )
        if as_json and not follow:
            labels = _read_labels(database, shown)
            print_json([_answer(request, labels) for request in shown])
            return
        print_all: Callable[[Sequence[ApiRequest], Labels], None] = _print_json_lines if as_json else _print
        print_all(shown, _read_labels(database, shown))
        if follow:
            for new in _follow(database, site, shown, is_refused=is_refused):
                print_all(new, _read_labels(database, new))


def _warn_of_omitted(database: Database, site: int | None) -> None:
    """Print how many requests without a site were not kept today, if the command shows such requests."""
    if site is not None:
        return
    with database.read() as connection:
        count = count_omitted(connection, NO_SITE_ID, clock.now().replace(hour=0, minute=0, second=0, microsecond=0))
    if count:
        error_console.print(f"Not kept today (UTC), because there were too many: {count:,} requests without a site.")


def _follow(
    database: Database, site: int | None, shown: Sequence[ApiRequest], *, is_refused: bool
) -> Iterator[list[ApiRequest]]:
    """Yield lists of new requests, forever; `shown` has the requests that have already been shown."""
    newest = max((request.at for request in shown), default=clock.now())
    before = _read_all(database, site, RequestQuery(since=newest - LATE, is_refused=is_refused)) if shown else []
    earlier = [request for request in before if request.at <= shown[0].at]  # what the limit left out
    seen = {request.request_id: request.at for request in (*earlier, *shown)}
    while True:
        time.sleep(FOLLOW_SECONDS)
        query = RequestQuery(since=newest - LATE, is_refused=is_refused)
        new = [request for request in _read_all(database, site, query) if request.request_id not in seen]
        yield new
        newest = max([newest, *(request.at for request in new)])
        seen |= {request.request_id: request.at for request in new}
        seen = {request_id: at for request_id, at in seen.items() if at >= newest - 2 * LATE}


def _read_all(database: Database, site: int | None, query: RequestQuery) -> list[ApiRequest]:
    with database.read() as connection:
        found = [request for site_id in _sites(connection, site) for request in _list_pages(connection, site_id, query)]
    return _oldest_first(found)


def _list_pages(connection: Connection, site_id: int, query: RequestQuery) -> Iterator[ApiRequest]:
    """Yield all requests of a site that match the query, latest first, reading them page by page."""
    while page := list_requests(connection, site_id, query, SHOWN_MAX):
        yield from page
        query = replace(query, before=(page[-1].at, page[-1].request_id))


def _read(database: Database, site: int | None, query: RequestQuery, limit: int) -> list[ApiRequest]:
    with database.read() as connection:
        found = [
            request
            for site_id in _sites(connection, site)
            for request in list_requests(connection, site_id, query, limit)
        ]
    return _oldest_first(found)[-limit:]


def _oldest_first(requests: Sequence[ApiRequest]) -> list[ApiRequest]:
    return sorted(requests, key=lambda request: (request.at, request.request_id))


def _sites(connection: Connection, site: int | None) -> list[int]:
    if site is not None:
        return [require_site(connection, site).id]
    return [NO_SITE_ID, *(known.id for known in list_sites(connection))]


def _read_labels(database: Database, requests: Sequence[ApiRequest]) -> Labels:
    token_ids = {request.token_id for request in requests if request.token_id is not None}
    if not token_ids:
        return {}
    with database.read() as connection:
        return find_token_labels(connection, token_ids)


def _print(requests: Sequence[ApiRequest], labels: Labels) -> None:
    for request in requests:
        sender = f"site {request.site_id}" if request.site_id else "no site"
        if request.network is not None:
            sender += f", from {request.network}"
        if request.token_id is not None:
            sender += f", token {cleaned(labels.get(request.token_id, str(request.token_id)))}"
        took = f"{round(_milliseconds(request))} ms"
        sent_to = cleaned(f"{request.method} {request.path}")
        write_line(f"{request.at:%Y-%m-%d %H:%M:%S}  {request.status}  {took}  {sender}  {sent_to}")
        if request.parameters:
            sent = "  ".join(f"{name}={value}" for name, value in request.parameters.items())
            console.print(f"    {sent}", markup=False)
        if request.is_refused and request.reason_en:
            console.print(f"    {request.reason_en}", markup=False)


def _print_json_lines(requests: Sequence[ApiRequest], labels: Labels) -> None:
    for request in requests:
        print_json(_answer(request, labels))


def _milliseconds(request: ApiRequest) -> float:
    return request.duration.total_seconds() * 1000


def _answer(request: ApiRequest, labels: Labels) -> RequestAnswer:
    return {
        "siteId": request.site_id or None,
        "at": request.at,
        "requestId": request.request_id,
        "tokenId": request.token_id,
        "tokenLabel": labels.get(request.token_id) if request.token_id is not None else None,
        "method": request.method,
        "path": request.path,
        "parameters": dict(request.parameters),
        "status": request.status,
        "errorCode": request.code,
        "reason": request.reason_en,
        "network": request.network,
        "ms": round(_milliseconds(request), 2),
    }
