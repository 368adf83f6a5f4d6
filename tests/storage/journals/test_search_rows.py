"""Deals are found by the name of their client, however they name the client."""

from datetime import timedelta
from typing import Any

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.details import ContactBook, DealDetails
from dealtrace.leads.search_field import SearchText, parse_search
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.personal_data import erase_person
from dealtrace.storage.journals import search_rows
from dealtrace.storage.journals.search_rows import find_searched_deals, find_searched_visits
from plans import plans_of, statements_on
from write_commands import NOON, by_contact, change, registration

PHONE, MAIL = "79205550055", "ivan@example.ru"
LONG_AGO = NOON.replace(year=2015)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, player: Player, number: str, **fields: Any) -> int:
    (receipt,) = stage.perform(register_deals, player, registration(number, **fields))
    return int(receipt.deal_id)


def found(stage: Stage, player: Player, typed: str) -> set[int]:
    search = parse_search(typed)
    assert search is not None
    with stage.database.read() as connection:
        return set(find_searched_deals(connection, player.site.id, search).ids)


def test_deals_without_a_lead_are_found_by_the_client_whose_contacts_they_were_sent_with(
    stage: Stage, shop: Player
) -> None:
    neighbour = stage.open_site(contact_matching=True)
    stage.lead_request(shop, NOON, phone=PHONE, email=MAIL, client_name="Иван Петров")
    stage.lead_request(neighbour, NOON, phone=PHONE, client_name="Иван Петров")
    by_phone = register(stage, shop, "by phone", clue=by_contact(PHONE), happened_at=LONG_AGO)
    by_email = register(stage, shop, "by e-mail", clue=by_contact(email=MAIL), happened_at=LONG_AGO)
    further = register(stage, shop, "further", clue=by_contact(f"79990001122, {PHONE}"), happened_at=LONG_AGO)
    register(stage, shop, "stranger", clue=by_contact("79990001123"), happened_at=LONG_AGO)
    register(stage, neighbour, "theirs", clue=by_contact(PHONE), happened_at=LONG_AGO)
    assert found(stage, shop, "петров") == {by_phone, by_email, further}
    assert found(stage, shop, "Сидоров") == set()


def test_a_search_that_reaches_its_limit_of_contacts_says_so(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.lead_request(shop, NOON, phone=PHONE, email=MAIL, client_name="Иван Петров")
    for most, is_cut in ((3, False), (2, True)):
        monkeypatch.setattr(search_rows, "FOUND_MAX", most)
        with stage.database.read() as connection:
            assert find_searched_deals(connection, shop.site.id, SearchText("Петров")).is_cut is is_cut


def visits_found(stage: Stage, player: Player, typed: str) -> tuple[set[int], bool]:
    """Search visits of the week before `NOON`; return the ids that are found, and whether the search was cut."""
    search = parse_search(typed)
    assert search is not None
    with stage.database.read() as connection:
        found = find_searched_visits(connection, player.site.id, search, NOON - timedelta(days=7), NOON)
    return set(found.ids), found.is_cut


def test_visits_are_found_by_visitor_client_source_and_page(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    for player in (neighbour, shop):
        first, old = (
            stage.visit(
                player, at, TrafficSource("yandex", "cpc", "Осень 100%"), visitor="v1",
                landing_url="https://shop.example/Sale?utm_content=a_b",
            )
            for at in (NOON - timedelta(days=1), LONG_AGO)
        )  # fmt: skip
        second = stage.visit(player, NOON - timedelta(days=2), TrafficSource("vk", "social"), visitor="v2")
        stage.lead_request(player, NOON, phone=PHONE, email=MAIL, client_name="Иван Петров", visit_id=first.id)
    both, recent, other = {first.id, old.id}, {first.id}, {second.id}
    for typed, ids in {
        "v1": both, "v2": other, str(second.id): other, "петров": both, "+7 920 555-00-55": both, MAIL: both,
        "79205550*": both, "yandex": recent, "CPC": recent, "осень": recent, "100%": recent, "vk": other,
        "/sale": recent, "a_b": recent, "axb": set(), "sh*le": recent, "v3": set(), "79990001122": set(),
    }.items():  # fmt: skip
        assert visits_found(stage, shop, typed) == (ids, False), typed


def test_sources_of_visits_are_searched_among_the_latest(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = [
        stage.visit(shop, NOON - timedelta(hours=hours), TrafficSource("yandex"), visitor=f"of {hours}")
        for hours in (1, 2, 3)
    ]
    monkeypatch.setattr(search_rows, "VISITS_SEARCHED_MAX", 2)
    assert visits_found(stage, shop, "yandex") == ({visits[0].id, visits[1].id}, False)
    monkeypatch.setattr(search_rows, "FOUND_MAX", 1)
    assert visits_found(stage, shop, "yandex") == ({visits[0].id}, True)


def test_a_filler_connects_no_deal_with_a_name(stage: Stage, shop: Player) -> None:
    stage.lead_request(shop, NOON, phone="70000000000", client_name="Иван Петров")
    register(stage, shop, "filler", clue=by_contact("70000000000"), happened_at=LONG_AGO)
    assert found(stage, shop, "петров") == set()


def test_the_name_that_a_deal_states_finds_it_until_the_name_changes(stage: Stage, shop: Player) -> None:
    details = DealDetails(main_contacts=ContactBook("ООО «Ромашка», Ольга"))
    stated = register(stage, shop, "stated", details=details, currency="rub")
    assert found(stage, shop, "ромашка") == found(stage, shop, "Ольга") == {stated}
    assert found(stage, shop, "100%") == found(stage, shop, "Ром_шка") == set()
    renamed = change(stated, detail_parts={"main_contacts": ContactBook("Сергей")})
    stage.perform(change_deals, shop, renamed)
    assert (found(stage, shop, "ромашка"), found(stage, shop, "сергей")) == (set(), {stated})


def test_the_stated_name_of_an_erased_person_is_not_found(stage: Stage, shop: Player) -> None:
    details = DealDetails(main_contacts=ContactBook("Ольга", (PHONE,)))
    stated = register(stage, shop, "stated", details=details, currency="rub", clue=by_contact(PHONE))
    assert found(stage, shop, "ольга") == {stated}
    with stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], PHONE)
    assert found(stage, shop, "ольга") == set()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_deals_that_name_a_client_are_found_by_an_index(stage: Stage, shop: Player) -> None:
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        find_searched_deals(connection, shop.site.id, SearchText("ромашка"))
    plans = plans_of(stage.database, sent)
    assert "ix_deal_client_name" in plans
    assert "SCAN deal" not in plans, plans
