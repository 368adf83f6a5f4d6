"""Pages, files and shared links sort rows by what their readers see of contacts, not by the contacts themselves."""

import html
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import registration

pytestmark = on_one_engine
MANAGERS = ["aa@z.ru", "ab@b.ru", "ac@m.ru"]
SEEN = ["a•••@b.ru", "a•••@m.ru", "a•••@z.ru"]
ASKED = {"by": "manager", "metrics": "deals", "period": "28d"}
SORTS = [{}, {"sort": "manager"}]


@pytest.fixture
def site(served: Stage) -> Player:
    player, at = served.open_site(), datetime.now(UTC) - timedelta(days=2)
    deals = [registration(f"{player.site.id} {name}", happened_at=at, manager=name) for name in MANAGERS]
    served.perform(register_deals, player, *deals)
    return player


@pytest.fixture
def boss(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id)


@pytest.fixture
def reader(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.READER)


def rows_in(page: httpx.Response) -> list[str]:
    """Return the contacts in the rows of a page or a CSV file, in the order in which they are shown."""
    text = html.unescape(page.content.decode("utf-8-sig"))
    return list(dict.fromkeys(re.findall(r"a[a-c•]+@[bmz]\.ru", text[max(text.find("<tbody"), 0) :])))


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("place", ["reports", "reports.csv"])
def test_rows_are_sorted_by_what_the_person_sees(boss: Guest, reader: Guest, place: str, sort: dict[str, str]) -> None:
    assert rows_in(boss.get(place, **ASKED, **sort)) == MANAGERS
    assert rows_in(reader.get(place, **ASKED, **sort)) == SEEN


@pytest.mark.parametrize("sort", SORTS)
def test_rows_of_a_shared_link_are_sorted_by_what_visitors_see(
    server: ServerProcess, boss: Guest, sort: dict[str, str]
) -> None:
    query = "&".join(f"{name}={value}" for name, value in {**ASKED, **sort}.items())
    page = boss.post("settings/shared", name="For the agency", query=query, days="30")
    found = re.search(r'<pre id="secret">([^<]+)</pre>', page.text)
    assert found is not None
    assert rows_in(Guest(server).follow(html.unescape(found[1]))) == SEEN
