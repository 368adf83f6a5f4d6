"""Routes about the server itself: probes, metrics, and the OpenAPI document."""

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Literal, NotRequired, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dealtrace import __version__, metrics
from dealtrace.http.openapi.json_schema import Schema
from dealtrace.runtime.database_watch import OK, DatabaseWatch
from dealtrace.storage.reports.mirror.status import MirrorStatus


def service_routes(describe: Callable[[], Schema], watch: DatabaseWatch, is_writing: Callable[[], bool]) -> list[Route]:
    """Return the routes of `/healthz`, `/readyz`, `/metrics` and `/openapi.json`.

    `describe` returns the content of `/openapi.json`; `is_writing` returns whether the process's write queue runs.
    """
    probes, description = _Probes(watch, is_writing), _Description(describe)
    return [
        Route("/healthz", probes.answer_alive),
        Route("/readyz", probes.answer_ready),
        Route("/metrics", _answer_metrics),
        Route("/openapi.json", description.answer),
    ]


class Alive(TypedDict):
    """The answer of `/healthz`."""

    status: Literal["ok"]


class Parts(TypedDict):
    """The state of each part that registering a deal needs: `ok`, or the problem in a few words."""

    write: str
    schema: str


class Rebuilt(TypedDict):
    """When and why the column mirror had to be built again."""

    at: str
    because: str


class KnownMirror(TypedDict):
    """The state of the column mirror (a copy of the data for reports): `ok`, or why the next report rebuilds it.

    `bytes` is the size of the mirror, `openedAt` the time when it was last opened, and `behind` the number of changes
    still to be copied.
    """

    state: str
    bytes: int
    openedAt: str
    behind: int
    rebuilt: NotRequired[Rebuilt]


class UnknownMirror(TypedDict):
    """The answer in place of the state of the column mirror if that state cannot be read."""

    state: Literal["unknown"]


class Ready(TypedDict):
    """The answer of `/readyz`; without a column mirror, it has no `mirror`.

    `cure` says what an administrator can do if deals cannot be registered; it is absent if that is not known.
    """

    status: Literal["ok", "unavailable"]
    version: str
    parts: Parts
    cure: NotRequired[str]
    mirror: NotRequired[KnownMirror | UnknownMirror]


class _Probes:
    """Answers `/healthz` (is the process alive?) and `/readyz` (can it register deals?)."""

    def __init__(self, watch: DatabaseWatch, is_writing: Callable[[], bool]) -> None:
        self._watch = watch
        self._is_writing = is_writing

    async def answer_alive(self, _request: Request) -> Response:
        alive: Alive = {"status": OK}
        return JSONResponse(alive)

    async def answer_ready(self, _request: Request) -> Response:
        """Answer 200 if deals can be registered, or 503 otherwise, with the state of each part at the last check."""
        health = self._watch.health
        parts: Parts = {
            "write": health.write if self._is_writing() else "the writer has stopped",
            "schema": health.schema,
        }
        is_ready = all(part == OK for part in parts.values())
        ready: Ready = {"status": OK if is_ready else "unavailable", "version": __version__, "parts": parts}
        if health.cure:
            ready["cure"] = health.cure
        if health.mirror is not None:
            ready["mirror"] = _serialize_mirror(health.mirror)
        elif health.mirror_fault is not None:
            ready["mirror"] = {"state": "unknown"}
        return JSONResponse(ready, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


def _serialize_mirror(mirror: MirrorStatus) -> KnownMirror:
    answer: KnownMirror = {
        "state": mirror.obstacle or OK,
        "bytes": mirror.size_bytes,
        "openedAt": mirror.opened_at.isoformat(timespec="seconds"),
        "behind": mirror.behind,
    }
    if mirror.rebuild is not None:
        at = mirror.rebuild.rebuilt_at.isoformat(timespec="seconds")
        answer["rebuilt"] = {"at": at, "because": mirror.rebuild.cause}
    return answer


class _Description:
    """The OpenAPI document of the API, generated at the first request."""

    def __init__(self, describe: Callable[[], Schema]) -> None:
        self._describe = lru_cache(describe)

    async def answer(self, _request: Request) -> Response:
        return JSONResponse(self._describe())


async def _answer_metrics(_request: Request) -> Response:
    body, content_type = metrics.write_metrics()
    return Response(body, headers={"content-type": content_type})
