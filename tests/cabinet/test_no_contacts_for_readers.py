"""A site in which everything that can be named has a phone and an e-mail, and who must see neither."""

import html
import io
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import httpx
import pytest

from cast import Player, Stage
from contact_signs import EMAIL, PHONE, SPELLINGS, contacts_in
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.manage_columns import add_column
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.dimensions import DIMENSIONS
from examples import drawn, in_turn
from guests import Guest, member_of, text_of
from server import ServerProcess, http_client
from write_commands import by_contact, registration

NAME = f"note {PHONE} {EMAIL}"
IDS = ("61234567", "6123456789", "13764825109")
"""Ids of campaigns and ads, as long as phones, which must stay readable."""
PAGES_MAX = 400
CLIENT_PHONE = "79205550055"
CONTACT = "ab•••"
SHAPES = ("", "&models=all", "&pivot=month", "&compare=previous")
COSTS = "Дата;Источник;Канал;Кампания;Объявление;Ключ;Расход\n"


@pytest.fixture(scope="module")
def site(stage_of_host: Stage) -> Player:
    """Give a site with deals, leads and visits of sources with contacts, and of sources with ids."""
    player, now = stage_of_host.open_site(contact_matching=True, fields=[NAME], name="Shop"), datetime.now(UTC)
    named = [f"{number} {spelling} {EMAIL}" for number, spelling in enumerate(SPELLINGS)]
    for number, words in enumerate([*named, *IDS]):
        at, phone = now - timedelta(days=2, hours=number), f"7920555{number:04}"
        source = TrafficSource(*(f"{part} {words}" for part in SOURCE_PARTS))
        visit = stage_of_host.visit(player, at - timedelta(minutes=9), source, visitor=f"v{number}")
        said = Annotations(custom_values={NAME: words}, manager=words, tags=(words,))
        stage_of_host.lead_request(
            player, at, visit_id=visit.id, phone=phone, form_name=words, annotations=said, client_name=words
        )
        deal = registration(
            words, clue=by_contact(phone), happened_at=at + timedelta(minutes=5), amount_rub=Decimal(1500),
            status=words, comment=words, manager=words, tags=(words,), custom_values={NAME: words}, service=words,
        )  # fmt: skip
        stage_of_host.perform(register_deals, player, deal)
    return player


@pytest.fixture(scope="module")
def owner(host: ServerProcess, stage_of_host: Stage, site: Player) -> Guest:
    """Log an owner in who names everything after a contact."""
    owner = member_of(host, stage_of_host, site.site.id)
    by_source = f"filter=source:contains:{SPELLINGS[1]}&filter=manager:not:{EMAIL}"
    forms = (
        ("reports/segments", {"name": NAME, "whose": "site", "query": by_source}),
        ("reports/segments", {"name": f"note 8 (912) 555-77-99 {EMAIL}", "whose": "site", "query": by_source}),
        ("reports/saved", {"name": NAME, "whose": "site", "query": f"by=source&metrics=deals&{by_source}"}),
        ("reports/saved", {"name": f"{NAME} 2", "whose": "site", "query": f"metrics=deals&segment={quoted(NAME)}"}),
        (
            "reports/saved",
            {"name": f"{NAME} 3", "whose": "site", "query": f"by=source&metrics=column:{quoted(NAME)},deals"},
        ),
        ("notes", {"day": datetime.now(UTC).date().isoformat(), "text": NAME}),
        (
            "settings/mail-reports",
            {"title": NAME, "question": "metrics=deals", "rhythm": "daily", "hour": "9", "recipients": "b@example.com"},
        ),
    )
    stage_of_host.ids.ensure(10)
    with stage_of_host.database.write() as connection:
        work = stage_of_host.work(connection, site)
        for name in (NAME, f"{NAME} 2"):
            add_column(work, ReportColumn(name, ColumnKind.FORMULA, formula=parse_formula("2 * deals")))
        set_status(work, f"0 {PHONE} {EMAIL}", "won")
    for place, fields in forms:
        answer = owner.send(place, **fields)
        assert answer.status_code == httpx.codes.SEE_OTHER, (place, text_of(answer.text)[:1500])
    return owner


def quoted(words: str) -> str:
    return str(httpx.QueryParams({"": words}))[1:]


@pytest.fixture(scope="module")
def reader(host: ServerProcess, stage_of_host: Stage, site: Player, owner: Guest) -> Guest:
    return member_of(host, stage_of_host, site.site.id, Role.READER)


def links_of(page: str) -> Iterator[str]:
    for link in re.findall(r'(?:href|action|src)="([^"]+)"', page):
        yield html.unescape(link)


def asked_by(url: str) -> set[tuple[str, ...]]:
    """Return what a URL asks of its path: its parameters, and each dimension, metric and segment that it names.

    A URL of the walk that asks nothing new is not opened.
    """
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    named = [name for name in ("by", "pivot", "metrics", "segment", "models") if name in query]
    words = {(path, name, word) for name in named for word in query[name][0].split(",")}
    return {(path,), *((path, name) for name in query), *words}


