"""Pages and templates are small: a phone in the underground loads them, and a person reads them at once."""

import gzip
import json
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

import dealtrace.cabinet
from cast import NO_ID, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.cabinet.deals.history import VERSIONS_SHOWN
from dealtrace.leads.call import IncomingCall
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.journals.client_timeline import SHOWN_MAX as CLIENT_MAX
from engines import on_one_engine
from examples import drawn
from guests import member_of
from server import ServerProcess
from write_commands import by_contact, change, registration

FOLDER = Path(dealtrace.cabinet.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
LINES_MAX = 80
COMPRESSED_MAX = 40 * 1024
STYLES_MAX = 16 * 1024
SCRIPTS_COMPRESSED_MAX = 20 * 1024
LINES_OF_CHARTS_MAX = 400
PART = "0.03"
PHONE = "79205550055"
METRICS = "visits,leads,deals,won,amount,cost,drr"
OPEN = "yandex/cpc,yandex/cpc/okna_poisk,yandex/cpc/okna_poisk/montazh"
LARGE = (
    "?period=year&compare=year",
    f"reports?period=year&by=source,medium,campaign&metrics={METRICS}&compare=year",
    f"reports?period=year&by=source,campaign,term&metrics={METRICS}&compare=previous",
    f"reports?period=year&metrics={METRICS}&compare=year&tree=yes&open={OPEN}",
    "reports?period=year&by=campaign&pivot=day&metrics=deals",
    "reports?period=year&by=source,medium,campaign&models=all&metrics=deals",
    "reports?period=year&by=day&metrics=deals,amount&compare=previous",
    "reports/rows?period=year&metrics=deals",
    "reports/rows?period=year&metrics=leads",
    "deals?period=year&sort=-amount",
    "leads?period=year",
)
"""Pages with as many rows, columns and words as they have."""
VERSIONS = 2 * VERSIONS_SHOWN
"""More versions of a deal than a page shows."""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(FOLDER / "templates").as_posix())
def test_a_template_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < LINES_MAX


def test_styles_and_scripts_are_small() -> None:
    assert sum(path.stat().st_size for path in (FOLDER / "static").glob("*.css")) <= STYLES_MAX
    scripts = [path.read_bytes() for path in (FOLDER / "static").glob("*.js")]
    assert len(scripts) > 1
    assert sum(len(gzip.compress(script)) for script in scripts) <= SCRIPTS_COMPRESSED_MAX


def test_the_charts_are_few_lines() -> None:
    lines = [line for path in (FOLDER / "charts").rglob("*.py") for line in path.read_text().splitlines()]
    assert 0 < len(lines) <= LINES_OF_CHARTS_MAX


@on_one_engine
def test_pages_of_a_year_are_small(server: ServerProcess, served: Stage) -> None:
    made = server.command("demo", "--part", PART, "--json")
    assert made.returncode == 0, made.stderr
    number = json.loads(made.stdout)["siteId"]
    owner = member_of(server, served, number)
    for page in drawn(LARGE):
        answer = owner.follow(f"/cabinet/{number}/{page}")
        assert answer.status_code == 200
        assert 0 < len(gzip.compress(answer.content)) <= COMPRESSED_MAX, page


@on_one_engine
def test_the_card_of_a_deal_and_the_page_of_its_client_are_small_however_much_happened(
    server: ServerProcess, served: Stage
) -> None:
    player, chance, now = served.open_site(contact_matching=True), Random(2), datetime.now(UTC)

    def words(count: int) -> str:
        return " ".join(urlsafe_b64encode(chance.randbytes(6)).decode() for _ in range(count))

    numbers = range(CLIENT_MAX + 10)
    at = [now - timedelta(minutes=number) for number in numbers]
    visits = served.visits(player, *(Visit(NO_ID, "browser", each, TrafficSource(words(1), "cpc")) for each in at))
    served.call(player, now, phone=PHONE, visit_id=visits[0].id, client_name="Иван")
    served.calls(player, *(IncomingCall(each, timedelta(seconds=60), PHONE) for each in at[1:]))
    clue = by_contact(PHONE)
    deals = [registration(f"{number}-{words(1)}", happened_at=now, status=words(1), clue=clue) for number in numbers]
    deal_id = served.perform(register_deals, player, *deals)[0].deal_id
    for _ in range(4):
        changes = (
            change(deal_id, status=words(2), comment=words(4), manager=words(2), amount_rub=Decimal(chance.random()))
            for _ in range(VERSIONS // 4)
        )
        served.perform(change_deals, player, *changes)
    owner = member_of(server, served, player.site.id)
    card = owner.get(f"deals/{deal_id}")
    assert card.text.count('name="version"') == VERSIONS_SHOWN
    assert 0 < len(gzip.compress(card.content)) <= COMPRESSED_MAX
    of_client = re.search(rf"/cabinet/{player.site.id}/(people/\d+)", card.text)
    assert of_client is not None
    person = owner.get(of_client[1])
    assert person.status_code == 200
    assert 0 < len(gzip.compress(person.content)) <= COMPRESSED_MAX


@pytest.mark.parametrize(
    "asked",
    [
        "by=landing_page,day&metrics=visits",
        "by=landing_page&metrics=visits,leads,deals,amount,cost&compare=previous",
        "by=landing_page&metrics=visits&pivot=source",
    ],
)
@on_one_engine
def test_a_report_with_long_keys_shows_the_rows_that_fit_and_files_have_all(
    server: ServerProcess, served: Stage, asked: str
) -> None:
    player = served.open_site()
    chance, now = Random(1), datetime.now(UTC)
    names = [f"{urlsafe_b64encode(chance.randbytes(30)).decode()}/{number}" for number in range(1_200)]
    source = TrafficSource("yandex", "cpc")
    urls = [f"https://shop.example/{name}" for name in names]
    served.visits(
        player, *(Visit(NO_ID, name, now, source, landing_url=url) for name, url in zip(names, urls, strict=True))
    )
    owner = member_of(server, served, player.site.id)
    page = owner.get(f"reports?period=28d&{asked}&limit=10000")
    assert page.status_code == 200
    assert 15 * 1024 < len(gzip.compress(page.content)) <= COMPRESSED_MAX
    shown = sum(name in page.text for name in names)
    assert 50 < shown < len(names)
    assert f"room for the first {shown} rows" in page.text
    assert "Show more rows" not in page.text
    file = owner.get(f"reports.csv?period=28d&{asked}&limit=10000").text
    assert sum(name in file for name in names) == len(names)
