"""Find the endpoint of a request, and answer the request; requests for unknown paths are refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from dealtrace import log
from dealtrace.errors import PathNotFound, Refusal
from dealtrace.http.cors import (
    preflight,
    preflight_of_origin,
    readable_by_any_page,
    readable_by_origin,
    varying_by_origin,
)
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.endpoint_gate import Gate
from dealtrace.http.journal_note import NOTE, RequestNote, note_refusal
from dealtrace.http.language import language_of
from dealtrace.http.query_string import read_pairs
from dealtrace.http.replies import RefusalWriter, Reply, send_reply
from dealtrace.http.request_headers import header


class Routes:
    """The endpoints by path; `refuse` writes the refusals of endpoints without their own `refuse`."""

    def __init__(self, gate: Gate, endpoints: Sequence[Endpoint], refuse: RefusalWriter) -> None:
        self._gate = gate
        self._refuse = refuse
        self._by_path = {endpoint.path: endpoint for endpoint in endpoints if "{" not in endpoint.path}
        self._by_pattern = [
            (compile_path(endpoint.path)[0], endpoint) for endpoint in endpoints if "{" in endpoint.path
        ]

    def find(self, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """Return a path's endpoint and the values of its `{…}` parts, or `None`; slashes at both ends are ignored."""
        plain = "/" + path.strip("/")
        if (endpoint := self._by_path.get(plain)) is not None:
            return endpoint, {}
        for pattern, candidate in self._by_pattern:
            if (match := pattern.fullmatch(plain)) is not None:
                return candidate, match.groupdict()
        return None

    async def answer(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Reply:
        """Return the endpoint's answer to a request, or its refusal."""
        if endpoint.is_preflighted and scope["method"] == "OPTIONS":
            return preflight(endpoint.methods, header(scope, b"access-control-request-headers"))
        scope[NOTE] = RequestNote()
        if endpoint.is_for_site_pages and (origin := header(scope, b"origin")):
            return await self._answer_page(endpoint, scope, receive, origin)
        try:
            caller, sent = await self._gate.admit(endpoint, scope, receive)
            reply = await endpoint.respond(caller, sent)
        except Refusal as refusal:
            return self.refuse(endpoint, refusal, scope)
        return readable_by_any_page(reply) if endpoint.is_for_any_page else reply

    async def _answer_page(self, endpoint: Endpoint, scope: Scope, receive: Receive, origin: str) -> Reply:
        """Return the answer to a page's script; if the site lists the page's origin, headers let the script read it."""
        requested = header(scope, b"access-control-request-method")
        if (
            scope["method"] == "OPTIONS"
            and requested in endpoint.methods
            and await self._gate.allows_page(scope, origin)
        ):
            return preflight_of_origin(origin, endpoint.methods, header(scope, b"access-control-request-headers"))
        try:
            caller, sent = await self._gate.admit(endpoint, scope, receive)
            reply = await endpoint.respond(caller, sent)
        except Refusal as refusal:
            reply = self.refuse(endpoint, refusal, scope)
        note: RequestNote = scope[NOTE]
        if note.cors_origins is None:
            is_readable = await self._gate.allows_page(scope, origin)
        else:
            is_readable = origin in note.cors_origins
        return readable_by_origin(reply, origin) if is_readable else varying_by_origin(reply)

    def refuse(self, endpoint: Endpoint | None, refusal: Refusal, scope: Scope) -> Reply:
        """Return the reply for a refusal in the endpoint's format; `endpoint` is `None` for unknown paths."""
        if endpoint is None:
            return self._refuse(refusal, language_of(scope))
        note_refusal(scope, refusal)
        reply = (endpoint.refuse or self._refuse)(refusal, language_of(scope))
        if type(refusal) in endpoint.statuses:
            reply = replace(reply, status=endpoint.statuses[type(refusal)])
        return readable_by_any_page(reply) if endpoint.is_for_any_page else reply


def unknown_path_app(
    refuse: RefusalWriter, path_instead_of: Callable[[str], str], is_of_api: Callable[[str], bool]
) -> ASGIApp:
    """Return an ASGI application that answers unknown paths with an error in the API's format, never with an HTML page.

    `path_instead_of` returns the right path for a well-known wrong path, or an empty string. Ours: only paths that
    begin like those of the API (`is_of_api`) are journalled, so that programs that try the paths of other software do
    not fill the database.
    """

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        path, right = scope["path"], path_instead_of(scope["path"])
        hint = {"ru": f". Используйте: {right}", "en": f". Use: {right}"} if right else {"ru": "", "en": ""}
        if is_of_api(path):
            refusal = PathNotFound(path=log.plain_path(path), **hint)
            scope[NOTE] = RequestNote(sent=_sent_in_query(scope), refusal=refusal)
        await send_reply(refuse(PathNotFound(path=path, **hint), language_of(scope)), None, send)

    return answer


def _sent_in_query(scope: Scope) -> Mapping[str, str]:
    try:
        return read_pairs(scope["query_string"]).values
    except Refusal:
        return {}
