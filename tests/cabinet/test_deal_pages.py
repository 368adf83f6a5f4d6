"""The journal of deals and the card of a deal, as an analyst meets them."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from starlette.datastructures import QueryParams

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.deals.history import VERSIONS_SHOWN
from dealtrace.cabinet.deals.journal import DealSorting, sorting_of
from dealtrace.cabinet.list_query import ListQuery, list_query_of
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.deals.update_lists import DealUpdate, update_lists
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.journals.deals_by_amount import SORTED_MAX, AmountKey
from dealtrace.storage.journals.keyset_pages import SortKey
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import by_contact, change, registration

PHONE = "79205550055"
DAY = "2018-03-26"
MARCH = {"from": "2018-03-01", "to": "2018-03-31"}
HOSTILE = "<script>alert(1)</script>\"' \u202eevil"
YANDEX = TrafficSource("yandex", "cpc", "spring")


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with contact matching on."""
    return served.open_site(contact_matching=True, fields=["city"])


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an analyst of the site in."""
    return member_of(server, served, site.site.id, Role.ANALYST)


def register(stage: Stage, player: Player, number: str, **fields: object) -> int:
    (outcome,) = stage.perform(register_deals, player, registration(number, **fields))
    return int(outcome.deal_id)


def numbers(page: str) -> list[str]:
    """Return the numbers of the deals that a page lists, in their sequence."""
    return [html.unescape(found) for found in re.findall(r'<a href="[^"]*/deals/\d+"><bdi>(.*?)</bdi>', page)]


def test_the_newest_deals_come_first_a_page_at_a_time(served: Stage, site: Player, analyst: Guest) -> None:
    first = moscow(DAY, "12:00:00")
    for place in range(60):
        register(served, site, f"D-{place:02}", happened_at=first + timedelta(minutes=place // 2))
    page = analyst.get("deals", **MARCH).text
    assert numbers(page) == [f"D-{place:02}" for place in range(59, 9, -1)]
    assert "Total deals: 60" in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    page = analyst.follow(html.unescape(following[1])).text
    assert numbers(page) == [f"D-{place:02}" for place in range(9, -1, -1)]
    assert "To the newest" in page
    assert 'rel="next"' not in page


def links_of(page: str) -> dict[str, tuple[str, str]]:
    """Return the links of the headings that a list can be sorted by, with the order that each column has now."""
    found = re.findall(r'<th scope="col"[^>]*?(?: aria-sort="(\w+)")?><a href="([^"]+)">(\w+)</a>', page)
    return {words: (html.unescape(url), order) for order, url, words in found}


def test_the_list_is_sorted_by_date_and_sum_page_after_page(served: Stage, site: Player, analyst: Guest) -> None:
    first = moscow(DAY, "12:00:00")
    amounts = [None if place % 7 == 0 else Decimal(place * 37 % 60) for place in range(60)]
    deals = [
        registration(f"D-{place:02}", happened_at=first + timedelta(minutes=place), amount_rub=amount)
        for place, amount in enumerate(amounts)
    ]
    served.perform(register_deals, site, *deals)
    register(served, site, "other", status="lost", happened_at=first)
    known = [place for place in range(60) if amounts[place] is not None]
    rising = sorted(known, key=lambda place: amounts[place] or 0)
    unknown = [place for place in range(60) if amounts[place] is None]
    page = analyst.get("deals", **MARCH, status="new").text
    assert {words: order for words, (_, order) in links_of(page).items()} == {"Date": "descending", "Amount": ""}
    for words, order, places in (
        ("Amount", "descending", [*rising[::-1], *unknown[::-1]]),
        ("Amount", "ascending", [*rising, *unknown]),
        ("Date", "descending", range(59, -1, -1)),
        ("Date", "ascending", range(60)),
    ):
        page = analyst.follow(links_of(page)[words][0]).text
        assert links_of(page)[words][1] == order
        assert page.count("aria-sort") == 1
        following = re.search(r'rel="next" href="([^"]+)"', page)
        assert following is not None
        rest = analyst.follow(html.unescape(following[1])).text
        assert 'rel="next"' not in rest
        assert numbers(page) + numbers(rest) == [f"D-{place:02}" for place in places]
        assert numbers(analyst.follow(links_of(rest)[words][0]).text) != numbers(rest), "a new order begins anew"
    assert '<input type="hidden" name="sort" value="date">' in page, "the form keeps the order"


def test_all_deals_without_a_source_are_listed(served: Stage, site: Player, analyst: Guest) -> None:
    visit = served.visit(site, moscow(DAY, "10:00:00"), YANDEX)
    served.call(site, moscow(DAY, "11:00:00"), phone=PHONE, visit_id=visit.id)
    served.call(site, moscow(DAY, "11:00:00"), phone="79991112233")
    register(served, site, "from yandex", happened_at=moscow(DAY, "11:30:00"), clue=by_contact(PHONE))
    register(served, site, "stated", happened_at=moscow(DAY, "11:30:00"), stated_source=YANDEX)
    register(served, site, "lead only", happened_at=moscow(DAY, "11:31:00"), clue=by_contact("79991112233"))
    register(served, site, "nothing", happened_at=moscow(DAY, "11:30:00"))
    page = analyst.get("deals", **MARCH, unsourced="yes").text
    assert numbers(page) == ["lead only", "nothing"]
    assert text_of(page).count("no source") == 2
    assert 'name="unsourced" value="yes" checked' in page


def test_an_order_that_is_unknown_or_too_long_is_the_usual_one() -> None:
    for sort, total, order in (
        ("", 1, DealSorting.NEWEST),
        ("sum", 1, DealSorting.NEWEST),
        ("-amount", SORTED_MAX, DealSorting.HIGHEST),
        ("-amount", SORTED_MAX + 1, DealSorting.NEWEST),
        ("date", SORTED_MAX + 1, DealSorting.OLDEST),
    ):
        assert sorting_of(ListQuery("/", (("sort", sort),)), total) is order


@pytest.mark.parametrize("amount", [0, -1, 9 * 10**18, -9 * 10**18, None])
def test_a_place_of_one_order_is_none_of_the_other(amount: int | None) -> None:
    by_amount, by_time = AmountKey(amount, 10**15), SortKey(moscow(DAY), 7)
    for key, found in ((by_amount, (None, by_amount)), (by_time, (by_time, None))):
        query = QueryParams(urlsplit(ListQuery("/", ()).next_page(key)).query)
        list_query = list_query_of("/", query, ())
        assert (list_query.before, list_query.before_amount) == found


def test_a_place_that_was_typed_breaks_nothing(served: Stage, site: Player, analyst: Guest) -> None:
    register(served, site, "A")
    for sort in ("-amount", "amount", "date", ""):
        for before in (
            "1.2",
            "none.1",
            "-5.1",
            "--5.1",
            "-none.1",
            "amount:1",
            "amount:none.x",
            "x",
            ".",
            "1.",
            f"{'9' * 30}.1",
            "1.-1",
        ):
            assert analyst.get("deals", **MARCH, sort=sort, before=before).status_code == 200, (sort, before)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("A-100", {"A-100"}),
        (" A-100 ", {"A-100"}),
        ("A-1*", {"A-100"}),
        ("8 (920) 555-00-55", {"A-100", "B-200"}),
        ("8920555*", {"A-100", "B-200"}),
        ("*0055", {"A-100", "B-200"}),
        ("Anna@Example.org", {"C-300"}),
        ("anna@*", {"C-300"}),
        ("иван", {"A-100", "B-200"}),
        ("Петров", {"A-100", "B-200"}),
        ("%", set()),
        ("***", set()),
        ("'; drop table deal; --", set()),
        ("9" * 300, set()),
    ],
)
def test_one_field_finds_numbers_contacts_and_names(
    served: Stage, site: Player, analyst: Guest, typed: str, found: set[str]
) -> None:
    neighbour = served.open_site(contact_matching=True)
    call = served.call(site, moscow(DAY, "11:30:00"), client_name="Иван Петров")
    register(served, site, "A-100", clue=by_contact(PHONE), happened_at=moscow("2018-01-02"))
    register(served, site, "B-200", clue=by_contact(PHONE))
    register(served, site, "C-300", clue=by_contact(email="anna@example.org"))
    register(served, neighbour, "A-100", clue=by_contact(PHONE))
    assert set(numbers(analyst.get("deals", q=typed).text)) == found, call


def test_our_id_finds_its_deal(served: Stage, site: Player, analyst: Guest) -> None:
    deal = register(served, site, "A-100")
    assert numbers(analyst.get("deals", q=str(deal)).text) == ["A-100"]


def test_filters_narrow_the_list(served: Stage, site: Player, analyst: Guest) -> None:
    visit = served.visit(site, moscow(DAY, "11:00:00"), YANDEX)
    served.call(site, moscow(DAY, "11:30:00"), visit_id=visit.id)
    register(served, site, "matched", clue=by_contact(PHONE), status="won", manager="Анна")
    register(served, site, "lonely", clue=by_contact("79991112233"), service="Bitrix24")
    register(served, site, "stated", stated_source=TrafficSource("Yandex", "cpc"))
    for filters, found in (
        ({"status": "won"}, {"matched"}),
        ({"manager": "Анна"}, {"matched"}),
        ({"service": "Bitrix24"}, {"lonely"}),
        ({"matched": "yes"}, {"matched", "stated"}),
        ({"matched": "no"}, {"lonely"}),
        ({"reason": "phone"}, {"matched"}),
        ({"reason": "no_lead_near"}, {"lonely"}),
        ({"source": "yandex"}, {"matched", "stated"}),
        ({"source": "yandex", "matched": "no"}, set()),
        ({"before": "99.x"}, {"matched", "lonely", "stated"}),
    ):
        assert set(numbers(analyst.get("deals", **MARCH, **filters).text)) == found, filters
    nonsense = analyst.get("deals", **MARCH, reason="nonsense", matched="?")
    assert (nonsense.status_code, numbers(nonsense.text)) == (400, [])


def test_deleted_deals_are_listed_on_demand_and_restored(served: Stage, site: Player, analyst: Guest) -> None:
    deal = register(served, site, "A-100")
    served.perform(delete_deals, site, DealKey(deal, None))
    assert numbers(analyst.get("deals", **MARCH).text) == []
    assert numbers(analyst.get("deals", **MARCH, deleted="yes").text) == ["A-100"]
    assert "Deleted on" in analyst.get(f"deals/{deal}").text
    assert "Deleted on" not in analyst.post(f"deals/{deal}", act="restore").text
    assert numbers(analyst.get("deals", **MARCH).text) == ["A-100"]


def test_the_card_states_why_the_deal_has_its_lead(served: Stage, site: Player, analyst: Guest) -> None:
    earlier = served.visit(site, moscow("2018-03-20", "10:00:00"), TrafficSource("google", "organic"))
    visit = served.visit(site, moscow(DAY, "10:00:00"), YANDEX, landing_url="javascript:alert(1)")
    missed = served.call(site, moscow(DAY, "08:00:00"))
    call = served.call(site, moscow(DAY, "10:30:00"), visit_id=visit.id, client_name=HOSTILE)
    deal = register(served, site, HOSTILE, clue=by_contact(PHONE), comment=HOSTILE, custom_values={"city": HOSTILE})
    page = analyst.get(f"deals/{deal}").text
    words = text_of(page)
    assert (
        f"✓ Call {call.id} chosen: the lead began 1 h 30 min before the deal 26 Mar 2018, 10:30 26 Mar 2018, 12:35"
        in words
    )
    assert (
        f"Call {missed.id} no match: the allowed time ended 1 h 55 min before the deal 26 Mar 2018, 08:00 26 Mar"
        in words
    )
    assert (
        "If the time allowed after the end of a lead is at most 1 h 24 min (linkTimeThreshold, 5 099 s): no lead. "
        "The source would then be: no source" in words
    )
    assert "comes from the CRM with each deal; the person who set up the CRM can change it" in words
    assert f'href="/docs/methods/register?site={site.site.id}"' in page.partition("<main")[2]
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart matching" role="img"' in page
    assert page.count('class="won"') == page.count('class="missed"') == 1
    assert "★ 26 Mar 2018, 10:00 javascript:alert(1) yandex / cpc / spring" in words
    assert "google / organic" in words, earlier
    timeline = re.search(r'<a href="([^"]*)">All visits, leads and deals of the client</a>: ', page)
    assert timeline is not None
    assert "google / organic" in text_of(analyst.follow(timeline[1]).text)
    assert "<script>alert" not in page
    assert "javascript:" not in re.findall(r'href="([^"]*)"', page)
    assert html.escape(HOSTILE).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page


def test_a_deal_whose_lead_has_no_visit_links_the_earlier_visits_of_its_client(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    visit = served.visit(site, moscow("2018-03-20", "10:00:00"), TrafficSource("google", "organic"))
    served.call(site, moscow("2018-03-20", "10:30:00"), visit_id=visit.id)
    served.call(site, moscow(DAY, "10:30:00"), client_name=HOSTILE)
    deal = register(served, site, "by phone", clue=by_contact(PHONE))
    page = analyst.get(f"deals/{deal}").text
    words = text_of(page)
    assert f"No visits are known that led to the deal. All visits, leads and deals of the client : {HOSTILE}" in words
    timeline = re.search(r'<a href="([^"]*)">All visits, leads and deals of the client</a>', page)
    assert timeline is not None
    assert "google / organic" in text_of(analyst.follow(timeline[1]).text)
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    assert "Все визиты, лиды и сделки клиента" in text_of(russian.get(f"deals/{deal}").text)
    nobody = register(served, site, "nobody", clue=by_contact("79991112233"))
    assert "that led to the deal" not in text_of(analyst.get(f"deals/{nobody}").text), "no client, no link"


def test_the_chart_has_the_chosen_lead_and_says_how_many_it_leaves_out(
    served: Stage, site: Player, analyst: Guest
) -> None:
    for minute in range(14):
        served.call(site, moscow(DAY, f"08:{minute:02}:00"))
    served.lead_request(site, moscow(DAY, "10:30:00"), phone=PHONE)
    page = analyst.get(f"deals/{register(served, site, 'A-1', clue=by_contact(PHONE))}").text
    assert page.count('class="won"') == 1
    assert page.count('class="missed"') == 11
    assert "3 more leads were considered, but are not drawn." in text_of(page)


def test_the_smallest_change_says_which_source_the_deal_would_get(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    spring = served.visit(site, moscow(DAY, "07:00:00"), TrafficSource("yandex", "cpc", HOSTILE))
    call = served.call(site, moscow(DAY, "08:00:00"), visit_id=spring.id)
    deal = register(served, site, "A-1", clue=by_contact(PHONE))
    page = analyst.get(f"deals/{deal}").text
    wanted = f": Call {call.id} . The source would then be: yandex / cpc, campaign {HOSTILE}"
    assert " ".join(wanted.split()) in text_of(page)
    assert "<script>alert" not in page
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    assert "Источником тогда станет: yandex / cpc, кампания" in text_of(russian.get(f"deals/{deal}").text)


def test_the_way_to_choose_the_lead_by_hand_is_named_beside_the_smallest_change(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    served.call(site, moscow(DAY, "08:00:00"))
    deal, alone = register(served, site, "A-1", clue=by_contact(PHONE)), register(served, site, "A-2")
    page = analyst.get(f"deals/{deal}").text
    assert "To correct only this deal, you don't need to change any rules: choose the lead by hand ." in text_of(page)
    assert (page.count('href="#pin"'), page.count('id="pin"')) == (1, 1)
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    words = text_of(russian.get(f"deals/{deal}").text)
    assert "Чтобы исправить только эту сделку, менять правила не нужно: выберите лид вручную ." in words
    assert 'href="#pin"' not in analyst.get(f"deals/{alone}").text, "no change would find a lead"
    analyst.post(f"deals/{deal}", act="delete")
    assert 'href="#pin"' not in analyst.get(f"deals/{deal}").text, "a deleted deal is not matched"


def test_a_deal_that_would_lose_its_lead_would_have_the_source_that_the_crm_stated(
    served: Stage, site: Player, analyst: Guest
) -> None:
    served.call(site, moscow(DAY, "10:30:00"))
    stated = TrafficSource("vk", "social", "autumn")
    deal = register(served, site, "A-1", clue=by_contact(PHONE), stated_source=stated)
    words = text_of(analyst.get(f"deals/{deal}").text)
    assert "no lead. The source would then be: vk / social, campaign autumn" in words


def test_the_card_speaks_russian(server: ServerProcess, served: Stage, site: Player) -> None:
    deal = register(served, site, "A-100", clue=by_contact("не телефон"))
    visitor = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    words = text_of(visitor.get(f"deals/{deal}").text)
    assert "CRM передала неверный телефон или почту" in words
    assert "«не телефон» не является телефоном или почтой, поэтому лид по этому контакту не найти." in words


def test_a_lead_is_pinned_by_hand_and_left_to_the_rules_again(served: Stage, site: Player, analyst: Guest) -> None:
    call = served.call(site, moscow(DAY, "11:30:00"))
    late = served.lead_request(site, moscow(DAY, "13:00:00"), phone=PHONE)
    deal = register(served, site, "A-100", clue=by_contact(PHONE))
    words = text_of(analyst.post(f"deals/{deal}", act="pin", lead="other", kind="lead_request", id=str(late.id)).text)
    assert "The lead was pinned by hand" in words
    assert f"Lead: Call {call.id} → Lead request {late.id}" in words
    unpinned = text_of(analyst.post(f"deals/{deal}", act="unpin").text)
    assert f"Lead Call {call.id}" in unpinned
    assert "Saved." in unpinned
    assert "Lead no lead" in text_of(analyst.post(f"deals/{deal}", act="pin", lead="none").text)
    assert f"Lead Call {call.id}" in text_of(analyst.post(f"deals/{deal}", act="undo", version="4").text)
    assert analyst.post(f"deals/{deal}", act="pin", lead="call:1").status_code == 400
    assert analyst.post(f"deals/{deal}", act="pin").status_code == 400


def test_the_history_says_why_a_deal_was_matched_again(served: Stage, site: Player, analyst: Guest) -> None:
    by_phone = Matcher(MatcherKind.CONTACT, tuple(LeadKind), contacts=(PHONE,), until=moscow(DAY, "12:00:00"))
    deal = register(served, site, "A-100", matchers=(by_phone,))
    served.call(site, moscow(DAY, "11:30:00"), phone=PHONE)
    served.perform(update_lists, site, [DealUpdate(change(deal, matchers=(WITHOUT_SOURCE,)))])
    lines = analyst.get(f"deals/{deal}").text.partition("What was changed")[2]
    of_leads = "because leads, visits or settings changed"
    of_matchers = "because the conditions for finding the lead changed"
    assert (lines.count(of_leads), lines.count(of_matchers)) == (1, 1)
    assert lines.index(of_matchers) < lines.index(of_leads), "latest first"


def test_every_change_can_be_undone(served: Stage, site: Player, analyst: Guest) -> None:
    deal = register(served, site, "A-100", status="new", tags=("a", "b"))
    served.perform(change_deals, site, change(deal, status="won", amount_rub=Decimal(5000), tags=()))
    served.perform(change_deals, site, change(deal, manager="Анна"))
    words = text_of(analyst.post(f"deals/{deal}", act="undo", version="2").text)
    assert "Status new Amount 1 000 ₽" in words
    assert "Manager Анна" in words, "later changes stay"
    assert "Tags a, b" in words
    assert "Status: won → new" in words
    assert analyst.login in words.partition("What was changed")[2]
    assert "Status won Amount 5 000 ₽" in text_of(analyst.post(f"deals/{deal}", act="undo", version="4").text)
    for version in ("1", "99", "x", ""):
        assert analyst.post(f"deals/{deal}", act="undo", version=version).status_code == 404
    assert "Deleted on" in analyst.post(f"deals/{deal}", act="delete").text
    assert "Deleted on" not in analyst.post(f"deals/{deal}", act="undo", version="6").text


def test_what_people_do_costs_no_points(served: Stage, site: Player, analyst: Guest) -> None:
    deal = register(served, site, "A-100")
    today = site_day(datetime.now(UTC), site.site.time_zone)
    with served.database.read() as connection:
        spent = find_points_spent(connection, site.site.id, today)
    for act in ("delete", "restore", "pin"):
        assert analyst.post(f"deals/{deal}", act=act, lead="none").status_code == 200
    with served.database.read() as connection:
        assert find_points_spent(connection, site.site.id, today) == spent


def test_others_see_nothing(server: ServerProcess, served: Stage, site: Player, analyst: Guest) -> None:
    neighbour = served.open_site()
    foreign = register(served, neighbour, "theirs")
    own = register(served, site, "ours", clue=by_contact(PHONE))
    assert "theirs" not in analyst.get("deals", **MARCH).text
    for path in (f"deals/{foreign}", "deals/1", f"deals/{10**40}"):
        assert analyst.get(path).status_code == 404
        assert analyst.post(path, act="delete").status_code == 404
    assert analyst.get(f"/{neighbour.site.id}/deals").status_code == 404
    reader = member_of(server, served, site.site.id, Role.READER)
    for answer in (reader.get("deals"), reader.get(f"deals/{own}"), reader.post(f"deals/{own}", act="delete")):
        assert answer.status_code == 403
        assert PHONE not in answer.text


def test_a_form_of_another_page_changes_nothing(served: Stage, site: Player, analyst: Guest) -> None:
    deal = register(served, site, "A-100")
    path, foreign = f"/cabinet/{site.site.id}/deals/{deal}", {"sec-fetch-site": "cross-site"}
    sent = analyst.http.post(path, data={"act": "delete"}, headers=foreign)
    assert sent.status_code == 403
    assert "Deleted on" not in analyst.get(f"deals/{deal}").text


def test_a_sum_in_another_currency_is_listed_in_that_currency(served: Stage, site: Player, analyst: Guest) -> None:
    register(served, site, "abroad", amount_rub=Decimal(1500), currency="usd", matchers=(WITHOUT_SOURCE,))
    register(served, site, "at home", amount_rub=Decimal(700), currency="rub", matchers=(WITHOUT_SOURCE,))
    page = text_of(analyst.get("deals", **MARCH).text)
    assert "1 500 USD" in page
    assert "700 ₽" in page
    assert "1 500 ₽" not in page


def versions_on(page: str) -> list[int]:
    """Return the numbers of the versions that a card lists with a form to undo them, in their order."""
    return [int(number) for number in re.findall(r'name="version" value="(\d+)"', page)]


def test_the_latest_versions_of_a_deal_are_on_its_card_and_all_others_on_further_pages(
    served: Stage, site: Player, analyst: Guest, server: ServerProcess
) -> None:
    deal = register(served, site, "often", status="status 001")
    for first in range(2, 252, 50):
        changes = [change(deal, status=f"status {number:03}") for number in range(first, first + 50)]
        served.perform(change_deals, site, *changes)
    card = analyst.get(f"deals/{deal}")
    assert versions_on(card.text) == list(range(251, 251 - VERSIONS_SHOWN, -1))
    assert "Later changes" not in card.text
    assert len(re.findall(r"<bdi>status \d+</bdi></td>", card.text)) == VERSIONS_SHOWN, "of statuses too"
    assert "status 151</bdi> → <bdi>status 152" in card.text, "what was before the page is known"
    assert re.search(r"<bdi>status 152</bdi></td>\s*<td[^>]*>1\s000\s₽</td>", card.text), "and its amount"
    pages, page = [card.text], card
    while following := re.search(r'rel="next" href="([^"]+)"', page.text):
        page = analyst.follow(html.unescape(following[1]))
        pages.append(page.text)
    assert [number for text in pages for number in versions_on(text)] == list(range(251, 1, -1))
    assert [len(versions_on(text)) for text in pages] == [100, 100, 50]
    russian = member_of(server, served, site.site.id, Role.ANALYST, language="ru")
    assert "Более поздние изменения" in russian.get(f"deals/{deal}", before="52").text
    for _ in pages[1:]:
        previous = re.search(r'rel="prev" href="([^"]+)"', page.text)
        assert previous is not None
        page = analyst.follow(html.unescape(previous[1]))
    assert versions_on(page.text) == versions_on(card.text)
    for typed in ("0", "1", "9" * 30, "-1", "x", ""):
        assert analyst.get(f"deals/{deal}", before=typed).status_code == 200
    assert analyst.send(f"deals/{deal}", act="undo", version="2").status_code == 303, "as a form of the last page says"
    assert "<bdi>status 001</bdi>" in analyst.get(f"deals/{deal}").text
