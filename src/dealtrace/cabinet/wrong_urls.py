"""The responses to URLs below `/cabinet` that have no page: browsers get a page, programs get the API's error."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dealtrace.cabinet.gate import Page, PageGate, not_found_page
from dealtrace.cabinet.view import View
from dealtrace.errors import MethodNotAllowed
from dealtrace.http.request_headers import accepts_html

READ = "GET, HEAD"
"""The methods of pages that take no form."""


def form_routes(pages: Sequence[Page]) -> list[Route]:
    """Return a route for GET of every path that only takes a form: it redirects to the page with the form.

    Such a URL stays in the browser after a form is refused. The page with the form is the nearest page above the path:
    for `/profile/password`, it is `/profile`.
    """
    shown = {page.path for page in pages if page.method == "GET"}
    sent = dict.fromkeys(page.path for page in pages if page.path not in shown)
    return [Route(path, _redirect_up(_steps_up(path, shown)), methods=["GET"]) for path in sent]


def wrong_form_routes(pages: Sequence[Page], gate: PageGate) -> list[Route]:
    """Return a route for POST of every path that takes no form: it answers with an error page or the API's error."""
    show = gate.admit(Page("/", "GET", _show_wrong_form, is_open=True))

    async def answer(request: Request) -> Response:
        if not accepts_html(request.scope):
            raise MethodNotAllowed(method=request.method, allowed=READ)
        return await show(request)

    taking = {page.path for page in pages if page.method == "POST"}
    return [Route(page.path, answer, methods=["POST"]) for page in pages if page.path not in taking]


class UnknownUrls:
    """The application for URLs that no route has.

    A path with an extra or a missing slash at its end is redirected by a relative URL, so that the browser keeps its
    scheme and host; behind a proxy, the server may not know them. For any other path, browsers get a page, and
    `unknown` answers programs.
    """

    def __init__(self, routes: Sequence[Route], gate: PageGate, unknown: ASGIApp) -> None:
        self._routes = routes
        self._show = gate.admit(Page("/", "GET", _show_not_found, is_open=True))
        self._unknown = unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to an unknown path."""
        slashed = self._with_other_slash(scope)
        if slashed:
            query = scope["query_string"].decode("latin-1")
            redirect = RedirectResponse(slashed + (f"?{query}" if query else ""), HTTPStatus.TEMPORARY_REDIRECT)
            await redirect(scope, receive, send)
        elif accepts_html(scope):
            page = await self._show(Request(scope, receive))
            await page(scope, receive, send)
        else:
            await self._unknown(scope, receive, send)

    def _with_other_slash(self, scope: Scope) -> str:
        """Return the path with a slash added or removed at its end, or an empty string if that has no page either."""
        path: str = scope["path"]
        if path.rstrip("/") == scope["root_path"].rstrip("/"):
            return ""
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        is_page = any(route.matches({**scope, "path": other})[0] is not Match.NONE for route in self._routes)
        return other if is_page else ""


class RedirectToCabinet:
    """The handler of the path `/`: it redirects browsers to the cabinet; `unknown` answers other requests with 404."""

    def __init__(self, unknown: ASGIApp) -> None:
        self._unknown = unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect a GET or HEAD request that accepts HTML to `/cabinet/`; any other request gets 404."""
        is_read = scope["method"] in ("GET", "HEAD")
        if is_read and accepts_html(scope):
            redirect = RedirectResponse("/cabinet/", HTTPStatus.FOUND, headers={"vary": "Accept"})
            await redirect(scope, receive, send)
        else:
            await self._unknown(scope, receive, send)


async def _show_wrong_form(view: View) -> Response:
    page = view.page("wrong_form.html", HTTPStatus.METHOD_NOT_ALLOWED)
    page.headers["allow"] = READ
    return page


async def _show_not_found(view: View) -> Response:
    return not_found_page(view)


def _steps_up(path: str, shown: set[str]) -> int:
    """Return the number of parts to remove from the end of a path to get to a page; `/` is always a page."""
    parts = path.split("/")
    return next(
        steps
        for steps in range(1, len(parts))
        if ("/".join(parts[:-steps]) or "/") in shown or f"{'/'.join(parts[:-steps])}/" in shown
    )


def _redirect_up(steps: int) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        above = request.scope["path"].rsplit("/", steps)[0]
        return RedirectResponse(above, HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})

    return answer
