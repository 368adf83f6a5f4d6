"""Reports as people see them whose role is to see reports without contacts."""

import io
import re
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

pytestmark = on_one_engine
PHONE, EMAIL, PLAIN = "79205550055", "anna@example.com", "no contact"
CAMPAIGN = "13764825109"
WEEK = {"period": "28d", "metrics": "leads"}
EACH_ROLE = [Role.READER, Role.ANALYST]
EACH_DIMENSION = ["field:note", "tag", "form", "manager"]
EACH_SHAPE = [{}, {"models": "all"}, {"pivot": "month"}]


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


@pytest.mark.parametrize("by", EACH_DIMENSION)
@pytest.mark.parametrize("shape", EACH_SHAPE)
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


@pytest.mark.parametrize("by", EACH_DIMENSION)
@pytest.mark.parametrize("shape", EACH_SHAPE)
@pytest.mark.parametrize("extension", ["csv", "xlsx"])
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
    for query in ({"by": "campaign", "key": EMAIL}, {}):
        page = member.get("reports/rows", **WEEK, **query).text
        assert holds(page.partition("<main")[2])[1] == is_whole
        assert ("•••" in page) != is_whole
    page = member.get("reports/rows", **WEEK, by="field:note", key=PHONE).text
    assert (PHONE in page.partition("<main")[2]) == is_whole
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
    for place in ("reports", "reports/rows"):
        shown = chips_of(member.get(place, **WEEK, filter=text).text)
        assert ("•••" in shown) != is_whole
        assert all((contact in shown) == is_whole for contact in contacts)
        assert "field note" not in shown, "a field is called by its title"
        assert (PLAIN in shown) == (PLAIN in text)


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
