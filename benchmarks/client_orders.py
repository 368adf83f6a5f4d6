"""Compare deals 2.0 with deals 1.0: CPU time per deal, in one process without sockets, including the database."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
import uvloop
from starlette.types import Message, Scope

from benchmarks.lifespan import running
from benchmarks.serving import Place
from dealtrace import log
from dealtrace.app import Application
from dealtrace.settings import Settings

REGISTER = "/calls-service/RestAPI/orders/register/"
CREATE = "/lead-service/v1/api/client-order/create"
AT_ONCE = 32
DEALS_A_ROUND = 1600
BATCH = 100


@dataclass(frozen=True)
class Kind:
    """A way to send deals: how many deals a request has, how many requests are sent at once, and how one is built.

    `request` builds a request from numbers of deals, and a text with the token and the number of phones.
    """

    name: str
    deals: int
    at_once: int
    request: Callable[[Sequence[int], str], tuple[Scope, bytes]]


def report_client_orders(place: Place, rounds: int, calls: int) -> None:
    """Print the CPU time per deal for each kind of request, and its median ratio to `orders/register`."""
    log.start_logging("ERROR")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(_measure(place, rounds, calls))
    _print(figures)


async def _measure(place: Place, rounds: int, calls: int) -> Mapping[str, list[float]]:
    """Return the CPU microseconds per deal in each round, by kind of request; each round measures all kinds in turn."""
    app = Application(Settings(database_url=place.url, rate_per_second=0))
    numbers = itertools.count()
    phones = 2 * max(calls, 1)
    figures: dict[str, list[float]] = {kind.name: [] for kind in KINDS}
    async with running(app):
        for _ in range(rounds + 1):
            for kind in KINDS:
                requests = [
                    kind.request([next(numbers) for _ in range(kind.deals)], f"{place.token}|{phones}")
                    for _ in range(DEALS_A_ROUND // kind.deals)
                ]
                figures[kind.name].append(await _cpu_of(app, requests, kind.at_once) / DEALS_A_ROUND * 1e6)
    return {name: of[1:] for name, of in figures.items()}


def _register(numbers: Sequence[int], of: str) -> tuple[Scope, bytes]:
    token, _, phones = of.partition("|")
    (number,) = numbers
    deal = {
        "clientApiId": token,
        "orderNumber": f"1C-{number}",
        "orderSum": "6000",
        "orderStatus": "Новая",
        "orderDate": "26.03.2018 10:00:00",
        "service": "AmoCRM",
        "phoneNumber": _phone(number, int(phones)),
        "orderComment": "перезвонить после обеда",
    }
    return _scope("GET", REGISTER, urlencode(deal).encode(), ()), b""


def _create(numbers: Sequence[int], of: str) -> tuple[Scope, bytes]:
    token, _, phones = of.partition("|")
    orders = [
        {
            "matching": [
                {
                    "type": "leadContact",
                    "leadContactParams": {"phones": [_phone(number, int(phones))], "searchDepth": 60},
                }
            ],
            "orderNumber": f"1C-{number}",
            "status": "Новая",
            "orderDate": "26-03-2018 10:00:00",
            "revenue": "6000",
            "comment": {"text": "перезвонить после обеда"},
        }
        for number in numbers
    ]
    headers = ((b"access-token", token.encode()), (b"siteid", b"1"), (b"content-type", b"application/json"))
    return _scope("POST", CREATE, b"", headers), msgspec.json.encode({"crm": "AmoCRM", "orders": orders})


def _phone(number: int, phones: int) -> str:
    return f"7920{number * 7919 % phones:07d}"


def _scope(method: str, path: str, query: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1"), (b"user-agent", b"AmoCRM"), (b"accept", b"*/*"), *headers],
        "client": ("127.0.0.1", 1),
    }


KINDS = (
    Kind("orders/register, 32 at once", 1, AT_ONCE, _register),
    Kind("client-order/create of one, 32 at once", 1, AT_ONCE, _create),
    Kind("orders/register", 1, 1, _register),
    Kind("client-order/create of one", 1, 1, _create),
    Kind("client-order/create of a hundred", BATCH, 1, _create),
)


async def _cpu_of(app: Application, requests: Sequence[tuple[Scope, bytes]], at_once: int) -> float:
    """Return the CPU seconds that the process takes to answer all requests, `at_once` at a time."""
    waiting = iter(requests)
    started = time.process_time()
    await asyncio.gather(*(_send_all(app, waiting) for _ in range(at_once)))
    return time.process_time() - started


async def _send_all(app: Application, requests: Iterator[tuple[Scope, bytes]]) -> None:
    for scope, body in requests:

        async def receive(body: bytes = body) -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            assert message.get("status", 200) == 200
            assert b'"error"' not in message.get("body", b"")

        await app(scope, receive, send)


def _print(figures: Mapping[str, list[float]]) -> None:
    print(f"\n{'':48} CPU µs  of register")
    base: list[float] = []
    for kind in KINDS:
        if kind.request is _register:
            base = figures[kind.name]
        ratio = statistics.median(mine / ours for mine, ours in zip(figures[kind.name], base, strict=True))
        print(f"{kind.name:48} {statistics.median(figures[kind.name]):6.1f} {ratio:12.2f}")
