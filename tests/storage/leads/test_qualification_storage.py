"""What leads count for, from the leads of their clients before them."""

from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.qualification import Qualification
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.storage.leads.qualification import find_qualifications
from write_commands import NOON

DAY = timedelta(days=1)
PHONE, OTHER_PHONE, MAIL = "79205550055", "79990001122", "ivan@example.ru"
FIRST, REPEATED = Qualification(True, True, True), Qualification(False, True, False)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def qualifications(stage: Stage, player: Player, kind: LeadKind, *ids: int) -> list[Qualification]:
    with stage.database.read() as connection:
        result = find_qualifications(connection, player.site, [LeadRef(kind, item) for item in ids])
    return [result[LeadRef(kind, item)] for item in ids]


def test_the_first_call_of_a_client_is_unique_whenever_it_comes_in(stage: Stage, shop: Player) -> None:
    later = stage.call(shop, NOON, phone=PHONE)
    assert qualifications(stage, shop, LeadKind.CALL, later.id) == [FIRST]
    earlier = stage.call(shop, NOON - 900 * DAY, phone=PHONE)
    other = stage.call(shop, NOON, phone=OTHER_PHONE)
    assert qualifications(stage, shop, LeadKind.CALL, earlier.id, later.id, other.id) == [FIRST, REPEATED, FIRST]


def test_the_depth_of_a_site_ends_the_memory(stage: Stage) -> None:
    shop = stage.open_site(unique_depth=10 * DAY)
    moments = [NOON - 25 * DAY, NOON - 15 * DAY, NOON - 4 * DAY]
    calls = [stage.call(shop, moment, phone=PHONE).id for moment in moments]
    assert qualifications(stage, shop, LeadKind.CALL, *calls) == [FIRST, REPEATED, FIRST]


def test_a_short_or_missed_call_is_no_target_and_leaves_room_for_one(stage: Stage, shop: Player) -> None:
    short = stage.call(shop, NOON - 3 * DAY, seconds=29, phone=PHONE)
    missed = stage.call(
        shop, NOON - 2 * DAY, seconds=300, phone=PHONE, circumstances=Circumstances(is_successful=False)
    )
    talk = stage.call(shop, NOON - DAY, seconds=30, phone=PHONE)
    again = stage.call(shop, NOON, seconds=31, phone=PHONE)
    assert qualifications(stage, shop, LeadKind.CALL, short.id, missed.id, talk.id, again.id) == [
        Qualification(True, False, False),
        Qualification(False, False, False),
        Qualification(False, True, True),
        Qualification(False, True, False),
    ]


def test_calls_and_lead_requests_are_counted_apart_and_contacts_of_one_client_together(
    stage: Stage, shop: Player
) -> None:
    call = stage.call(shop, NOON - 2 * DAY, phone=PHONE)
    both = stage.lead_request(shop, NOON - DAY, phone=PHONE, email=MAIL)
    by_mail = stage.lead_request(shop, NOON, email=MAIL)
    assert qualifications(stage, shop, LeadKind.CALL, call.id) == [FIRST]
    assert qualifications(stage, shop, LeadKind.LEAD_REQUEST, both.id, by_mail.id) == [FIRST, REPEATED]


def test_of_two_at_one_instant_one_is_the_first(stage: Stage, shop: Player) -> None:
    calls = [stage.call(shop, NOON, phone=PHONE).id for _ in range(2)]
    assert qualifications(stage, shop, LeadKind.CALL, *calls) == [FIRST, REPEATED]


def test_a_hidden_one_stands_before_nobody(stage: Stage, shop: Player) -> None:
    hidden = stage.call(shop, NOON - DAY, phone=PHONE)
    call = stage.call(shop, NOON, phone=PHONE)
    with stage.database.write() as connection:
        delete_lead(stage.work(connection, shop, datetime.now(UTC)), LeadRef(LeadKind.CALL, hidden.id))
    assert qualifications(stage, shop, LeadKind.CALL, call.id) == [FIRST]


def test_one_who_hides_the_number_is_new_each_time(stage: Stage, shop: Player) -> None:
    calls = [stage.call(shop, NOON + item * DAY, phone="Anonymous").id for item in range(2)]
    assert qualifications(stage, shop, LeadKind.CALL, *calls) == [FIRST, FIRST]


def test_unknown_leads_are_missing(stage: Stage, shop: Player) -> None:
    with stage.database.read() as connection:
        assert find_qualifications(connection, shop.site, [LeadRef(LeadKind.CALL, 1)]) == {}
