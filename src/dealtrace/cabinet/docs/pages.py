"""The pages below `/docs`. They need no login and no database, so each is rendered only once per language."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dealtrace import __version__
from dealtrace.cabinet.docs.catalogue import list_catalogue
from dealtrace.cabinet.docs.guides import GUIDES, read_guide
from dealtrace.cabinet.docs.markdown import render_line
from dealtrace.cabinet.gate import NOT_FOUND, language_of_browser
from dealtrace.cabinet.rendering import HEADERS, render_page
from dealtrace.errors import Language
from dealtrace.http.client_address import Proxies
from dealtrace.http.described_method import describe_method, title_of
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.samples import ADDRESS

GUIDES_ADDRESS = "https://deals.example.com"
"""The example address of the server in guides; pages show the address at which they were opened instead."""
_HOST = re.compile(r"[\w.\-]+(:[0-9]+)?|\[[0-9a-fA-F:.]+\](:[0-9]+)?")


def docs_routes(endpoints: Sequence[Endpoint], proxies: Proxies) -> list[Route]:
    """Return the routes of the documentation pages, which describe the given endpoints."""
    docs = Docs(endpoints, proxies)
    return [
        Route("/docs", docs.show_index),
        Route("/docs/errors", docs.show_errors),
        Route("/docs/guides/{guide}", docs.show_guide),
        Route("/docs/methods/{method}", docs.show_method),
    ]


class Docs:
    """The documentation pages of the given endpoints, each rendered when it is first requested."""

    def __init__(self, endpoints: Sequence[Endpoint], proxies: Proxies) -> None:
        self._endpoints: Mapping[str, Endpoint] = {endpoint.shown_name: endpoint for endpoint in endpoints}
        self._proxies = proxies
        self._index = lru_cache(self._make_index)
        self._errors = lru_cache(self._make_errors)
        self._guide = lru_cache(self._make_guide)
        self._method = lru_cache(maxsize=None)(self._make_method)

    async def show_index(self, request: Request) -> Response:
        """Show the list of guides, methods and errors."""
        return self._answer(request, self._index(language_of_browser(request)))

    async def show_errors(self, request: Request) -> Response:
        """Show the catalogue of errors."""
        return self._answer(request, self._errors(language_of_browser(request)))

    async def show_guide(self, request: Request) -> Response:
        """Show the guide with the name in the path; 404 if there is none."""
        name = request.path_params["guide"]
        if name not in GUIDES:
            return self._not_found(request)
        return self._answer(request, self._guide(name, language_of_browser(request)))

    async def show_method(self, request: Request) -> Response:
        """Show the method with the name in the path; 404 if there is none."""
        name = request.path_params["method"]
        if name not in self._endpoints:
            return self._not_found(request)
        return self._answer(request, self._method(name, language_of_browser(request)))

    def _make_index(self, language: Language) -> str:
        methods = [(endpoint, title_of(endpoint, language)) for endpoint in self._endpoints.values()]
        return _render("docs/index.html", language, "/docs", methods=methods, version=__version__)

    def _make_errors(self, language: Language) -> str:
        rows = list_catalogue(list(self._endpoints.values()), language)
        return _render("docs/errors.html", language, "/docs/errors", rows=rows)

    def _make_guide(self, name: str, language: Language) -> str:
        return _render("docs/guide.html", language, f"/docs/guides/{name}", guide=read_guide(name, language))

    def _make_method(self, name: str, language: Language) -> str:
        method = describe_method(self._endpoints[name], language)
        return _render("docs/method.html", language, f"/docs/methods/{name}", method=method)

    def _not_found(self, request: Request) -> Response:
        language = language_of_browser(request)
        return self._answer(request, _render("docs/not_found.html", language, "/docs"), NOT_FOUND)

    def _answer(self, request: Request, page: str, status: int = 200) -> Response:
        """Return a page that shows, as the server's address, the address at which the page was opened."""
        host = request.url.netloc
        if _HOST.fullmatch(host):
            scheme = "https" if self._proxies.is_https(request.scope) else "http"
            page = page.replace(GUIDES_ADDRESS, f"{scheme}://{host}").replace(ADDRESS, f"{scheme}://{host}")
        language = language_of_browser(request)
        return HTMLResponse(page, status, headers={**HEADERS, "content-language": language})


def _render(template: str, language: Language, path: str, **context: object) -> str:
    """Return a page as HTML text; its forms have no form token, since nobody is logged in."""
    page = render_page(
        template,
        language,
        block="",
        status=200,
        site=None,
        role=None,
        person=None,
        form_token="",
        path=path,
        address=path,
        guides=[(name, read_guide(name, language)) for name in GUIDES],
        line=render_line,
        **context,
    )
    return bytes(page.body).decode()
