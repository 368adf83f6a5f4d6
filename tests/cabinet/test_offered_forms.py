"""What pages offer to each role: nothing that the gate would refuse, and all that the role may do from that page."""

from collections.abc import Iterable, Mapping
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest

from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES
from engines import on_one_engine
from filled_site import FilledSite, fill_site
from guests import Guest, member_of
from listed_pages import may_use, page_at, refusal_of
from server import ServerProcess

FILES = (".csv", ".xlsx", ".json")
LESSER = (Role.READER, Role.ANALYST)
ASKED = (
    "/{site:int}/reports?by=source,medium&metrics=leads,deals&period=28d",
    "/{site:int}/reports?by=source&metrics=deals&period=28d&models=all",
    "/{site:int}/reports/rows?metrics=deals&period=28d",
    "/{site:int}/reports/rows?metrics=leads&period=28d",
    "/{site:int}/leads?tab=missed",
    "/{site:int}/leads?tab=requests",
    "/{site:int}/leads?tab=visits",
)
"""What pages show when they are asked for more."""


class Offers(HTMLParser):
    """Lists what a page offers: the URLs of its links with GET, and of its forms and their buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self._method = "GET"
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the URL of a link, a form, or a button with a URL of its own."""
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and values.get("href"):
            self.found.add(("GET", values["href"]))
        elif tag == "form":
            self._method = values.get("method", "get").upper()
            self.found.add((self._method, values["action"]))
        elif "formaction" in values:
            self.found.add((self._method, values["formaction"]))


def pages_offered(answer: httpx.Response) -> Iterable[Page]:
    """Yield the pages of the table of pages that a page offers."""
    for method, url in Offers(answer.text).found:
        path = urlsplit(url).path
        if path.startswith("/cabinet/") and not path.startswith("/cabinet/static/"):
            found = page_at(method, path)
            assert found is not None, (method, url)
            yield found


LEFT_OUT: Mapping[tuple[str, Role], set[tuple[str, str]]] = {
    ("/{site:int}/reports/segments", Role.READER): {("POST", "/{site:int}/reports/segments/change")},
    ("/{site:int}/reports/saved", Role.READER): {("POST", "/{site:int}/reports/saved/change")},
}
"""What a page offers to a higher role only: a reader changes own segments and reports, and only the site's are here."""
REFUSED = [(page, role) for page in PAGES if page.method == "POST" for role in LESSER if not may_use(role, page)]


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


@pytest.fixture(scope="module")
def people(server: ServerProcess, served: Stage, filled: FilledSite) -> Mapping[Role, Guest]:
    """Give a person with each role at the site, and no other rights."""
    return {role: member_of(server, served, filled.player.site.id, role) for role in Role}


def shown_pages() -> list[str]:
    """List the pages of the table that a person who is logged in sees, and what they show when asked for more."""
    pages = [page.path for page in PAGES if page.method == "GET" and not page.is_open and not page.path.endswith(FILES)]
    return [*(page for page in pages if page != "/login/code"), *ASKED]


@cache
def opened(guest: Guest, path: str) -> httpx.Response:
    """Open a page, once for all tests: none of them changes what it offers."""
    return guest.http.get(path)


@on_one_engine
@pytest.mark.parametrize("role", LESSER)
@pytest.mark.parametrize("page", shown_pages())
def test_a_page_offers_nothing_that_is_refused(
    filled: FilledSite, people: Mapping[Role, Guest], page: str, role: Role
) -> None:
    answer = opened(people[role], filled.path_of(page))
    listed = next(each for each in PAGES if each.method == "GET" and each.path == page.partition("?")[0])
    if not may_use(role, listed):
        assert answer.status_code == refusal_of(listed)
    refused = {f"{each.method} {each.path}" for each in pages_offered(answer) if not may_use(role, each)}
    assert refused == set()


@on_one_engine
@pytest.mark.parametrize("role", LESSER)
@pytest.mark.parametrize("page", shown_pages())
def test_a_page_offers_a_role_all_that_it_offers_an_owner_and_the_role_may_do(
    filled: FilledSite, people: Mapping[Role, Guest], page: str, role: Role
) -> None:
    answer, full = (opened(people[each], filled.path_of(page)) for each in (role, Role.OWNER))
    if answer.is_success:
        offered, all_offered = ({(each.method, each.path) for each in pages_offered(shown)} for shown in (answer, full))
        kept = {(each.method, each.path) for each in PAGES if may_use(role, each)}
        assert offered >= all_offered & kept - LEFT_OUT.get((page.partition("?")[0], role), set())


@on_one_engine
@pytest.mark.parametrize(("page", "role"), REFUSED, ids=lambda value: getattr(value, "path", str(value)))
def test_a_form_that_a_role_may_not_send_is_refused(
    filled: FilledSite, people: Mapping[Role, Guest], page: Page, role: Role
) -> None:
    path = filled.path_of(page.path).removeprefix("/cabinet")
    answer = people[role].send(path, name="refused", label="refused", act="delete", agreed="on")
    assert answer.status_code == refusal_of(page)
