"""The way a request takes to its answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import Receive, Scope

from dealtrace.errors import Refusal
from dealtrace.http.asgi import header, language_of
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.gate import Gate
from dealtrace.http.replies import Reply, preflight


class Routes:
    """Endpoints as a function from a request to a reply."""

    def __init__(self, gate: Gate, endpoints: Sequence[Endpoint]) -> None:
        self._gate = gate
        self._by_path = {endpoint.path: endpoint for endpoint in endpoints if "{" not in endpoint.path}
        self._by_parts = [(endpoint.path.split("/"), endpoint) for endpoint in endpoints if "{" in endpoint.path]

    def find(self, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """Find the endpoint of a path and what its `{…}` parts hold; more slashes at either end do not matter."""
        plain = "/" + path.strip("/")
        if (endpoint := self._by_path.get(plain)) is not None:
            return endpoint, {}
        parts = plain.split("/")
        for pattern, candidate in self._by_parts:
            if len(pattern) == len(parts) and all(_fits(*pair) for pair in zip(pattern, parts, strict=True)):
                return candidate, _held(pattern, parts)
        return None

    async def answer(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Reply:
        """Let the request in and answer it, with a refusal where there is one."""
        if endpoint.is_for_browsers and scope["method"] == "OPTIONS":
            return preflight(endpoint.methods, header(scope, b"access-control-request-headers"))
        try:
            caller, sent = await self._gate.admit(endpoint, scope, receive)
            reply = await endpoint.respond(caller, sent)
        except Refusal as refusal:
            return endpoint.refuse(refusal, language_of(scope))
        return reply


def _fits(pattern: str, part: str) -> bool:
    """Whether a part of a path is what stands in a pattern: the same, or `{name}` with what may follow it."""
    if not pattern.startswith("{"):
        return pattern == part
    ending = pattern.partition("}")[2]
    return part.endswith(ending) and len(part) > len(ending)


def _held(pattern: list[str], parts: list[str]) -> dict[str, Any]:
    named = ((*name[1:].split("}"), part) for name, part in zip(pattern, parts, strict=True) if name.startswith("{"))
    return {name: part.removesuffix(ending) for name, ending, part in named}
