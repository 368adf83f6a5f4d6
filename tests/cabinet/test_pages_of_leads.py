"""The lists of leads and the page of a lead, as an analyst meets them."""

import html
import re
from decimal import Decimal

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.register import register_deals
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import by_contact, registration

PHONE, OTHER_PHONE = "79205550055", "79991112233"
DAY = "2018-03-26"
MARCH = {"from": "2018-03-01", "to": "2018-03-31"}
HOSTILE = "<script>alert(1)</script>\"' \u202eevil"


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with contact matching on."""
    return served.open_site(contact_matching=True)


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an analyst of the site in."""
    return member_of(server, served, site.site.id, Role.ANALYST)


def listed(page: str) -> list[int]:
    """Return the ids of the leads that a page lists, in their sequence."""
    return [int(found) for found in re.findall(r'<th scope="row"><a href="[^"]*/leads/\w+/(\d+)">', page)]


def test_each_tab_lists_its_leads(served: Stage, site: Player, analyst: Guest) -> None:
    neighbour = served.open_site()
    served.call(neighbour, moscow(DAY, "10:00:00"))
    visit = served.visit(
        site, moscow(DAY, "09:00:00"), TrafficSource("yandex", "cpc"), landing_url="https://shop.ru/<b>"
    )
    first = served.call(site, moscow(DAY, "10:00:00"), visit_id=visit.id)
    second = served.call(site, moscow(DAY, "11:00:00"), phone=OTHER_PHONE)
    sent = served.lead_request(site, moscow(DAY, "12:00:00"), phone=PHONE, form_name=HOSTILE)
    assert listed(analyst.get("leads", **MARCH).text) == [second.id, first.id]
    page = analyst.get("leads", **MARCH, tab="requests").text
    assert listed(page) == [sent.id]
    assert "<script>alert" not in page
    page = analyst.get("leads", **MARCH, tab="visits").text
    assert "yandex / cpc" in page
    assert "https://shop.ru/&lt;b&gt;" in page
    nonsense = analyst.get("leads", **MARCH, tab="nonsense")
    assert (nonsense.status_code, listed(nonsense.text)) == (400, [])


@pytest.mark.parametrize(("typed", "is_for_all_time"), [("vera", True), (PHONE, True), ("yandex", False)])
def test_one_field_finds_visits(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, typed: str, is_for_all_time: bool
) -> None:
    served.visit(site, moscow(DAY), TrafficSource("vk"), visitor="other", landing_url="https://shop.ru/theirs")
    found = served.visit(
        site, moscow(DAY), TrafficSource("yandex"), visitor="vera", landing_url="https://shop.ru/sought"
    )
    served.call(site, moscow(DAY, "11:00:00"), phone=PHONE, visit_id=found.id)
    for period, is_listed in ((MARCH, True), ({"period": "7d"}, is_for_all_time)):
        page = analyst.get("leads", **period, tab="visits", q=typed).text
        assert ("shop.ru/sought" in page) is is_listed
        assert "shop.ru/theirs" not in page
        assert re.search(rf'name="q" value="{typed}"', page) is not None
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    page = text_of(russian.get("leads", **MARCH, tab="visits", q="nobody").text)
    assert "среди последних визитов периода (100 000)" in page
    assert "Ничего не найдено" in page


def test_calls_are_filtered_by_their_outcome(served: Stage, site: Player, analyst: Guest) -> None:
    at = moscow(DAY, "10:00:00")
    answered = served.call(site, at, circumstances=Circumstances(is_successful=True))
    missed = served.call(site, at, seconds=0, circumstances=Circumstances(is_successful=False))
    going_on = served.call(site, at, seconds=0, circumstances=Circumstances(pbx="mango"))
    for outcome, ids in (("answered", [answered.id]), ("missed", [missed.id])):
        page = analyst.get("leads", **MARCH, outcome=outcome).text
        assert listed(page) == ids
        assert f'<option value="{outcome}" selected>' in page
    assert len(listed(analyst.get("leads", **MARCH).text)) == 3, going_on
    assert analyst.get("leads", **MARCH, outcome="busy").status_code == 400


