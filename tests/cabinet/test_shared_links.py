"""Shared links: what a visitor without a log-in sees, and what not."""

import html
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.token import token_digest
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.accounts.custom_fields import remove_custom_field
from dealtrace.operations.accounts.manage_user import delete_user, take_role
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.storage.schema.tables.control import shared_link
from dealtrace.storage.schema.tables.control import user as user_table
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess, http_client
from write_commands import NOON, utc_now

pytestmark = on_one_engine
PHONE, EMAIL = "79205550055", "anna@example.com"
NOW = datetime.now(UTC)
CAMPAIGN = "13764825109"


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with lead requests whose fields hold contacts."""
    player = served.open_site(name="Secret shop", fields=["note"])
    for campaign, note in ((CAMPAIGN, PHONE), (EMAIL, EMAIL)):
        visit = served.visit(player, NOW - timedelta(hours=3), TrafficSource("yandex", "cpc", campaign))
        said = Annotations(custom_values={"note": note}, manager=EMAIL)
        served.lead_request(player, NOW - timedelta(hours=2), visit_id=visit.id, phone=PHONE, annotations=said)
    return player


@pytest.fixture
def owner_of(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id)


def share(owner: Guest, query: str, name: str = "For the agency", days: str = "30") -> str:
    """Make a link and return its URL."""
    page = owner.post("settings/shared", name=name, query=query, days=days)
    found = re.search(r'<pre id="secret">([^<]+)</pre>', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


def test_pages_say_that_figures_by_tag_do_not_add_up(owner_of: Guest) -> None:
    for query, says_so in (("by=tag", True), ("by=source&pivot=tag", True), ("by=source", False)):
        page = owner_of.get(f"reports?{query}&metrics=leads")
        shared = visit(share(owner_of, f"{query}&metrics=leads", query))
        for answer in (page, shared):
            assert ("Figures by tag do not add up to the total" in answer.text) is says_so, query


def visit(url: str, **query: str) -> httpx.Response:
    """Open a link as somebody who is not logged in."""
    with http_client() as http:
        return http.get(url, params=query or None, headers={"accept-language": "en"})


def digest_of(url: str) -> str:
    return token_digest(url.rpartition("/")[2])


def test_a_visitor_sees_the_figures_and_nothing_leads_anywhere(owner_of: Guest) -> None:
    url = share(owner_of, "by=campaign&metrics=leads,visits&period=28d")
    page = visit(url)
    assert page.status_code == 200
    assert "<h1>For the agency</h1>" in page.text
    assert CAMPAIGN in page.text
    assert "<svg" in page.text
    body = page.text.partition("<main")[2]
    assert "href" not in body
    assert "<form" not in page.text
    assert "/cabinet/" not in re.sub(r"/cabinet/static/[\w./]+", "", page.text)
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    assert "set-cookie" not in page.headers


def test_a_visitor_reads_how_long_the_link_works_and_no_name_of_a_site(owner_of: Guest, served: Stage) -> None:
    url = share(owner_of, "by=campaign&metrics=leads&period=28d")
    with served.database.write() as connection:
        mine = update(shared_link).where(shared_link.c.digest == digest_of(url))
        connection.execute(mine.values(expires_at=datetime(2099, 12, 30, 22, 30, tzinfo=UTC)))
    shown = text_of(visit(url).text).replace("\u00a0", " ")
    assert "For the agency" in shown
    assert "Secret shop" not in shown
    assert "The link works until 31 Dec 2099." in shown, "the day of the site, in Moscow"


def test_a_visitor_reads_what_the_marks_mean(owner_of: Guest, served: Stage, site: Player) -> None:
    served.visit(site, NOW - timedelta(hours=1), TrafficSource("vk", "cpc"))
    page = visit(share(owner_of, "by=source&metrics=visit_to_lead")).text
    assert page.count("★") == 2, "on a value and in the legend"
    assert "★ best and ▿ worst value of a column" in page


@pytest.mark.parametrize("by", ["field:note", "campaign", "manager"])
@pytest.mark.parametrize("further", ["", "&models=all", "&pivot=month"])
def test_contacts_among_the_keys_are_masked(owner_of: Guest, by: str, further: str) -> None:
    page = visit(share(owner_of, f"by={by}&metrics=leads&period=7d{further}"))
    assert page.status_code == 200
    assert PHONE not in page.text
    assert EMAIL not in page.text
    assert "•••" in page.text


def test_a_visitor_cannot_leave_the_question(owner_of: Guest) -> None:
    url = share(owner_of, "by=campaign&metrics=leads&period=28d&filter=campaign%3Ais%3A" + CAMPAIGN)
    bound = visit(url)
    assert "an•••" not in bound.text
    wider = visit(url, by="field:note", metrics="deals", filter="source:filled", period="year")
    assert wider.text == bound.text
    for place in ("/rows", "/reports", ".csv", "/../../users"):
        assert visit(url + place).status_code in (303, 404)


def test_a_link_follows_a_segment_of_the_site(owner_of: Guest, served: Stage, site: Player) -> None:
    def change(filters: list[str]) -> None:
        with served.database.write() as connection:
            work = account_work(connection, NOON).at(site.site)
            add_segment(work, SavedName("agency"), filters, overwrites=True)

    change([f"campaign:is:{CAMPAIGN}"])
    url = share(owner_of, "by=campaign&metrics=leads&segment=agency")
    assert "shared links that use this segment: 1" in owner_of.get("reports/segments").text
    assert "•••" not in visit(url).text
    change(["campaign:filled"])
    assert "•••" in visit(url).text
    renamed = owner_of.post("reports/segments/change", whose="site", name="agency", new_name="bureau", act="rename")
    assert renamed.status_code == 200
    assert "•••" in visit(url).text
    with served.database.write() as connection:
        remove_segment(account_work(connection, NOON).at(site.site), SavedName("bureau"))
    page = visit(url)
    assert page.status_code == 410
    assert "The segment of the report was deleted, so the link shows nothing." in page.text
    assert "bureau" not in page.text
    assert CAMPAIGN not in page.text
    assert "bureau" in owner_of.get("settings/shared").text, "the owner sees what the link lacks"


@pytest.mark.parametrize("comes_by", ["the same name", "a rename", "the page of changes"])
def test_a_link_that_lost_its_segment_follows_no_other(owner_of: Guest, comes_by: str) -> None:
    """It stays without one, even if its own is brought back; before the deletion, the page says so."""
    place, agency = "reports/segments", {"whose": "site", "name": "agency"}
    owner_of.post(place, **agency, query=f"filter=campaign%3Ais%3A{CAMPAIGN}")
    url = share(owner_of, "by=campaign&metrics=leads&segment=agency", "Followed")
    whole = share(owner_of, "by=campaign&metrics=leads", "Whole")
    asked = owner_of.post(f"{place}/change", **agency, act="delete").text
    assert "Shared links that stop working permanently, even if the deletion is undone: 1" in asked
    assert visit(url).status_code == 200
    owner_of.post(f"{place}/change", **agency, act="delete", agreed="agency")
    match comes_by:
        case "the same name":
            owner_of.post(place, **agency, query="filter=campaign%3Afilled")
        case "a rename":
            owner_of.post(place, whose="site", name="other", query="filter=campaign%3Afilled")
            owner_of.post(f"{place}/change", whose="site", name="other", new_name="agency", act="rename")
        case _:
            owner_of.post(place, **agency, query=f"filter=campaign%3Ais%3A{CAMPAIGN}", overwrite="on")
    listed = owner_of.get(place).text
    assert "agency" in listed
    assert "shared links that use this segment" not in listed
    page = visit(url)
    assert page.status_code == 410
    assert "The segment of the report was deleted, so the link shows nothing." in page.text
    assert CAMPAIGN not in page.text
    assert visit(whole).status_code == 200
    shown = owner_of.get("settings/shared").text
    assert (
        shown.count(
            "The link shows nothing: the segment of its report was deleted, and another segment now has that name."
        )
        == 1
    )


def test_a_link_that_lacked_its_segment_before_it_was_noted_follows_no_other(owner_of: Guest, served: Stage) -> None:
    owner_of.post("reports/segments", whose="site", name="agency", query=f"filter=campaign%3Ais%3A{CAMPAIGN}")
    url = share(owner_of, "by=campaign&metrics=leads&segment=agency")
    with served.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM segment WHERE name = 'agency'")
    owner_of.post("reports/segments", whose="site", name="agency", query="filter=campaign%3Afilled")
    assert visit(url).status_code == 410


def test_a_link_has_the_filters_of_a_segment_that_only_its_maker_sees(
    owner_of: Guest, served: Stage, site: Player
) -> None:
    owner_of.post("reports/segments", whose="own", name="mine", query=f"filter=campaign%3Ais%3A{CAMPAIGN}")
    url = share(owner_of, "by=campaign&metrics=leads&segment=mine")
    with served.database.write() as connection:
        add_segment(account_work(connection, NOON).at(site.site), SavedName("mine"), ["campaign:filled"])
    page = visit(url)
    assert page.status_code == 200
    assert CAMPAIGN in page.text
    assert "•••" not in page.text


def test_a_key_that_is_wrong_revoked_or_expired_opens_nothing(owner_of: Guest, served: Stage) -> None:
    url = share(owner_of, "metrics=leads")
    wrong = visit(url[:-1] + ("A" if url[-1] != "A" else "B"))
    assert wrong.status_code == 404
    assert "This link does not work" in wrong.text
    with served.database.write() as connection:
        mine = update(shared_link).where(shared_link.c.digest == digest_of(url))
        connection.execute(mine.values(expires_at=NOW - timedelta(seconds=1)))
    assert visit(url).status_code == 404
    other = share(owner_of, "metrics=leads", name="Other")
    page = owner_of.post("settings/shared/revoke", link=digest_of(other))
    assert "Revoked" in page.text
    assert visit(other).status_code == 404
    assert owner_of.post("settings/shared/revoke", link=digest_of(other)).status_code == 404


def test_the_key_is_shown_once_and_stored_as_a_digest(owner_of: Guest, served: Stage) -> None:
    url = share(owner_of, "metrics=leads")
    key = url.rpartition("/")[2]
    assert "never" in owner_of.get("settings/shared").text
    visit(url)
    listed = owner_of.get("settings/shared").text
    assert key not in listed
    assert "never" not in listed
    with served.database.read() as connection:
        rows = connection.execute(select(shared_link)).all()
    assert not any(key in str(value) for row in rows for value in row)


def test_an_obsolete_report_says_nothing_to_visitors(owner_of: Guest, served: Stage, site: Player) -> None:
    url = share(owner_of, "by=field:note&metrics=leads")
    with served.database.write() as connection:
        remove_custom_field(account_work(connection, NOON), site.site.id, "note")
    page = visit(url)
    assert page.status_code == 410
    assert "note" not in page.text.partition("<main")[2]
    assert "unknown custom field “note”" in owner_of.get("settings/shared").text


def test_a_link_of_another_site_cannot_be_revoked(owner_of: Guest, server: ServerProcess, served: Stage) -> None:
    url = share(owner_of, "metrics=leads")
    stranger = member_of(server, served, served.open_site().site.id)
    assert stranger.post("settings/shared/revoke", link=digest_of(url)).status_code == 404
    assert visit(url).status_code == 200


@pytest.mark.parametrize("leave", ["role", "user"])
def test_links_end_with_the_rights_of_their_maker(owner_of: Guest, served: Stage, site: Player, leave: str) -> None:
    url = share(owner_of, "metrics=leads")
    with served.database.write() as connection:
        if leave == "user":
            delete_user(account_work(connection, utc_now()), owner_of.login)
        else:
            mine = select(user_table.c.id).where(user_table.c.login == owner_of.login)
            take_role(account_work(connection, utc_now()), connection.execute(mine).scalar_one(), site.site.id)
    assert visit(url).status_code == 404


def test_only_owners_share_and_only_what_can_be_asked(
    owner_of: Guest, server: ServerProcess, served: Stage, site: Player
) -> None:
    analyst = member_of(server, served, site.site.id, Role.ANALYST)
    assert analyst.post("settings/shared", name="a", query="metrics=leads", days="30").status_code == 403
    assert "settings/shared" not in analyst.get("reports").text
    for name, query, days in (("", "", "30"), ("a", "metrics=nonsense", "30"), ("a", "", "31"), ("a", "", "x")):
        refused = owner_of.post("settings/shared", name=name, query=query, days=days)
        assert refused.status_code == 400, (name, query, days)
        assert 'role="alert"' in refused.text


@pytest.mark.parametrize(
    ("period", "said", "ru"),
    [
        (
            "period=month",
            "“This month”, counted from the day on which the link is opened",
            "«Этот месяц», считая",
        ),
        ("", "“28 days”, counted from the day on which the link is opened", "«28 дней», считая от дня"),
        ("from=2026-11-01&to=2026-11-15", "always 1 Nov 2026 to 15 Nov 2026", "всегда 1 ноя 2026 – 15 ноя 2026"),
        ("from=2026-11-01", "1 Nov 2026 to the day on which the link is opened", "с 1 ноя 2026 по день"),
        ("to=2026-11-15", "to 15 Nov 2026; the first day moves with time", "по 15 ноя 2026, первый день"),
    ],
)
def test_the_form_and_the_list_say_which_days_a_link_shows(owner_of: Guest, period: str, said: str, ru: str) -> None:
    query = f"by=campaign&metrics=leads&{period}"
    assert f"Its period: {said}." in text_of(owner_of.get(f"reports?{query}").text).replace("\u00a0", " ")
    share(owner_of, query)
    assert said in text_of(owner_of.get("settings/shared").text).replace("\u00a0", " ")
    refused = owner_of.post("settings/shared", name="", query=query, days="30").text
    assert f"Its period: {said}." in text_of(refused).replace("\u00a0", " ")
    owner_of.http.cookies["language"] = "ru"
    assert ru in text_of(owner_of.get("settings/shared").text).replace("\u00a0", " ")
