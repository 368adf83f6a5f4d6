"""Routes about the server itself: probes, metrics, and the description of the API."""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from dealtrace import observation
from dealtrace.http.asgi import language_of
from dealtrace.http.description import describe_api, render_docs
from dealtrace.http.endpoint import Endpoint
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.upgrade import is_current


def service_routes(
    endpoints: Sequence[Endpoint], error_body: type, database: Database, is_writing: Callable[[], bool]
) -> list[Route]:
    """Return the routes of `/healthz`, `/readyz`, `/metrics`, `/openapi.json` and `/docs`.

    `error_body` is the type of the endpoints' refusals; `is_writing` says whether the writer of the process is alive.
    """
    probes, documents = _Probes(database, is_writing), _Documents(tuple(endpoints), error_body)
    return [
        Route("/healthz", probes.answer_alive),
        Route("/readyz", probes.answer_ready),
        Route("/metrics", _answer_metrics),
        Route("/openapi.json", documents.answer_openapi),
        Route("/docs", documents.answer_docs),
    ]


class _Probes:
    """Whether the process lives, and whether it can register deals."""

    def __init__(self, database: Database, is_writing: Callable[[], bool]) -> None:
        self._database = database
        self._is_writing = is_writing

    async def answer_alive(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def answer_ready(self, _request: Request) -> Response:
        """Answer 200 if the writer runs and the database has the schema of this release, else 503."""
        try:
            current = await asyncio.to_thread(is_current, self._database)
        except Exception as fault:  # noqa: BLE001 - not ready, for whatever reason
            return JSONResponse({"status": "database away", "reason": type(fault).__name__}, 503)
        ready = current and self._is_writing()
        return JSONResponse({"status": "ok" if ready else "schema outdated"}, 200 if ready else 503)


class _Documents:
    """The description of the API, made at the first request for it."""

    def __init__(self, endpoints: tuple[Endpoint, ...], error_body: type) -> None:
        self._openapi = lru_cache(lambda: describe_api(endpoints, error_body))
        self._docs = lru_cache(lambda language: render_docs(endpoints, language))

    async def answer_openapi(self, _request: Request) -> Response:
        return JSONResponse(self._openapi())

    async def answer_docs(self, request: Request) -> Response:
        return HTMLResponse(self._docs(language_of(request.scope)))


async def _answer_metrics(_request: Request) -> Response:
    body, content_type = observation.write_metrics()
    return Response(body, headers={"content-type": content_type})
