"""Who may open which page: every line of the table of pages, tried by everybody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES
from guests import Guest, logged_in
from server import ServerProcess

OF_A_SITE = [page for page in PAGES if "{site:int}" in page.path]
CLOSED = [page for page in PAGES if not page.is_open]
LOWER: Mapping[Role, Role | None] = {Role.READER: None, Role.ANALYST: Role.READER, Role.OWNER: Role.ANALYST}


def each(pages: list[Page]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=lambda page: f"{page.method} {page.path}")


@dataclass(frozen=True)
class Crowd:
    """A site, and people with each role at it, with none, and with all rights elsewhere only."""

    site_id: int
    nobody: Guest
    stranger: Guest
    members: Mapping[Role, Guest]

    def ask(self, guest: Guest, page: Page, **headers: str) -> httpx.Response:
        path = page.path.replace("{site:int}", str(self.site_id))
        path = re.sub(r"\{\w+:int\}", "1", path)
        path = "/cabinet" + re.sub(r"\{\w+\}", "x", path)
        if page.method == "GET":
            return guest.http.get(path)
        return guest.http.post(path, headers=headers or {"sec-fetch-site": "same-origin"})


@pytest.fixture(scope="module")
def crowd(server: ServerProcess, served: Stage) -> Crowd:
    here, there = served.open_site().site.id, served.open_site().site.id
    database = served.database
    members = {role: logged_in(server, database, {here: role}) for role in Role}
    return Crowd(here, Guest(server), logged_in(server, database, {there: Role.OWNER}), members)


@each(CLOSED)
def test_who_is_not_logged_in_is_led_to_log_in(crowd: Crowd, page: Page) -> None:
    answer = crowd.ask(crowd.nobody, page)
    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[0] == "/cabinet/login"


@each(OF_A_SITE)
def test_who_has_a_role_elsewhere_alone_learns_nothing(crowd: Crowd, page: Page) -> None:
    assert page.role is not None, "a page of a site names the least role that opens it"
    assert crowd.ask(crowd.stranger, page).status_code == 404


@each([page for page in OF_A_SITE if page.role is not None and LOWER[page.role] is not None])
def test_who_has_a_lower_role_is_told_which_it_takes(crowd: Crowd, page: Page) -> None:
    assert page.role is not None
    lower = LOWER[page.role]
    assert lower is not None
    answer = crowd.ask(crowd.members[lower], page)
    assert answer.status_code == 403
    assert {Role.OWNER: "владелец", Role.ANALYST: "аналитик"}[page.role] in answer.text


@each([page for page in PAGES if page.method == "POST" and not page.is_signed])
@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_nothing_is_taken_from_a_foreign_page(crowd: Crowd, page: Page, headers: dict[str, str]) -> None:
    answer = crowd.ask(crowd.members[Role.OWNER], page, **headers)
    assert answer.status_code == 403
    assert "чужой страницы" in answer.text


@each([page for page in PAGES if page.is_of_installation])
def test_what_is_of_the_installation_is_hidden_from_owners_of_sites(crowd: Crowd, page: Page) -> None:
    assert crowd.ask(crowd.members[Role.OWNER], page).status_code == 404


def test_every_page_that_is_open_to_all_is_known_here(owner: Player) -> None:
    """Opening a page to all is a decision: it is written down twice."""
    assert {page.path for page in PAGES if page.is_open} == {
        "/language",
        "/login",
        "/welcome",
        "/invitation",
        "/password",
        "/shared/{key}",
        "/unsubscribe/{key}",
    }


def test_every_page_that_takes_forms_from_anywhere_is_known_here() -> None:
    """Its path must be signed, and the person who is logged in must not matter to it."""
    assert {page.path for page in PAGES if page.is_signed} == {"/unsubscribe/{key}"}
    assert all(page.is_open for page in PAGES if page.is_signed)
