"""The tables of sources and of sites show what advertising earns and costs without scrolling sideways."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.set_status import set_status
from guests import Guest, logged_in, member_of
from server import ServerProcess
from write_commands import registration

NOW = datetime.now(UTC)
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.map(
 each => `${each.id}: ${each.nodes[0].html}`))"""
NOW_DAYS, BEFORE_DAYS = 3, 33
"""The age in days of what is in the period of 28 days, and of what is in the period before."""
WIDTHS = "[...document.querySelectorAll('.scroll')].map((box) => [box.scrollWidth, box.clientWidth])"


@pytest.fixture(scope="module")
def shop(stage_of_host: Stage) -> Player:
    """Give a site whose advertising earns and costs millions, this period and the one before."""
    return open_shop(stage_of_host, "Shop", 12_345_678)


@pytest.fixture(scope="module")
def shops(stage_of_host: Stage) -> list[Player]:
    """Give two sites with long names, whose advertising earns hundreds of millions."""
    return [open_shop(stage_of_host, f"Окна и двери, магазин {number}", 223_456_789) for number in (1, 2)]


def open_shop(stage_of_host: Stage, name: str, rubles: int) -> Player:
    """Open a site with deals of this amount, a third less in the period before, and costs of a fifth of them."""
    player = stage_of_host.open_site(name=name)
    sources = [TrafficSource(f"{name}_direct", "cpc") for name in ("yandex", "google", "vkontakte", "telegram")]
    stage_of_host.ids.ensure(100)
    with stage_of_host.database.write() as connection:
        work = stage_of_host.work(connection, player)
        deals = [
            IncomingDeal(
                id=None,
                number=f"{source.source}-{days}",
                happened_at=NOW - timedelta(days=days),
                status="paid",
                amount_rub=Decimal(rubles if days == NOW_DAYS else rubles * 2 // 3),
                stated_source=source,
            )
            for source in sources
            for days in (NOW_DAYS, BEFORE_DAYS)
        ]
        import_deals(work, deals)
        set_status(work, "paid", "won")
        for days in (NOW_DAYS, BEFORE_DAYS):
            on = (NOW - timedelta(days=days)).date()
            costs = [Cost(on, source, rubles * 20 - days * 1_000_000, 56_789) for source in sources]
            import_costs(work, CostAccount("direct", "main"), {on}, costs)
    for source in sources:
        visit = stage_of_host.visit(player, NOW - timedelta(days=4), source)
        stage_of_host.call(player, NOW - timedelta(days=4), visit_id=visit.id)
    return player


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("width", [1280, 1366])
def test_the_path_of_a_client_is_not_cut_off(
    host: ServerProcess, stage_of_host: Stage, browser: Browser, width: int, language: str
) -> None:
    player = stage_of_host.open_site(contact_matching=True)
    source = TrafficSource("yandex", "cpc", "okna_poisk_moskva")
    landing = "https://okna.example/okna?utm_source=yandex&utm_medium=cpc&utm_campaign=okna_poisk_moskva&yclid=12345"
    starts = [NOW - timedelta(days=days) for days in range(6, 1, -1)]
    visits = [stage_of_host.visit(player, at, source, landing_url=landing) for at in starts]
    call = stage_of_host.call(player, NOW - timedelta(days=1), visit_id=visits[-1].id)
    clue = LeadClue(CallIdentity(call.id, None))
    (outcome,) = stage_of_host.perform(register_deals, player, registration("path", happened_at=NOW, clue=clue))
    owner = member_of(host, stage_of_host, player.site.id, language=language)
    browser.emulate(width=width, language=language)
    browser.keep_cookie("session", owner.secret, host.url)
    browser.open(f"{host.url}/cabinet/{player.site.id}/deals/{outcome.deal_id}")
    assert browser.run("document.querySelectorAll('.scroll tbody th small a').length") == 5
    assert [box for box in browser.run(WIDTHS) if box[0] > box[1]] == []


SEEN = """(() => {
  const words = ['ДРР', 'Cost share of income'];
  const heads = [...document.querySelectorAll('thead th a')];
  const head = heads.find((each) => words.includes(each.textContent)).closest('th');
  const box = head.closest('.scroll');
  const rows = [...box.querySelectorAll('tr')];
  const cell = (row) => [...row.cells].find((each) => {
    const [own, wanted] = [each.getBoundingClientRect(), head.getBoundingClientRect()];
    return Math.abs(own.left - wanted.left) < 1 && Math.abs(own.right - wanted.right) < 1;
  });
  const isOnTop = (each) => {
    each.scrollIntoView({ block: 'center', inline: 'nearest' });
    const { left, right, top, bottom } = each.getBoundingClientRect();
    const at = [[left + 2, (top + bottom) / 2], [right - 2, (top + bottom) / 2]];
    return at.every(([x, y]) => each.contains(document.elementFromPoint(x, y)));
  };
  const shares = rows.map(cell);
  const edge = box.getBoundingClientRect().right;
  const isSeen = shares.every((each) => each.getBoundingClientRect().right <= edge + 0.5 && isOnTop(each));
  const scrolled = box.scrollLeft;
  box.scrollLeft = box.scrollWidth;
  const last = rows.map((row) => row.cells[row.cells.length - 1]);
  const isReachable = last.every((each) => each.getBoundingClientRect().right <= edge + 0.5);
  return { rows: rows.length, isSeen, scrolled, isReachable, focusable: box.tabIndex === 0 };
})()"""
"""Whether the cells of the cost share are in the window of the table, and whether one can scroll to the last column."""


def open_overview(
    browser: Browser, host: ServerProcess, owner: Guest, shop: Player, *, width: int, language: str
) -> None:
    browser.emulate(width=width)
    browser.keep_cookie("session", owner.secret, host.url)
    browser.keep_cookie("language", language, host.url)
    browser.open(f"{host.url}/cabinet/{shop.site.id}/?period=28d&compare=previous")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_cost_share_is_seen_at_1366_pixels_and_the_rest_can_be_reached(
    host: ServerProcess, stage_of_host: Stage, shop: Player, browser: Browser, language: str
) -> None:
    owner = member_of(host, stage_of_host, shop.site.id, language=language)
    open_overview(browser, host, owner, shop, width=1366, language=language)
    found = browser.run(SEEN)
    assert found.pop("rows") > 4, "else nothing is tried"
    assert found == {"isSeen": True, "scrolled": 0, "isReachable": True, "focusable": True}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_all_columns_of_the_sources_are_seen_at_1280_pixels(
    host: ServerProcess, stage_of_host: Stage, shop: Player, browser: Browser, language: str
) -> None:
    owner = member_of(host, stage_of_host, shop.site.id, language=language)
    open_overview(browser, host, owner, shop, width=1280, language=language)
    ((wanted, given),) = browser.run(WIDTHS)
    assert wanted <= given


@pytest.mark.parametrize("language", ["ru", "en"])
def test_all_columns_of_the_sites_are_seen_at_1280_pixels_and_a_phone_scrolls_only_the_table(
    host: ServerProcess, stage_of_host: Stage, shops: list[Player], browser: Browser, language: str
) -> None:
    owner = logged_in(host, stage_of_host.database, {each.site.id: Role.OWNER for each in shops})
    browser.keep_cookie("session", owner.secret, host.url)
    browser.keep_cookie("language", language, host.url)
    for width in (1280, 360):
        browser.emulate(width=width)
        browser.open(f"{host.url}/cabinet/")
        ((wanted, given),) = browser.run(WIDTHS)
        assert wanted <= given or width == 360
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        browser.run(AXE)
        assert browser.run(RUN_AXE) == []
    assert browser.complaints == []
