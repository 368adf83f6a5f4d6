"""The pages of the installation: an owner of it creates sites, and the demo."""

import html
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from cast import Stage
from dealtrace.accounts.background_run import ACTIVE, PastChange
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.operations.demo.mark import list_demos
from dealtrace.operations.demo.remove import RECORDS
from dealtrace.storage.accounts.background_runs import find_run
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.site_rows import count_site_rows
from guests import Guest, logged_in, text_of
from server import ServerProcess
from waiting import wait_until, wait_until_followed

SECONDS_BETWEEN_LOOKS = 0.5
"""How often a demo that is being filled is looked at; each look counts its records."""
CREATED = re.compile(r"Site (\d+) has been created")


@pytest.fixture
def chief(server: ServerProcess, served: Stage) -> Guest:
    """Give an owner of the installation, in English."""
    return logged_in(server, served.database, language="en")


def site_of(stage: Stage, site_id: int) -> Site | None:
    with stage.database.read() as connection:
        return find_site(connection, site_id)


def secret_in(page: str) -> str:
    found = re.search(r'<pre id="secret">([^<]+)</pre>', page)
    assert found is not None, page
    return html.unescape(found[1])


def test_a_site_is_created_and_its_token_works(server: ServerProcess, served: Stage, chief: Guest) -> None:
    page = chief.send("/sites", name=" Shop <b> ", timezone="Asia/Omsk", site_id="", token="")
    assert page.status_code == 200
    found = CREATED.search(text_of(page.text))
    assert found is not None
    site = site_of(served, int(found[1]))
    assert site is not None
    assert (site.name, site.time_zone.key) == ("Shop <b>", "Asia/Omsk")
    secret = secret_in(page.text)
    wait_until_followed(server)
    assert server.register(secret, orderNumber="1").status_code == 200
    listed = chief.get("/sites").text
    assert secret not in listed
    assert "Shop &lt;b&gt;" in listed
    chief.site_id = site.id
    changes = text_of(chief.get("settings/changes").text)
    assert f"{chief.login} Name: – → Shop <b>" in changes
    assert f"{chief.login} Time zone: Europe/Moscow → Asia/Omsk" in changes
    assert f"{chief.login} Token “first”: added" in changes


def test_a_site_moves_from_calltouch_with_its_number_and_token(
    server: ServerProcess, served: Stage, chief: Guest
) -> None:
    number = served.open_site().site.id + 4711
    token = f"token-of-calltouch-{number}"
    moved = {"name": "Moved", "timezone": "Europe/Moscow", "site_id": str(number), "token": token}
    assert secret_in(chief.send("/sites", **moved).text) == token
    assert site_of(served, number) is not None
    wait_until_followed(server)
    assert server.register(token, orderNumber="1").status_code == 200
    again = chief.send("/sites", **moved)
    assert (again.status_code, 'id="fault-site_id"' in again.text) == (400, True)
    same_token = chief.send("/sites", **{**moved, "site_id": ""})
    assert (same_token.status_code, 'id="fault-token"' in same_token.text) == (400, True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "cannot be empty"),
        ({"timezone": "Mars/Base"}, "there is no such time zone"),
        ({"site_id": "x"}, "Enter a whole number from 1 to 9007199254740991"),
        ({"site_id": "9007199254740992"}, "Enter a whole number from 1 to 9007199254740991"),
        ({"token": "short"}, "a token must have"),
    ],
)
def test_a_site_that_does_not_fit_is_refused_beside_its_field(
    served: Stage, chief: Guest, wrong: dict[str, str], words: str
) -> None:
    last = served.open_site().site.id
    answer = chief.send("/sites", **{"name": "Shop", "timezone": "Europe/Moscow", **wrong})
    assert answer.status_code == 400
    (field,) = wrong
    assert re.search(rf'id="fault-{field}">[^<]*{re.escape(words)}', answer.text)
    assert site_of(served, last + 1) is None, "a refused form takes no number"


def test_only_an_owner_of_the_installation_sees_the_link(server: ServerProcess, served: Stage, chief: Guest) -> None:
    assert 'href="/cabinet/sites"' in chief.get("/profile").text
    site = served.open_site().site
    assert 'href="/cabinet/sites"' not in logged_in(server, served.database, {site.id: Role.OWNER}).get("/profile").text


def progress(chief: Guest) -> str:
    return text_of(chief.get("/demo").text).replace("\u202f", "")


