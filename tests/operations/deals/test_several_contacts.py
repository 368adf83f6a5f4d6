"""Fields with several contacts, and which deals a lead concerns."""

from dataclasses import replace
from datetime import timedelta

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.personal_data import erase_person
from stored import deal_of, lead_of, rows_of
from write_commands import NOON, by_contact, register_by

TWO_PHONES = "+7 920 555-00-55, +7 920 555-00-66"
FIRST, SECOND = "79205550055", "79205550066"
TWO_EMAILS, EMAIL = "ivan@example.ru; olga@example.ru", "olga@example.ru"
BEFORE = NOON - timedelta(minutes=10)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.mark.parametrize("phone", [FIRST, SECOND])
@pytest.mark.parametrize("deal_first", [True, False])
def test_a_deal_is_matched_by_each_of_its_phones(stage: Stage, shop: Player, phone: str, deal_first: bool) -> None:
    deal_id = register_by(stage, shop, by_contact(TWO_PHONES)) if deal_first else 0
    call = stage.call(shop, BEFORE, phone=phone)
    deal_id = deal_id or register_by(stage, shop, by_contact(TWO_PHONES))
    assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, call.id)
    assert deal_of(stage.database, shop, deal_id).clue == by_contact(TWO_PHONES)


@pytest.mark.parametrize("deal_first", [True, False])
def test_a_deal_is_matched_by_its_second_e_mail(stage: Stage, shop: Player, deal_first: bool) -> None:
    clue = by_contact("нет", TWO_EMAILS)
    deal_id = register_by(stage, shop, clue) if deal_first else 0
    lead_request = stage.lead_request(shop, BEFORE, email=EMAIL)
    deal_id = deal_id or register_by(stage, shop, clue)
    assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)


@pytest.mark.parametrize("phone", [FIRST, SECOND])
def test_a_deal_is_matched_by_each_phone_of_a_lead(stage: Stage, shop: Player, phone: str) -> None:
    earlier = register_by(stage, shop, by_contact(phone), "a")
    call = stage.call(shop, BEFORE, phone=TWO_PHONES)
    later = register_by(stage, shop, by_contact(phone), "b")
    assert lead_of(stage, shop, earlier) == lead_of(stage, shop, later) == LeadRef(LeadKind.CALL, call.id)


def test_the_first_phone_comes_before_a_nearer_lead_of_the_second(stage: Stage, shop: Player) -> None:
    lead_request = stage.lead_request(shop, BEFORE, phone=FIRST)
    stage.call(shop, BEFORE + timedelta(minutes=5), phone=SECOND)
    deal_id = register_by(stage, shop, by_contact(TWO_PHONES))
    assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)


def test_a_lead_that_shares_the_second_phone_out_of_its_window_is_not_matched(stage: Stage, shop: Player) -> None:
    deal_id = register_by(stage, shop, by_contact(TWO_PHONES, threshold=timedelta(minutes=5)))
    stage.lead_request(shop, BEFORE, phone=SECOND)
    assert lead_of(stage, shop, deal_id) is None


def test_an_erasure_by_the_second_phone_removes_both(stage: Stage, shop: Player) -> None:
    deal_id = register_by(stage, shop, by_contact(TWO_PHONES))
    with stage.database.write() as connection:
        erased = erase_person(account_work(connection), [shop.site], SECOND)
    assert erased[shop.site.id].deals == {deal_id}
    assert "0066" not in str(rows_of(stage.database, shop))


@pytest.mark.parametrize("text", [SECOND, TWO_PHONES])
def test_a_lead_concerns_only_deals_that_look_for_its_kind(stage: Stage, shop: Player, text: str) -> None:
    """Contact matching was off when the deal came, and switching it on does not touch the past."""
    off = Player(replace(shop.site, contact_matching=False), shop.token, shop.token_id)
    calls = register_by(stage, off, by_contact(text, only=LeadKind.CALL), "calls")
    requests = register_by(stage, off, by_contact(text, only=LeadKind.LEAD_REQUEST), "requests")
    stage.call(off, BEFORE, phone=SECOND)
    lead_request = stage.lead_request(shop, BEFORE, phone=SECOND)
    assert lead_of(stage, shop, calls) is None
    assert lead_of(stage, shop, requests) == LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)


def test_a_lead_request_does_not_concern_a_deal_with_its_e_mail_that_looks_for_calls(
    stage: Stage, shop: Player
) -> None:
    off = Player(replace(shop.site, contact_matching=False), shop.token, shop.token_id)
    deal_id = register_by(stage, off, by_contact(FIRST, EMAIL, only=LeadKind.CALL))
    stage.call(off, BEFORE, phone=FIRST)
    stage.lead_request(shop, BEFORE, email=EMAIL)
    assert lead_of(stage, shop, deal_id) is None
