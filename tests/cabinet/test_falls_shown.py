"""Sharp falls stand among the current problems of the overview, with a cure and a link to the report of what fell."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from cast import NO_ID, Player, Stage, zone_at_noon
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.cabinet.formats import day_span
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import Language
from dealtrace.leads.call import IncomingCall
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.set_status import set_status
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import utc_now

pytestmark = on_one_engine
YANDEX = TrafficSource("yandex", "cpc")
DAYS = 9 * 7
USUAL = {"deals": 16, "sourced": 12, "visits": 0, "leads": 0}
CURES = {
    "match_rate": "See why deals have no lead, and check the contacts that the CRM sends.",
    "deals": "See which sources lost the most deals, and check that the CRM sends all of them.",
    "leads": "See which sources lost the most leads, and check the PBX and the forms of the site.",
    "visits": "See which sources lost the most visits, and check the ads and the counter.",
}


def fill(
    stage: Stage,
    player: Player,
    *,
    last_week: Mapping[str, int],
    yesterday: Mapping[str, int],
    statuses: Sequence[str] = ("",),
    **usual: int,
) -> None:
    """Store deals, some of which state a source, calls and visits of nine whole weeks up to yesterday.

    The deals of a day have the statuses in turn, and amounts of 100 rubles if they have a status.
    """
    zone, today = player.site.time_zone, site_day(utc_now(), player.site.time_zone)
    deals: list[IncomingDeal] = []
    calls: list[IncomingCall] = []
    for number in range(1, DAYS + 1):
        counts = {**USUAL, **usual, **(last_week if number <= 7 else {}), **(yesterday if number == 1 else {})}
        began = day_start(today - timedelta(days=number), zone) + timedelta(hours=1)
        moments = [began + timedelta(minutes=place) for place in range(max(counts.values()))]
        deals += [
            IncomingDeal(
                None,
                f"{number} {place}",
                (status := statuses[place % len(statuses)]),
                Decimal(100) if status else None,
                at,
                stated_source=YANDEX if place < counts["sourced"] else None,
            )
            for place, at in enumerate(moments[: counts["deals"]])
        ]
        calls += [
            IncomingCall(at, timedelta(minutes=1), f"7920{number:03}{place:04}")
            for place, at in enumerate(moments[: counts["leads"]])
        ]
        visits = [Visit(NO_ID, f"v{place}", at, YANDEX) for place, at in enumerate(moments[: counts["visits"]])]
        if visits:
            stage.visits(player, *visits)
    stage.ids.ensure(10 * len(deals))
    with stage.database.write() as connection:
        import_deals(stage.work(connection, player), deals)
    stage.calls(player, *calls)


def falls_shown_to(guest: Guest) -> list[str]:
    """Return what the overview says of falls, in order; a period that has none of their days changes nothing."""
    first, other = (text_of(guest.get("", period=period).text).replace("\u00a0", " ") for period in ("28d", "today"))
    said, again = (
        re.findall(r"([A-Z][a-z ]+: a sharp fall\. [^.]*: [\d.]+(?: %)?, usually [\d.]+(?: %)?)\.", words)
        for words in (first, other)
    )
    assert said == again
    return said


@pytest.mark.parametrize(
    ("usual", "last_week", "yesterday", "expected"),
    [
        (
            {},
            {"sourced": 4},
            {},
            {"match_rate": "Share of deals with a lead or source: a sharp fall. {week}: 25.0 %, usually 75.0 %"},
        ),
        ({"visits": 12}, {"visits": 4}, {}, {"visits": "Visits: a sharp fall. {week}: 28, usually 84"}),
        ({"leads": 6}, {"leads": 1}, {}, {"leads": "Leads: a sharp fall. {week}: 7, usually 42"}),
        ({"leads": 2}, {"deals": 6, "sourced": 5}, {}, {"deals": "Deals: a sharp fall. {week}: 42, usually 112"}),
        ({}, {}, {"deals": 2, "sourced": 2}, {"deals": "Deals: a sharp fall. {day}: 2, usually 16"}),
        ({"deals": 2, "sourced": 2}, {"sourced": 0}, {"deals": 1}, {}),
        ({"visits": 3}, {}, {"visits": 0}, {}),
    ],
    ids=["match rate", "visits", "leads", "deals", "yesterday", "too few deals", "a quiet day"],
)
def test_a_sharp_fall_is_stated_with_the_report_that_shows_it(
    server: ServerProcess,
    served: Stage,
    usual: dict[str, int],
    last_week: dict[str, int],
    yesterday: dict[str, int],
    expected: dict[str, str],
) -> None:
    player = served.open_site(time_zone=zone_at_noon())
    fill(served, player, last_week=last_week, yesterday=yesterday, **usual)
    reader = member_of(server, served, player.site.id, Role.READER)
    day_on = site_day(utc_now(), player.site.time_zone) - timedelta(days=1)
    days = {"week": day_span("en", day_on - timedelta(days=6), day_on), "day": day_span("en", day_on, day_on)}
    said = [words.format(**days).replace("\u00a0", " ") for words in expected.values()]
    assert falls_shown_to(reader) == said
    page = reader.get("").text
    for metric, cure in CURES.items():
        links = re.findall(rf'<a href="([^"]+)">{re.escape(cure)}</a>', page)
        assert len(links) == (metric in expected)
        for link in links:
            report = reader.follow(html.unescape(link))
            assert report.status_code == 200
            assert "aria-sort" in report.text, "what fell most comes first"
    neighbour = member_of(server, served, served.open_site().site.id, Role.READER)
    assert falls_shown_to(neighbour) == []


@pytest.mark.parametrize(
    ("language", "said", "cure"),
    [
        (
            "en",
            [
                "Sharp falls on the same days, {week}: Deals 35, usually 112; Leads 7, usually 42.",
                "Deals missing compared with the usual number: 77.",
                "Won amount fell to 2 100 ₽ (was 5 600 ₽).",
                "Deals of these days that are still open: 14, 1 400 ₽.",
            ],
            CURES["leads"],
        ),
        (
            "ru",
            [
                "Резкие падения в одни и те же дни, {week}: Сделки 35, обычно 112; Лиды 7, обычно 42.",
                "Сделок меньше обычного на 77.",
                "Выручка: снижение до 2 100 ₽ (было 5 600 ₽).",
                "Сделки этих дней, которые ещё открыты: 14, 1 400 ₽.",
            ],
            "Посмотрите, какие источники потеряли больше всего лидов, и проверьте АТС и формы сайта.",
        ),
    ],
)
def test_falls_of_the_same_days_are_one_line_with_the_deals_and_the_income_lost(
    server: ServerProcess, served: Stage, language: Language, said: list[str], cure: str
) -> None:
    player = served.open_site(time_zone=zone_at_noon())
    last_week = {"deals": 5, "sourced": 4, "leads": 1}
    fill(served, player, last_week=last_week, yesterday={}, statuses=("paid", "talks"), leads=6)
    served.ids.ensure(10)
    with served.database.write() as connection:
        set_status(served.work(connection, player), "paid", "won")
    reader = member_of(server, served, player.site.id, Role.READER, language=language)
    page = reader.get("").text
    day_on = site_day(utc_now(), player.site.time_zone) - timedelta(days=1)
    words = " ".join(said).format(week=day_span(language, day_on - timedelta(days=6), day_on))
    shown = re.sub("[\u00a0\u202f]", " ", text_of(page))
    assert f"{words} {cure}".replace("\u00a0", " ") in shown
    (link,) = re.findall(rf'<a href="([^"]+)">{re.escape(cure)}</a>', page)
    asked = parse_qs(urlsplit(html.unescape(link)).query)
    assert asked["metrics"] == ["leads,calls,requests,visits,deals,won_amount"]
    assert asked["from"] == [f"{day_on - timedelta(days=6)}"]
    assert "aria-sort" in reader.follow(html.unescape(link)).text


def test_a_fall_is_stated_in_russian_too(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(time_zone=zone_at_noon())
    fill(served, player, last_week={"deals": 3, "sourced": 3}, yesterday={})
    reader = member_of(server, served, player.site.id, Role.READER, language="ru")
    page = text_of(reader.get("").text).replace("\u00a0", " ")
    assert re.search(r"Сделки: резкое падение\. [^.]*: 21, обычно 112\. Посмотрите, какие источники", page)
