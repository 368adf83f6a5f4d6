"""Who may open which page: every line of the table of pages, tried by everybody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.alerts import alert_incident
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.marks import mirror_mark
from dealtrace.storage.schema.tables.requests import api_request_batch
from filled_site import ALERT, MAILED, PHONE, FilledSite, fill_site
from guests import Guest, logged_in
from server import ServerProcess

OF_A_SITE = [page for page in PAGES if "{site:int}" in page.path]
OF_AN_OBJECT = [page for page in OF_A_SITE if page.path.count("{") > 1]
CLOSED = [page for page in PAGES if not page.is_open]
LOWER: Mapping[Role, Role | None] = {Role.READER: None, Role.ANALYST: Role.READER, Role.OWNER: Role.ANALYST}

FORMS: Mapping[str, Sequence[Mapping[str, str]]] = {
    "deal": [
        {"act": "pin", "lead": "none"},
        {"act": "unpin"},
        {"act": "undo", "version": "1"},
        {"act": "delete"},
        {"act": "restore"},
    ],
    "lead": [{"act": "note", "tags": "x"}, {"act": "hide"}, {"act": "bring_back"}],
    "client": [{"contact": PHONE}, {"contact": PHONE, "act": "erase", "agreed": "x"}],
    "webhook": [
        *({"act": act} for act in ("pause", "resume", "skip", "test", "replay", "secret", "delete")),
        {"act": "change", "url": "https://a.example/", "event": "deal.created"},
        {"act": "replay_since", "since": "2018-03-26T10:00"},
    ],
    "alert": [{"act": "remove"}, {"act": "test"}, {**ALERT, "agreed": '["above day 3 deals", [], []]'}],
    "report": [{"title": "x", "question": "metrics=leads", "rhythm": "daily", "hour": "1", **MAILED}],
    "key": [{}],
    "number": [{}],
}
"""What the pages of an object send, by the last name in their paths."""
OF_THE_WORKER = {"due_at", "incident_id", "fault", "attempts", "lease_holder", "leased_until", "next_attempt_at"}
"""Columns that change without anybody."""


REMOVING = ("/remove", "/revoke", "/leave", "/sessions")
"""How the paths end that remove what a form names."""
REMOVED: Mapping[str, tuple[str, str]] = {
    "/demo/remove": ("site", "4711471147"),
    "/profile/sessions": ("session", "f" * 64),
    "/users/revoke": ("digest", "f" * 64),
    "/{site:int}/notes/remove": ("note", "notes"),
    "/{site:int}/costs/remove": ("of", "file nobody none"),
    "/{site:int}/settings/columns/remove": ("name", "No such column"),
    "/{site:int}/settings/fields/remove": ("name", "no_such_field"),
    "/{site:int}/settings/hosts/remove": ("which", "own nobody.example"),
    "/{site:int}/settings/mail-reports/leave": ("report", "settings/mail-reports"),
    "/{site:int}/settings/mail-reports/remove": ("report", "settings/mail-reports"),
    "/{site:int}/settings/rates/remove": ("currency", "settings/rates"),
    "/{site:int}/settings/shared/revoke": ("link", "settings/shared"),
    "/{site:int}/settings/tokens/revoke": ("token", "settings/tokens"),
    "/{site:int}/settings/users/revoke": ("digest", "settings/users"),
}
"""The field that names what a form removes, with the page that has the value of another site, or with a value."""
BY_NAME = {"name", "which"}
"""Fields of what has no id: a name that the site does not have is refused beside the form, with the reason."""
BY_VALUE = {"of"}
"""Fields of lists whose values the filled site does not show; of any other value there is no page."""


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


@dataclass(frozen=True)
class Neighbours:
    """Two sites with something of everything, and who may do everything at both."""

    here: FilledSite
    there: FilledSite
    database: Database

    def path_of(self, page: Page) -> str:
        """Return the path of a page of the first site, for an object of the second."""
        return self.there.path_of(page.path.replace("{site:int}", self.here.places["site"]))

    def rows(self) -> Mapping[str, Sequence[tuple[Any, ...]]]:
        """Return what is stored of both sites, by table, without what changes by itself."""
        sites = [self.here.player.site.id, self.there.player.site.id]
        stored = {}
        with self.database.read() as connection:
            for table in metadata.sorted_tables:
                if "site_id" in table.c and table not in (api_request_batch, alert_incident, mirror_mark):
                    columns = [column for column in table.c if column.name not in OF_THE_WORKER]
                    mine = select(*columns).where(table.c.site_id.in_(sites)).order_by(*table.primary_key.columns)
                    stored[table.name] = [tuple(row) for row in connection.execute(mine)]
        return stored


@pytest.fixture(scope="module")
def neighbours(server: ServerProcess, served: Stage) -> Neighbours:
    return Neighbours(fill_site(server, served), fill_site(server, served), served.database)


@each([page for page in OF_AN_OBJECT if page.method == "GET"])
def test_an_object_of_another_site_is_not_shown(neighbours: Neighbours, page: Page) -> None:
    owner = neighbours.there.owner
    if not page.path.endswith("/refused.csv"):  # nothing has been imported
        assert owner.http.get(neighbours.there.path_of(page.path)).status_code == 200
    assert owner.http.get(neighbours.path_of(page)).status_code == 404


@each([page for page in OF_AN_OBJECT if page.method == "POST"])
def test_an_object_of_another_site_is_not_changed(neighbours: Neighbours, page: Page) -> None:
    before = neighbours.rows()
    path = neighbours.path_of(page).removeprefix("/cabinet")
    for fields in FORMS[re.findall(r"{(\w+)", page.path)[-1]]:
        assert neighbours.there.owner.send(path, **fields).status_code == 404, fields
    assert neighbours.rows() == before


@each([page for page in PAGES if page.method == "POST" and page.path.endswith(REMOVING)])
def test_nothing_is_said_to_be_removed_that_is_not_there(neighbours: Neighbours, page: Page) -> None:
    field, of = REMOVED[page.path]
    here, there = neighbours.here, neighbours.there
    there.owner.send("notes", day="2026-03-26", text="theirs")
    there.owner.send("settings/rates", currency="theirs", rubles="1")
    is_listed = "{site:int}" in page.path and field not in BY_NAME | BY_VALUE
    shown = there.owner.get(of).text if is_listed else ""
    values = re.findall(rf'name="{field}" value="([^"]+)"', shown) if shown else [of]
    before = neighbours.rows()
    answer = here.owner.send(here.path_of(page.path).removeprefix("/cabinet"), **{field: values[0]})
    assert answer.status_code == (400 if field in BY_NAME else 404)
    assert neighbours.rows() == before


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
