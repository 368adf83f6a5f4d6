"""Compare our routing and parsing with Starlette's, on `orders/register`: CPU time per request, and of each piece."""

# ruff: noqa: SLF001 - parts of a running application are exchanged

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from timeit import timeit
from typing import Any
from urllib.parse import urlencode

import uvloop
from starlette.datastructures import QueryParams
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope

from benchmarks.lifespan import running
from benchmarks.no_store import Forgetful
from dealtrace import log
from dealtrace.app import ENDPOINTS, Application
from dealtrace.http import endpoint_gate
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.query_string import Pairs, read_pairs
from dealtrace.http.received_parameters import read_body
from dealtrace.http.routes import Routes
from dealtrace.settings import Settings

PATH = "/calls-service/RestAPI/orders/register/"
DEAL = {
    "orderSum": "6000",
    "orderStatus": "Новая",
    "orderDate": "26.03.2018 10:00:00",
    "service": "AmoCRM",
    "phoneNumber": "79201234567",
    "orderComment": "перезвонить после обеда",
}
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
REQUESTS_A_ROUND = 1500
CALLS_A_PIECE = 2000
TIMER_ROUNDS = 9


async def received_by_starlette(scope: Scope, receive: Receive, **_limits: Any) -> Pairs:
    """Return a request's parameters as Starlette parses them; it repairs broken encoding, which our parser refuses."""
    request = Request(scope, receive)
    values = dict(request.query_params)
    if scope["method"] == "POST":
        values |= {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return Pairs(values)


class StarletteRoutes(Routes):
    """Finds endpoints with Starlette's routes, one after another, as Starlette's router does."""

    def __init__(self, ours: Routes) -> None:
        self.__dict__.update(ours.__dict__)
        self.table = [(Route(endpoint.shown_path, _not_called), endpoint) for endpoint in ENDPOINTS]

    def find(self, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """Return the endpoint of a path and its path parameters, or `None` if there is no such endpoint."""
        scope = {"type": "http", "method": "GET", "path": path}
        for route, endpoint in self.table:
            match, found = route.matches(scope)
            if match is not Match.NONE:
                return endpoint, found["path_params"]
        return None


async def _not_called(_request: Request) -> Any:
    raise NotImplementedError


def report_http_layer(url: str, token: str, rounds: int) -> None:
    """Print the CPU time per request with each part of ours replaced by Starlette's, and the CPU time of each part."""
    log.start_logging("ERROR")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_report(url, token, rounds))


async def _report(url: str, token: str, rounds: int) -> None:
    app = Application(Settings(database_url=url, rate_per_second=0), Forgetful)
    async with running(app):
        _print_requests(await _measure(app, token, rounds))
        _print_pieces(await _time_pieces(app, token))


async def _measure(app: Application, token: str, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the CPU microseconds per request in each round, by kind of request and contender.

    Each round measures all contenders in turn.
    """
    ours, received = app._server._routes, endpoint_gate.receive_pairs
    with_cors = CORSMiddleware(app, allow_origins=["*"], allow_methods=["GET", "POST"])
    contenders: dict[str, tuple[ASGIApp, Routes, Callable[..., Awaitable[Pairs]]]] = {
        "ours": (app, ours, received),
        "Starlette's routes": (app, StarletteRoutes(ours), received),
        "Starlette's query and forms": (app, ours, received_by_starlette),
        "CORSMiddleware around all": (with_cors, ours, received),
    }
    figures: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in contenders} for kind in _requests(token)}
    for _ in range(rounds + 1):
        for kind, (scope, body) in _requests(token).items():
            for name, (called, app._server._routes, endpoint_gate.receive_pairs) in contenders.items():
                figures[kind][name].append(await _cpu_of(called, scope, body))
    app._server._routes, endpoint_gate.receive_pairs = ours, received
    return {kind: {name: of[1:] for name, of in by.items()} for kind, by in figures.items()}


def _requests(token: str) -> dict[str, tuple[Scope, bytes]]:
    deal = {**DEAL, "clientApiId": token}
    form = urlencode(deal).encode()
    return {
        "GET": (_scope("GET", form, ""), b""),
        "POST, urlencoded": (_scope("POST", b"", FORM), form),
        "POST, multipart": (_scope("POST", b"", f"multipart/form-data; boundary={BOUNDARY}"), _multipart(deal)),
    }


def _scope(method: str, query: bytes, content_type: str) -> Scope:
    headers = [(b"host", b"127.0.0.1"), (b"user-agent", b"AmoCRM"), (b"accept", b"*/*")]
    if content_type:
        headers.append((b"content-type", content_type.encode()))
    return {
        "type": "http",
        "method": method,
        "path": PATH,
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }


def _multipart(deal: Mapping[str, str]) -> bytes:
    parts = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{deal[name]}\r\n' for name in deal)
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


async def _cpu_of(app: ASGIApp, scope: Scope, body: bytes) -> float:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        assert message.get("status", 200) == 200

    started = time.process_time()
    for _ in range(REQUESTS_A_ROUND):
        await app({**scope}, receive, send)
    return (time.process_time() - started) / REQUESTS_A_ROUND * 1e6


async def _time_pieces(app: Application, token: str) -> dict[str, tuple[float, float]]:
    """Return the CPU microseconds per call of each piece, for our code and for Starlette's."""
    ours = app._server._routes
    theirs = StarletteRoutes(ours)
    requests = _requests(token)
    query = requests["GET"][0]["query_string"]
    first, last = "/calls-service/RestAPI/orders/register/", "/calls-service/RestAPI/7/orders-diary/orders/"
    pieces: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "find the endpoint, no parameter in its path": (lambda: ours.find(first), lambda: theirs.find(first)),
        "find the endpoint, a parameter in its path": (lambda: ours.find(last), lambda: theirs.find(last)),
        "parse a query": (lambda: read_pairs(query), lambda: dict(QueryParams(query))),
    }
    figures = {name: (_micros(ours_), _micros(theirs_)) for name, (ours_, theirs_) in pieces.items()}
    for kind in ("POST, urlencoded", "POST, multipart"):
        scope, body = requests[kind]
        content_type = scope["headers"][-1][1].decode()
        read = _micros(lambda content_type=content_type, body=body: read_body(content_type, body))
        figures[f"parse a form, {kind.partition(', ')[2]}"] = (read, await _micros_of_form(scope, body))
    return figures


def _micros(piece: Callable[[], object]) -> float:
    rounds = (timeit(piece, timer=time.process_time, number=CALLS_A_PIECE) for _ in range(TIMER_ROUNDS))
    return statistics.median(rounds) / CALLS_A_PIECE * 1e6


async def _micros_of_form(scope: Scope, body: bytes) -> float:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def round_of(read: Callable[[], Awaitable[object]]) -> float:
        started = time.process_time()
        for _ in range(CALLS_A_PIECE):
            await read()
        return (time.process_time() - started) / CALLS_A_PIECE * 1e6

    return statistics.median([await round_of(lambda: Request({**scope}, receive).form()) for _ in range(TIMER_ROUNDS)])


def _print_requests(figures: Mapping[str, Mapping[str, list[float]]]) -> None:
    for kind, by_contender in figures.items():
        print(f"\n{kind:48} CPU µs  more")
        base = by_contender["ours"]
        for name, figures_of in by_contender.items():
            more = statistics.median(mine - ours for mine, ours in zip(figures_of, base, strict=True))
            print(f"{name:48} {statistics.median(figures_of):6.1f} {more:+5.1f}")


def _print_pieces(figures: Mapping[str, tuple[float, float]]) -> None:
    print(f"\n{'CPU µs a call':48}   ours  Starlette's")
    for name, (ours, theirs) in figures.items():
        print(f"{name:48} {ours:6.2f} {theirs:6.2f}")
