"""Forecasts list the deals that would change, and rules that no site can store are tried on a page of their own."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cast import MOSCOW, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.what_if.changed_deals import FLIPS_LISTED
from dealtrace.cabinet.what_if.forecast import ROWS_MAX
from dealtrace.cabinet.what_if.rules import FIELDS
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.what_if.trial import KEYS
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from stored import rows_of

pytestmark = on_one_engine
NOW = datetime.now(UTC)
PHONE = "79205550055"
FLIP = re.compile(r'<tr><th scope="row"><a href="/cabinet/\d+/deals/(\d+)"><bdi>([^<]*)</bdi></a></th>')


@pytest.fixture
def owner(served: Stage) -> Player:
    """Give a site of its own to each test."""
    return served.open_site(time_zone=MOSCOW, contact_matching=True)


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def sell(server: ServerProcess, player: Player, number: str, at: datetime = NOW - timedelta(hours=1)) -> str:
    """Register a deal of the phone through the API, and return its id."""
    sold = at.astimezone(player.site.time_zone)
    made = server.register(
        player.token, orderNumber=number, orderDate=f"{sold:%d.%m.%Y %H:%M:%S}", phoneNumber=PHONE, orderSum="1500"
    )
    assert made.status_code == 200, made.text
    return str(made.json()["orderId"])


def listed_in(page: str) -> list[tuple[str, str]]:
    """List the ids and numbers of the deals that a forecast lists."""
    return [(found[0], html.unescape(found[1])) for found in FLIP.findall(page)]


def ring(served: Stage, player: Player) -> int:
    """Store a call from a source two hours ago, and return its id."""
    visit = served.visit(player, NOW - timedelta(hours=3), TrafficSource("vk", "cpc"))
    return int(served.call(player, NOW - timedelta(hours=2), phone=PHONE, visit_id=visit.id).id)


def test_the_form_has_each_rule_that_can_be_tried(boss: Guest) -> None:
    assert set(FIELDS) | {"attribution"} == set(KEYS)
    page = boss.get("settings/try").text
    assert set(FIELDS) <= set(re.findall(r'name="([a-z_]+)"', page))
    assert "is saved" not in page, "nothing is shown before something is tried"


def test_a_shorter_window_lists_the_deals_that_would_lose_their_lead_and_stores_nothing(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    call = ring(served, owner)
    deal_id = sell(server, owner, "A-1")
    stored = rows_of(served.database, owner)
    tried = boss.get("settings/try", threshold="60")
    assert tried.status_code == 200
    assert listed_in(tried.text) == [(deal_id, "A-1")]
    said = text_of(tried.text)
    assert f"Call {call} → no lead vk / cpc → (no source) 1 500 ₽" in said
    assert "Deals with another lead or source, earliest first: 1 to 1 of 1" in said
    assert "nothing is saved" in said
    assert "Save" not in said
    assert "The new rules apply to new deals at once" not in said, "no site can have this rule"
    assert 'name="threshold" type="text" value="60"' in tried.text
    russian = member_of(server, served, owner.site.id, language="ru").get("settings/try", threshold="60")
    assert f"Звонок {call} → без лида" in text_of(russian.text)
    assert listed_in(boss.get("settings/try", threshold="7200").text) == []
    assert rows_of(served.database, owner) == stored


def test_the_other_order_and_the_matching_of_a_site_are_tried_together(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(time_zone=MOSCOW, contact_matching=False)
    boss = member_of(server, served, player.site.id)
    ring(served, player)
    request = served.lead_request(player, NOW - timedelta(hours=2), phone=PHONE)
    deal_id = sell(server, player, "B-1")
    alone = boss.get("settings/try", order="requests,calls")
    assert listed_in(alone.text) == []
    assert "Matching by phone and e-mail is off for this site" in text_of(alone.text)
    both = boss.get("settings/try", order="requests,calls", contact_matching="on")
    assert listed_in(both.text) == [(deal_id, "B-1")]
    assert f"no lead → Lead request {request.id}" in text_of(both.text)
    assert "Matching by phone and e-mail is off for this site" not in text_of(both.text)


def test_a_setting_that_is_tried_before_it_is_saved_lists_its_deals_too(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(time_zone=MOSCOW, contact_matching=False)
    boss = member_of(server, served, player.site.id)
    call = ring(served, player)
    deal_id = sell(server, player, "<i>C</i>")
    tried = boss.send("settings/site", contact_matching="on", act="try")
    assert listed_in(tried.text) == [(deal_id, "<i>C</i>")]
    assert f"no lead → Call {call} (no source) → vk / cpc" in text_of(tried.text)


def test_all_deals_that_would_change_are_paged_and_in_a_file(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    ring(served, owner)
    many = FLIPS_LISTED + 1
    for number in range(many):
        sell(server, owner, f"{number:03}", NOW - timedelta(minutes=100 - number))
    tried = boss.get("settings/try", threshold="0").text
    assert [number for _, number in listed_in(tried)] == [f"{number:03}" for number in range(FLIPS_LISTED)]
    assert f"earliest first: 1 to {FLIPS_LISTED} of {many}" in text_of(tried)
    last = boss.follow(link_of(tried, 'rel="next"')).text
    assert [number for _, number in listed_in(last)] == [f"{FLIPS_LISTED:03}"]
    assert f"earliest first: {many} to {many} of {many}" in text_of(last)
    assert listed_in(boss.follow(link_of(last, 'rel="prev"')).text) == listed_in(tried)
    assert 'rel="next"' not in last
    for page in ("3", "0", "x"):
        assert boss.get("settings/try", threshold="0", page=page).status_code == 400
    rows = rows_of_csv(boss.follow(file_in(tried, "csv")))
    assert [row["Number"] for row in rows] == [f'="{number:03}"' for number in range(many)]
    assert (rows[0]["Lead after"], rows[0]["Source now"], rows[0]["Source after"]) == (
        "no lead",
        "vk / cpc",
        "(no source)",
    )
    assert boss.follow(file_in(tried, "xlsx")).content[:2] == b"PK"


def link_of(page: str, mark: str) -> str:
    """Return the URL of the link of a page whose tag has a mark."""
    found = re.search(rf'<a [^>]*{mark}[^>]*href="([^"]+)"', page)
    assert found is not None, page
    return html.unescape(found[1])


def file_in(page: str, extension: str) -> str:
    """Return the URL of the file of all flips that a page links to."""
    found = re.search(rf'href="([^"]+/settings/try/flips\.{extension}\?[^"]+)"', page)
    assert found is not None, page
    return html.unescape(found[1])


def rows_of_csv(answer: httpx.Response) -> list[dict[str, str]]:
    """Return the rows of a CSV file in English."""
    assert answer.headers["content-type"] == "text/csv;charset=UTF-8", answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_other_days_can_be_chosen_within_a_year(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    at = NOW - timedelta(days=60)
    visit = served.visit(owner, at, TrafficSource("vk", "cpc"))
    served.call(owner, at, phone=PHONE, visit_id=visit.id)
    sold = sell(server, owner, "old", at + timedelta(minutes=30))
    assert listed_in(boss.get("settings/try", threshold="60").text) == []
    first = f"{(at - timedelta(days=2)):%Y-%m-%d}"
    chosen = {"from": first, "to": f"{NOW:%Y-%m-%d}"}
    tried = boss.get("settings/try", threshold="60", **chosen).text
    assert listed_in(tried) == [(sold, "old")]
    assert f'name="from" value="{first}"' in tried
    assert [row["Number"] for row in rows_of_csv(boss.follow(file_in(tried, "csv")))] == ["old"]
    assert listed_in(boss.get("settings/try", threshold="60", period="90d").text) == [(sold, "old")]
    for wrong, words in (({"from": "2000-01-01", "to": "2026-01-01"}, "366"), ({"from": "x"}, "First day")):
        for place in ("settings/try", "settings/try/flips.csv"):
            refused = boss.get(place, threshold="60", **wrong)
            assert (refused.status_code, words in text_of(refused.text)) == (400, True)


def test_a_setting_is_tried_on_the_days_that_the_form_chooses(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(time_zone=MOSCOW, contact_matching=False)
    boss = member_of(server, served, player.site.id)
    at = NOW - timedelta(days=60)
    served.call(player, at, phone=PHONE)
    sold = sell(server, player, "old", at + timedelta(minutes=30))
    assert listed_in(boss.send("settings/site", contact_matching="on", act="try").text) == []
    tried = boss.send("settings/site", contact_matching="on", act="try", tried_days="90").text
    assert listed_in(tried) == [(sold, "old")]
    assert '<option value="90" selected>' in tried
    again = boss.follow(html.unescape(re.findall(r'href="([^"]+/settings/try\?[^"]+)"', tried)[0])).text
    assert listed_in(again) == [(sold, "old")], "the page that tries rules has the same rules and days"


def test_deals_beyond_those_that_a_page_tries_are_in_the_file(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    served.ids.ensure(ROWS_MAX)
    at = NOW - timedelta(days=3)
    deals = [IncomingDeal(None, f"early {number}", "", None, at) for number in range(ROWS_MAX)]
    with served.database.write() as connection:
        import_deals(served.work(connection, owner), deals)
    ring(served, owner)
    sold = sell(server, owner, "last")
    tried = boss.get("settings/try", threshold="60").text
    assert listed_in(tried) == []
    said = text_of(tried).replace("\N{NO-BREAK SPACE}", " ")
    assert f"This page checks only the earliest 10 000 of the {ROWS_MAX + 1:,} deals".replace(",", " ") in said
    assert [row["Deal ID"] for row in rows_of_csv(boss.follow(file_in(tried, "csv")))] == [sold]


@pytest.mark.parametrize(
    ("field", "value"),
    [("threshold", "-1"), ("order", "calls"), ("model", "9"), ("search", "find.example"), ("no_host", "no.example")],
)
def test_an_invalid_rule_is_refused_beside_its_field(boss: Guest, field: str, value: str) -> None:
    answer = boss.get("settings/try", **{field: value})
    assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)
    assert field in ("order", "model") or f'value="{value}"' in answer.text, "what was typed is kept"
