"""The cursor of line charts in a browser: it says what the table below the chart says, and dragging chooses days."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from urllib.parse import parse_qsl, urlsplit

import pytest

from browser import Browser
from cast import Stage
from dealtrace.operations.deals.register import register_deals
from filled_site import FilledSite
from guests import member_of
from server import ServerProcess
from write_commands import registration

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.map(
 each => `${each.id}: ${each.nodes[0].html}`))"""
CHART = "document.querySelector('figure > svg.chart')"
SAID = "document.querySelector('figure > output')?.textContent ?? ''"
DRAWN = f"{CHART}.querySelector('text.cursor')?.textContent ?? ''"
WORDS = """[...document.querySelectorAll('figure tbody tr')].map(row => {
 const [value, before] = [...row.querySelectorAll('td.value')].map(cell => cell.textContent);
 return `${row.cells[0].textContent}: ${value}` + (before ? ` (${before})` : '') })"""
DAYS = "[...document.querySelectorAll('figure tbody tr')].map(row => [row.dataset.first, row.dataset.last])"
REPORT = "/reports?by=source&metrics=deals&period=28d&compare=previous&filter=source:is:yandex&limit=50"


@pytest.fixture(params=[1280, 360])
def root(request: pytest.FixtureRequest, host: ServerProcess, site: FilledSite, browser: Browser) -> str:
    """Log the owner of the site in at a desk or a phone, and give the URL of the site."""
    browser.emulate(width=request.param, is_dark=request.param == 360)
    browser.keep_cookie("session", site.owner.secret, host.url)
    return f"{host.url}/cabinet/{site.player.site.id}"


def place_of(browser: Browser, point: int) -> tuple[float, float]:
    """Return where a point of the chart is in the window, a little beside its middle."""
    browser.run(f"{CHART}.scrollIntoView({{block: 'center'}})")
    left, top, width, height = browser.run(
        f"(box => [box.left, box.top, box.width, box.height])({CHART}.getBoundingClientRect())"
    )
    count = len(browser.run(DAYS))
    start, end = browser.run(f"['x1', 'x2'].map(name => Number({CHART}.querySelector('.axis').getAttribute(name)))")
    x = start + (end - start) * (point + 0.2) / (count - 1)
    return left + width * x / 900, top + height / 2


def question_of(browser: Browser) -> list[tuple[str, str]]:
    """Wait for the page of chosen days, and return what its URL asks for."""
    browser.wait("location.search.includes('from=') && document.readyState === 'complete'")
    return sorted(parse_qsl(urlsplit(browser.run("location.href")).query))


def test_the_pointer_shows_the_figure_of_the_nearest_point(browser: Browser, root: str) -> None:
    browser.open(root + REPORT)
    words = browser.run(WORDS)
    assert len(words) == 28
    for point in (0, 13, 26):
        browser.point(*place_of(browser, point))
        assert browser.run(SAID) == browser.run(DRAWN) == words[point]
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    browser.run(AXE)
    assert browser.run(RUN_AXE) == []
    browser.point(1, 1)
    assert browser.run(SAID) == browser.run(DRAWN) == ""
    assert browser.complaints == []


@pytest.mark.parametrize("page", ["/?period=28d&chart=deals", REPORT])
def test_dragging_over_days_shows_their_period(browser: Browser, root: str, page: str) -> None:
    browser.open(root + page)
    asked = [pair for pair in parse_qsl(urlsplit(page).query) if pair[0] != "period"]
    days = browser.run(DAYS)
    browser.drag(*(place_of(browser, point) for point in (11, 10, 9)))
    assert question_of(browser) == sorted([*asked, ("from", days[9][0]), ("to", days[11][1])])
    assert browser.run(DAYS) == days[9:12]
    assert browser.complaints == []


def test_arrows_show_figures_and_choose_days(browser: Browser, root: str) -> None:
    browser.open(root + REPORT)
    words, days = browser.run(WORDS), browser.run(DAYS)
    browser.run(f"{CHART}.focus()")
    for key, point in (("ArrowRight", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        browser.press(key)
        assert browser.run(SAID) == words[point]
    browser.press("ArrowRight", with_shift=True)
    assert browser.run(SAID) == f"{words[1]} – {words[2]}"
    browser.press("Escape")
    assert browser.run(SAID) == ""
    for key in ("ArrowRight", "ArrowRight"):
        browser.press(key)
    browser.press("ArrowRight", with_shift=True)
    browser.press("Enter")
    asked = question_of(browser)
    assert [pair for pair in asked if pair[0] in ("from", "to")] == [("from", days[1][0]), ("to", days[2][1])]
    assert ("filter", "source:is:yandex") in asked


def test_weeks_and_months_are_chosen_within_the_period(browser: Browser, root: str) -> None:
    browser.open(f"{root}/reports?metrics=deals&by=source&from=2018-01-10&to=2018-05-20")
    days = browser.run(DAYS)
    assert (days[0], days[1], days[-1]) == (
        ["2018-01-10", "2018-01-14"], ["2018-01-15", "2018-01-21"], ["2018-05-14", "2018-05-20"],
    )  # fmt: skip
    browser.open(f"{root}/reports?metrics=visits&by=source&from=2018-03-26&to=2018-03-26")
    assert browser.run(DAYS) == [[None, None]] * 24
    browser.drag(*(place_of(browser, point) for point in (3, 5)))
    assert browser.run(SAID) == "", "hours are no days"
    assert browser.run("location.search").endswith("to=2018-03-26")


@pytest.mark.parametrize("digits", [4, 13])
def test_the_figures_of_dragged_days_widen_no_page(
    host: ServerProcess, stage_of_host: Stage, browser: Browser, digits: int
) -> None:
    player = stage_of_host.open_site()
    for days_ago in (0, 27, 28, 55):
        at = datetime.now(UTC) - timedelta(days=days_ago)
        large = registration(f"{days_ago}", happened_at=at, amount_rub=Decimal("9" * digits) - days_ago)
        stage_of_host.perform(register_deals, player, large)
    browser.emulate(width=360, language="ru")
    browser.keep_cookie("session", member_of(host, stage_of_host, player.site.id).secret, host.url)
    browser.open(f"{host.url}/cabinet/{player.site.id}/reports?by=source&metrics=amount&period=28d&compare=previous")
    browser.run(f"{CHART}.focus()")
    for key, with_shift in (("ArrowRight", False), *[("ArrowRight", True)] * 27):
        browser.press(key, with_shift=with_shift)
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        left, right = browser.run(
            f"(box => [box.left, box.right])({CHART}.querySelector('text.cursor').getBoundingClientRect())"
        )
        assert left >= -1
        assert right <= 361
    assert browser.run(SAID) == browser.run(DRAWN) == " – ".join([browser.run(WORDS)[0], browser.run(WORDS)[-1]])
