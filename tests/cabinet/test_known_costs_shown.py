"""Pages and files with costs say through which day they are known, which days lack them, and what that does."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from cast import Player, Stage, zone_at_noon
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.formats import day
from dealtrace.errors import Language
from dealtrace.operations.reports.import_costs import import_costs
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess, http_client

pytestmark = on_one_engine
ZONE = zone_at_noon()
TODAY = site_day(datetime.now(UTC), ZONE)
COMPARED = {"period": "7d", "compare": "previous"}
WHOLE_DAYS = ", but costs are counted for whole days"


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with costs of one account up to yesterday, and of another up to three days ago."""
    player = served.open_site(time_zone=ZONE)
    served.ids.ensure(20)
    for name, ago in (("main", 1), ("other", 3)):
        days = [TODAY - timedelta(days=each) for each in range(ago, 30)]
        costs = [Cost(each, TrafficSource("yandex", "cpc", name), 100_00) for each in days]
        with served.database.write() as connection:
            import_costs(served.work(connection, player), CostAccount("yandex", name), set(days), costs)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Give an analyst of the site, in English."""
    return member_of(server, served, site.site.id, Role.ANALYST)


def shown(ago: int, language: Language = "en") -> str:
    return day(language, TODAY - timedelta(days=ago)).replace("\u00a0", " ")


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", text_of(page).replace("\u00a0", " "))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", COMPARED),
        ("reports", COMPARED | {"by": "source", "metrics": "deals,roi"}),
        ("reports", COMPARED | {"by": "source", "metrics": "cpl", "model": "all"}),
        ("reports", COMPARED | {"by": "source", "pivot": "medium", "metrics": "cost"}),
        ("reports", COMPARED | {"by": "source,medium", "metrics": "cost", "tree": "yes"}),
    ],
)
def test_pages_with_costs_say_through_which_day_they_are_known(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, path: str, query: dict[str, str]
) -> None:
    page = analyst.get(path, **query).text
    note = (
        f"Costs are known through {shown(3)} (behind: yandex other). Days whose costs are not all known yet: "
        f"{shown(2)} – {shown(0)}. The compared period counts costs of all its days, so figures with costs now look "
        "better than they are. Import costs"
    )
    assert note in plain(page)
    assert f'href="/cabinet/{site.site.id}/costs#import">Import costs' in html.unescape(page)
    assert WHOLE_DAYS in plain(page)
    russian = plain(member_of(server, served, site.site.id, Role.READER, language="ru").get(path, **query).text)
    assert f"Расходы известны по {shown(3, 'ru')} (отстают: yandex other)." in russian
    assert "а расходы учтены целыми днями" in russian
    assert "Загрузить расходы" not in russian, "a reader may not"


@pytest.mark.parametrize(
    "query",
    [
        COMPARED | {"by": "source", "metrics": "deals"},
        {
            "by": "source",
            "metrics": "cost",
            "from": f"{TODAY - timedelta(days=9)}",
            "to": f"{TODAY - timedelta(days=3)}",
        },
        {
            "by": "source",
            "metrics": "cost",
            "from": f"{TODAY + timedelta(days=2)}",
            "to": f"{TODAY + timedelta(days=9)}",
        },
    ],
)
def test_reports_without_costs_or_of_known_or_future_days_say_nothing(analyst: Guest, query: dict[str, str]) -> None:
    page = plain(analyst.get("reports", **query).text)
    assert "Costs are known" not in page
    assert WHOLE_DAYS not in page


def test_files_of_reports_with_costs_say_it_too(analyst: Guest) -> None:
    until: date = TODAY - timedelta(days=3)
    for query in ({"by": "source", "metrics": "cost"}, {"by": "source", "pivot": "medium", "metrics": "cost"}):
        assert f"Costs are known through {day('en', until)}. Days" in analyst.get("reports.csv", **query).text
    assert "Costs are known" not in analyst.get("reports.csv", by="source", metrics="deals").text


def test_a_shared_link_says_it_without_the_names_of_accounts(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    owner = member_of(server, served, site.site.id, Role.OWNER)
    made = owner.post("settings/shared", name="Costs", query="by=source&metrics=cost&period=7d", days="30").text
    found = re.search(r'<pre id="secret">([^<]+)</pre>', made)
    assert found is not None
    with http_client() as http:
        page = plain(http.get(html.unescape(found[1]), headers={"accept-language": "en"}).text)
    assert f"Costs are known through {shown(3)}. Days whose costs are not all known yet" in page
    assert "behind" not in page
    assert "Import costs" not in page
