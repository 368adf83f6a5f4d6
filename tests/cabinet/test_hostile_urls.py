"""Values that no browser sends from our pages, in every parameter and field of every page: an answer, never a fault."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

import dealtrace.cabinet
from cast import Stage
from dealtrace.cabinet.gate import Page
from dealtrace.cabinet.routes import PAGES
from dealtrace.storage.database.engine import open_database
from examples import drawn
from guests import Guest, member_of
from server import ServerProcess

VALUES = (
    "a\0b",
    "9" * 30,
    "9" * 5_000,
    "-1",
    "ж\N{MUSICAL SYMBOL G CLEF}",
    "9999-12-31",
    "0001-01-01",
    "0001-01-01T00:00:00+23:59",
    "hex",
    "%00%ff[]{}';--",
    "x" * 60_000,
)
CABINET = Path(dealtrace.cabinet.__file__).parent
_IN_TEMPLATES, _IN_CODE = r'name="([a-z][a-z_]*)"', r'\b(?:get|all|has|file)\("([a-z][a-z_]*)"'
NAMES = sorted(
    {
        name
        for kind, pattern in (("html", _IN_TEMPLATES), ("py", _IN_CODE))
        for file in CABINET.rglob(f"*.{kind}")
        for name in re.findall(pattern, file.read_text())
    }
    - {"form_token"}
)
"""The parameters and fields of all pages."""
LONG = 100
"""Values of this length and more are sent in one field alone."""
SHUTS_OUT = {"/logout", "/users/second-factor"}
"""Pages whose form would end the session of the test or demand a code from it."""
pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True, scope="session")
"""PostgreSQL refuses more texts and numbers than SQLite."""


@dataclass(frozen=True)
class Scene:
    """A server of its own with a site, which has a deal, and an owner of the installation."""

    site_id: int
    guest: Guest

    def faults(self, page: Page, value: str, names: Sequence[str]) -> list[str]:
        """Send a value in these fields; return the page and the status if the answer is a fault, else nothing."""
        path, fields = self._path(page, value), dict.fromkeys(names, value)
        answer = self.guest.get(path, **fields) if page.method == "GET" else self.guest.send(path, **fields)
        return [f"{answer.status_code} {page.method} {path} {names[0]} {value!r}"] if answer.is_server_error else []

    def _path(self, page: Page, value: str) -> str:
        """Return the path of a page of the site; other numbers in it are 1, other texts a number or a letter."""
        path = page.path.replace("{site:int}", str(self.site_id))
        path = re.sub(r"\{\w+:int\}", "1", path)
        return re.sub(r"\{\w+\}", "9" * 30 if value.isdigit() else "x", path)


@pytest.fixture
def scene(start_server: Callable[..., ServerProcess]) -> Iterator[Scene]:
    server = start_server()
    database = open_database(server.database_url)
    stage = Stage(database)
    player = stage.open_site(contact_matching=True)
    assert server.register(player.token, orderNumber="hostile", phoneNumber="79205550055").status_code == 200
    yield Scene(player.site.id, member_of(server, stage, player.site.id, None))
    database.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_value_in_all_fields_of_a_page_is_a_fault(scene: Scene, method: str) -> None:
    faults = []
    pages = [page for page in PAGES if page.method == method and page.path not in SHUTS_OUT]
    for page, value in drawn(product(pages, VALUES)):
        faults += scene.faults(page, value, NAMES if len(value) < LONG else NAMES[:1])
    assert not faults
    assert scene.guest.is_in()


@pytest.mark.torture
def test_no_value_in_one_field_of_a_page_is_a_fault(scene: Scene) -> None:
    faults = []
    for page, value, name in product(PAGES, VALUES, NAMES):
        if page.path not in SHUTS_OUT and len(value) < LONG:
            faults += scene.faults(page, value, [name])
    assert not faults
    assert scene.guest.is_in()
