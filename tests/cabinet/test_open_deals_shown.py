"""Where income is shown, pages tell of the deals of the period that are still open, and link to exactly these."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.set_status import set_status
from engines import on_one_engine
from guests import member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
NOW = datetime.now(UTC)
CONTACT = "89205550055"
ASKED = {"by": "service", "metrics": "won_amount,deals", "period": "7d", "compare": "previous"}
UNDER_MODELS = ASKED | {"metrics": "won_amount", "models": "all"}
DEALS = [
    ("won before", 10, "paid", 900),
    ("won", 3, "paid", 500),
    ("lost", 3, CONTACT, 70),
    ("talks", 3, "talks", 40),
    ("no status", 2, "", 5),
    ("open before", 10, "talks", 1000),
]
"""The number, the age in days, the status and the amount of each deal."""


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site whose income fell from 900 to 500, with two open deals of the period, worth 45."""
    player = served.open_site()
    served.ids.ensure(100)
    with served.database.write() as connection:
        work = served.work(connection, player)
        deals = [
            IncomingDeal(
                id=None,
                number=number,
                happened_at=NOW - timedelta(days=days),
                status=status,
                amount_rub=Decimal(rubles),
            )
            for number, days, status, rubles in DEALS
        ]
        import_deals(work, deals)
        set_status(work, "paid", "won")
        set_status(work, CONTACT, "lost")
    return player


def note_of(page: str) -> str:
    """Return the paragraph of a page that tells of open deals, or an empty string."""
    found = [each for each in re.findall(r'<p class="hint">.*?</p>', page) if "still open" in each or "открыты" in each]
    return html.unescape(found[0]).replace("\u00a0", " ") if found else ""


@pytest.mark.parametrize(("path", "query"), [("", ASKED), ("reports", ASKED), ("reports", UNDER_MODELS)])
def test_open_deals_are_reported_where_income_fell(
    server: ServerProcess, served: Stage, site: Player, path: str, query: dict[str, str]
) -> None:
    owner = member_of(server, served, site.site.id)
    note = note_of(owner.get(path, **query).text)
    assert "Won amount fell to 500 ₽ (was 900 ₽)." in note
    assert "Deals of the period that are still open: 2, 45 ₽" in note
    (url,) = re.findall(r'href="([^"]+)"', note)
    rows = text_of(owner.follow(url).text)
    assert rows.partition("Deals: ")[2].startswith("2 ")
    assert [number for number, *_ in DEALS if f" {number} " in rows] == ["talks", "no status"]
    russian = note_of(member_of(server, served, site.site.id, language="ru").get(path, **query).text)
    assert "Выручка: снижение до 500 ₽ (было 900 ₽)." in russian
    assert "Сделки этого периода, которые ещё открыты: 2, 45 ₽" in russian


DAY = (NOW - timedelta(days=3)).date().isoformat()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", {"first": DAY, "last": DAY}),
        ("reports", ASKED | {"period": "28d"}),
        ("reports", ASKED | {"compare": ""}),
        ("reports", ASKED | {"compare": "", "metrics": "roi,deals"}),
    ],
    ids=["the overview, income grew", "income grew", "no comparison", "a ratio of income"],
)
def test_open_deals_are_reported_where_income_did_not_fall(
    server: ServerProcess, served: Stage, site: Player, path: str, query: dict[str, str]
) -> None:
    for language, starts in (("en", "Deals of the period that are still open: "), ("ru", "Сделки этого периода, ")):
        note = note_of(member_of(server, served, site.site.id, language=language).get(path, **query).text)
        assert re.fullmatch(r'<p class="hint"><a href="[^"]+">([^<]+)</a>\.</p>', note), note
        assert f">{starts}" in note


@pytest.mark.parametrize(
    "other", [{"metrics": "deals,amount"}, {"filter": "status:is:paid"}], ids=["no income", "no open deals"]
)
def test_nothing_is_said_without_income_or_open_deals(
    server: ServerProcess, served: Stage, site: Player, other: dict[str, str]
) -> None:
    owner = member_of(server, served, site.site.id)
    assert note_of(owner.get("reports", **ASKED | other).text) == ""


def test_readers_get_no_link_that_would_show_them_a_contact(server: ServerProcess, served: Stage, site: Player) -> None:
    reader = member_of(server, served, site.site.id, Role.READER)
    for path in ("", "reports"):
        note = note_of(reader.get(path, **ASKED).text)
        assert "still open: 2, 45 ₽" in note
        assert "href" not in note
