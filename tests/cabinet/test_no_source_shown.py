"""Below a table with a row without a source, pages say what its deals consist of, and link to exactly these deals."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import by_contact, registration

pytestmark = on_one_engine
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
NOTHING = "the CRM sent neither a lead nor a contact"
ASKED = {"by": "source", "metrics": "deals,leads", "period": "7d"}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with two deals without a lead, three whose lead has no visit, one from an ad, one stated."""
    player = served.open_site(contact_matching=True)
    visit = served.visit(player, NOW - 4 * HOUR, TrafficSource("yandex", "cpc"))
    served.call(player, NOW - 3 * HOUR, phone="79205550000", visit_id=visit.id)
    for number in range(1, 4):
        served.call(player, NOW - 3 * HOUR, phone=f"7920555000{number}")
    served.perform(
        register_deals, player,
        *(
            registration(f"lead {each}", happened_at=NOW - HOUR, clue=by_contact(f"7920555000{each}"))
            for each in range(4)
        ),
        registration("stated", happened_at=NOW - HOUR, stated_source=TrafficSource("fair", "offline")),
        registration("bare 1", happened_at=NOW - HOUR), registration("bare 2", happened_at=NOW - HOUR),
    )  # fmt: skip
    return player


@pytest.fixture(scope="module")
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def note_of(page: str) -> str:
    """Return the paragraph of a page about deals without a source, or an empty string."""
    found = re.findall(r'<p class="hint">(?:Deals in rows without|Сделок в строках без).*?</p>', page)
    return html.unescape(found[0]) if found else ""


@pytest.mark.parametrize(("path", "query"), [("", {"period": "7d"}), ("reports", ASKED)])
def test_the_deals_without_a_source_are_split_and_add_up(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, path: str, query: dict[str, str]
) -> None:
    note = note_of(analyst.get(path, **query).text)
    words = re.sub(r"<[^>]+>", "", note)
    assert words == (
        "Deals in rows without a source: 5. Of these: without a lead: 2; "
        "with a lead that has neither a visit nor a source: 3."
    )
    expected = (["bare 1", "bare 2"], ["lead 1", "lead 2", "lead 3"])
    for url, numbers in zip(re.findall(r'href="([^"]+)"', note), expected, strict=True):
        rows = text_of(analyst.follow(url).text)
        assert rows.partition("Deals: ")[2].startswith(f"{len(numbers)} ")
        assert sorted(re.findall(r"(?:bare|lead) \d", rows)) == numbers
    russian = note_of(member_of(server, served, site.site.id, language="ru").get(path, **query).text)
    assert "Сделок в строках без источника: 5. Из них: " in russian
    assert "без лида — 2" in russian


def test_tables_without_such_a_row_have_no_note(analyst: Guest) -> None:
    for query in (
        {"by": "manager"}, {"metrics": "leads"}, {"filter": "source:filled"}, {"models": "all"}, {"pivot": "service"},
    ):  # fmt: skip
        assert note_of(analyst.get("reports", **ASKED | query).text) == "", query


def test_the_parts_narrow_filters_by_sources_and_reasons(analyst: Guest) -> None:
    filters = ["source:among:|yandex|fair", "match_reason:among:phone|nothing_sent|stated_source"]
    note = note_of(analyst.get("reports", **ASKED, filter=filters).text)
    assert "without a source: 5. Of these: " in note, "the deals from yandex and fair are not among them"
    without, with_lead = (
        text_of(analyst.follow(url).text).partition("Deals: ")[2] for url in re.findall(r'href="([^"]+)"', note)
    )
    assert without.startswith("2 ")
    assert with_lead.startswith("3 ")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["match_reason:among:phone|nothing_sent"], {NOTHING: "2"}),
        (["match_reason:is:phone"], {}),
        (["match_reason:contains:nothing"], {NOTHING: "2"}),
    ],
)
def test_deals_with_a_lead_are_never_among_the_unmatched_ones(
    analyst: Guest, filters: list[str], expected: dict[str, str]
) -> None:
    page = analyst.get("", period="7d", filter=filters).text
    listed = page.partition("<h2>Unmatched deals by reason</h2>")[2].partition("<tfoot>")[0].partition("<tbody>")[2]
    rows = [re.findall(r"<a [^>]+>([^<]+)</a>", row) for row in listed.split("</tr>")]
    assert {row[0]: row[1] for row in rows if row} == expected


def test_the_parts_keep_the_filters_of_the_report(analyst: Guest) -> None:
    note = note_of(analyst.get("reports", **ASKED, filter="match_reason:is:phone").text)
    assert "without a source: 3." in note
    assert "without a lead" not in note
    (url,) = re.findall(r'href="([^"]+)"', note)
    assert text_of(analyst.follow(url).text).partition("Deals: ")[2].startswith("3 ")
