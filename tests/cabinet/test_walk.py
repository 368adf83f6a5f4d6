"""Every page in a real Chromium: axe finds nothing, and people of each role find their way, however they come."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from itertools import cycle

import pyotp
import pytest

from browser import Browser
from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.docs.guides import GUIDES
from dealtrace.cabinet.routes import PAGES
from dealtrace.cabinet.sections import SECTIONS
from examples import in_turn
from filled_site import NUMBER, PHONE, FilledSite
from guests import PASSWORD, Guest, member_of, new_user
from listed_pages import PEOPLE, is_at_least, may_use, page_at
from server import ServerProcess
from walker import EVERY, FACTORS, LANGUAGES, PAIRWISE, Walker, Way, assert_is_well_made

FILES = (".csv", ".xlsx", ".json")
OF_NOBODY = ("/login", "/welcome", "/invitation", "/password")
"""Pages for people who are not logged in."""
ELSEWHERE = ("/login/code",)
"""It leads away who needs no code; a test of its own opens it."""
DOCUMENTS = ("/docs", "/docs/errors", "/docs/methods/register", *(f"/docs/guides/{name}" for name in GUIDES))
CARDS = ("/{site}/deals/{matched}",)
"""Pages of the table of pages, with another deal: of deals 2.0."""
OF_THE_INSTALLATION = ("/cabinet/sites", "/cabinet/users")
"""What the header links to beside the sections of a site, for owners of the installation."""


def shown_pages() -> list[str]:
    """List the paths of all pages that are shown, without files to save."""
    return [
        page.path
        for page in PAGES
        if page.method == "GET" and not page.path.endswith(FILES) and page.path not in ELSEWHERE
    ]


def looks_at(page: str) -> list[tuple[str, Role | None, str]]:
    """List the ways to look at a page: as each of `PEOPLE` who are shown it, in each language.

    The list of sites leads on whoever has but one.
    """
    gated = next((each for each in PAGES if each.method == "GET" and each.path == page), None)
    people = [person for person in PEOPLE if gated is None or may_use(person, gated)] if page != "/" else [None]
    return [(page, person, language) for person in people for language in LANGUAGES]


EVERY_LOOK = [looks_at(page) for page in [*shown_pages(), *CARDS, *DOCUMENTS]]
LOOKS = [looks[place % len(looks)] for place, looks in enumerate(EVERY_LOOK)]
"""Each page once, with the people and the languages by turns."""
THOROUGH_TURNS = (False, True, False)
"""For which pages all rules are tried on a dark phone, too, and not only those of colours and widths."""


def look(
    host: ServerProcess,
    stage: Stage,
    site: FilledSite,
    browser: Browser,
    asked: tuple[str, Role | None, str],
    *,
    is_thorough: bool,
) -> None:
    """Open a page as somebody, in a language, and check it by axe."""
    page, person, language = asked
    browser.emulate(language=language)
    if page not in OF_NOBODY:
        who = member_of(host, stage, site.player.site.id, person) if person is not None else site.owner
        browser.keep_cookie("session", who.secret, host.url)
    browser.open(host.url + (page if page in DOCUMENTS else site.path_of(page)))
    assert browser.run("document.documentElement.lang") == language
    assert_is_well_made(browser, is_thorough=is_thorough)


@pytest.mark.parametrize(("asked", "is_thorough"), list(zip(LOOKS, cycle(THOROUGH_TURNS), strict=False)), ids=str)
def test_axe_finds_nothing_in_either_theme_and_the_page_fits_a_phone(
    host: ServerProcess,
    stage_of_host: Stage,
    site: FilledSite,
    browser: Browser,
    asked: tuple[str, Role | None, str],
    is_thorough: bool,
) -> None:
    look(host, stage_of_host, site, browser, asked, is_thorough=is_thorough)


@pytest.mark.torture
@pytest.mark.parametrize("asked", [asked for looks in EVERY_LOOK for asked in looks], ids=str)
def test_axe_finds_nothing_whoever_looks(
    host: ServerProcess, stage_of_host: Stage, site: FilledSite, browser: Browser, asked: tuple[str, Role | None, str]
) -> None:
    look(host, stage_of_host, site, browser, asked, is_thorough=True)


VIEWS = {
    "reports/rows?period=28d&metrics=deals": "ru",
    "reports?period=28d&by=source,medium&metrics=leads,deals,cost&compare=previous": "ru",
    "reports?period=28d&metrics=leads,deals,cost&compare=previous&tree=yes&open=yandex/cpc": "ru",
    "reports?period=28d&by=source&metrics=deals&models=all&compare=previous": "en",
    "reports?period=28d&by=source&metrics=deals&pivot=day": "ru",
    "reports?period=28d&by=day&metrics=deals": "en",
    "leads?tab=missed": "ru",
    "leads?tab=requests": "en",
    "leads?tab=visits": "ru",
}
"""What pages show when they are asked for more, and the language in which that is looked at."""


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_in_what_pages_are_asked_for(
    host: ServerProcess, site: FilledSite, browser: Browser, view: str
) -> None:
    browser.emulate(language=VIEWS[view])
    browser.keep_cookie("session", site.owner.secret, host.url)
    browser.open(f"{host.url}/cabinet/{site.player.site.id}/{view}")
    assert browser.run("document.querySelector('main table') !== null")
    assert_is_well_made(browser)


ANSWERS = {
    "the forecast of settings": (
        "/{site:int}/settings/site",
        "[name=contact_matching]",
        "main form button",
        "#forecast",
    ),
    "the forecast of removing a host": (
        "/{site:int}/settings/hosts",
        "",
        "form[action$='/hosts/remove'] button",
        "#forecast",
    ),
    "the forecast of a status": (
        "/{site:int}/settings/statuses",
        "form.card [name=name]",
        "form.card button",
        "#forecast",
    ),
    "the secret of a token": ("/{site:int}/settings/tokens", "[name=label]", "main form.card button", "#secret"),
    "the confirmation of erasing": ("/{site:int}/people/{client:int}/data", "", "[value=confirm]", "[value=erase]"),
}
"""The path of a form, its field that is clicked first, its button, and what the answer has."""


@pytest.mark.parametrize(("answer", "language"), in_turn([*ANSWERS], LANGUAGES))
def test_axe_finds_nothing_on_answers_of_forms(
    host: ServerProcess, site: FilledSite, browser: Browser, answer: str, language: str
) -> None:
    page, field, button, shown = ANSWERS[answer]
    walker = Walker(browser, host.url, Way("mouse", 1280, "light", language, "with scripts", Role.OWNER))
    browser.keep_cookie("session", site.owner.secret, host.url)
    walker.open(site.path_of(page))
    if field:
        walker.use(field)
        browser.write("axe")
    walker.go(button)
    assert walker.finds(shown)
    assert_is_well_made(browser)


@pytest.mark.parametrize(("place", "language"), in_turn(["settings/tokens", "deals/1"], LANGUAGES))
def test_axe_finds_nothing_on_pages_that_refuse(
    host: ServerProcess, stage_of_host: Stage, site: FilledSite, browser: Browser, place: str, language: str
) -> None:
    browser.emulate(language=language)
    analyst = member_of(host, stage_of_host, site.player.site.id, Role.ANALYST)
    browser.keep_cookie("session", analyst.secret, host.url)
    assert analyst.get(place).status_code == {"settings/tokens": 403, "deals/1": 404}[place]
    browser.open(f"{host.url}/cabinet/{site.player.site.id}/{place}")
    assert_is_well_made(browser)


@pytest.mark.few(1)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_where_a_code_is_asked_for(
    host: ServerProcess, stage_of_host: Stage, browser: Browser, language: str
) -> None:
    browser.emulate(language=language)
    user = new_user(stage_of_host.database, {})
    guest = Guest(host)
    guest.log_in(user)
    guest.secret = guest.http.cookies["session"]
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", guest.get("/profile/second-factor").text)
    assert secret is not None
    guest.send("/profile/second-factor", secret=secret[1], code=pyotp.TOTP(secret[1]).now(), password=PASSWORD)
    guest.log_in(user)
    browser.keep_cookie("session", guest.http.cookies["session"], host.url)
    browser.open(f"{host.url}/cabinet/login/code")
    assert browser.run("location.pathname") == "/cabinet/login/code"
    assert_is_well_made(browser)


@pytest.mark.parametrize("page", ["/", "/reports?by=source,medium&period=28d&compare=previous"])
def test_a_phone_shows_whole_sums_readable_charts_and_whose_row_it_is(
    host: ServerProcess, site: FilledSite, browser: Browser, page: str
) -> None:
    browser.emulate()
    browser.keep_cookie("session", site.owner.secret, host.url)
    browser.open(f"{host.url}/cabinet/{site.player.site.id}{page}")
    browser.resize(360, 740)
    lines = browser.run(
        "[...document.querySelectorAll('.figure .value')].map(e => e.getClientRects().length * (e.scrollWidth <= "
        "e.clientWidth && e.clientHeight < 40 ? 1 : 9))"
    )
    assert set(lines) <= {1}
    assert browser.run("document.querySelector('.top nav').clientHeight") < 50
    sizes = browser.run(
        "[...document.querySelectorAll('svg.chart text')].map(e => e.getBoundingClientRect()).filter(e => e.width)"
        ".map(e => e.height)"
    )
    assert sizes
    assert min(sizes) > 9
    sticks = "getComputedStyle(document.querySelector('main .scroll tbody th')).position"
    assert browser.run(sticks) == "sticky"


WALKED = PAIRWISE[::2]
"""A way for each of `PEOPLE`; `test_every_form.py` goes all of `PAIRWISE`, and `make torture` every way."""


def test_each_value_of_each_factor_is_walked() -> None:
    assert [set(values) for values in zip(*map(astuple, WALKED), strict=True)] == list(map(set, FACTORS))
    assert len({way.role for way in WALKED}) == len(WALKED)


@pytest.mark.parametrize("way", WALKED, ids=str)
def test_a_person_finds_the_way(
    host: ServerProcess, stage_of_host: Stage, site: FilledSite, browser: Browser, way: Way
) -> None:
    walk(host, stage_of_host, site, browser, way)


@pytest.mark.torture
@pytest.mark.parametrize("way", EVERY, ids=str)
def test_a_person_finds_every_way(
    host: ServerProcess, stage_of_host: Stage, site: FilledSite, browser: Browser, way: Way
) -> None:
    walk(host, stage_of_host, site, browser, way)


def walk(host: ServerProcess, stage: Stage, site: FilledSite, browser: Browser, way: Way) -> None:
    """Log in, do on each page what the role may do there, be refused what it may not do, and log out."""
    root, roles = f"/cabinet/{site.player.site.id}", {site.player.site.id: way.role} if way.role is not None else None
    walker, user = Walker(browser, host.url, way), new_user(stage.database, roles)
    walker.open("/cabinet/login")
    walker.write("[name=login]", user.login)
    walker.write("[name=password]", PASSWORD)
    walker.go("main button")
    first = f"{root}/" if way.role is not None else "/cabinet/"
    browser.wait(f"location.pathname === {json.dumps(first)} && document.readyState === 'complete'")
    if way.role is None:
        walker.go(f"main tbody th a:is([href='{root}/'], [href^='{root}/?'])")
    links = browser.run("[...document.querySelectorAll('.top nav a')].map(link => link.pathname)")
    assert links == [f"{root}/", *(f"{root}/{each.place}" for each in SECTIONS if is_at_least(way.role, each.role))]
    for link in links[1:]:
        walker.go(f".top nav a:is([href='{link}'], [href^='{link}?'])")
        assert walker.path == link
        walker.assert_offers_nothing_refused(way.role)
        for act in ACTS.get(link.removeprefix(f"{root}/"), ()):
            act(walker, root)
    if way.role is None:
        see_installation(walker)
    be_refused(walker, root)
    walker.open(f"{root}/reports/saved")
    leave(walker)


def be_refused(walker: Walker, root: str) -> None:
    """Ask by their URLs for the sections that the role has no links to, of the site and of the installation.

    Open the first of the site and the first of the installation, as the pages that refuse look alike.
    """
    role, refused = walker.way.role, []
    for path in (*(f"{root}/{section.place}" for section in SECTIONS), *OF_THE_INSTALLATION):
        page = page_at("GET", path)
        assert page is not None
        if not may_use(role, page):
            refused.append((page, path))
    for page, path in {page.is_of_installation: (page, path) for page, path in reversed(refused)}.values():
        walker.assert_is_refused(role, page, path)
        assert PHONE not in walker.text
    if refused:
        walker.assert_are_refused(role, refused)


def see_reports(walker: Walker, root: str) -> None:
    """Ask the report that is open, and follow a figure to its rows."""
    walker.go("main form button:not([name])")
    walker.go(f"main .scroll table a[href^='{root}/reports/rows']")
    assert walker.finds("main table")


def keep_segment(walker: Walker, root: str) -> None:
    """Filter a report by clicking a value, save the filter as a segment, and ask the report of that segment."""
    walker.go(f".top nav a:is([href='{root}/reports'], [href^='{root}/reports?'])")
    walker.go("main .scroll tbody th a")
    walker.use("details:has([action$='/reports/segments']) summary")
    walker.write("[action$='/reports/segments'] [name=name]", "walk")
    walker.go("[action$='/reports/segments'] button")
    walker.go("main .scroll tbody th a[href*='segment=walk']")
    assert walker.finds("[name=segment] [value=walk][selected]")


def compare_models_and_days(walker: Walker, root: str) -> None:
    """Follow a figure of one model to its rows, and a figure of one day of a pivot to its own."""
    for shape in ("models=all", "pivot=day"):
        walker.open(f"{root}/reports?by=source&metrics=deals&period=28d&{shape}")
        walker.go(f"main .scroll table td a[href^='{root}/reports/rows']")
        assert walker.finds("main table")


def see_deals(walker: Walker, root: str) -> None:
    """Find a deal of the list by its number, pin it by hand, and leave it to the rules again."""
    assert walker.path == f"{root}/deals"
    walker.write("[name=q]", NUMBER)
    walker.go("main form button")
    walker.go("main tbody th a")
    walker.use("details.card summary")
    walker.use("[name=lead][value=none]", " ")
    walker.go("[name=act][value=pin]")
    assert walker.finds("[name=act][value=unpin]")
    walker.use("details.card summary")
    walker.go("[name=act][value=unpin]")
    assert not walker.finds("[name=act][value=unpin]")


def see_leads(walker: Walker, root: str) -> None:
    """Open a missed call from the list of leads, and the time line of its client."""
    walker.go("main a[href*='tab=missed']")
    walker.go(f"main tbody a[href^='{root}/leads/call/']")
    walker.go(f"main a[href^='{root}/people/']")


def issue_token(walker: Walker, root: str) -> None:
    """Issue a token from the settings, which is shown, and have the URL of the counter: what owners may do."""
    if not is_at_least(walker.way.role, Role.OWNER):
        return
    walker.go(f"main a[href='{root}/settings/tokens']")
    walker.write("[name=label]", f"walk {walker.way}"[:60])
    walker.go("main form.card button")
    assert walker.finds("#secret")


def try_rules(walker: Walker, root: str) -> None:
    """Try another window, and see what would change: what owners may do."""
    if not is_at_least(walker.way.role, Role.OWNER):
        return
    walker.open(f"{root}/settings/site")
    walker.go(f"main a[href='{root}/settings/try']")
    walker.write("[name=threshold]", "1")
    walker.go("main form.card p.bar button")
    assert walker.finds("#forecast")


def search_requests(walker: Walker, root: str) -> None:
    """Search the journal of requests, for what nothing has: what owners may do."""
    if not is_at_least(walker.way.role, Role.OWNER):
        return
    walker.open(f"{root}/requests")
    walker.write("[name=text]", "nobody sent this")
    walker.go("main form.bar button")
    assert not walker.finds("main table")


def see_personal_data(walker: Walker, root: str) -> None:
    """See what is stored about the client of a lead, and what would be erased: what owners may do."""
    if not is_at_least(walker.way.role, Role.OWNER):
        return
    walker.go("main a[href$='/data']")
    walker.go("[name=act][value=confirm]")
    assert walker.finds("[value=erase]")


ACTS: Mapping[str, Sequence[Callable[[Walker, str], None]]] = {
    "reports": (see_reports, keep_segment, compare_models_and_days),
    "deals": (see_deals,),
    "leads": (see_leads, see_personal_data),
    "settings": (issue_token, try_rules, search_requests),
}
"""What is done in each section of a site, from its page on."""


def see_installation(walker: Walker) -> None:
    """Follow the links to what is of the installation."""
    for path in OF_THE_INSTALLATION:
        walker.go(f".top a[href='{path}']")
        assert walker.path == path


def leave(walker: Walker) -> None:
    """Read the documentation in the other language, and log out."""
    walker.go(".top a[href^='/docs']")
    other = "en" if walker.way.language == "ru" else "ru"
    walker.go(f".top button[value={other}]")
    assert (walker.path, walker.browser.run("document.documentElement.lang")) == ("/docs", other)
    walker.go("main a[href^='/docs/methods/register?']")
    walker.go(".top .logo")
    walker.go(".top a[href='/cabinet/profile']")
    walker.go(".top form[action='/cabinet/logout'] button")
    assert walker.path == "/cabinet/login"