def test_a_demo_of_a_new_site_is_filled_in_the_background_and_removed(
    server: ServerProcess, served: Stage, chief: Guest
) -> None:
    begun = chief.send("/demo", site="", part="0.02")
    assert begun.status_code == 200
    secret = secret_in(begun.text)
    (site_id,) = re.findall(r'name="site" value="(\d+)"', begun.text)
    again = chief.send("/demo", site="", part="0.02")
    assert (again.status_code, f"Site {site_id} has a demo already. Remove it first." in again.text) == (400, True)
    wait_until(lambda: " ready " in progress(chief), SECONDS_BETWEEN_LOOKS)
    ready = progress(chief)
    assert re.search(r"Demo ready [\d ]{3,6} also", ready), ready
    assert secret not in chief.get("/demo").text
    site = site_of(served, int(site_id))
    assert site is not None
    chief.site_id = site.id
    changes = text_of(chief.get("settings/changes").text)
    assert f"{chief.login} Demo data: added" in changes
    assert f"{chief.login} Token “demo”: added" in changes
    wait_until_followed(server)
    assert server.register(secret, orderNumber="own").status_code == 200
    refused = chief.send("/demo/remove", site=site_id)
    assert (refused.status_code, "Besides the demo the site has other records: 1." in text_of(refused.text)) == (
        400,
        True,
    )
    assert "Removed." in text_of(chief.post("/demo/remove", site=site_id, with_others="on").text)
    assert site_of(served, int(site_id)) is None
    assert chief.send("/demo/remove", site=site_id).status_code == 404


def test_a_demo_fills_an_empty_site_and_leaves_it_empty(served: Stage, chief: Guest) -> None:
    site = served.open_site(contact_matching=True).site
    unfit, used = served.open_site(contact_matching=False), served.open_site(contact_matching=True)
    served.lead_request(used, datetime.now(UTC))
    for player, words in ((unfit, "Turn this on in the settings"), (used, "needs an empty site")):
        refused = chief.send("/demo", site=str(player.site.id), part="0.02")
        assert (refused.status_code, words in refused.text) == (400, True)
    assert chief.send("/demo", site=str(site.id), part="7").status_code == 400
    assert chief.send("/demo", site="4711471147", part="1").status_code == 404
    assert chief.send("/demo", site=str(site.id), part="0.02").status_code == 303
    wait_until(lambda: f'aria-label="Remove the demo of {site.name}"' in chief.get("/demo").text)
    wait_until(lambda: " ready " in progress(chief), SECONDS_BETWEEN_LOOKS)
    assert chief.send("/demo/remove", site=str(site.id)).status_code == 303
    with served.database.read() as connection:
        assert count_site_rows(connection, site.id) == {}
    chief.site_id = site.id
    assert f"{chief.login} Demo data: removed" in text_of(chief.get("settings/changes").text)


def test_a_demo_that_is_being_filled_can_be_removed_and_a_server_stops_beside_it(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    with closing(open_database(server.database_url)) as database:
        stage = Stage(database)
        chief = logged_in(server, database, language="en")
        for is_removed in (True, False):
            begun = chief.send("/demo", site="", part="0.1")
            (site_id,) = re.findall(r'name="site" value="(\d+)"', begun.text)
            wait_until(lambda: re.search(r"being filled, day [1-9]", progress(chief)))
            assert "<progress" in chief.get("/demo").text
            part = chief.http.get("/cabinet/demo", headers={"hx-target": "demos"})
            assert part.status_code == 200, part.text
            assert part.text.strip().startswith('<div id="demos">')
            assert "<progress" in part.text
            if is_removed:
                assert chief.send("/demo/remove", site=site_id).status_code == 303
                assert site_of(stage, int(site_id)) is None
        shop = stage.open_site()
        chief.site_id = shop.site.id
        for kind in PastChange:
            assert chief.send("settings/past", kind=kind.value, act="preview").status_code == 303
        server.close()
        with database.read() as connection:
            runs = [find_run(connection, shop.site.id, kind) for kind in PastChange]
            assert all(run is not None and run.phase not in ACTIVE for run in runs)
            (demo,) = list_demos(connection)
            rows = count_site_rows(connection, demo.site.id)
        assert demo.progress.finished_at is None
        assert demo.progress.taken_in == sum(rows.get(name, 0) for name in RECORDS)
