"""Ten questions of a marketer about the demo, answered in a browser by clicking from the overview alone.

Each answer is compared with what the database holds, read without the pages and without the column mirror.
docs/cabinet.md lists the questions for people.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Connection, select

from browser import Browser
from cast import MOSCOW, Stage, wait_for_a_day_that_lasts
from commands import CommandLine, Terminal
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.cabinet.deals.labels import NOBODY_FOUND, UNSEARCHED, VERDICTS
from dealtrace.cabinet.formats import day_span, metric_value
from dealtrace.demo.company import UNSEEN, WON
from dealtrace.demo.rhythm import DAY, WEEK, make_calendar
from dealtrace.leads.missed_calls import MISSED_DAYS
from dealtrace.matching.match_reason import verdict_of
from dealtrace.operations.overview.find_missing_data import list_metric_gaps
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.operations.reports.read_question import read_question
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.match_reasons import find_match_reasons
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call, lead_request
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from engines import CopySqlite
from guests import member_of
from server import ServerProcess
from walker import Walker, Way

CLICKS_MAX = 5
"""The most clicks that an answer may take; a choice in a list counts as a click."""
PART = "0.2"
"""The part of the demo that is made; the mishaps of its year show in it."""
DAYS = 28
SITE = 1
MARKETER = Way("mouse", 1280, "light", "en", "with scripts", Role.ANALYST)
REPORT = "[aria-label=Report]"
FIRST_INTERACTION = "First interaction"
READ_TABLE = """(table => ({
  headings: [...table.tHead.rows[0].cells].map(each => each.innerText.split('\\n')[0].replace(/[▼▲]/g, '').trim()),
  rows: [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => {
    const plain = cell.cloneNode(true)
    plain.querySelectorAll('small, svg, .mark').forEach(part => part.remove())
    return [plain.textContent.trim(), cell.querySelector('.before')?.textContent ?? '']}))}))"""
TABLE_BELOW = """(heading => { let below = heading.nextElementSibling
    while (below.matches('.hint')) below = below.nextElementSibling
    return below })([...document.querySelectorAll('h2')].find(each => each.innerText === %s))"""

Cells = Mapping[str, tuple[str, str]]
"""The cells of a row by heading, each with its text and that of the compared period."""


@dataclass(frozen=True)
class Office:
    """The server of a company with a year of the demo, and the 28 whole days that are asked about."""

    server: ServerProcess
    database: Database
    site: Site
    token: str
    secret: str
    period: Period

    def ask(self, by: str, metrics: str, **more: Any) -> dict[tuple[str | None, ...], list[tuple[Any, Any]]]:
        """Ask the engine, without the mirror: the figures of each row, each with that of the period before."""
        dates = {"first": self.period.first_on.isoformat(), "last": self.period.last_on.isoformat()}
        raw, now = RawQuestion(by=by, metrics=metrics, compare="previous", **dates, **more), datetime.now(UTC)
        with self.database.read() as connection:
            question = read_question(connection, self.site, raw, now, rows_max=None)
            report = ask(stored_facts(connection, self.site), self.site, question, now)
        (model,) = report.total.values
        return {
            row.keys: list(zip(row.values[model], row.compared[model] if row.compared else (), strict=True))
            for row in report.rows
        }

    def within(self) -> tuple[datetime, datetime]:
        """Return the start and the end of the period."""
        return day_start(self.period.first_on, MOSCOW), day_end(self.period.last_on, MOSCOW)


class Marketer(Walker):
    """A person who clicks from the overview on, and counts the clicks."""

    clicks = 0

    def follow(self, element: str) -> None:
        """Click an element that leads to another page."""
        self._mark(element)
        self.go("[data-next]")

    def choose(self, name: str, words: str) -> None:
        """Choose from the first list of this name."""
        self.clicks += 1
        field = f"document.querySelector('main select[name={name}]')"
        option = f"[...{field}.options].find(each => each.text === {json.dumps(words)})"
        self.browser.run(f"{field}.value = {option}.value")

    def link(self, words: str, within: str = "document") -> str:
        """Return the script that finds a link or a button by its words."""
        links = f"[...{within}.querySelectorAll('a, button')]"
        return f"{links}.find(each => each.innerText.trim() === {json.dumps(words)})"

    def link_that_begins(self, words: str) -> str:
        """Return the script that finds a link whose text begins with these words, before a number for example."""
        return f"[...document.querySelectorAll('a')].find(each => each.innerText.startsWith({json.dumps(words)}))"

    def rows(self, table: str = f"document.querySelector('{REPORT} table')") -> list[Cells]:
        """Read a table as a person does: the cells of each row under their headings."""
        read = self.browser.run(f"{READ_TABLE}({table})")
        return [
            {heading: (cell[0], cell[1]) for heading, cell in zip(read["headings"], row, strict=True)}
            for row in read["rows"]
        ]

    def rows_below(self, heading: str) -> list[Cells]:
        """Read the table below a heading."""
        return self.rows(f"{TABLE_BELOW % json.dumps(heading)}.querySelector('table')")

    def open_deal(self, number: str) -> None:
        """Search for a deal by its number, and open its card."""
        self.follow("document.querySelector('.top nav a[href*=\"/deals\"]')")
        self.browser.run(f"document.querySelector('[name=q]').value = {json.dumps(number)}")
        self.follow("document.querySelector('main form button')")
        self.follow(self.link(number))

    def _mark(self, element: str) -> None:
        self.clicks += 1
        self.browser.run("document.querySelectorAll('[data-next]').forEach(each => delete each.dataset.next)")
        self.browser.run(f"({element}).dataset.next = ''")


@pytest.fixture(scope="module")
def office(
    copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory, command_line: CommandLine
) -> Iterator[Office]:
    """Make a demo whose year ends today, and run its server."""
    folder = tmp_path_factory.mktemp("office")
    copy_sqlite(folder / "dealtrace.db")
    url = f"sqlite:///{folder}/dealtrace.db"
    wait_for_a_day_that_lasts(MOSCOW)
    last_on = site_day(datetime.now(UTC), MOSCOW)
    token = Terminal(command_line, url, folder).json("demo", "--part", PART)["clientApiId"]
    server, database = ServerProcess(url, folder, is_fork=True), open_database(url)
    with database.read() as connection:
        site = find_site(connection, SITE)
    assert site is not None
    secret = member_of(server, Stage(database), SiteId(SITE), Role.ANALYST).secret
    yield Office(server, database, site, token, secret, Period(last_on - DAYS * DAY, last_on - DAY))
    server.close()
    database.close()


@pytest.fixture
def marketer(office: Office, browser: Browser) -> Iterator[Marketer]:
    """Give a marketer who looks at the overview of the period; in the end, they have not clicked too often."""
    browser.keep_cookie("session", office.secret, office.server.url)
    browser.keep_cookie("language", "en", office.server.url)
    person = Marketer(browser, office.server.url, MARKETER)
    first_on, last_on = office.period.first_on, office.period.last_on
    person.open(f"/cabinet/{SITE}/?from={first_on}&to={last_on}&compare=previous")
    yield person
    assert person.clicks <= CLICKS_MAX


def number(text: str) -> int:
    """Return the number in a text such as `1 234 ₽`."""
    return int(re.sub(r"\D", "", text) or 0)


def test_which_source_lost_most_deals_against_the_period_before(marketer: Marketer, office: Office) -> None:
    heading = "document.querySelector('main h2 ~ .scroll thead a[aria-label=\"Deals: change\"]')"
    marketer.follow(heading)
    first = marketer.rows()[0]
    stored = {keys: before - now for keys, ((now, before),) in office.ask("source,medium", "deals").items()}
    answer = (first["Source"][0], first["Medium"][0])
    assert stored[answer] == number(first["Deals"][1]) - number(first["Deals"][0]) == max(stored.values()) > 0


def test_why_a_deal_has_no_source(marketer: Marketer, office: Office) -> None:
    table = f"{TABLE_BELOW % json.dumps('Unmatched deals by reason')}.querySelector('tbody')"
    marketer.follow(f"{table}.querySelector('td.value a')")
    marketer.follow("document.querySelector('main tbody a')")
    deal_id = int(marketer.path.rpartition("/")[2])
    with office.database.read() as connection:
        reason = find_match_reasons(connection, SITE, [deal_id], contact_matching=True)[deal_id]
    assert "no source" in marketer.text
    assert "Why there is no lead" in marketer.text
    verdict = verdict_of(reason, contact_matching=True)
    sentences = (UNSEARCHED.get(reason, NOBODY_FOUND), VERDICTS[verdict])
    assert any(sentence in marketer.text for sentence in sentences)


def test_what_a_lead_from_direct_costs(marketer: Marketer, office: Office) -> None:
    (answer,) = [
        row["Cost per lead (CPL)"][0]
        for row in marketer.rows_below("Sources by money")
        if (row["Source"][0], row["Medium"][0]) == ("yandex", "cpc")
    ]
    cost, leads = (now for now, _ in office.ask("source,medium", "cost,leads")["yandex", "cpc"])
    assert answer == metric_value("en", METRICS["cpl"], Fraction(cost) / leads)


def test_whom_to_ring_back(marketer: Marketer, office: Office) -> None:
    marketer.follow(marketer.link_that_begins("Missed calls to return: "))
    rows = marketer.rows("document.querySelector('main table')")
    answer = [digits[0] for row in rows if (digits := re.match("[0-9]+", row["Contacts"][0]))]
    with office.database.read() as connection:
        stored = missed_calls(connection, office.within()[1] - timedelta(days=MISSED_DAYS), office.within()[1])
    assert stored
    assert answer == stored[:50]


def missed_calls(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Return the phones of missed calls whose clients have not called since, the latest call first."""
    latest = {
        row.client_id: row
        for row in connection.execute(
            select(call)
            .where(call.c.site_id == SITE, call.c.deleted_at.is_(None))
            .order_by(call.c.started_at, call.c.id)
        )
    }
    missed = [row for row in latest.values() if row.is_successful is False and since <= row.started_at < until]
    return [row.phone for row in sorted(missed, key=lambda row: (row.started_at, row.id), reverse=True)]


