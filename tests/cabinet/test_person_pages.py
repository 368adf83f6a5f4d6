"""A person's time line, and their data exported and erased by an owner."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.journals.client_timeline import SHOWN_MAX
from dealtrace.storage.visits.visits import find_visits
from guests import Guest, agreed_in, member_of, text_of
from server import ServerProcess
from write_commands import by_contact, registration

PHONE, MAIL = "79205550055", "anna@example.org"
DAY = "2018-03-26"
HOSTILE = "<script>alert(1)</script>\"' \u202eevil"


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with contact matching on."""
    return served.open_site(contact_matching=True)


@pytest.fixture
def owner(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an owner of the site in."""
    return member_of(server, served, site.site.id, Role.OWNER)


@pytest.fixture
def person(served: Stage, site: Player, owner: Guest) -> str:
    """Give the path of a person with a visit, a call, a lead request and two deals."""
    visit = served.visit(site, moscow(DAY, "09:00:00"), TrafficSource("yandex", "cpc", HOSTILE))
    call = served.call(site, moscow(DAY, "10:00:00"), visit_id=visit.id, client_name=HOSTILE)
    served.lead_request(site, moscow(DAY, "11:00:00"), phone=PHONE, email=MAIL, form_name=HOSTILE)
    served.perform(
        register_deals,
        site,
        registration(HOSTILE, clue=by_contact(PHONE), amount_rub=Decimal(1500), status=HOSTILE),
        registration("later", clue=by_contact(email=MAIL), happened_at=moscow("2018-05-01"), amount_rub=Decimal(500)),
    )
    page = owner.get(f"leads/call/{call.id}").text
    found = re.search(r'href="/cabinet/\d+/(people/\d+)"', page)
    assert found is not None
    return found[1]


def test_everything_of_a_person_stands_in_one_line_of_time(owner: Guest, person: str) -> None:
    page = owner.get(person).text
    titles = re.findall(r'<th scope="row">(?:<a href="[^"]*">)?(?:<bdi>)?([^<]*)', page)
    assert [html.unescape(title) for title in titles] == [
        "Deal later",
        f"Deal {HOSTILE}",
        "Lead request",
        "Call",
        "Visit",
    ]
    amounts = "Won amount – Amount of open deals 2 000 ₽ Amount of lost deals 0 ₽"
    assert f"Visits 1 Leads 2 Deals 2 {amounts} No status is marked as won" in text_of(page)
    assert PHONE in page
    assert MAIL in page
    assert "<script>alert" not in page


def test_won_open_and_lost_deals_are_added_up_apart_as_in_reports(
    server: ServerProcess, served: Stage, site: Player, owner: Guest, person: str
) -> None:
    amounts = {" PAID ": 100, "paid": 20, "Refused": 3000, "": 40000, "new": 500000}
    for number, (status, amount) in enumerate(amounts.items()):
        deal = registration(f"n{number}", clue=by_contact(PHONE), status=status, amount_rub=Decimal(amount))
        served.perform(register_deals, site, deal)
    with served.database.write() as connection:
        set_status(served.work(connection, site), "Paid", Meaning.WON)
        set_status(served.work(connection, site), "refused", Meaning.LOST)
    neighbour = served.open_site()
    with served.database.write() as connection:
        set_status(served.work(connection, neighbour), "new", Meaning.WON)
    shown = text_of(owner.get(person).text)
    assert "Won amount 120 ₽ Amount of open deals 542 000 ₽ Amount of lost deals 3 000 ₽" in shown
    assert "No status is marked as won" not in shown
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    shown = text_of(russian.get(person).text)
    assert "Выручка 120 ₽ Сумма открытых сделок 542 000 ₽ Сумма проигранных сделок 3 000 ₽" in shown
    report = owner.get("reports", metrics="won_amount", **{"from": "2018-01-01", "to": "2018-12-31"}).text
    assert "120 ₽" in text_of(report), "reports have the same amount"


def test_a_page_that_is_cut_says_what_it_lacks(served: Stage, site: Player, owner: Guest, person: str) -> None:
    assert "Incomplete" not in owner.get(person).text
    minute = timedelta(minutes=1)
    calls = [IncomingCall(moscow("2018-04-01") + minute * number, minute, PHONE) for number in range(SHOWN_MAX)]
    served.calls(site, *calls)
    words = text_of(owner.get(person).text)
    assert "Only the newest 500 records of each kind are listed" in words
    assert "Incomplete: calls, deals, visits." in words
    assert "All events" not in words


def test_the_card_of_a_deal_without_a_lead_links_the_persons_whose_pages_list_it(
    served: Stage, site: Player, owner: Guest, person: str
) -> None:
    other = served.lead_request(site, moscow(DAY, "13:00:00"), phone="79205550056", email="")
    at = moscow("2019-05-01")
    served.perform(
        register_deals,
        site,
        registration("known", clue=by_contact(PHONE), happened_at=at),
        registration("both", clue=by_contact("79205550056", MAIL), happened_at=at),
        registration("nobody", clue=by_contact("79205550057"), happened_at=at),
    )
    listed = dict(
        map(
            reversed,
            re.findall(
                r'href="[^"]*/(deals/\d+)"[^>]*><bdi>(\w+)<',
                owner.get("deals", **{"from": "2019-05-01", "to": "2019-05-01"}).text,
            ),
        )
    )
    (other_person,) = set(re.findall(r"people/\d+", owner.get(f"leads/request/{other.id}").text))
    for number, persons in (("known", [person]), ("both", [other_person, person]), ("nobody", [])):
        card = owner.get(listed[number]).text
        assert "no lead" in text_of(card)
        assert re.findall(r"people/\d+", card) == [*persons, *persons], number
        assert all(f"Deal {number}" in text_of(owner.get(each).text) for each in persons), number


def test_the_page_of_an_alias_is_that_of_the_person_until_they_part(
    server: ServerProcess, served: Stage, site: Player, owner: Guest, person: str
) -> None:
    later = served.lead_request(site, moscow(DAY, "12:00:00"), phone="", email="other@example.org")
    found = re.search(r'href="/cabinet/\d+/(people/\d+)"', owner.get(f"leads/request/{later.id}").text)
    assert found is not None
    alias = found[1]
    assert PHONE not in owner.get(alias).text
    joining = served.lead_request(site, moscow(DAY, "13:00:00"), phone=PHONE, email="other@example.org")
    shown = owner.get(alias).text
    assert events_of(shown) == events_of(owner.get(person).text)
    assert PHONE in shown
    assert "other@example.org" in shown
    exported = owner.get(f"{alias}/data.json", contact=[PHONE, "other@example.org"]).json()
    assert len(exported["lead_request"]) == 3
    with served.database.write() as connection:
        delete_lead(served.work(connection, site), LeadRef(LeadKind.LEAD_REQUEST, joining.id))
    assert PHONE not in owner.get(alias).text
    assert "other@example.org" not in owner.get(person).text


def events_of(page: str) -> list[str]:
    """Return the titles of a person's events, in their order."""
    return re.findall(r'<th scope="row">(?:<a href="[^"]*">)?(?:<bdi>)?([^<]*)', page)


def test_a_person_is_exported_after_a_preview(owner: Guest, person: str) -> None:
    assert "Calls 1 Lead requests 1 Deals 2 Visits 1" in text_of(owner.get(f"{person}/data").text)
    answer = owner.get(f"{person}/data.json", contact=[PHONE, MAIL])
    assert answer.headers["content-disposition"].startswith('attachment; filename="person-')
    exported = answer.json()
    assert [row["phone"] for row in exported["call"]] == [PHONE]
    assert len(exported["deal"]) == 2
    assert "Deals 1" in text_of(owner.get(f"{person}/data", contact=[MAIL]).text)
    for page in ("data", "data.json"):
        answer = owner.get(f"{person}/{page}", contact=[MAIL, "79990000000"])
        assert answer.status_code == 400, "only own contacts"
        assert "Contacts: unknown “79990000000”" in text_of(answer.text)


def test_what_was_agreed_for_one_contact_erases_no_equal_rows_of_another(
    served: Stage, site: Player, owner: Guest, person: str
) -> None:
    other = served.call(site, moscow(DAY, "12:00:00"), phone="79990000077")
    served.perform(register_deals, site, registration("other", clue=by_contact("79990000077")))
    found = re.search(r'href="/cabinet/\d+/(people/\d+)"', owner.get(f"leads/call/{other.id}").text)
    assert found is not None
    twin = served.call(site, moscow(DAY, "13:00:00"), phone="79990000078")
    served.perform(register_deals, site, registration("twin", clue=by_contact("79990000078")))
    same = re.search(r'href="/cabinet/\d+/(people/\d+)"', owner.get(f"leads/call/{twin.id}").text)
    assert same is not None
    asked = owner.post(f"{found[1]}/data", act="confirm", contact="79990000077")
    sent = {"act": "erase", "contact": "79990000078", "agreed": agreed_in(asked)}
    answer = text_of(owner.post(f"{same[1]}/data", **sent).text)
    assert "This cannot be undone" in answer
    assert "The preview has changed since you saw it." in answer
    assert "79990000078" in owner.get(same[1]).text
    assert "This differs" not in text_of(asked.text)


def test_a_person_is_erased_after_two_confirmations(owner: Guest, person: str) -> None:
    path, both = f"{person}/data", [PHONE, MAIL]
    asked = owner.post(path, act="confirm", contact=both).text
    assert "This cannot be undone" in asked
    assert "Calls 1 Lead requests 1 Deals 2 Visits 1" in text_of(asked)
    assert PHONE in owner.get(person).text
    agreed = re.search('name="agreed" value="([^"]*)"', asked)
    assert agreed is not None
    for wrong in ("", "1.1.1.1"):
        assert "This cannot be undone" in owner.post(path, act="erase", contact=both, agreed=wrong).text
    done = owner.post(path, act="erase", contact=both, agreed=agreed[1]).text
    assert "The data has been anonymised" in done
    page = owner.get(person).text
    assert PHONE not in page
    assert MAIL not in page
    assert "alert(1)" not in page.partition("<h1>")[2].partition("</h1>")[0]
    assert "there is nothing to export or erase" in owner.get(path).text
    assert owner.post(path, act="erase", contact=both, agreed=agreed[1]).status_code == 200
    changes = text_of(owner.get("settings/changes").text)
    assert changes.count(f"{owner.login} Data of a person erased; leads: 2, deals: 2") == 1
    assert PHONE not in changes


def test_an_erasure_hides_the_contact_in_urls_of_others_too(
    served: Stage, site: Player, owner: Guest, person: str
) -> None:
    source, url = TrafficSource("yandex", "cpc"), "https://shop.example/?m=anna%40example.org&a=1"
    theirs = served.visit(site, moscow(DAY, "12:00:00"), source, visitor="friend", landing_url=url)
    path, both = f"{person}/data", [PHONE, MAIL]
    agreed = agreed_in(owner.post(path, act="confirm", contact=both))
    assert "The data has been anonymised" in owner.post(path, act="erase", contact=both, agreed=agreed).text
    with served.database.read() as connection:
        assert find_visits(connection, site.site.id, [theirs.id])[theirs.id].landing_url == (
            "https://shop.example/?m=•••&a=1"
        )


@pytest.fixture
def nameless(served: Stage, site: Player, owner: Guest) -> str:
    """Give the path of a person with two visits and a lead request whose phone matches nothing."""
    source, seen = TrafficSource("yandex", "cpc"), {"visitor": "v-1", "landing_url": "https://shop.example/?name=Olga"}
    visit = served.visit(site, moscow(DAY, "09:00:00"), source, **seen)
    served.visit(site, moscow(DAY, "19:00:00"), source, **seen)
    request = served.lead_request(
        site, moscow(DAY, "10:00:00"), phone="call me", email=None, client_name="Olga", visit_id=visit.id
    )
    found = re.search(r'href="/cabinet/\d+/(people/\d+)"', owner.get(f"leads/request/{request.id}").text)
    assert found is not None
    return found[1]


def test_a_person_without_a_valid_contact_is_exported_and_erased_too(
    server: ServerProcess, served: Stage, site: Player, owner: Guest, nameless: str
) -> None:
    path = f"{nameless}/data"
    shown = text_of(owner.get(path).text)
    assert "leads without a valid phone or e-mail: 1" in shown
    assert "Calls 0 Lead requests 1 Deals 0 Visits 2" in shown
    exported = owner.get(f"{path}.json", without="on").json()
    assert [row["phone"] for row in exported["lead_request"]] == ["call me"]
    assert [row["name"] for row in exported["client"]] == ["Olga"]
    assert len(exported["visit"]) == 2
    asked = owner.post(path, act="confirm", without="on").text
    assert "Also leads of this person without a valid phone or e-mail: 1" in asked
    agreed = re.search('name="agreed" value="([^"]*)"', asked)
    assert agreed is not None
    neighbour = member_of(server, served, served.open_site().site.id, Role.OWNER)
    assert neighbour.post(path, act="erase", without="on", agreed=agreed[1]).status_code == 404
    assert "The data has been anonymised" in owner.post(path, act="erase", without="on", agreed=agreed[1]).text
    for page in (nameless, path, f"{path}.json?without=on"):
        answer = owner.get(page).text
        assert "Olga" not in answer
        assert "call me" not in answer
    assert "there is nothing to export or erase" in owner.get(path).text
    russian = member_of(server, served, site.site.id, Role.OWNER, language="ru")
    assert "выгружать и стирать нечего" in russian.get(path).text


def test_a_person_whose_leads_are_all_deleted_is_exported_and_erased_too(
    served: Stage, site: Player, owner: Guest
) -> None:
    request = served.lead_request(site, moscow(DAY, "10:00:00"), phone=PHONE, email=MAIL, client_name="Olga")
    found = re.search(r'href="/cabinet/\d+/(people/\d+)"', owner.get(f"leads/request/{request.id}").text)
    assert found is not None
    path = f"{found[1]}/data"
    with served.database.write() as connection:
        delete_lead(served.work(connection, site), LeadRef(LeadKind.LEAD_REQUEST, request.id))
    shown = text_of(owner.get(path).text)
    assert f"{PHONE} , leads: 1" in shown
    assert "Calls 0 Lead requests 1" in shown
    assert "Lead requests 1" in text_of(owner.get(path, contact=MAIL).text), "contacts can be left out"
    assert [row["phone"] for row in owner.get(f"{path}.json", contact=[PHONE, MAIL]).json()["lead_request"]] == [PHONE]
    agreed = re.search('name="agreed" value="([^"]*)"', owner.post(path, act="confirm", contact=[PHONE, MAIL]).text)
    assert agreed is not None
    done = owner.post(path, act="erase", contact=[PHONE, MAIL], agreed=agreed[1]).text
    assert "The data has been anonymised" in done
    left = owner.get(path).text
    assert "there is nothing to export or erase" in left
    assert "Olga" not in left


def test_leads_without_a_contact_of_a_person_with_one_may_stay(served: Stage, site: Player, owner: Guest) -> None:
    call = served.call(site, moscow(DAY, "10:00:00"), client_name="Olga")
    found = re.search(r'href="/cabinet/\d+/(people/\d+)"', owner.get(f"leads/call/{call.id}").text)
    assert found is not None
    path = f"{found[1]}/data"
    assert "leads without a valid phone or e-mail" not in owner.get(path).text, "there are none"
    assert "Calls 1" in text_of(owner.get(path).text)


def test_a_call_that_comes_meanwhile_asks_again(served: Stage, site: Player, owner: Guest, person: str) -> None:
    agreed = re.search('name="agreed" value="([^"]*)"', owner.post(f"{person}/data", act="confirm", contact=PHONE).text)
    served.call(site, moscow(DAY, "20:00:00"))
    assert agreed is not None
    again = owner.post(f"{person}/data", act="erase", contact=PHONE, agreed=agreed[1]).text
    assert "Calls 2" in text_of(again)
    assert "This cannot be undone" in again


def test_only_owners_export_and_erase(
    server: ServerProcess, served: Stage, site: Player, owner: Guest, person: str
) -> None:
    for role, can_see in ((Role.ANALYST, True), (Role.READER, False)):
        visitor = member_of(server, served, site.site.id, role)
        assert visitor.get(person).status_code == (200 if can_see else 403)
        assert "Export or erase" not in visitor.get(person).text
        for answer in (
            visitor.get(f"{person}/data"),
            visitor.get(f"{person}/data.json"),
            visitor.post(f"{person}/data", act="erase", contact=PHONE),
        ):
            assert answer.status_code == 403
            assert PHONE not in answer.text
    neighbour = served.open_site()
    other = member_of(server, served, neighbour.site.id, Role.OWNER)
    for path in (person, f"{person}/data", f"{person}/data.json", f"people/{10**40}"):
        assert other.get(path).status_code == 404
    assert other.post(f"{person}/data", act="erase", contact=PHONE).status_code == 404
    assert PHONE in owner.get(person).text


def test_sums_in_different_currencies_are_not_added_up(served: Stage, site: Player, owner: Guest, person: str) -> None:
    for number, amount, currency in (("e", 70, "eur"), ("u1", 1500, "usd"), ("u2", 300, "usd"), ("r", 100, "rub")):
        kept = {"amount_rub": Decimal(amount), "currency": currency, "matchers": (WITHOUT_SOURCE,)}
        served.perform(register_deals, site, registration(number, clue=by_contact(PHONE), **kept))
    page = text_of(owner.get(person).text)
    assert "Amount of open deals 2 100 ₽ + 70 EUR + 1 800 USD" in page
    for shown in ("70 EUR", "1 500 USD", "300 USD", "100 ₽"):
        assert shown in page.partition("All events")[2]
