"""Where figures fell on days without calls, pages say so beside the figures, and link to these days."""

import html
import re
from datetime import timedelta

import pytest

from cast import Player, Stage, zone_at_noon
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.cabinet.formats import day_span
from dealtrace.leads.call import IncomingCall
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import by_contact, register, utc_now

pytestmark = on_one_engine
ZONE = zone_at_noon()
TODAY = site_day(utc_now(), ZONE)
BROKEN = [TODAY - timedelta(days=number) for number in range(7, 0, -1)]
"""The last seven finished days, on which no call came."""
ASKED = {"from": BROKEN[0].isoformat(), "to": BROKEN[-1].isoformat(), "compare": "previous"}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with twelve calls on each day of nine weeks, but for the last."""
    player = served.open_site(time_zone=ZONE, contact_matching=True)
    days = [TODAY - timedelta(days=number) for number in range(8, 64)]
    calls = [
        IncomingCall(day_start(day, ZONE) + timedelta(hours=place), timedelta(minutes=1), f"7920{place:07}")
        for day in days
        for place in range(12)
    ]
    served.calls(player, *calls)
    return player


def notes_of(guest: Guest, path: str, **query: str) -> list[str]:
    page = guest.get(path, **query).text
    found = re.findall(r'<p class="hint">((?:Fell|[^<]*[Сс]низились).*?)</p>', page)
    return [html.unescape(each).replace("\u00a0", " ") for each in found]


@pytest.mark.parametrize(
    ("language", "fell", "missing"),
    [
        ("en", "Fell on days for which data is missing: ", "There were no calls on {} (usually 12 a day)."),
        ("ru", "Снизились в дни, за которые не хватает данных: ", "{} не было звонков (обычно 12 в день)."),
    ],
)
@pytest.mark.parametrize("path", ["", "reports"])
def test_a_fall_names_the_days_without_calls(
    server: ServerProcess, served: Stage, site: Player, path: str, language: str, fell: str, missing: str
) -> None:
    reader = member_of(server, served, site.site.id, Role.READER, language=language)
    query = ASKED if not path else ASKED | {"by": "source", "metrics": "leads,amount"}
    (note,) = notes_of(reader, path, **query)
    span = day_span("ru" if language == "ru" else "en", BROKEN[0], BROKEN[-1]).replace("\u00a0", " ")
    assert note.startswith(fell)
    assert missing.format(span) in note
    (url,) = re.findall('href="([^"]+)"', note)
    days = reader.follow(url)
    assert days.status_code == 200
    assert "by=day" in url


def test_a_week_that_fell_is_named_and_nothing_is_said_without_a_fall(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    reader = member_of(server, served, site.site.id, Role.READER)
    weeks = {**ASKED, "from": (BROKEN[0] - timedelta(days=40)).isoformat()}
    assert notes_of(reader, "reports", **weeks, by="week", metrics="leads")
    assert notes_of(reader, "reports", **{**ASKED, "compare": ""}, by="source", metrics="leads") == []
    assert notes_of(reader, "reports", **ASKED, by="source", metrics="amount") == []


def test_a_sharp_fall_names_the_days_without_calls(server: ServerProcess, served: Stage, site: Player) -> None:
    words = text_of(member_of(server, served, site.site.id, Role.READER).get("").text).replace("\u00a0", " ")
    span = day_span("en", BROKEN[0], BROKEN[-1]).replace("\u00a0", " ")
    assert re.search(rf"Leads: a sharp fall\. [^(]*There were no calls on {span} \(usually 12 a day\)\.", words)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "There were no calls on {}, although there usually are: the lead may not have been recorded."),
        ("ru", "{} не было звонков, хотя обычно они есть: лид мог не попасть в Dealtrace."),
    ],
)
def test_a_deal_without_a_lead_names_the_days_without_calls(
    server: ServerProcess, served: Stage, site: Player, language: str, sentence: str
) -> None:
    analyst = member_of(server, served, site.site.id, Role.ANALYST, language=language)
    span = day_span("ru" if language == "ru" else "en", BROKEN[0], BROKEN[-1]).replace("\u00a0", " ")
    pages = []
    for day_on, number in ((BROKEN[3], "gap"), (BROKEN[0] - timedelta(days=20), "whole")):
        at = day_start(day_on, ZONE) + timedelta(hours=12)
        deal = register(served, site, f"{number} {language}", clue=by_contact("79990001122"), happened_at=at)
        pages.append(text_of(analyst.get(f"deals/{deal}").text).replace("\u00a0", " "))
    assert sentence.format(span) in pages[0]
    assert sentence.partition("{}")[2].strip() not in pages[1]
