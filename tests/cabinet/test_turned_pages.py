"""Every list of several pages leads to its next and its previous page, which the keys `n` and `p` follow."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import dealtrace.cabinet
from cast import Player, Stage, moscow
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from guests import Guest, member_of
from server import ServerProcess
from stored import journal
from write_commands import registration

TEMPLATES = Path(dealtrace.cabinet.__file__).parent / "templates"
MARCH = {"from": "2018-03-01", "to": "2018-03-31"}
FIRST_AT = moscow("2018-03-26", "12:00:00")
ROWS = 120
"""Three pages of deals or leads."""
REQUESTS = 230
"""Three pages of requests."""


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with deals, some without an amount and many at the same time, and with leads, visits and requests."""
    player = served.open_site()
    amounts = [None if place % 2 else Decimal(place * 37 % 60) for place in range(ROWS)]
    deals = [
        registration(f"D-{place:03}", happened_at=FIRST_AT + timedelta(minutes=place // 4), amount_rub=amount)
        for place, amount in enumerate(amounts)
    ]
    served.perform(register_deals, player, *deals)
    for place in range(ROWS):
        at = FIRST_AT + timedelta(minutes=place // 4)
        visit = served.visit(player, at, TrafficSource("yandex", "cpc"), visitor=f"v{place}")
        served.call(player, at, visit_id=visit.id)
    journal(served.database, [request(player, number) for number in range(REQUESTS)])
    return player


def request(player: Player, number: int) -> ApiRequest:
    """Return a request of a site; four were answered at the same time."""
    at = datetime(2018, 3, 26, 9, tzinfo=UTC) + timedelta(minutes=number // 4)
    return ApiRequest(
        player.site.id, at, f"t{number:05}", player.token_id, "GET", f"/path-{number:03}", {}, 200, None, None, None,
        timedelta(milliseconds=12),
    )  # fmt: skip


@pytest.fixture
def boss(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, site.site.id)


def link_of(page: str, rel: str) -> str:
    """Return the URL of the next or previous page, or an empty string if there is none."""
    found = re.findall(f'<a [^>]*rel="{rel}" href="([^"]*)"', page)
    assert len(found) < 2
    return html.unescape(found[0]) if found else ""


def rows_of(page: str) -> str:
    (rows,) = re.findall("<tbody>.*</tbody>", page, re.DOTALL)
    return str(rows)


@pytest.mark.parametrize(
    ("place", "query"),
    [
        *(("deals", {**MARCH, "sort": sort}) for sort in ("", "date", "amount", "-amount")),
        ("leads", MARCH),
        ("leads", {**MARCH, "tab": "visits"}),
        ("requests", {"path": "path"}),
    ],
    ids=str,
)
def test_pages_are_turned_forwards_and_back(boss: Guest, place: str, query: dict[str, str]) -> None:
    pages = [boss.get(place, **query).text]
    assert link_of(pages[0], "prev") == ""
    while following := link_of(pages[-1], "next"):
        pages.append(boss.follow(following).text)
    assert len(pages) == 3
    assert len({rows_of(page) for page in pages}) == 3
    page = pages[-1]
    for earlier in pages[-2::-1]:
        page = boss.follow(link_of(page, "prev")).text
        assert rows_of(page) == rows_of(earlier)
    assert link_of(page, "prev") == ""


def test_each_template_that_leads_on_leads_back_too() -> None:
    texts = {str(path): path.read_text() for path in TEMPLATES.rglob("*.html")}
    onward, back = ({name for name, text in texts.items() if f'rel="{rel}"' in text} for rel in ("next", "prev"))
    assert onward == back
    assert onward
