"""The header leads people with several sites from a page of a site to the same page of another one."""

import html
import json
import re
from datetime import UTC, datetime

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.cabinet.site_switch import LISTED_MAX
from engines import on_one_engine
from guests import Guest, logged_in, member_of
from server import ServerProcess
from waiting import wait_until
from walker import faults_of

pytestmark = on_one_engine
SWITCH = re.compile(r'<details class="switch">(.*?)</details>', re.DOTALL)


@pytest.fixture
def here(served: Stage) -> Player:
    return served.open_site(name="Here & now")


@pytest.fixture
def there(served: Stage) -> Player:
    return served.open_site(name="There <b>")


def person_of(
    server: ServerProcess, served: Stage, here: tuple[Player, Role], there: tuple[Player, Role], language: str = "en"
) -> Guest:
    """Log a person with a role at each of two sites in; their paths are below the first one."""
    roles = {SiteId(player.site.id): role for player, role in (here, there)}
    guest = logged_in(server, served.database, roles, language=language)
    guest.site_id = here[0].site.id
    return guest


def links_in(page: str) -> dict[str, str]:
    """Return the URLs of the links to other sites by their names."""
    found = SWITCH.search(page)
    assert found is not None, page
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', found[1])
    return {html.unescape(name): html.unescape(url) for url, name in links}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("?period=90d&compare=year&model=4", "?period=90d&compare=year&model=4"),
        ("?from=2026-03-01&to=2026-03-26&chart=leads", "?from=2026-03-01&to=2026-03-26&chart=leads"),
        (
            "reports?by=source&metrics=deals&period=7d&models=all",
            "reports?period=7d&models=all&by=source&metrics=deals",
        ),
        (
            "reports?filter=source:is:yandex&filter=manager:is:Ann&period=7d&by=source,medium&sort=-deals&metrics=deals",
            "reports?period=7d&by=source%2Cmedium&metrics=deals&sort=-deals&filter=source%3Ais%3Ayandex",
        ),
        ("reports/rows?metrics=deals&period=7d", "reports?period=7d&metrics=deals"),
        ("deals?period=90d&status=won", "deals?period=90d"),
        ("leads?period=90d&compare=previous&tab=requests", "leads?period=90d&compare=previous"),
        ("notes", "notes"),
        ("settings/statuses", "settings/statuses"),
        ("settings", "settings"),
    ],
)
def test_the_same_page_of_another_site_keeps_what_means_the_same_there(
    server: ServerProcess, served: Stage, here: Player, there: Player, path: str, place: str
) -> None:
    guest = person_of(server, served, (here, Role.ANALYST), (there, Role.ANALYST))
    page = guest.get(path.partition("?")[0], **_query(path))
    assert page.status_code == 200, page.text
    url = links_in(page.text)["There <b>"]
    assert url == f"/cabinet/{there.site.id}/{place}"
    then = guest.follow(url)
    assert then.status_code == 200, then.text
    assert "Here & now" in links_in(then.text)


def _query(path: str) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for pair in path.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if name:
            query.setdefault(name, []).append(value)
    return query


def test_a_page_that_the_other_site_lacks_or_the_role_may_not_open_leads_to_the_overview(
    server: ServerProcess, served: Stage, here: Player, there: Player
) -> None:
    call = served.call(here, datetime.now(UTC))
    guest = person_of(server, served, (here, Role.OWNER), (there, Role.READER))
    overview = f"/cabinet/{there.site.id}/"
    for path in (f"leads/call/{call.id}", "deals", "settings/site", "requests"):
        assert links_in(guest.get(path).text)["There <b>"] == overview, path
    assert links_in(guest.get("deals", period="7d").text)["There <b>"] == f"{overview}?period=7d"
    assert links_in(guest.get("reports").text)["There <b>"] == f"{overview}reports"
    refused = guest.send("settings/site", name="")
    assert refused.status_code == 400
    assert links_in(refused.text)["There <b>"] == overview
    assert guest.follow(overview).status_code == 200


def test_people_with_one_site_and_strangers_see_no_other_site(
    server: ServerProcess, served: Stage, here: Player, there: Player
) -> None:
    guest = member_of(server, served, here.site.id)
    for path in ("", "reports", "settings"):
        page = guest.get(path).text
        assert SWITCH.search(page) is None
        assert "There &lt;b&gt;" not in page
    third = served.open_site(name="Third")
    both = person_of(server, served, (here, Role.READER), (third, Role.READER), "ru")
    page = both.get("").text
    assert list(links_in(page)) == ["Third", "Сравнить все сайты"]
    assert "There &lt;b&gt;" not in page


def test_the_documentation_leads_to_itself_for_the_other_site(
    server: ServerProcess, served: Stage, here: Player, there: Player
) -> None:
    guest = person_of(server, served, (here, Role.READER), (there, Role.READER))
    page = guest.http.get("/docs/errors", params={"site": here.site.id}).text
    assert links_in(page)["There <b>"] == f"/docs/errors?site={there.site.id}"


def test_the_page_of_all_sites_and_the_links_back_keep_the_period(
    server: ServerProcess, served: Stage, here: Player, there: Player
) -> None:
    guest = person_of(server, served, (here, Role.READER), (there, Role.READER))
    all_sites = links_in(guest.get("", period="90d").text)["Compare all sites"]
    assert all_sites == "/cabinet/?period=90d"
    page = guest.follow(all_sites).text
    assert f'href="/cabinet/{there.site.id}/?period=90d&amp;compare=previous"' in page
    months = guest.get("/", period="month").text
    assert f'href="/cabinet/{here.site.id}/?period=month&amp;compare=months"' in months
    overview = guest.follow(f"/cabinet/{here.site.id}/?period=month&compare=months")
    assert overview.status_code == 200


def test_a_new_site_is_in_the_header_of_those_who_own_the_installation(server: ServerProcess, served: Stage) -> None:
    chief = logged_in(server, served.database, language="en")
    chief.site_id = served.open_site().site.id
    assert chief.send("/sites", name="Brand new", timezone="Europe/Moscow").status_code in (200, 303)
    wait_until(lambda: {"Brand new", "All sites, compared"} & links_in(chief.get("").text).keys())
    assert len(links_in(chief.get("").text)) <= LISTED_MAX + 1


@pytest.mark.parametrize("runs_scripts", [True, False])
def test_a_person_changes_the_site_by_keyboard_on_a_phone(
    server: ServerProcess, served: Stage, browser: Browser, here: Player, there: Player, *, runs_scripts: bool
) -> None:
    guest = person_of(server, served, (here, Role.READER), (there, Role.READER))
    browser.emulate(width=360, runs_scripts=runs_scripts)
    browser.keep_cookie("session", guest.secret, server.url)
    browser.open(f"{server.url}/cabinet/{here.site.id}/reports?period=90d")
    for _ in range(10):
        if browser.run("document.activeElement.matches('.switch summary')"):
            break
        browser.press("Tab")
    browser.press("Enter")
    browser.wait("document.querySelector('.switch').open")
    assert not browser.run("document.documentElement.scrollWidth > innerWidth")
    assert list(faults_of(browser)) == []
    browser.press("Tab")
    assert browser.run("document.activeElement.textContent") == "There <b>"
    browser.press("Enter")
    place = f"/cabinet/{there.site.id}/reports?period=90d"
    browser.wait(f"location.pathname + location.search === {json.dumps(place)} && document.readyState === 'complete'")
