"""Every URL and method of the Calltouch API on one screen, and the way a request takes to its answer."""

from collections.abc import Mapping
from typing import Any

from dealtrace.calltouch.deals import delete_by_id, register, update_by_id
from dealtrace.calltouch.door import Door, Endpoint, Entrance, Pace, Receive, Scope, header, language_of
from dealtrace.calltouch.journals import orders_diary
from dealtrace.calltouch.leads import create_requests, import_calls, inbound_call, node_id, register_request
from dealtrace.calltouch.responses import Reply, open_refusal, plain_refusal, preflight
from dealtrace.errors import Refusal

REST = "/calls-service/RestAPI"
LEAD_SERVICE = "/lead-service/v1/api"

ENDPOINTS = (
    Endpoint(
        f"{REST}/orders/register",
        ("GET", "POST"),
        register.TABLE,
        register.respond,
        "Создать сделку",
        "Register a deal",
    ),
    Endpoint(
        f"{REST}/orders/update-by-id",
        ("GET",),
        update_by_id.TABLE,
        update_by_id.respond,
        "Обновить сделку",
        "Change a deal",
    ),
    Endpoint(
        f"{REST}/orders/delete-by-id",
        ("GET",),
        delete_by_id.TABLE,
        delete_by_id.respond,
        "Удалить сделку",
        "Delete a deal",
    ),
    Endpoint(
        f"{REST}/{{siteId}}/orders-diary/orders",
        ("GET",),
        orders_diary.TABLE,
        orders_diary.respond,
        "Журнал сделок",
        "The journal of deals",
    ),
    Endpoint(
        f"{REST}/requests/{{siteId}}/register",
        ("GET", "POST"),
        register_request.TABLE,
        register_request.respond,
        "Создать заявку с сайта, без токена",
        "Take in a lead request from a site's form, without a token",
        name="requests-register",
        entrance=Entrance.OPEN,
        pace=Pace.FORM,
        refuse=open_refusal,
        is_for_browsers=True,
    ),
    Endpoint(
        f"{LEAD_SERVICE}/request/create",
        ("POST",),
        create_requests.TABLE,
        create_requests.respond,
        "Создать заявки списком",
        "Take in a list of lead requests",
        name="request-create",
        entrance=Entrance.HEADERS,
        batch=create_requests.BATCH,
    ),
    Endpoint(
        f"{LEAD_SERVICE}/call/import",
        ("POST",),
        import_calls.TABLE,
        import_calls.respond,
        "Импортировать звонки списком",
        "Take in a list of calls",
        name="call-import",
        entrance=Entrance.HEADERS,
        batch=import_calls.BATCH,
    ),
    Endpoint(
        f"/event-service/platform/{{{inbound_call.EXCHANGE}}}/inbound-call",
        ("GET",),
        inbound_call.TABLE,
        inbound_call.respond,
        "Принять звонок из АТС; ответ и ошибки — простой текст",
        "Take in a call of an exchange; answer and errors are plain text",
        name="inbound-call",
        entrance=Entrance.API_KEY,
        pace=Pace.EXCHANGE,
        refuse=plain_refusal,
    ),
    Endpoint(
        f"{REST}/{{siteId}}/getnodeid",
        ("GET",),
        node_id.TABLE,
        node_id.respond,
        "Узнать узел, без токена",
        "Ask for the node, without a token",
        name="getnodeid",
        entrance=Entrance.OPEN,
    ),
)


class Calltouch:
    """The API as a function from a request to a reply."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._by_path = {endpoint.path: endpoint for endpoint in ENDPOINTS if "{" not in endpoint.path}
        self._by_parts = [(endpoint.path.split("/"), endpoint) for endpoint in ENDPOINTS if "{" in endpoint.path]

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
            caller, sent = await self._door.admit(endpoint, scope, receive)
            reply = await endpoint.respond(caller, sent)
        except Refusal as refusal:
            return endpoint.refuse(refusal, language_of(scope))
        return reply


def _fits(pattern: str, part: str) -> bool:
    return pattern.startswith("{") or pattern == part


def _held(pattern: list[str], parts: list[str]) -> dict[str, Any]:
    return {name[1:-1]: part for name, part in zip(pattern, parts, strict=True) if name.startswith("{")}
