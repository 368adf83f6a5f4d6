"""Finding the leads of deals: identities, then contacts, whatever came first."""

from datetime import timedelta
from itertools import permutations

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.matching.match import DealToMatch, match_deals
from stored import deal_of, rows_of
from write_commands import NOON, by_call, by_contact, by_lead_request, registration

PHONE = "79205550055"
EMAIL = "ivan@example.ru"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def match(stage: Stage, player: Player, *clues: LeadClue) -> list[LeadRef | None]:
    with stage.database.read() as connection:
        return match_deals(connection, player.site, [DealToMatch(clue, NOON) for clue in clues])


def call(found: int) -> LeadRef:
    return LeadRef(LeadKind.CALL, found)


def lead_request(found: int) -> LeadRef:
    return LeadRef(LeadKind.LEAD_REQUEST, found)


def test_it_answers_each_question_in_its_place(stage: Stage, shop: Player) -> None:
    by_phone = stage.call(shop, NOON - MINUTE).id
    named = stage.call(shop, NOON + timedelta(days=9), phone="79000000001", reference="ref").id
    mailed = stage.lead_request(shop, NOON - MINUTE, email=EMAIL, number="R").id
    answers = match(
        stage,
        shop,
        NO_CLUE,
        by_contact(PHONE),
        by_call(None, "ref"),
        by_call(None, "?"),
        by_lead_request(mailed),
        by_contact(None, EMAIL),
        by_contact("7900", None),
    )
    assert answers == [
        None, call(by_phone), call(named), None, lead_request(mailed), lead_request(mailed), None,
    ]  # fmt: skip


def test_it_asks_nothing_of_an_empty_batch(stage: Stage, shop: Player) -> None:
    assert match(stage, shop) == []


@pytest.mark.parametrize("switch", [True, False])
@pytest.mark.parametrize("clue", [by_call(None, "ref"), by_lead_request(None, "R"), by_lead_request(1, "R")])
def test_it_binds_later_by_a_name_that_came_too_early_whatever_the_switch(
    stage: Stage, switch: bool, clue: LeadClue
) -> None:
    shop = stage.open_site(contact_matching=switch)
    (receipt,) = stage.perform(register_deals, shop, registration("N", clue=clue))
    assert receipt.lead is None
    arrived = {
        call(stage.call(shop, NOON, reference="ref").id),
        lead_request(stage.lead_request(shop, NOON, number="R").id),
    }
    deal = deal_of(stage.database, shop, receipt.deal_id)
    assert match(stage, shop, deal.clue)[0] in arrived


@pytest.mark.parametrize("switch", [True, False])
def test_it_finds_a_late_lead_by_contact_when_the_switch_is_on(stage: Stage, switch: bool) -> None:
    shop = stage.open_site(contact_matching=switch)
    (receipt,) = stage.perform(register_deals, shop, registration("N", clue=by_contact("8 920 555-00-55")))
    arrived = stage.call(shop, NOON - MINUTE)
    deal = deal_of(stage.database, shop, receipt.deal_id)
    assert match(stage, shop, deal.clue) == [call(arrived.id) if switch else None]


def test_it_tries_the_contact_while_the_name_leads_nowhere_and_the_name_once_it_does(
    stage: Stage, shop: Player
) -> None:
    clue = by_call(None, "ref", clue=by_contact(PHONE))
    near = stage.call(shop, NOON - MINUTE)
    assert match(stage, shop, clue) == [call(near.id)]
    named = stage.call(shop, NOON - timedelta(days=9), phone="79000000001", reference="ref")
    assert match(stage, shop, clue) == [call(named.id)]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_it_finds_the_same_lead_in_whatever_order_they_came(stage: Stage, order: tuple[int, ...]) -> None:
    shop = stage.open_site(contact_matching=True)
    calls = {}
    for number in order:
        moment, seconds = [(NOON - 9 * MINUTE, 60), (NOON - 5 * MINUTE, 60), (NOON - 5 * MINUTE, 120)][number]
        calls[number] = stage.call(shop, moment, seconds=seconds, reference=str(number))
    assert match(stage, shop, by_contact(PHONE)) == [call(calls[2].id)]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_it_settles_a_tie_by_the_foreign_reference_and_never_by_arrival(stage: Stage, order: tuple[str, str]) -> None:
    shop = stage.open_site(contact_matching=True)
    calls = {reference: stage.call(shop, NOON - MINUTE, reference=reference) for reference in order}
    assert match(stage, shop, by_contact(PHONE)) == [call(calls["b"].id)]


def test_it_prefers_calls_to_lead_requests_and_the_phone_to_the_mail(stage: Stage, shop: Player) -> None:
    mailed = stage.lead_request(shop, NOON - MINUTE, email=EMAIL).id
    assert match(stage, shop, by_contact(PHONE, EMAIL)) == [lead_request(mailed)]
    phoned = stage.lead_request(shop, NOON - 5 * MINUTE, phone=PHONE).id
    assert match(stage, shop, by_contact(PHONE, EMAIL)) == [lead_request(phoned)]
    called = stage.call(shop, NOON - 9 * MINUTE).id
    assert match(stage, shop, by_contact(PHONE, EMAIL)) == [call(called)]


@pytest.mark.parametrize(("only", "kind"), [(LeadKind.CALL, 0), (LeadKind.LEAD_REQUEST, 1)])
def test_it_looks_at_one_kind_alone_when_asked(stage: Stage, shop: Player, only: LeadKind, kind: int) -> None:
    both = call(stage.call(shop, NOON).id), lead_request(stage.lead_request(shop, NOON, phone=PHONE).id)
    assert match(stage, shop, by_contact(PHONE, only=only)) == [both[kind]]


def test_it_gives_each_deal_its_own_threshold(stage: Stage, shop: Player) -> None:
    found = call(stage.call(shop, NOON - timedelta(hours=1), seconds=0).id)
    clues = [by_contact(PHONE, threshold=timedelta(seconds=seconds)) for seconds in (3599, 3600, 0)]
    assert match(stage, shop, *clues) == [None, found, None]


def test_it_passes_over_contacts_nobody_can_have(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON, phone="none")
    stage.lead_request(shop, NOON, phone="none", email="none")
    assert match(stage, shop, by_contact("none", "none")) == [None]


def test_it_sees_nothing_of_a_neighbour(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK, contact_matching=True)
    theirs = stage.call(neighbour, NOON, reference="ref")
    lead_request = stage.lead_request(neighbour, NOON, phone=PHONE, email=EMAIL, number="R")
    clues = [by_call(theirs.id, "ref"), by_lead_request(lead_request.id, "R"), by_contact(PHONE, EMAIL)]
    assert match(stage, shop, *clues) == [None, None, None]
    assert None not in match(stage, neighbour, *clues)


def test_it_stores_nothing(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON)
    stored = rows_of(stage.database, shop)
    match(stage, shop, by_contact(PHONE), by_call(None, "?"))
    assert rows_of(stage.database, shop) == stored