def text_of_answer(answer: httpx.Response) -> str:
    if "spreadsheet" not in answer.headers.get("content-type", ""):
        return answer.content.decode("utf-8-sig")
    with ZipFile(io.BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def test_a_reader_who_follows_every_link_finds_no_contact(reader: Guest) -> None:
    root = f"/cabinet/{reader.site_id}/"
    waiting, seen = deque([root, "/cabinet/"]), set[tuple[str, ...]]()
    kinds: dict[str, int] = {}
    opened = 0
    while waiting:
        url = waiting.popleft()
        if asked_by(url) <= seen:
            continue
        seen |= asked_by(url)
        opened += 1
        assert opened < PAGES_MAX, url
        answer = reader.http.get(url)
        assert answer.status_code in (httpx.codes.OK, httpx.codes.FORBIDDEN, httpx.codes.SEE_OTHER), url
        assert contacts_in(text_of_answer(answer)) == [], url
        kinds[urlsplit(url).path.removeprefix(root)] = 1
        if "html" in answer.headers.get("content-type", ""):
            waiting += [link for link in links_of(answer.text) if link.startswith(root)]
    expected = {
        "", "reports", "reports/rows", "reports.csv", "reports.xlsx", "reports/rows.csv", "reports/rows.xlsx",
        "reports/saved", "reports/segments", "notes", "settings/mail-reports",
    }  # fmt: skip
    assert expected <= set(kinds)


@pytest.mark.parametrize("shape", SHAPES)
def test_reports_by_everything_have_ids_and_no_contacts(reader: Guest, shape: str) -> None:
    asked = [by for by in DIMENSIONS if by not in shape and (by != "hour" or "pivot" not in shape)]
    pairs = [asked[place : place + 2] for place in range(0, len(asked), 2)]
    for dimensions, extension in drawn(product([*pairs, [f"field:{quoted(NAME)}"]], ("", ".csv", ".xlsx"))):
        by = ",".join(dimensions)
        answer = reader.http.get(f"/cabinet/{reader.site_id}/reports{extension}?by={by}&metrics=leads{shape}")
        assert answer.status_code == httpx.codes.OK, (by, shape, answer.text)
        text = text_of_answer(answer)
        if by.startswith("field:"):  # the reader's own address names the field
            text = text.replace(html.escape(NAME), "").replace(quoted(NAME), "")
        assert contacts_in(text) == [], (by, shape)
        for part in {*SOURCE_PARTS}.intersection(dimensions):
            assert all(f"{part} {number}" in text for number in IDS), (by, shape)
            assert CONTACT[2:] in text


def test_rows_have_ids_and_no_contacts(reader: Guest) -> None:
    for metric in ("deals", "leads", "visits"):
        for place in ("reports/rows", "reports/rows.csv", "reports/rows.xlsx"):
            text = text_of_answer(reader.get(place, metrics=metric))
            assert contacts_in(text) == []
            assert all(f"campaign {number}" in text for number in IDS)
            assert metric != "deals" or IDS[0] in text


def test_masked_segments_and_columns_can_be_asked_and_saved(reader: Guest, owner: Guest) -> None:
    page = reader.get("reports").text
    shown = re.findall(r'<option value="(note [^"]+)"', page)
    assert len(shown) == len(set(shown)) == 2
    column = re.findall(r'name="metrics" value="(column:[^"]+)"', page)
    assert len(column) == 2
    answer = reader.get("reports", segment=shown[0], metrics=f"{column[0]},deals", by="campaign", sort=column[0])
    assert answer.status_code == httpx.codes.OK
    assert "campaign 1 " in answer.text
    assert "campaign 61234567" not in answer.text
    query = f"by=campaign&metrics={quoted(column[0])}&segment={quoted(shown[0])}"
    assert reader.send("reports/saved", name="Mine", whose="own", query=query).status_code == httpx.codes.SEE_OTHER
    copied = reader.send("reports/segments", name="Mine", whose="own", query=query)
    assert "only analysts and owners may search for a phone or an e-mail" in copied.text
    assert contacts_in(copied.text) == []
    (link,) = re.findall(r'<a href="([^"]+)">Mine</a>', reader.get("reports/saved").text)
    assert contacts_in(link) == []
    assert reader.http.get(html.unescape(link)).status_code == httpx.codes.OK


def test_saved_reports_with_contacts_in_filters_have_no_link_for_readers(reader: Guest, owner: Guest) -> None:
    for guest, linked in ((reader, 2), (owner, 3)):
        links = re.findall(r'<a href="([^"]+)">note ', guest.get("reports/saved").text)
        nav = guest.get("reports").text.partition('aria-label="Saved reports"')[2].partition("</nav>")[0]
        chips = re.findall(r'<a class="chip" href="([^"]+)"[^>]*>note ', nav)
        assert sorted(links) == sorted(chips)
        assert len(links) == linked
        assert nav.count("note ") == 3
        assert all(guest.http.get(html.unescape(link)).status_code == httpx.codes.OK for link in links)


QUESTIONS = [
    f"by=field:{quoted(NAME)}&metrics=leads",
    f"by=source&metrics=column:{quoted(NAME)}",
    f"by=campaign&metrics=leads&segment={quoted(NAME)}",
]


@pytest.mark.parametrize(("by", "shape"), in_turn(SOURCE_PARTS, SHAPES))
def test_a_visitor_of_a_shared_report_by_source_finds_no_contact(owner: Guest, by: str, shape: str) -> None:
    assert_is_shared_without_contacts(owner, f"by={by}&metrics=leads{shape}")


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_visitor_of_a_shared_link_finds_no_contact(owner: Guest, query: str) -> None:
    assert_is_shared_without_contacts(owner, query)


def assert_is_shared_without_contacts(owner: Guest, query: str) -> None:
    """Share a report, and check that its visitors see its name and no contact."""
    page = owner.post("settings/shared", name=NAME, query=query, days="30").text
    found = re.search(r'<pre id="secret">([^<]+)</pre>', page)
    assert found is not None, page
    with http_client() as http:
        answer = http.get(html.unescape(found[1]), headers={"accept-language": "en"})
    assert answer.status_code == httpx.codes.OK
    assert contacts_in(answer.text) == []
    assert "<h1>note 7912••• a•••@example.com</h1>" in answer.text
