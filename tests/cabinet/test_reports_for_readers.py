"""Reports as people see them whose role is to see reports without contacts."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from itertools import product
from zipfile import ZipFile

import httpx
import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.deals.register import register_deals
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.facts import Fact
from dealtrace.reports.filters import escaped
from dealtrace.reports.reading.masking import NUMBERED
from engines import on_one_engine
from examples import drawn, in_turn
from guests import Guest, member_of
from server import ServerProcess
from write_commands import by_contact, registration

pytestmark = on_one_engine
PHONE, EMAIL, PLAIN = "79205550055", "anna@example.com", "no contact"
CAMPAIGN = "13764825109"
WEEK = {"period": "28d", "metrics": "leads"}
EACH_ROLE = [Role.READER, Role.ANALYST]
EACH_DIMENSION = ["field:note", "tag", "form", "manager"]
FREE_TEXTS = [
    *(name for name, each in DIMENSIONS.items() if not (each.is_time or each.keys or name in {*NUMBERED, "path"})),
    "field:note",
]
OF_VISITS = ("city", "device", "browser", "os")
EACH_SHAPE = [{}, {"models": "all"}, {"pivot": "month"}]
EXTENSIONS = ["csv", "xlsx"]


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with lead requests whose fields, tags, forms and managers contain contacts, to those who read."""
    return fill(served)


@pytest.fixture
def other_site(served: Stage) -> Player:
    """Give another such site, to a test that adds to it."""
    return fill(served)


def fill(served: Stage) -> Player:
    player, at = served.open_site(fields=["note"]), datetime.now(UTC)
    for campaign, text in ((CAMPAIGN, PHONE), (EMAIL, EMAIL), (CAMPAIGN, PLAIN)):
        visit = served.visit(player, at - timedelta(days=2, hours=1), TrafficSource("yandex", "cpc", campaign))
        said = Annotations(custom_values={"note": text}, manager=text, tags=(text,))
        served.lead_request(player, at - timedelta(days=2), visit_id=visit.id, form_name=text, annotations=said)
    return player


@pytest.fixture(scope="module")
def everywhere(served: Stage) -> Player:
    """Give a site where a phone, an e-mail and a plain text stand in each dimension whose keys are free text."""
    player, at = served.open_site(fields=["note"], contact_matching=True), datetime.now(UTC)
    for number, words in enumerate((PHONE, EMAIL, PLAIN)):
        source = TrafficSource(*(words for _ in SOURCE_PARTS))
        phone, began_at = f"7920444{number:04}", at - timedelta(days=2, hours=number)
        visit = served.visit(
            player,
            began_at - timedelta(minutes=9),
            source,
            **dict.fromkeys(OF_VISITS, words),
            landing_url=f"https://a.example/{words}",
        )
        said = Annotations(custom_values={"note": words}, manager=words, tags=(words,))
        served.lead_request(player, began_at, visit_id=visit.id, phone=phone, form_name=words, annotations=said)
        deal = registration(
            str(number), clue=by_contact(phone), happened_at=began_at + timedelta(minutes=5), status=words,
            manager=words, tags=(words,), custom_values={"note": words}, service=words,
        )  # fmt: skip
        served.perform(register_deals, player, deal)
    return player


