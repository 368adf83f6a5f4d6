"""`dealtrace requests tail`: show the latest requests to the API, and why they were refused."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.cli.answers import RequestAnswer
from dealtrace.cli.options import JsonOption, OnlySiteOption
from dealtrace.cli.output import cleaned, write_line
from dealtrace.cli.terminal import console, error_console, open_prepared, print_json
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.engine import Database

SHOWN = 20
SHOWN_MAX = 1_000
FOLLOW_SECONDS = 1.0
NO_SITE = 0
LATE = timedelta(seconds=5)
"""How late a request may appear in the journal; each server process stores its requests at least once a second."""

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
        if as_json and not follow:
            print_json([_answer(request) for request in shown])
            return
        print_all = _print_json_lines if as_json else _print
        print_all(shown)
        if follow:
            for new in _follow(database, site, shown, is_refused=is_refused):
                print_all(new)


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
    return [NO_SITE, *(known.id for known in list_sites(connection))]


def _print(requests: Sequence[ApiRequest]) -> None:
    for request in requests:
        where = f"site {request.site_id}" if request.site_id else "no site"
        sent_to = cleaned(f"{request.method} {request.path}")
        write_line(f"{request.at:%Y-%m-%d %H:%M:%S}  {request.status}  {where}  {sent_to}")
        if request.parameters:
            sent = "  ".join(f"{name}={value}" for name, value in request.parameters.items())
            console.print(f"    {sent}", markup=False)
        if request.is_refused and request.reason_en:
            console.print(f"    {request.reason_en}", markup=False)


def _print_json_lines(requests: Sequence[ApiRequest]) -> None:
    for request in requests:
        print_json(_answer(request))


def _answer(request: ApiRequest) -> RequestAnswer:
    return {
        "siteId": request.site_id or None,
        "at": request.at,
        "requestId": request.request_id,
        "tokenId": request.token_id,
        "method": request.method,
        "path": request.path,
        "parameters": dict(request.parameters),
        "status": request.status,
        "errorCode": request.code,
        "reason": request.reason_en,
        "ms": round(request.duration.total_seconds() * 1000, 2),
    }
