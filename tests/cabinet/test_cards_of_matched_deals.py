"""The card of a deal of deals 2.0: how its matchers were tried, and its further data."""

from datetime import timedelta
from decimal import Decimal
from importlib.resources import files

import pytest

from browser import Browser
from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.details import ContactBook, DealDetails, Product
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind, Preference
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.update_lists import DealUpdate, update_lists
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import NOON, change, register

PHONE, OTHER = "79205550055", "79205550066"
DAY = "2018-03-26"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.map(
 each => `${each.id}: ${each.nodes[0].html}`))"""
HOSTILE = "<script>alert(1)</script>\"' \u202eevil"
NO_CHAT = Matcher(MatcherKind.CHAT)


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site."""
    return served.open_site()


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an analyst of the site in."""
    return member_of(server, served, site.site.id, Role.ANALYST)


def by_phone(phone: str, *kinds: LeadKind, depth: timedelta | None = None, **more: object) -> Matcher:
    kinds = kinds or tuple(LeadKind)
    return Matcher(MatcherKind.CONTACT, kinds, contacts=(phone,), until=NOON, depth=depth, **more)  # type: ignore[arg-type]


def test_the_card_says_which_matcher_decided_and_what_the_others_missed_by(
    served: Stage, site: Player, analyst: Guest
) -> None:
    request = served.lead_request(site, moscow(DAY, "07:00:00"), phone=PHONE)
    earlier = served.call(site, moscow(DAY, "10:00:00"), phone=OTHER)
    call = served.call(site, moscow(DAY, "10:30:00"), phone=OTHER)
    late = served.call(site, moscow(DAY, "13:00:00"), phone=OTHER)
    near = by_phone(PHONE, LeadKind.LEAD_REQUEST, depth=timedelta(hours=2))
    matchers = (NO_CHAT, near, by_phone(OTHER), by_phone(PHONE), WITHOUT_SOURCE, by_phone(PHONE))
    deal = register(served, site, matchers=matchers)
    page = analyst.get(f"deals/{deal}").text
    words = text_of(page)
    assert "The match was decided by a matcher from the list that the CRM sent." in words
    assert "1. A chat Skipped: Dealtrace does not support this search" in words
    found_nothing = "This matcher found nothing. The lead began no later than 26 Mar 2018, 12:00."
    assert f"2. Lead requests by contact {PHONE} {found_nothing}" in words
    assert "The lead began no more than 2 h before the matcher’s date. The nearest lead is chosen." in words
    missed = "no match: the lead began 5 h before the matcher’s date, 3 h more than allowed 26 Mar 2018, 07:00"
    assert f"Lead request {request.id} {missed}" in words
    assert f"3. Calls and lead requests by contact {OTHER} This matcher decided." in words
    assert f"Call {late.id} no match: the lead began 1 h after the matcher’s date 26 Mar 2018, 13:00" in words
    assert f"✓ Call {call.id} chosen: the lead began 1 h 30 min before the matcher’s date 26 Mar 2018, 10:30" in words
    assert f"Call {earlier.id} fits: the lead began 2 h before the matcher’s date, but another lead is nearer" in words
    assert f"4. Calls and lead requests by contact {PHONE} Not tried, because an earlier matcher decided." in words
    assert "5. Neither a lead nor a source Not tried" in words
    assert f"6. Calls and lead requests by contact {PHONE} Never tried" in words
    for ref in (f"lead_request:{request.id}", f"call:{late.id}", f"call:{earlier.id}", f"call:{call.id}"):
        assert page.count(f'name="lead" value="{ref}"') == 1, "each considered lead can be pinned"
    pinned = text_of(analyst.post(f"deals/{deal}", act="pin", lead=f"lead_request:{request.id}").text)
    assert f"Lead Lead request {request.id}" in pinned
    assert "Below is what the searches sent by the CRM (matchers) would choose if the lead were not pinned." in pinned


def test_the_card_says_why_no_matcher_found_a_lead(served: Stage, site: Player, analyst: Guest) -> None:
    served.call(site, moscow(DAY, "09:00:00"), phone=PHONE)
    call = served.call(site, moscow(DAY, "10:00:00"), phone=PHONE)
    unique = by_phone(PHONE, preference=Preference.NEAREST_UNIQUE, tags=("vip", "b2b"), any_tag=True)
    unknown = Matcher(MatcherKind.ID, (LeadKind.CALL,), lead_id=call.id + 1000)
    matchers = (unique, unknown, by_phone(OTHER), Matcher(MatcherKind.VISIT, visit_ids=(7, 8)))
    page = analyst.get(f"deals/{register(served, site, matchers=matchers)}").text
    words = text_of(page)
    assert "No matcher found a lead. See below which matchers the CRM sent" in words
    assert "The nearest lead that is unique among leads of its kind is chosen." in words
    assert "The lead has at least one of the tags: vip, b2b." in words
    missed = (
        "no match: the required tags are missing, the lead is not unique; the lead began 2 h before the matcher’s date"
    )
    assert f"Call {call.id} {missed} 26 Mar 2018, 10:00" in words
    assert f"2. Call {call.id + 1000} This matcher found nothing." in words
    assert f"3. Calls and lead requests by contact {OTHER} This matcher found nothing." in words
    assert "No leads with this contact." in words
    assert "4. Visit 7, 8 This matcher found nothing." in words
    assert page.count("✓") == 0


def test_the_card_names_the_stated_source_safely_and_in_russian(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    served.call(site, moscow(DAY, "13:00:00"), phone=PHONE)
    stated = Matcher(MatcherKind.SOURCE, source=TrafficSource("yandex", "cpc", HOSTILE))
    deal = register(served, site, matchers=(by_phone(PHONE), stated))
    page = analyst.get(f"deals/{deal}").text
    assert f"2. The source stated by the CRM: yandex / cpc / {HOSTILE} This matcher decided." in text_of(page)
    assert "<script>alert" not in page
    visitor = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    words = text_of(visitor.get(f"deals/{deal}").text)
    assert f"1. Звонки и заявки по контакту {PHONE} Это условие ничего не нашло." in words
    assert "не подошёл: начался через 1 ч после даты условия" in words


def test_the_card_draws_the_matchers_and_says_what_would_flip_the_match(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    call = served.call(site, moscow(DAY, "10:00:00"), phone=PHONE)
    deal = register(served, site, matchers=(NO_CHAT, by_phone(PHONE, depth=timedelta(hours=1))))
    page = analyst.get(f"deals/{deal}").text
    words = text_of(page)
    assert page.count('class="window"') == 1
    assert page.count('class="missed"') == 1
    assert "A band is the time in which a lead must have begun" in words
    assert (
        "If in matcher 2 the search goes back at least 2 h (searchDepth, 120 min): "
        f"Call {call.id} . The source would then be: no source" in words
    )
    assert "To correct only this deal, you don't need to change any rules:" in words
    found = register(served, site, matchers=(by_phone(PHONE),), number="found")
    page = analyst.get(f"deals/{found}").text
    assert page.count('class="won"') == 1
    assert "If in matcher 1 the date is 26 Mar 2018, 09:59:59 or earlier (date): no lead." in text_of(page)
    visitor = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    russian = text_of(visitor.get(f"deals/{deal}").text)
    assert "Если в условии 2 глубина поиска не меньше 2 ч (searchDepth, 120 мин):" in russian
    assert "Полоса — время, в которое должен начаться лид" in russian


def test_the_card_draws_a_lead_that_a_matcher_named(served: Stage, site: Player, analyst: Guest) -> None:
    call = served.call(site, moscow(DAY, "10:00:00"), phone=PHONE)
    named = Matcher(MatcherKind.ID, (LeadKind.CALL,), lead_id=call.id)
    page = analyst.get(f"deals/{register(served, site, matchers=(named,))}").text
    assert page.count('class="won"') == 1
    assert f"✓ Call {call.id}" in page


def test_the_card_of_a_pinned_deal_does_not_draw_the_pinned_lead_as_the_named_one(
    served: Stage, site: Player, analyst: Guest
) -> None:
    named, pinned = (served.call(site, moscow(DAY, clock), phone=PHONE) for clock in ("10:00:00", "11:00:00"))
    matchers = (Matcher(MatcherKind.ID, (LeadKind.CALL,), lead_id=named.id),)
    deal = register(served, site, matchers=matchers)
    page = analyst.post(f"deals/{deal}", act="pin", lead="other", kind="call", id=str(pinned.id)).text
    assert f"Lead Call {pinned.id}" in text_of(page)
    assert 'class="won"' not in page


def test_the_drawn_matchers_can_be_read_by_everybody(
    browser: Browser, server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    for hour in range(20):
        served.call(site, moscow(DAY, f"{hour:02}:00:00"), phone=PHONE)
    deal = register(served, site, matchers=(by_phone(PHONE, depth=timedelta(hours=2)), by_phone(PHONE), NO_CHAT))
    browser.keep_cookie("session", analyst.secret, server.url)
    for width in (1280, 360):
        browser.emulate(width=width)
        browser.open(f"{server.url}/cabinet/{site.site.id}/deals/{deal}")
        assert browser.run("document.querySelectorAll('svg.matching .won').length") == 1
        browser.run(AXE)
        assert browser.run(RUN_AXE) == []
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.complaints == []


FURTHER = DealDetails(
    funnel="Retail",
    name="Kitchen",
    link="https://crm.example/7",
    products=(Product("Oven", Decimal("99.5"), "Bosch", "kitchen", "", Decimal(2)), Product(HOSTILE)),
    main_contacts=ContactBook("Anna", (PHONE,), ("a@example.com",), (OTHER,), ("77",), ("@anna",), ("vk1",)),
    other_contacts=ContactBook(phones=("79205550077",)),
)


def update(stage: Stage, player: Player, deal_id: int, **fields: object) -> None:
    stage.perform(update_lists, player, [DealUpdate(change(deal_id, **fields))], now=NOON + timedelta(days=9))


def test_the_card_shows_the_further_data_of_deals_2(served: Stage, site: Player, analyst: Guest) -> None:
    more = {"amount_rub": Decimal(300), "margin_rub": Decimal(50), "currency": "usd", "details": FURTHER}
    deal = register(served, site, matchers=(WITHOUT_SOURCE,), status_since=NOON - timedelta(days=3), **more)
    page = analyst.get(f"deals/{deal}").text
    words = text_of(page)
    assert "Amount 300 USD Margin 50 USD" in words
    assert "Funnel Retail Deal name Kitchen Link https://crm.example/7 Products" in words
    assert f"Oven (Bosch, kitchen), 99.50 USD × 2; {HOSTILE}" in words
    contacts = f"Anna, {PHONE}, a@example.com, WhatsApp {OTHER}, Telegram @anna, Telegram 77, VK vk1"
    assert f"Main contacts {contacts} Other contacts 79205550077" in words
    assert 'href="https://crm.example/7"' in page
    assert "<script>alert" not in page
    assert "Since Funnel Status Amount 23 Mar 2018, 12:00 Retail new 300 USD" in words


def test_a_link_that_would_run_a_script_is_no_link(served: Stage, site: Player, analyst: Guest) -> None:
    details = DealDetails(link="javascript:alert(1)")
    page = analyst.get(f"deals/{register(served, site, matchers=(WITHOUT_SOURCE,), details=details)}").text
    assert "Link javascript:alert(1)" in text_of(page)
    assert 'href="javascript' not in page


def test_the_history_shows_the_changes_of_the_further_data(served: Stage, site: Player, analyst: Guest) -> None:
    deal = register(
        served,
        site,
        matchers=(WITHOUT_SOURCE,),
        status_since=NOON,
        amount_rub=Decimal(300),
        currency="usd",
        details=FURTHER,
    )
    update(served, site, deal, currency="eur")
    update(served, site, deal, margin_rub=Decimal(7))
    update(served, site, deal, detail_parts={"funnel": "Wholesale"})
    update(served, site, deal, status_since=NOON + timedelta(days=1))
    update(served, site, deal, matchers=(by_phone(PHONE, depth=timedelta(hours=2)),))
    words = text_of(analyst.get(f"deals/{deal}").text).partition("Statuses and amounts over time")[2]
    assert "Currency: USD → EUR" in words
    assert "Margin: – → 7 EUR" in words
    assert "Funnel: Retail → Wholesale" in words
    assert "Status since: 26 Mar 2018, 12:00 → 27 Mar 2018, 12:00" in words
    searched = f"Calls and lead requests by contact {PHONE} (The lead began no later than 26 Mar 2018, 12:00. The"
    assert f"Matchers: Neither a lead nor a source → {searched} lead began no more than 2 h before" in words
    assert "Deal name: – → Kitchen" in words, "a registration shows them too"
    assert words.count("Products:") == 1, "unchanged details are not listed"
    states = ("26 Mar 2018, 12:00 Retail new 300 USD", "4 Apr 2018, 12:00 Retail new 300 EUR")
    later = ("4 Apr 2018, 12:00 Wholesale new 300 EUR", "27 Mar 2018, 12:00 Wholesale new 300 EUR")
    assert " ".join((*states, *later)) in words
    undone = text_of(analyst.post(f"deals/{deal}", act="undo", version="4").text)
    assert "Funnel: Wholesale → Retail" in undone