@pytest.mark.parametrize("typed", ["8 920 555-00-55", "REF-7", "иван петров", "*0055", "REF-*"])
def test_one_field_finds_calls(served: Stage, site: Player, analyst: Guest, typed: str) -> None:
    call = served.call(site, moscow("2017-01-01"), reference="REF-7", client_name="Иван Петров")
    served.call(site, moscow("2017-01-01"), phone=OTHER_PHONE)
    assert listed(analyst.get("leads", q=typed).text) == [call.id]
    assert listed(analyst.get("leads", q=str(call.id)).text) == [call.id]
    assert listed(analyst.get("leads", q=typed, tab="requests").text) == []


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://pbx.example/rec/1.mp3", True),
        ("http://pbx.example/rec/1.mp3", True),
        ("javascript:alert(1)", False),
        (" JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example/x", False),
        ("https://[bad", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_recording_is_a_link_only_if_it_is_a_url(
    served: Stage, site: Player, analyst: Guest, url: str, is_link: bool
) -> None:
    call = served.call(site, moscow(DAY, "10:00:00"), circumstances=Circumstances(record_url=url))
    for page in (analyst.get("leads", **MARCH).text, analyst.get(f"leads/call/{call.id}").text):
        found = [
            html.unescape(link)
            for link in re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener noreferrer">', page)
        ]
        assert found == ([url] if is_link else [])


def test_the_page_of_a_lead_shows_its_visit_path_and_deals(served: Stage, site: Player, analyst: Guest) -> None:
    visit = served.visit(site, moscow(DAY, "10:00:00"), TrafficSource("yandex", "cpc", "spring"))
    call = served.call(site, moscow(DAY, "11:30:00"), visit_id=visit.id, client_name=HOSTILE)
    (deal,) = served.perform(register_deals, site, registration("A-100", clue=by_contact(PHONE)))
    page = analyst.get(f"leads/call/{call.id}").text
    words = text_of(page)
    assert "★ 26 Mar 2018, 10:00 yandex / cpc / spring" in words.replace("\u00a0", " ")
    assert f'/deals/{deal.deal_id}"' in page
    assert "<script>alert" not in page
    assert "answered, 5 min" in words.replace("\u00a0", " ")


def test_notes_are_written_and_cleared(server: ServerProcess, served: Stage, site: Player, analyst: Guest) -> None:
    sent = served.lead_request(site, moscow(DAY, "12:00:00"), phone=PHONE)
    path = f"leads/request/{sent.id}"
    page = analyst.post(path, act="note", tags="a, b ,, a", manager=HOSTILE, comment="one\r\ntwo").text
    assert 'name="tags" value="a, b"' in page
    assert "one\ntwo</textarea>" in page
    assert "<script>alert" not in page
    page = analyst.post(path, act="note", tags="", manager="", comment="").text
    assert 'name="tags" value=""' in page
    assert "></textarea>" in page
    assert analyst.post(path, act="note", tags="", manager="x" * 2000, comment="").status_code == 400
    changes = text_of(member_of(server, served, site.site.id).get("settings/changes").text)
    assert changes.count(f"{analyst.login} Lead changed by hand: Lead request {sent.id}, notes changed") == 2


def test_a_lead_is_hidden_and_brought_back_with_its_deals(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    call = served.call(site, moscow(DAY, "11:30:00"))
    (deal,) = served.perform(register_deals, site, registration("A-100", clue=by_contact(PHONE)))
    path = f"leads/call/{call.id}"
    assert "The lead is deleted" in analyst.post(path, act="hide").text
    assert listed(analyst.get("leads", **MARCH).text) == []
    assert listed(analyst.get("leads", **MARCH, deleted="yes").text) == [call.id]
    assert "Lead no lead" in text_of(analyst.get(f"deals/{deal.deal_id}").text)
    refused = analyst.post(path, act="note", tags="a", manager="", comment="")
    assert refused.status_code == 400
    assert 'name="tags" value="a"' in refused.text
    assert "The lead is deleted" not in analyst.post(path, act="bring_back").text
    changes = text_of(member_of(server, served, site.site.id).get("settings/changes").text)
    for done in ("removed", "restored"):
        assert f"{analyst.login} Lead changed by hand: Call {call.id}, {done}" in changes
    assert f"Lead Call {call.id}" in text_of(analyst.get(f"deals/{deal.deal_id}").text)


def test_others_see_nothing(server: ServerProcess, served: Stage, site: Player, analyst: Guest) -> None:
    neighbour = served.open_site()
    foreign = served.call(neighbour, moscow(DAY, "10:00:00"))
    own = served.call(site, moscow(DAY, "10:00:00"))
    for path in (
        f"leads/call/{foreign.id}",
        f"leads/request/{own.id}",
        f"leads/email/{own.id}",
        f"leads/call/{10**40}",
    ):
        assert analyst.get(path).status_code == 404, path
        assert analyst.post(path, act="hide").status_code == 404, path
    assert analyst.post(f"leads/call/{own.id}", act="burn").status_code == 404
    reader = member_of(server, served, site.site.id, Role.READER)
    for answer in (
        reader.get("leads"),
        reader.get(f"leads/call/{own.id}"),
        reader.post(f"leads/call/{own.id}", act="hide"),
    ):
        assert answer.status_code == 403
        assert PHONE not in answer.text


def test_a_deal_in_another_currency_is_shown_in_that_currency(served: Stage, site: Player, analyst: Guest) -> None:
    call = served.call(site, moscow(DAY, "10:00:00"))
    by_id = Matcher(MatcherKind.ID, (LeadKind.CALL,), lead_id=call.id)
    abroad = registration("abroad", amount_rub=Decimal(1500), currency="usd", matchers=(by_id,))
    served.perform(register_deals, site, abroad)
    page = text_of(analyst.get(f"leads/call/{call.id}").text)
    assert "1 500 USD" in page
    assert "₽" not in page
