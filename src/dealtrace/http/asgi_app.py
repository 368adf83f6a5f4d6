"""Answer requests from the network: each request gets an id, is counted in the metrics and logged."""

import time
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dealtrace import clock, log, metrics
from dealtrace.accounts.api_request import NO_SITE_ID, AnsweredRequest
from dealtrace.accounts.request_masking import masked_address
from dealtrace.errors import DatabaseUnavailable, InternalFailure, MethodNotAllowed, Refusal
from dealtrace.http.body import Exchange, SlowBodies
from dealtrace.http.client_address import Proxies
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.http.journal_note import NOTE, RequestNote
from dealtrace.http.replies import Reply, send_reply
from dealtrace.http.routes import Routes
from dealtrace.runtime.database_watch import UNAVAILABLE_RETRY_SECONDS
from dealtrace.runtime.request_journal import RequestJournal
from dealtrace.runtime.server_stop import ServerStop
from dealtrace.storage.database.database_errors import is_unavailable, message_of

NOT_FOUND, METHOD_NOT_ALLOWED = 404, 405
PAGES = "pages"
"""The `route` label in metrics for everything that is not an endpoint."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that machines request every few seconds; these requests are logged at `DEBUG`."""
REFUSAL_OF_FAILURE = "dealtrace.refusal_of_failure"
"""The key, in the ASGI scope of a page, of the function that logs a failure and returns the refusal to be shown."""
ALREADY_SENT = b"\0sent"
"""The body of a reply that Starlette has already sent."""

_log = structlog.get_logger()


class HttpServer:
    """Answers every request of one process: `Routes` serves endpoints, the ASGI application `pages` all other paths.

    `report_outage` is called with each failure of the database and the id of the request that it met. It returns
    whether the database is at fault.
    """

    def __init__(
        self,
        routes: Routes,
        pages: ASGIApp,
        report_outage: Callable[[Exception, str], Awaitable[bool]],
        journal: RequestJournal,
        server_stop: ServerStop,
        proxies: Proxies,
    ) -> None:
        self._proxies = proxies
        self._routes = routes
        self._pages = pages
        self._report_outage = report_outage
        self._journal = journal
        self._server_stop = server_stop
        self._request_ids = log.request_ids()
        self._slow_bodies = SlowBodies(server_stop)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, count it and log it."""
        exchange = Exchange(scope, receive, send, self._slow_bodies)
        try:
            await self._serve(scope, exchange.receive, exchange.send)
        finally:
            exchange.end()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = next(self._request_ids)
        found = self._routes.find(scope["path"])
        route = found[0].path if found is not None else PAGES
        try:
            if found is None:
                reply = await self._answer_page(scope, receive, send, request_id)
            else:
                endpoint, scope["path_params"] = found
                reply = await self._routes.answer(endpoint, scope, receive)
        except Exception as fault:  # noqa: BLE001 - after any failure the caller gets an answer and the cause is logged
            reply = self._routes.refuse(found and found[0], await self._failure(fault, request_id), scope)
        if reply.body is not ALREADY_SENT:
            await send_reply(reply, request_id, send, self._server_stop)
        seconds = time.perf_counter() - started
        if found is not None:
            if found[0].rate_limit_class is not RateLimitClass.VISIT and self._journal.is_kept:
                self._journal_request(scope, request_id, reply.status, seconds)
        elif NOTE in scope and self._journal.admits_unknown_path():
            self._journal_request(scope, request_id, reply.status, seconds)
        _record(scope, request_id, route, reply, seconds)

    def _journal_request(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        note: RequestNote = scope.get(NOTE) or RequestNote()
        refusal = note.refusal
        self._journal.add(
            AnsweredRequest(
                note.site_id,
                clock.now(),
                request_id,
                note.token_id,
                log.plain_method(scope["method"]),
                log.plain_path(scope["path"]),
                note.sent,
                status,
                refusal.code if refusal is not None else None,
                note.reason("ru") if refusal is not None else None,
                note.reason("en") if refusal is not None else None,
                seconds,
                masked_address(self._proxies.client_ip(scope)) if note.site_id == NO_SITE_ID else None,
            )
        )

    async def _failure(self, fault: Exception, request_id: str) -> Refusal:
        """Log a failure and return the refusal to send: 503 if the database failed, 500 otherwise."""
        if isinstance(fault, DatabaseUnavailable | MethodNotAllowed):
            return fault
        if is_unavailable(fault) and await self._report_outage(fault, request_id):
            return DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)
        _log.error("request_broke", request_id=request_id, reason=message_of(fault), cause=log.cause_of(fault))
        return InternalFailure(request_id=request_id)

    async def _answer_page(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> Reply:
        """Let Starlette send the answer, and return a reply that has only the status that was sent.

        Raises:
            MethodNotAllowed: Starlette would answer 405 with plain text in English; nothing was sent.
        """
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = dict(message["headers"])
                if status == METHOD_NOT_ALLOWED and headers[b"content-type"].startswith(b"text/plain"):
                    raise MethodNotAllowed(method=scope["method"], allowed=headers[b"allow"].decode())
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        scope[REFUSAL_OF_FAILURE] = partial(self._failure, request_id=request_id)
        await self._pages(scope, receive, send_with_id)
        return Reply(status, ALREADY_SENT)


def _record(scope: Scope, request_id: str, route: str, reply: Reply, seconds: float) -> None:
    """Record a request in the metrics and the log; an unknown path is logged as `…`, since it may contain anything."""
    metrics.observe_request(route, reply.status, seconds)
    metrics.observe_tally(reply.tally)
    write_line = _log.debug if scope["path"] in PROBES else _log.info
    write_line(
        reply.event,
        request_id=request_id,
        method=log.plain_method(scope["method"]),
        path=log.plain_path(scope["path"]) if reply.status != NOT_FOUND else "…",
        status=reply.status,
        ms=round(seconds * 1000, 2),
        **reply.facts,
    )