def test_by_which_way_a_client_came(marketer: Marketer, office: Office) -> None:
    with office.database.read() as connection:
        deal_number, stored = longest_way(connection, *office.within())
    assert len(stored) > 1
    marketer.open_deal(deal_number)
    assert sorted(row["Source"][0] for row in marketer.rows_below("The client’s path")) == sorted(stored)


def longest_way(connection: Connection, since: datetime, until: datetime) -> tuple[str, list[str]]:
    """Return the number of the deal of a period whose client had made most visits, and the sources of these visits."""
    its_request = (deal.c.lead_id == lead_request.c.id) & (deal.c.lead_kind == "lead_request")
    pairs = connection.execute(
        select(deal.c.number, visit.c.visitor_id, lead_request.c.requested_at)
        .select_from(deal.join(lead_request, its_request).join(visit, visit.c.id == lead_request.c.visit_id))
        .where(deal.c.site_id == SITE, deal.c.happened_at >= since, deal.c.happened_at < until)
    ).all()
    ways = {}
    for deal_number, visitor_id, requested_at in pairs:
        theirs = select(traffic_source).join(visit, visit.c.traffic_source_id == traffic_source.c.id).where(
            visit.c.visitor_id == visitor_id,
            visit.c.started_at <= requested_at,
            visit.c.started_at > requested_at - timedelta(days=90),
        )  # fmt: skip
        ways[deal_number] = [
            " / ".join(part for part in (row.source, row.medium, row.campaign) if part)
            for row in connection.execute(theirs)
        ]
    return max(ways.items(), key=lambda way: len(way[1]))


