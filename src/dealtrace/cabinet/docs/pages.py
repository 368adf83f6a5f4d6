"""The pages below `/docs`: open to everybody; people who are logged in also see the header of the cabinet."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dealtrace import __version__
from dealtrace.cabinet.docs.catalogue import list_catalogue
from dealtrace.cabinet.docs.guides import GUIDES, read_guide
from dealtrace.cabinet.docs.markdown import render_line
from dealtrace.cabinet.gate import Page, PageGate
from dealtrace.cabinet.view import Services, View
from dealtrace.cabinet.wrong_urls import wrong_form_routes
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.openapi.described_method import describe_method, title_of
from dealtrace.http.openapi.samples import SAMPLE_ORIGIN

GUIDES_ORIGIN = "https://deals.example.com"
"""The example URL of the server in the texts of guides; pages replace it with the URL at which they were opened."""
_HOST = re.compile(r"[\w.\-]+(:[0-9]+)?|\[[0-9a-fA-F:.]+\](:[0-9]+)?")
_OWN_LINK = re.compile(r'href="(/docs[^"#?]*)(?=["#])')


def docs_pages(endpoints: Sequence[Endpoint]) -> Sequence[Page]:
    """Return the pages that document the given endpoints; the paths of these pages begin with `/docs`."""
    docs = Docs(endpoints)
    shown = {
        "/docs": docs.show_index,
        "/docs/errors": docs.show_errors,
        "/docs/guides/{guide}": docs.show_guide,
        "/docs/methods/{method}": docs.show_method,
    }
    return [Page(path, "GET", respond, is_open=True, carries_site=True) for path, respond in shown.items()]


def docs_routes(endpoints: Sequence[Endpoint], services: Services) -> list[Route]:
    """Return the routes of the documentation pages."""
    gate = PageGate(services)
    others = Page("/docs/{rest:path}", "GET", _show_unknown, is_open=True, carries_site=True)
    pages = (*docs_pages(endpoints), others)
    return [*(Route(page.path, gate.admit(page)) for page in pages), *wrong_form_routes(pages, gate)]


class Docs:
    """The documentation pages of the given endpoints."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints: Mapping[str, Endpoint] = {endpoint.shown_name: endpoint for endpoint in endpoints}

    async def show_index(self, view: View) -> Response:
        """Show the list of guides, methods and errors."""
        methods = [(endpoint, title_of(endpoint, view.language)) for endpoint in self._endpoints.values()]
        return _page(view, "docs/index.html", methods=methods, version=__version__)

    async def show_errors(self, view: View) -> Response:
        """Show the catalogue of errors."""
        return _page(view, "docs/errors.html", rows=list_catalogue(list(self._endpoints.values()), view.language))

    async def show_guide(self, view: View) -> Response:
        """Show the guide with the name in the path, or the 404 page if there is none."""
        name = view.request.path_params["guide"]
        if name not in GUIDES:
            return _page(view, "docs/not_found.html", HTTPStatus.NOT_FOUND)
        return _page(view, "docs/guide.html", guide=read_guide(name, view.language))

    async def show_method(self, view: View) -> Response:
        """Show the method with the name in the path, or the 404 page if there is none."""
        endpoint = self._endpoints.get(view.request.path_params["method"])
        if endpoint is None:
            return _page(view, "docs/not_found.html", HTTPStatus.NOT_FOUND)
        return _page(
            view, "docs/method.html", method=describe_method(endpoint, view.services.rate_limits, view.language)
        )


async def _show_unknown(view: View) -> Response:
    """Redirect a path that ends with a slash to the path without it; for any other path, show the 404 page."""
    path = view.request.url.path
    if path.endswith("/"):
        return RedirectResponse(path.rstrip("/"), HTTPStatus.PERMANENT_REDIRECT)
    return _page(view, "docs/not_found.html", HTTPStatus.NOT_FOUND)


def _page(view: View, template: str, status: int = HTTPStatus.OK, **context: object) -> Response:
    """Return a page whose examples use the URL of this server, and whose links keep the chosen site."""
    guides = [(name, read_guide(name, view.language)) for name in GUIDES]
    page = view.page(template, status, guides=guides, line=render_line, **context)
    text = bytes(page.body).decode()
    if _HOST.fullmatch(view.request.url.netloc):
        text = text.replace(GUIDES_ORIGIN, view.origin).replace(SAMPLE_ORIGIN, view.origin)
    if view.site is not None:
        text = _OWN_LINK.sub(rf'href="\1?site={view.site.id}', text)
    headers = {name: value for name, value in page.headers.items() if name != "content-length"}
    return HTMLResponse(text, status, headers=headers)
