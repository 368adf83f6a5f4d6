"""The web application, wired on one screen."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router

from dealtrace import clock, observation
from dealtrace.api.routes import ENDPOINTS as API
from dealtrace.cabinet.routes import cabinet_routes
from dealtrace.calltouch.routes import ENDPOINTS as CALLTOUCH
from dealtrace.calltouch.webhooks.messages import write_messages, write_test
from dealtrace.counter.city import open_cities
from dealtrace.counter.routes import ENDPOINTS as COUNTER
from dealtrace.errors import DatabaseUnavailable, InternalFailure, Language, PathNotFound, Refusal
from dealtrace.http.asgi import language_of
from dealtrace.http.description import describe_api, render_docs
from dealtrace.http.gate import Gate
from dealtrace.http.rate_limits import Rates
from dealtrace.http.replies import Reply, refusal_reply
from dealtrace.http.routes import Routes
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.site_cache import SiteCache
from dealtrace.runtime.write_queue import UNAVAILABLE_RETRY_SECONDS, WriteQueue
from dealtrace.settings import Settings, read_settings
from dealtrace.storage.database.database_errors import is_database_failure, message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.upgrade import is_current
from dealtrace.worker.deliveries import Deliveries
from dealtrace.worker.webhook_client import WebhookClient

FOLLOW_SECONDS = 1.0
"""How often settings are looked after; a change reaches every process within two seconds."""

DELIVERY_READERS = 2
"""Threads, and connections to the database, that read what webhooks are told."""

ENDPOINTS = (*CALLTOUCH, *COUNTER, *API)
"""Every address that programs send to; the pages stand beside them."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.get_logger()


OBJECTS_BETWEEN_SEARCHES = 20_000
"""A page of a journal makes ten thousand, and none of them is garbage before it is sent."""