def test_which_week_was_broken(marketer: Marketer, office: Office) -> None:
    broken_on = make_calendar(office.period.last_on + DAY, MOSCOW).broken_on
    now = datetime.now(UTC)
    with office.database.read() as connection:
        gaps = list_metric_gaps(stored_facts(connection, office.site), office.site, office.period, now)
    (gap,) = [gap for metric, gap in gaps if metric.name == "calls" and gap.first_on <= broken_on <= gap.last_on]
    assert broken_on + WEEK - DAY <= gap.last_on
    days = day_span("en", gap.first_on, gap.last_on)
    assert re.search(rf"{re.escape(days)}[^.]*\bno calls|[Nn]o calls[^.]*{re.escape(days)}", marketer.text), days


def test_which_campaign_of_direct_spent_money_without_deals(marketer: Marketer, office: Office) -> None:
    marketer.follow(
        "[...document.querySelectorAll('main li')].find(each => each.innerText.includes("
        f"{json.dumps(UNSEEN.campaign)})).querySelector('a')"
    )
    answer = {row["Campaign"][0] for row in marketer.rows() if number(row["Cost"][0]) and not number(row["Deals"][0])}
    today = replace(office, period=Period(office.period.first_on + DAY, office.period.last_on + DAY))
    stored = today.ask("campaign", "cost,deals", filters=("source:is:yandex",))
    assert answer == {keys[0] for keys, ((cost, _), (deals, _)) in stored.items() if cost and not deals}
    assert UNSEEN.campaign in answer


