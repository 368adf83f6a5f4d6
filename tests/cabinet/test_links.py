"""The links of the pages: from the first page, people reach every page that they may open."""

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.routes import PAGES
from dealtrace.operations.overview.problems import ProblemKind
from engines import on_one_engine
from filled_site import FilledSite, fill_site
from guests import Guest, member_of
from problem_scenes import SCENES
from server import ServerProcess

UNLINKED: Mapping[str, str] = {
    "/login": "people who are not logged in are redirected to it",
    "/login/code": "the log-in page redirects to it",
    "/welcome": "the link to it is printed by the server",
    "/invitation": "the link to it is handed to the invited person",
    "/password": "the link to it is handed to the person who lost the password",
    "/shared/{key}": "its key is shown once, to the person who shares",
    "/unsubscribe/{key}": "the link to it is in e-mails",
    "/{site:int}/settings/imports/{key}": "the form that uploads a file redirects to it",
    "/{site:int}/settings/imports/{key}/refused.csv": "the page of an import that refused rows links to it",
    "/{site:int}/settings/agreement/{key}": "the form that compares a list redirects to it",
    "/{site:int}/settings/agreement/{key}/differences.csv": "the page of a comparison links to it",
    "/{site:int}/settings/agreement/{key}/differences.xlsx": "the page of a comparison links to it",
    "/{site:int}/settings/try/flips.csv": "the page of tried rules that change deals links to it",
    "/{site:int}/settings/try/flips.xlsx": "the page of tried rules that change deals links to it",
    "/{site:int}/people/{client:int}/data.json": "a form with the chosen contacts leads to it",
    "/{site:int}/costs/{key}": "the form that uploads a file redirects to it",
}
"""The pages that no link leads to, each with the reason."""


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


@pytest.fixture(scope="module")
def troubled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page, and all problems that a site can have."""
    site = fill_site(server, served)
    for kind, scene in SCENES.items():
        if kind not in {ProblemKind.POINTS_SPENT, ProblemKind.POINTS_NEARLY_SPENT}:
            scene.happens(served, site.player)
    return site


def route_of(path: str) -> str:
    """Return the path of the page in the table of pages that answers a path; the first that matches, as in the app."""
    for page in PAGES:
        pattern = re.sub(r"\\\{\w+:int\\\}", r"\\d+", re.escape(page.path))
        pattern = re.sub(r"\\\{\w+\\\}", r"[^/]+", pattern)
        if page.method == "GET" and re.fullmatch(f"/cabinet{pattern}", path):
            return page.path
    return ""


def links_of(page: str) -> Iterator[str]:
    """List the URLs that the links of a page lead to, below `/cabinet`."""
    for url in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', page):
        if html.unescape(url).startswith("/cabinet"):
            yield html.unescape(url)


def reached_by(guest: Guest, site_id: int, *further: str) -> set[str]:
    """Follow the links from the first page and `further` ones, and return the pages of the table that were reached.

    One URL is followed for each page.
    """
    waiting, reached = [*further, "/cabinet/", f"/cabinet/{site_id}/"], set[str]()
    while waiting:
        url = waiting.pop()
        path = urlsplit(url).path
        route, is_of_other = route_of(path), re.match(r"/cabinet/(\d+)/", path)
        if not route or route in reached or (is_of_other and is_of_other[1] != str(site_id)):
            continue
        answer = guest.follow(url)
        assert answer.status_code == 200, (url, answer.status_code)
        reached.add(route)
        if answer.headers["content-type"].startswith("text/html"):
            waiting.extend(links_of(answer.text))
    return reached


@on_one_engine
def test_links_lead_an_owner_of_the_installation_to_every_page(filled: FilledSite) -> None:
    expected = {page.path for page in PAGES if page.method == "GET"} - set(UNLINKED)
    assert expected - reached_by(filled.owner, filled.player.site.id) == set()


@on_one_engine
@pytest.mark.parametrize("role", Role)
def test_every_link_can_be_opened_by_the_role_that_sees_it(
    server: ServerProcess, served: Stage, troubled: FilledSite, role: Role
) -> None:
    """Pages that are not linked are opened too, since their links must work for those who come to them otherwise."""
    site_id = troubled.player.site.id
    member = member_of(server, served, site_id, role)
    unlinked = [troubled.path_of(page.path) for page in PAGES if page.path in UNLINKED and page.role is not None]
    allowed = [path for path in unlinked if member.http.get(path).status_code == httpx.codes.OK]
    expected = {page.path for page in PAGES if page.method == "GET" and page.role and role.includes(page.role)}
    assert expected - reached_by(member, site_id, *allowed) == expected & set(UNLINKED) - set(map(route_of, allowed))


@on_one_engine
def test_only_owners_of_the_installation_are_led_to_requests_that_name_no_site(
    server: ServerProcess, served: Stage, filled: FilledSite
) -> None:
    chief, keeper = filled.owner, member_of(server, served, filled.player.site.id)
    with_way_back = f"/cabinet/requests?site={filled.player.site.id}"
    for page, link in (("/users", "/cabinet/requests"), ("requests", with_way_back)):
        assert link in links_of(chief.get(page).text), page
    assert with_way_back not in links_of(keeper.get("requests").text)
    assert "/cabinet/requests" not in links_of(chief.get("/requests").text)


@on_one_engine
@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST])
def test_links_lead_members_to_reports_by_email(
    server: ServerProcess, served: Stage, filled: FilledSite, role: Role
) -> None:
    member = member_of(server, served, filled.player.site.id, role)
    reports = list(links_of(member.get("reports").text))
    place = f"/cabinet/{member.site_id}/settings/mail-reports"
    assert place in reports
    back = f"/cabinet/{member.site_id}/settings"
    assert (back in list(links_of(member.follow(place).text))) == role.includes(Role.ANALYST)


@on_one_engine
def test_a_report_can_be_sent_by_email_from_its_page(server: ServerProcess, served: Stage, filled: FilledSite) -> None:
    asked = {"metrics": "deals,amount", "by": "campaign", "filter": "source:is:a&b"}
    pages = {
        role: member_of(server, served, filled.player.site.id, role).get("reports", **asked).text
        for role in (Role.READER, Role.ANALYST)
    }
    place = f"/cabinet/{filled.player.site.id}/settings/mail-reports?report="
    (link,) = [url for url in links_of(pages[Role.ANALYST]) if url.startswith(place)]
    assert place not in pages[Role.READER]
    form = html.unescape(filled.owner.follow(link).text)
    question = re.search(r'<input[^>]*name="question"[^>]*value="([^"]*)"', form)
    assert question is not None
    assert dict(parse_qsl(urlsplit(question[1]).query)) == asked