@pytest.fixture(scope="module", params=EACH_ROLE)
def member(request: pytest.FixtureRequest, server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log a person of each role in."""
    return member_of(server, served, site.site.id, request.param)


@pytest.fixture
def is_whole(member: Guest, request: pytest.FixtureRequest) -> bool:
    """Give whether the person may see contacts."""
    return request.node.callspec.params["member"] is Role.ANALYST


def holds(text: str) -> tuple[bool, bool]:
    """Return whether a text contains the phone and the e-mail, also as part of a URL."""
    return PHONE in text, EMAIL in text or EMAIL.replace("@", "%40") in text


@pytest.mark.parametrize(("by", "shape"), in_turn(EACH_DIMENSION, EACH_SHAPE))
def test_a_page_has_contacts_only_for_who_may_see_them(
    member: Guest, is_whole: bool, by: str, shape: dict[str, str]
) -> None:
    page = member.get("reports", **WEEK, by=by, **shape).text
    assert holds(page) == (is_whole, is_whole)
    assert ("•••" in page) != is_whole
    assert PLAIN in page
    assert re.search(r'href="[^"]*/reports/rows\?[^"]*key=no\+contact', page)


@pytest.mark.parametrize("member", [Role.READER], indirect=True)
def test_columns_of_a_pivot_are_masked_too(member: Guest) -> None:
    page = member.get("reports", **WEEK, by="month", pivot="field:note").text
    assert holds(page) == (False, False)
    assert PLAIN in page
    assert "•••" in page


@pytest.mark.parametrize(("by", "shape", "extension"), in_turn(EACH_DIMENSION, EACH_SHAPE, EXTENSIONS, rounds=2))
def test_a_file_has_contacts_only_for_who_may_see_them(
    member: Guest, is_whole: bool, by: str, shape: dict[str, str], extension: str
) -> None:
    answer = member.get(f"reports.{extension}", **WEEK, by=by, **shape)
    assert answer.status_code == 200
    text = text_of_file(answer.content, extension)
    assert holds(text) == (is_whole, is_whole)
    assert PLAIN in text


@pytest.mark.parametrize("member", [Role.READER], indirect=True)
def test_columns_of_a_pivot_are_masked_in_files(member: Guest) -> None:
    text = member.get("reports.csv", **WEEK, by="month", pivot="field:note").content.decode("utf-8-sig")
    assert holds(text) == (False, False)
    assert PLAIN in text


def test_rows_have_contacts_only_for_who_may_see_them(member: Guest, is_whole: bool) -> None:
    page = member.get("reports/rows", **WEEK).text
    assert holds(page.partition("<main")[2])[1] == is_whole
    assert ("•••" in page) != is_whole
    for query, shown in (({"by": "campaign", "key": EMAIL}, EMAIL), ({"by": "field:note", "key": PHONE}, PHONE)):
        answer = member.get("reports/rows", **WEEK, **query)
        assert (answer.status_code == 200) == is_whole
        assert (shown in answer.text.partition("<main")[2]) == is_whole
        assert (member.get("reports/rows.csv", **WEEK, **query).status_code == 200) == is_whole
    assert CAMPAIGN in page


FILTERS = [
    *(f"{dimension}:is:{text}" for dimension in EACH_DIMENSION for text in (PHONE, EMAIL)),
    f"field:note:not:{PHONE}",
    f"tag:contains:{PHONE}",
    f"manager:among:{PLAIN}|{EMAIL}|{PHONE}",
    f"campaign:is:{EMAIL}",
]


@pytest.mark.parametrize("text", FILTERS)
def test_active_filters_are_shown_without_contacts_to_who_may_not_see_them(
    member: Guest, is_whole: bool, text: str
) -> None:
    contacts = [contact for contact in (PHONE, EMAIL) if contact in text]
    for place in ("reports", *(["reports/rows"] if is_whole else [])):
        shown = chips_of(member.get(place, **WEEK, filter=text).text)
        assert ("•••" in shown) != is_whole
        assert all((contact in shown) == is_whole for contact in contacts)
        assert "field note" not in shown, "a field is called by its title"
        assert (PLAIN in shown) == (PLAIN in text)


@pytest.mark.parametrize("role", EACH_ROLE)
def test_no_filter_finds_a_contact_for_who_may_not_see_it(
    server: ServerProcess, served: Stage, everywhere: Player, role: Role
) -> None:
    is_whole, member = role is Role.ANALYST, member_of(server, served, everywhere.site.id, role)
    for dimension in drawn(FREE_TEXTS):
        metric = "leads" if DIMENSIONS.get(dimension, DIMENSIONS["tag"]).facts & {Fact.LEADS} else "deals"
        asked = {"by": dimension, "metrics": metric, "period": "28d"}
        shown = keys_of(member.get("reports.csv", **asked))
        for contact, part, beginning in ((PHONE, "920555", "7920"), (EMAIL, "nna", "a")):
            found = keys_of(member.get("reports.csv", **asked, filter=f"{dimension}:contains:{part}"))
            assert bool(found) == is_whole, (dimension, part)
            found = keys_of(member.get("reports.csv", **asked, filter=f"{dimension}:contains:{beginning}"))
            assert found
            assert found <= shown
            places = ("reports", "reports.csv", "reports/rows", "reports/rows.csv", "")
            for operator, place in () if is_whole else drawn(product(("is", "not", "among", "contains"), places)):
                query = {**asked, "metrics": metric, "filter": f"{dimension}:{operator}:{escaped(contact)}"}
                answer = member.get(place, **query)
                assert answer.status_code == 400 or (place == "" and "only analysts" in answer.text), query
        (plain,) = (key for key in shown if PLAIN in key)
        found = keys_of(member.get("reports.csv", **asked, filter=f"{dimension}:is:{escaped(plain)}"))
        assert found == {plain}, "what is shown can still be asked"


def test_a_masked_phone_is_searched_as_it_is_shown(server: ServerProcess, served: Stage) -> None:
    site, at = served.open_site(), datetime.now(UTC) - timedelta(days=2)
    for manager in ("8 (916) 555-89-16", "8 (916) 555-12-34", "8 (495) 555-89-16"):
        served.lead_request(site, at, annotations=Annotations(manager=manager))
    reader = member_of(server, served, site.site.id, Role.READER)

    def count(text: str) -> int:
        answer = reader.get("reports.csv", **WEEK, by="manager", filter=f"manager:contains:{text}")
        return sum("•••" in line for line in answer.text.partition("Manager,")[2].splitlines())

    assert count("8916") == count("89") == 2, "two are shown as 8916•••, whatever is masked"
    assert count("55") == count("5558916") == 0


@pytest.mark.parametrize("place", ["reports/segments", "reports/saved"])
def test_a_reader_saves_no_filter_by_a_contact(server: ServerProcess, served: Stage, place: str) -> None:
    site = fill(served)
    owner, reader = (member_of(server, served, site.site.id, role) for role in (Role.OWNER, Role.READER))
    answer = reader.send(place, name="Mine", whose="own", query=f"metrics=leads&filter=manager:is:{EMAIL}")
    assert "only analysts and owners may search for a phone or an e-mail" in answer.text
    query = "metrics=leads&filter=manager:contains:nna"
    assert reader.send(place, name="Mine", whose="own", query=query).status_code == 303
    asked = {**WEEK, "by": "manager"}
    if place == "reports/segments":
        assert keys_of(reader.get("reports.csv", **asked, segment="Mine")) == set()
        owner.send(place, name="Part", whose="site", query=query)
        owner.send(place, name="Whole", whose="site", query=f"filter=manager:is:{EMAIL}")
        for name in ("Part", "Whole"):
            assert keys_of(reader.get("reports.csv", **asked, segment=name)) == {"a•••@example.com"}
        answer = reader.send(place, name="Copy", whose="own", query="metrics=leads&segment=Whole")
        assert "only analysts and owners" in answer.text


PART = "manager:contains:nna"
SEARCHES_MASKED = "People who may see contacts may find more"
NOBODY, ANNA = set(), {"a•••@example.com"}


@pytest.fixture
def pair(server: ServerProcess, served: Stage) -> tuple[Guest, Guest]:
    """Log an owner and a reader of a site with contacts in."""
    site = fill(served)
    owner, reader = (member_of(server, served, site.site.id, role) for role in (Role.OWNER, Role.READER))
    return owner, reader


def found_by(reader: Guest, **asked: str | list[str]) -> set[str]:
    """Return the managers that a reader's report finds; its page and its file say whether texts are masked."""
    asked = {**WEEK, "by": "manager", **asked}
    answer = reader.get("reports.csv", **asked)
    found, is_noted = keys_of(answer), "Contains," in answer.text
    for place in ("reports", ""):
        assert (SEARCHES_MASKED in reader.get(place, **asked).text) == is_noted, (place, asked)
    assert is_noted == (found == NOBODY), asked
    return found


def test_a_saved_report_of_the_site_shows_readers_what_others_see(pair: tuple[Guest, Guest]) -> None:
    owner, reader = pair
    owner.send("reports/segments", name="With tag", whose="site", query="filter=tag:filled")
    query = f"metrics=leads&by=manager&filter={PART}&segment=With tag&period=28d"
    assert owner.send("reports/saved", name="Anna", whose="site", query=query).status_code == 303
    listed = reader.get("reports/saved").text
    (link,) = re.findall(r'<th scope="row"><a href="([^"]+)">Anna</a></th>', listed)
    page = reader.follow(html.unescape(link)).text
    assert "a•••@example.com" in page
    assert SEARCHES_MASKED not in page + listed
    assert found_by(reader, filter=PART, segment="With tag") == ANNA
    rows = reader.get("reports/rows", **WEEK, filter=[PART, "tag:filled"])
    assert "<h1>Leads: 1</h1>" in rows.text
    assert SEARCHES_MASKED not in rows.text
    assert found_by(reader, filter=PART) == NOBODY, "a part of the report is a filter of their own"
    assert found_by(reader, filter=["manager:contains:nn", "tag:filled"]) == NOBODY
    rows = reader.get("reports/rows", **WEEK, filter=PART)
    assert "<h1>Leads: 0</h1>" in rows.text
    assert SEARCHES_MASKED in rows.text
    workbook = reader.get("reports/rows.xlsx", **WEEK, filter=PART).content
    assert "may find more" in text_of_file(workbook, "xlsx")


def test_no_key_of_a_saved_report_leads_readers_to_less_than_its_row(pair: tuple[Guest, Guest]) -> None:
    owner, reader = pair
    narrowed = {**WEEK, "filter": ["source:among:yandex|google", PART]}
    query = f"metrics=leads&by=source&filter={'&filter='.join(narrowed['filter'])}&period=28d"
    assert owner.send("reports/saved", name="Anna", whose="site", query=query).status_code == 303

    def keys_followed(guest: Guest, by: str) -> list[str]:
        page = guest.get("reports", **narrowed, by=by).text
        (table,) = re.findall(r'aria-label="Report">\s*<table.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[:1]
        assert "yandex" in table
        urls = re.findall(r'<th scope="row"[^>]*><a href="([^"]+)', table)
        return [guest.follow(html.unescape(url)).text for url in urls]

    assert len(keys_followed(owner, "source")) == 1
    (page,) = keys_followed(reader, "device,source")
    assert SEARCHES_MASKED not in page, "all filters of the report are still there"
    assert keys_followed(reader, "source") == []


def test_filters_of_an_analyst_help_nobody_to_guess(pair: tuple[Guest, Guest]) -> None:
    """Each digit and letter more would be found by its count if a reader's filters could be joined with given ones."""
    owner, reader = pair
    owner.send("reports/segments", name="Both", whose="site", query=f"filter={PART}&filter=tag:contains:@")
    assert found_by(reader, segment="Both") == ANNA
    assert found_by(reader, filter=[PART, "tag:contains:@"]) == ANNA, "links to rows write segments out"
    for own in (PART, "manager:contains:na@", "tag:contains:nna"):
        assert found_by(reader, filter=own) == NOBODY
    for own in ("tag:contains:nna", "field:note:contains:nna", "form:contains:920555", "campaign:contains:nna"):
        alone = keys_of(reader.get("reports.csv", **WEEK, by="manager", filter=own))
        joined = keys_of(reader.get("reports.csv", **WEEK, by="manager", segment="Both", filter=own))
        assert (alone, joined) == (NOBODY, ANNA if own.startswith("tag") else NOBODY)


def test_a_copy_of_a_segment_shows_what_its_reader_sees_once_the_original_is_changed(
    pair: tuple[Guest, Guest],
) -> None:
    owner, reader = pair
    owner.send("reports/segments", name="Anna", whose="site", query=f"filter={PART}")
    reader.send("reports/segments", name="Mine", whose="own", query="segment=Anna&filter=tag:filled")
    assert found_by(reader, segment="Mine") == ANNA
    assert SEARCHES_MASKED not in reader.get("reports/segments").text
    owner.send("reports/segments", name="Anna", whose="site", query="filter=manager:filled", overwrite="on")
    assert found_by(reader, segment="Mine") == NOBODY
    assert SEARCHES_MASKED in reader.get("reports/segments").text
    assert SEARCHES_MASKED not in owner.get("reports/segments").text


def test_a_saved_report_that_only_others_can_open_says_so(pair: tuple[Guest, Guest]) -> None:
    owner, reader = pair
    query = f"metrics=leads&by=manager&filter=manager:is:{EMAIL}"
    owner.send("reports/saved", name="Anna", whose="site", query=query)
    said = "Only analysts and owners can open this"
    assert said in reader.get("reports/saved").text
    assert said not in owner.get("reports/saved").text


def keys_of(answer: httpx.Response) -> set[str]:
    """Return the keys of the rows of a report by one dimension, as its CSV file has them."""
    assert answer.status_code == 200, answer.text
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    last_note = max(place for place, row in enumerate(rows) if row[0] in ("Rows", "Adds up"))
    return {row[0].removeprefix('="').removesuffix('"') for row in rows[last_note + 2 :] if row[0] not in ("Total", "")}


def chips_of(page: str) -> str:
    """Return what the filters of a page say, also to screen readers."""
    (listed,) = re.findall(
        r'<ul class="chips" aria-label="(?:Active filters|What is counted)">(.*?)</ul>', page, re.DOTALL
    )
    return " ".join([re.sub("<[^>]+>", " ", listed), *re.findall('aria-label="([^"]+)"', listed)])


@pytest.mark.parametrize("role", EACH_ROLE)
def test_a_segment_of_the_site_gives_its_contacts_only_to_who_may_see_them(
    server: ServerProcess, served: Stage, other_site: Player, role: Role
) -> None:
    is_whole = role is Role.ANALYST
    owner, member = (member_of(server, served, other_site.site.id, each) for each in (Role.OWNER, role))
    owner.send("reports/segments", name="Anna", whose="site", query=f"filter=manager:is:{EMAIL}&filter=tag:not:{PHONE}")
    member.send("reports/segments", name="Anna", whose="own", query=f"filter=manager:is:{PLAIN}")
    assert holds(member.get("reports/segments").text) == (is_whole, is_whole)
    for name, shown in (("Anna", PLAIN), ("Ben", EMAIL)):
        owner.send("reports/segments", name="Ben", whose="site", query=f"filter=manager:is:{EMAIL}")
        for place in ("reports", ""):
            page = member.get(place, **WEEK, segment=name).text
            assert holds(page)[1] == (is_whole and shown == EMAIL), place
            assert ("/reports/rows?" in page) == (is_whole or shown == PLAIN)
        parts = member.get("reports/rows", period="28d", metrics="lead_to_deal", segment=name).text
        assert "What Lead to deal is computed from" in parts
        assert holds(parts)[1] == is_whole


@pytest.mark.parametrize("role", EACH_ROLE)
def test_the_overview_has_contacts_only_for_who_may_see_them(
    server: ServerProcess, served: Stage, other_site: Player, role: Role
) -> None:
    is_whole, at = role is Role.ANALYST, datetime.now(UTC) - timedelta(days=2)
    visit = served.visit(other_site, at, TrafficSource(EMAIL, "cpc"))
    served.lead_request(other_site, at + timedelta(hours=1), visit_id=visit.id)
    page = member_of(server, served, other_site.site.id, role).get("", period="28d").text
    assert "yandex" in page
    assert holds(page) == (False, is_whole)


def text_of_file(content: bytes, extension: str) -> str:
    """Return the text of a CSV file, or of all parts of an XLSX file."""
    if extension == "csv":
        return content.decode("utf-8-sig")
    with ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())