def test_what_another_model_would_give(marketer: Marketer, office: Office) -> None:
    before = amount_of_direct(marketer)
    marketer.choose("model", FIRST_INTERACTION)
    marketer.follow(marketer.link("Show", "document.querySelector('main')"))
    answer = amount_of_direct(marketer)
    keys = ("(direct)", "(none)")
    for amount, model in ((before, ""), (answer, "2")):
        ((stored, _),) = office.ask("source,medium", "amount", model=model)[keys]
        assert amount == metric_value("en", METRICS["amount"], stored)


def amount_of_direct(marketer: Marketer) -> str:
    """Return the sum of deals that visits without a source are credited with."""
    rows = marketer.rows_below("Sources by money")
    (amount,) = [row["Amount"][0] for row in rows if row["Source"][0] == "(direct)"]
    return amount


def test_which_keyword_of_direct_brings_most_leads(marketer: Marketer, office: Office) -> None:
    yandex = f"[...document.querySelectorAll('{REPORT} tbody a')].find(each => each.innerText.trim() === 'yandex')"
    marketer.follow(yandex)
    marketer.follow(marketer.link("Keyword", "document.querySelector('#report .chips')"))
    marketer.follow(marketer.link("Leads", f"document.querySelector('{REPORT} thead')"))
    named = [row for row in marketer.rows() if not row["Keyword"][0].startswith("(")]
    by_keyword = office.ask("term", "leads", filters=("source:is:yandex",))
    stored = {keys[0]: leads for keys, ((leads, _),) in by_keyword.items() if keys[0]}
    assert stored[named[0]["Keyword"][0]] == max(stored.values()) == number(named[0]["Leads"][0])


def test_who_changed_the_status_of_a_deal(marketer: Marketer, office: Office) -> None:
    with office.database.read() as connection:
        since, until = office.within()
        mine = (deal.c.site_id == SITE, deal.c.happened_at >= since, deal.c.happened_at < until, deal.c.status != WON)
        changed = connection.execute(select(deal.c.id, deal.c.number, deal.c.status).where(*mine).limit(1)).one()
    assert office.server.update(office.token, orderId=changed.id, status=WON).status_code == 200
    marketer.open_deal(changed.number)
    latest = marketer.browser.run("document.querySelector('main .checklist li').innerText")
    assert "by token " in latest
    assert f"Status: {changed.status} → {WON}" in re.sub(r"\s+", " ", latest)