def search_seldom_for_garbage() -> None:
    """Have Python pass over what lives for ever, and look through the rest after many new objects, not after 700.

    Searching the modules time and again made the slowest answers; searching pages while they are made, a twentieth
    of each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES)


def create_app() -> "Application":
    """Make the application of one server process, with the settings of its environment."""
    settings = read_settings()
    observation.start_logging(settings.log_level)
    return Application(settings)


class Application:
    """One ASGI application: the API's endpoints first, everything else through Starlette's router."""

    scribe_class = WriteQueue
    """Who writes; a benchmark puts one in its place that keeps nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._request_ids = observation.request_ids()
        self._pages = Router(self._routes(), redirect_slashes=False, default=_answer_unknown)

    def _routes(self) -> list[Any]:
        return [
            Route("/healthz", self._answer_alive),
            Route("/readyz", self._answer_ready),
            Route("/metrics", self._answer_figures),
            Route("/openapi.json", self._answer_description),
            Route("/docs", self._answer_docs),
            Route("/cabinet", lambda _request: RedirectResponse("/cabinet/", 308)),
            Mount("/cabinet", Router(cabinet_routes(lambda: self._database), default=_answer_unknown)),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start before the first request and stop after the last; what waits to be written is written."""
        await receive()
        try:
            self._start()
        except Exception as fault:
            _log.error("start_failed", reason=str(fault), cause=observation.cause_of(fault))
            await send({"type": "lifespan.startup.failed", "message": str(fault)})
            raise
        self._parent = os.getppid()
        _log.info("process_started", pid=os.getpid())
        follower = asyncio.create_task(self._follow_settings())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        follower.cancel()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        open_cities()
        self._start_storage()
        self._start_deliveries()
        self._endpoints = Routes(self._make_gate(), ENDPOINTS)
        search_seldom_for_garbage()

    def _start_storage(self) -> None:
        settings = self._settings
        self._database: Database = open_database(
            settings.database_url,
            readers=settings.reader_threads,
            read_address=settings.read_database_url,
            prepared_statements=settings.prepared_statements,
        )
        self._read_pool = ReadPool(self._database, settings.reader_threads)
        self._site_cache = SiteCache()
        self._write_queue = self.scribe_class(
            self._database,
            clock.now,
            queue_max=settings.scribe_queue_max,
            batch_max=settings.scribe_batch_max,
            patience_seconds=settings.storage_patience_seconds,
            observe=observation.observe_commit,
        )

    def _start_deliveries(self) -> None:
        """Begin to tell webhooks; what they are told is read where it was written, a replica may not have it yet."""
        settings = self._settings
        self._primary = open_database(
            settings.database_url, readers=DELIVERY_READERS, prepared_statements=settings.prepared_statements
        )
        self._primary_read_pool = ReadPool(self._primary, DELIVERY_READERS)
        self._deliveries = Deliveries(
            self._primary_read_pool,
            self._write_queue,
            WebhookClient(settings.webhook_private_targets),
            write_messages=write_messages,
            write_test=write_test,
        )

    def _make_gate(self) -> Gate:
        settings = self._settings
        return Gate(
            self._site_cache,
            self._write_queue,
            self._read_pool,
            rates=Rates(
                per_second=settings.rate_per_second,
                exchange_per_second=settings.exchange_rate_per_second,
                form_per_minute=settings.form_rate_per_minute,
                form_site_per_minute=settings.form_site_rate_per_minute,
                visit_per_minute=settings.visit_rate_per_minute,
                visit_site_per_minute=settings.visit_site_rate_per_minute,
            ),
            redis_url=settings.redis_url,
            trusted_proxies=settings.trusted_proxies,
            body_bytes_max=settings.body_bytes_max,
        )

    async def _stop(self) -> None:
        await self._deliveries.stop()
        await self._write_queue.stop()
        for read_pool in (self._read_pool, self._primary_read_pool):
            read_pool.stop()
        for database in (self._database, self._primary):
            database.close()

    async def _follow_settings(self) -> None:
        while True:
            try:
                await self._read_pool.read(self._site_cache.follow)
            except Exception as fault:  # noqa: BLE001 - the database may be away; the next second tries again
                _log.warning("settings_not_followed", reason=type(fault).__name__)
            if os.getppid() != self._parent:
                _log.error("parent_gone", cure="start the server again")
                os.kill(os.getpid(), signal.SIGTERM)
            observation.WAITING.set(self._write_queue.waiting)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = next(self._request_ids)
        found = self._endpoints.find(scope["path"])
        try:
            if found is None:
                route, reply = "pages", await self._answer_page(scope, receive, send, request_id)
            else:
                endpoint, scope["path_params"] = found
                route, reply = endpoint.path, await self._endpoints.answer(endpoint, scope, receive)
        except Exception as fault:  # noqa: BLE001 - whatever broke, the caller gets an answer and the log the cause
            failure = _failure(fault, request_id)
            refuse = found[0].refuse if found else refusal_reply
            route, reply = found[0].path if found else "pages", refuse(failure, language_of(scope))
        if reply.body is not SENT:
            await _send(reply, request_id, send)
        _tell(scope, request_id, route, reply, time.perf_counter() - started)

    async def _answer_page(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> Reply:
        """Let Starlette answer; its reply is on the wire already when this returns."""
        status = 0

        async def watch(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        await self._pages(scope, receive, watch)
        return Reply(status, SENT)

    async def _answer_alive(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _answer_ready(self, _request: Request) -> Response:
        """Tell whether deals can be taken in: the writer lives and the database has our schema."""
        try:
            current = await asyncio.to_thread(is_current, self._database)
        except Exception as fault:  # noqa: BLE001 - not ready, for whatever reason
            return JSONResponse({"status": "database away", "reason": type(fault).__name__}, 503)
        ready = current and self._write_queue.is_alive
        return JSONResponse({"status": "ok" if ready else "schema outdated"}, 200 if ready else 503)

    async def _answer_figures(self, _request: Request) -> Response:
        body, content_type = observation.figures()
        return Response(body, headers={"content-type": content_type})

    async def _answer_description(self, _request: Request) -> Response:
        return JSONResponse(_description())

    async def _answer_docs(self, request: Request) -> Response:
        return HTMLResponse(_docs(language_of(request.scope)))


@cache
def _description() -> dict[str, Any]:
    return describe_api(ENDPOINTS)


@cache
def _docs(language: Language) -> str:
    return render_docs(ENDPOINTS, language)


UNKNOWN_STATUS = 404
"""What is at no address of ours may be anything, and stays out of the log."""
SENT = b"\0sent"
"""Stands for a body that is on the wire already."""


async def _answer_unknown(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer an unknown path with the one error body, never with a redirect or a page."""
    await _send(refusal_reply(PathNotFound(path=scope["path"]), language_of(scope)), None, send)


def _failure(fault: Exception, request_id: str) -> Refusal:
    """Tell what broke: the database's trouble is 503, everything else is ours."""
    if is_database_failure(fault):
        _log.error("storage_failed", request_id=request_id, reason=message_of(fault))
        return DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)
    _log.error("request_broke", request_id=request_id, reason=message_of(fault), cause=observation.cause_of(fault))
    return InternalFailure(request_id=request_id)


async def _send(reply: Reply, request_id: str | None, send: Send) -> None:
    headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
    if request_id is not None:
        headers.append((b"x-request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _tell(scope: Mapping[str, Any], request_id: str, route: str, reply: Reply, seconds: float) -> None:
    """Count the request and write its one line."""
    observation.observe_request(route, reply.status, seconds)
    observation.observe_tally(reply.tally)
    _log.info(
        reply.event,
        request_id=request_id,
        method=observation.plain_method(scope["method"]),
        path=observation.plain_path(scope["path"]) if reply.status != UNKNOWN_STATUS else "…",
        status=reply.status,
        ms=round(seconds * 1000, 2),
        **reply.facts,
    )
