"""Forecasts list the deals that would change, and rules that no site can store are tried on a page of their own."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import MOSCOW, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.what_if.flips import FLIPS_LISTED
from dealtrace.cabinet.what_if.rules import FIELDS
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
    assert "Deals with another lead or source, earliest first: 1 of 1" in said
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
    assert "does not match by phone or e-mail" in text_of(alone.text)
    both = boss.get("settings/try", order="requests,calls", contact_matching="on")
    assert listed_in(both.text) == [(deal_id, "B-1")]
    assert f"no lead → Lead request {request.id}" in text_of(both.text)
    assert "does not match by phone or e-mail" not in text_of(both.text)


def test_a_setting_that_is_tried_before_it_is_saved_lists_its_deals_too(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(time_zone=MOSCOW, contact_matching=False)
    boss = member_of(server, served, player.site.id)
    call = ring(served, player)
    deal_id = sell(server, player, "<i>C</i>")
    tried = boss.send("settings/site", contact_matching="on", act="try")
    assert listed_in(tried.text) == [(deal_id, "<i>C</i>")]
    assert f"no lead → Call {call} (no source) → vk / cpc" in text_of(tried.text)


def test_a_list_that_is_too_long_says_how_many_deals_there_are(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    ring(served, owner)
    many = FLIPS_LISTED + 1
    for number in range(many):
        sell(server, owner, f"{number:03}", NOW - timedelta(minutes=100 - number))
    tried = boss.get("settings/try", threshold="0").text
    assert [number for _, number in listed_in(tried)] == [f"{number:03}" for number in range(FLIPS_LISTED)]
    assert f"earliest first: {FLIPS_LISTED} of {many}" in text_of(tried)


@pytest.mark.parametrize(
    ("field", "value"),
    [("threshold", "-1"), ("order", "calls"), ("model", "9"), ("search", "find.example"), ("no_host", "no.example")],
)
def test_an_invalid_rule_is_refused_beside_its_field(boss: Guest, field: str, value: str) -> None:
    answer = boss.get("settings/try", **{field: value})
    assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)
    assert field in ("order", "model") or f'value="{value}"' in answer.text, "what was typed is kept"
