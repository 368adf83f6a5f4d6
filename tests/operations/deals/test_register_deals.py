"""Registering deals: numbers, safe retries, leads, sources, fields, points; alone, in a batch, and side by side."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.accounts.assigned_ids import FIRST_ID_DEFAULT
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.deals.registration import Receipt
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.errors import NumberTaken, PointsSpent
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.custom_fields import UnknownField, list_unknown_fields
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.leads.leads import find_visited_at
from stored import deal_of, deals_of, points_of, rows_of, versions_of
from write_commands import (
    NOON,
    by_call,
    by_contact,
    by_lead_request,
    change,
    open_write_queue,
    registration,
    run,
    utc_now,
)

PHONE = "79205550055"
EMAIL = "ivan@example.ru"
YANDEX = TrafficSource(source="yandex", medium="cpc", campaign="spring")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, player: Player, *asked: Any, now: Any = None) -> list[Any]:
    return stage.perform(register_deals, player, *asked, now=now)


def register_one(stage: Stage, player: Player, number: str | None = None, **said: Any) -> Receipt:
    (receipt,) = register(stage, player, registration(number, **said))
    assert isinstance(receipt, Receipt), receipt
    return receipt


# What is kept.


def test_it_keeps_everything_that_is_said(stage: Stage) -> None:
    shop = stage.open_site(fields=["margin"])
    clue = by_lead_request(5, "R-5", clue=by_contact("8 (920) 555-00-55", "Ivan@Example.ru", threshold=timedelta(0)))
    receipt = register_one(
        stage,
        shop,
        "N-1",
        status="Оплачен",
        amount_rub=Decimal("1000.50"),
        amount_as_sent="1000,5",
        manager="Ольга",
        comment="к обеду",
        tags=("опт", "опт", "б/у"),
        custom_values={"margin": "17%"},
        stated_source=YANDEX,
        clue=clue,
    )
    kept = deal_of(stage.database, shop, receipt.deal_id)
    assert kept == Deal(
        id=receipt.deal_id,
        number="N-1",
        status="Оплачен",
        amount_rub=Decimal("1000.5000"),
        happened_at=NOON,
        recorded_at=kept.recorded_at,
        touched_at=kept.recorded_at,
        service="AmoCRM",
        manager="Ольга",
        comment="к обеду",
        tags=("опт", "опт", "б/у"),
        custom_values={"margin": "17%"},
        stated_source=YANDEX,
        clue=clue,
    )
    assert receipt == Receipt(receipt.deal_id, "N-1", "Оплачен", "1000,5", NOON, None)


@pytest.mark.parametrize(
    "clue",
    [
        NO_CLUE,
        by_call(7),
        by_call(None, "ref"),
        by_call(7, "ref"),
        by_lead_request(7),
        by_lead_request(None, "R"),
        by_contact("кто-то"),
        by_contact(None, "no e-mail"),
        by_contact(PHONE, EMAIL, only=LeadKind.CALL, threshold=timedelta(days=30)),
        by_call(7, clue=by_contact(PHONE)),
    ],
)
def test_it_keeps_the_whole_clue_even_when_it_leads_nowhere(stage: Stage, shop: Player, clue: LeadClue) -> None:
    receipt = register_one(stage, shop, "N", clue=clue)
    assert deal_of(stage.database, shop, receipt.deal_id).clue == clue


def test_it_writes_the_first_version_with_the_token_that_asked(stage: Stage, shop: Player) -> None:
    now = utc_now()
    (receipt,) = register(stage, shop, registration("N", amount_as_sent="1 000,00", tags=("a",)), now=now)
    (first,) = versions_of(stage.database, shop, receipt.deal_id)
    assert first == DealVersion(receipt.deal_id, 1, VersionKind.REGISTERED, now, shop.token_id, {}, after=first.after)
    result = {name: first.after[name] for name in ("number", "status", "amount_as_sent", "tags", "lead")}
    assert result == {"number": "N", "status": "new", "amount_as_sent": "1 000,00", "tags": ["a"], "lead": None}


def test_it_makes_ids_far_above_those_of_the_vendor(stage: Stage, shop: Player) -> None:
    ids = [receipt.deal_id for receipt in register(stage, shop, *[registration(f"N{count}") for count in range(5)])]
    assert len(set(ids)) == 5
    assert all(FIRST_ID_DEFAULT <= item < 2**53 for item in ids)


def test_it_answers_an_empty_batch_with_nothing(stage: Stage, shop: Player) -> None:
    assert register(stage, shop) == []
    assert rows_of(stage.database, shop) == {}


# Numbers.


def test_it_takes_the_id_for_a_number_when_none_is_stated(stage: Stage, shop: Player) -> None:
    receipt = register_one(stage, shop)
    assert receipt.number == str(receipt.deal_id)
    assert deal_of(stage.database, shop, receipt.deal_id).number == receipt.number


def test_it_makes_a_new_deal_each_time_without_a_number(stage: Stage, shop: Player) -> None:
    same = registration()
    receipts = [*register(stage, shop, same, same), *register(stage, shop, same)]
    assert len({receipt.deal_id for receipt in receipts}) == 3


def next_ids(stage: Stage, count: int) -> list[int]:
    """Tell which ids the stage will give out next: it takes one, and they are in a row inside a block."""
    stage.ids.ensure(2000)
    last = stage.ids.take()
    return [last + step for step in range(1, count + 1)]


def test_it_takes_the_next_id_when_the_default_number_belongs_to_another_deal(stage: Stage, shop: Player) -> None:
    third, fourth = next_ids(stage, 4)[2:]
    register(stage, shop, registration(str(third)), registration(str(fourth)))
    receipt = register_one(stage, shop)
    assert receipt.deal_id not in (third, fourth)
    assert receipt.number == str(receipt.deal_id)


def test_it_takes_the_next_id_when_the_default_number_is_stated_earlier_in_the_batch(
    stage: Stage, shop: Player
) -> None:
    _, second, third = next_ids(stage, 3)
    stated, also_stated, unstated = register(
        stage, shop, registration(str(third)), registration(str(third + 1)), registration()
    )
    assert (stated.number, also_stated.number) == (str(third), str(third + 1))
    assert also_stated.deal_id == second
    assert unstated.number == str(unstated.deal_id)
    assert unstated.deal_id > third + 1


def test_it_refuses_a_stated_number_that_is_a_default_number_already(stage: Stage, shop: Player) -> None:
    receipt = register_one(stage, shop)
    (refusal,) = register(stage, shop, registration(receipt.number))
    assert isinstance(refusal, NumberTaken)
    assert refusal.facts == {"number": receipt.number, "deal_id": receipt.deal_id}


def test_it_frees_the_number_of_a_deleted_deal(stage: Stage, shop: Player) -> None:
    sent = registration("N")
    (first,) = register(stage, shop, sent)
    stage.perform(delete_deals, shop, DealKey(first.deal_id, None))
    (second,) = register(stage, shop, sent)
    assert isinstance(second, Receipt)
    assert second.deal_id != first.deal_id, "the same words make a new deal once the old one is deleted"
    assert deal_of(stage.database, shop, second.deal_id).number == "N"


@pytest.mark.parametrize("number", ["N 1", "n-1", "Ёж", "'; --", "0", "1e3", "%s", "a" * 200, " ", "{1,2}", '"', "\\"])
def test_it_keeps_a_number_letter_for_letter(stage: Stage, shop: Player, number: str) -> None:
    sent = registration(number)
    receipt, again, other = register(stage, shop, sent, sent, registration(number.swapcase() + "x"))
    assert receipt.number == number
    assert again == receipt
    assert isinstance(other, Receipt)
    assert register(stage, shop, sent) == [receipt]


# Sent again.


def test_it_answers_the_same_again_and_stores_nothing(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON - timedelta(hours=1))
    sent = registration("N", clue=by_contact(PHONE), custom_values={"unknown": "1"}, amount_as_sent="1000,00")
    (first,) = register(stage, shop, sent)
    assert first.lead == LeadRef(LeadKind.CALL, call.id)
    stored = rows_of(stage.database, shop)
    assert register(stage, shop, sent, sent) == [first, first]
    assert rows_of(stage.database, shop) == stored


def test_it_answers_a_retry_as_the_first_time_whatever_became_of_the_deal(stage: Stage, shop: Player) -> None:
    sent = registration("N", clue=by_contact(PHONE), amount_as_sent="1000")
    (first,) = register(stage, shop, sent)
    stage.perform(change_deals, shop, change(first.deal_id, status="paid", amount_rub=Decimal(5)))
    stage.call(shop, NOON - timedelta(hours=1))
    assert register(stage, shop, sent) == [first]


def test_it_refuses_other_parameters_under_a_number_in_use_and_names_who_has_it(stage: Stage, shop: Player) -> None:
    first = register_one(stage, shop, "N")
    stored = rows_of(stage.database, shop)
    (refusal,) = register(stage, shop, registration("N", status="other", custom_values={"unknown": "1"}))
    assert isinstance(refusal, NumberTaken)
    assert refusal.facts == {"number": "N", "deal_id": first.deal_id}
    assert str(first.deal_id) in refusal.text("ru")
    assert rows_of(stage.database, shop) == stored


def test_it_meets_one_number_twice_in_a_batch_as_if_one_had_come_before(stage: Stage, shop: Player) -> None:
    sent = registration("N")
    first, again, refused, neighbour = register(
        stage, shop, sent, sent, registration("N", status="other"), registration("M")
    )
    assert again == first
    assert isinstance(refused, NumberTaken)
    assert refused.facts["deal_id"] == first.deal_id
    assert isinstance(neighbour, Receipt)
    assert [len(versions_of(stage.database, shop, item.deal_id)) for item in (first, neighbour)] == [1, 1]
    assert points_of(stage.database, shop) == 2


def test_it_leaves_the_numbers_of_sites_to_each_of_them(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    sent = registration("N")
    (mine,) = register(stage, shop, sent)
    stored = rows_of(stage.database, shop)
    (theirs,) = register(stage, neighbour, sent)
    assert isinstance(theirs, Receipt)
    assert theirs.deal_id != mine.deal_id
    assert rows_of(stage.database, shop) == stored
    assert deals_of(stage.database, neighbour, mine.deal_id, deleted=True) == []


# Leads.


@pytest.mark.parametrize("named", ["id", "reference", "both", "reference after an unknown id"])
def test_it_binds_to_the_call_it_names(stage: Stage, named: str) -> None:
    shop = stage.open_site(contact_matching=False)
    call = stage.call(shop, NOON - timedelta(days=400), reference="ref")
    clue = {
        "id": by_call(call.id),
        "reference": by_call(None, "ref"),
        "both": by_call(call.id, "another"),
        "reference after an unknown id": by_call(1, "ref"),
    }[named]
    receipt = register_one(stage, shop, "N", clue=clue)
    assert receipt.lead == LeadRef(LeadKind.CALL, call.id)
    assert receipt.call_id == call.id
    assert deal_of(stage.database, shop, receipt.deal_id).lead == receipt.lead


@pytest.mark.parametrize("named", ["id", "number", "both", "number after an unknown id", "default number"])
def test_it_binds_to_the_lead_request_it_names(stage: Stage, named: str) -> None:
    shop = stage.open_site(contact_matching=False)
    number = None if named == "default number" else "R-1"
    lead_request = stage.lead_request(shop, NOON + timedelta(days=400), number=number)
    clue = {
        "id": by_lead_request(lead_request.id),
        "number": by_lead_request(None, "R-1"),
        "both": by_lead_request(lead_request.id, "another"),
        "number after an unknown id": by_lead_request(1, "R-1"),
        "default number": by_lead_request(None, str(lead_request.id)),
    }[named]
    receipt = register_one(stage, shop, "N", clue=clue)
    assert receipt.lead == LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)
    assert receipt.call_id is None


@pytest.mark.parametrize("clue", [by_call(1), by_call(None, "?"), by_lead_request(1), by_lead_request(None, "?")])
def test_it_registers_without_a_lead_when_the_one_it_names_is_unknown(
    stage: Stage, shop: Player, clue: LeadClue
) -> None:
    assert register_one(stage, shop, "N", clue=clue).lead is None


def test_it_never_takes_a_call_for_a_lead_request(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON, reference="X")
    lead_request = stage.lead_request(shop, NOON, number="Y")
    outcomes = register(
        stage,
        shop,
        registration("1", clue=by_lead_request(call.id, "X")),
        registration("2", clue=by_call(lead_request.id, "Y")),
    )
    assert [receipt.lead for receipt in outcomes] == [None, None]


def test_it_tries_the_contact_when_the_named_lead_is_unknown(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON - timedelta(hours=1))
    receipt = register_one(stage, shop, "N", clue=by_call(1, clue=by_contact(PHONE)))
    assert receipt.call_id == call.id


def test_it_prefers_the_named_lead_to_a_nearer_contact(stage: Stage, shop: Player) -> None:
    named = stage.call(shop, NOON - timedelta(days=1), phone="79000000001", reference="ref")
    stage.call(shop, NOON - timedelta(minutes=1))
    receipt = register_one(stage, shop, "N", clue=by_call(None, "ref", clue=by_contact(PHONE)))
    assert receipt.call_id == named.id


def test_it_looks_for_contacts_only_when_the_site_has_switched_it_on(stage: Stage) -> None:
    off, on = stage.open_site(contact_matching=False), stage.open_site(contact_matching=True)
    for player in (off, on):
        stage.call(player, NOON - timedelta(hours=1))
    sent = registration("N", clue=by_contact(PHONE))
    (without,), (with_lead,) = register(stage, off, sent), register(stage, on, sent)
    assert without.lead is None
    assert with_lead.call_id is not None


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (timedelta(0), True),
        (timedelta(microseconds=-1), False),
        (timedelta(seconds=300 + 7200), True),
        (timedelta(seconds=300 + 7200, microseconds=1), False),
    ],
)
def test_it_counts_both_ends_of_the_window(stage: Stage, shop: Player, at: timedelta, found: bool) -> None:
    stage.call(shop, NOON, seconds=300)
    receipt = register_one(stage, shop, "N", clue=by_contact(PHONE), happened_at=NOON + at)
    assert (receipt.lead is not None) == found


def test_it_gives_each_of_a_batch_its_own_lead(stage: Stage, shop: Player) -> None:
    phones = [f"7920555{count:04}" for count in range(20)]
    calls = [stage.call(shop, NOON, phone=phone) for phone in phones]
    receipts = register(
        stage, shop, *[registration(phone, clue=by_contact(phone)) for phone in phones], registration("nobody")
    )
    assert [receipt.call_id for receipt in receipts] == [*(call.id for call in calls), None]


def test_it_sees_nothing_of_a_neighbours_leads(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(contact_matching=True)
    call = stage.call(neighbour, NOON, reference="ref")
    lead_request = stage.lead_request(neighbour, NOON, email=EMAIL, number="R")
    clues = [
        by_call(call.id, "ref"),
        by_lead_request(lead_request.id, "R"),
        by_contact(PHONE, EMAIL),
    ]
    outcomes = register(stage, shop, *[registration(f"N{count}", clue=clue) for count, clue in enumerate(clues)])
    assert [receipt.lead for receipt in outcomes] == [None, None, None]


def test_it_remembers_when_the_visit_behind_the_lead_began(stage: Stage, shop: Player) -> None:
    visit = stage.visit(shop, NOON - timedelta(hours=3), YANDEX)
    call = stage.call(shop, NOON - timedelta(hours=1), visit_id=visit.id)
    receipt = register_one(stage, shop, "N", clue=by_call(call.id))
    assert receipt.lead is not None
    with stage.database.write() as connection:
        assert find_visited_at(connection, shop.site.id, [receipt.lead]) == {receipt.lead: visit.started_at}
    visited = [row for row in rows_of(stage.database, shop)["deal"] if visit.started_at in row]
    assert len(visited) == 1


# Sources and fields.


@pytest.mark.parametrize("stated", [None, YANDEX, NOWHERE, TrafficSource(term="ключ")])
def test_it_keeps_the_stated_source(stage: Stage, shop: Player, stated: TrafficSource | None) -> None:
    receipt = register_one(stage, shop, "N", stated_source=stated)
    assert deal_of(stage.database, shop, receipt.deal_id).stated_source == stated


def test_it_keeps_one_source_stated_by_many_once(stage: Stage, shop: Player) -> None:
    register(stage, shop, *[registration(f"N{count}", stated_source=YANDEX) for count in range(10)])
    register_one(stage, shop, "N", stated_source=YANDEX)
    assert len(rows_of(stage.database, shop)["traffic_source"]) == 1


def test_it_counts_the_fields_it_passes_over(stage: Stage) -> None:
    shop = stage.open_site(fields=["margin"])
    now = utc_now()
    first, _ = register(
        stage,
        shop,
        registration("1", custom_values={"margin": "1", "colour": "red", "size": "L"}),
        registration("2", custom_values={"colour": "blue"}),
        now=now,
    )
    assert deal_of(stage.database, shop, first.deal_id).custom_values == {"margin": "1"}
    with stage.database.write() as connection:
        unknown = list_unknown_fields(connection, shop.site.id)
    assert unknown == [UnknownField("colour", 2, now), UnknownField("size", 1, now)]


# Points.


def test_it_spends_a_point_for_each_new_deal_alone(stage: Stage, shop: Player) -> None:
    sent = registration("N")
    register(stage, shop, sent, registration("M"))
    register(stage, shop, sent, registration("N", status="other"))
    assert points_of(stage.database, shop) == 2


def test_it_refuses_who_comes_when_the_points_are_spent_and_stores_nothing_of_them(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=3)
    outcomes = register(stage, shop, *[registration(f"N{count}") for count in range(5)])
    assert [type(outcome) for outcome in outcomes] == [Receipt] * 3 + [PointsSpent] * 2
    stored = rows_of(stage.database, shop)
    assert len(stored["deal"]) == len(stored["deal_version"]) == 3
    assert points_of(stage.database, shop) == 3
    (refused,) = register(stage, shop, registration("N3", custom_values={"unknown": "1"}, stated_source=YANDEX))
    assert isinstance(refused, PointsSpent)
    assert rows_of(stage.database, shop) == stored


def test_it_answers_a_retry_when_the_points_are_spent(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=1)
    sent = registration("N")
    (first,) = register(stage, shop, sent)
    refused, again = register(stage, shop, registration("M"), sent)
    assert isinstance(refused, PointsSpent)
    assert again == first


@pytest.mark.parametrize("following", ["new", "other"])
def test_it_refuses_the_points_of_who_follows_one_that_was_not_paid(stage: Stage, following: str) -> None:
    shop = stage.open_site(points_per_day=1)
    paid, unpaid, second = register(
        stage, shop, registration("paid"), registration("N"), registration("N", status=following)
    )
    assert isinstance(paid, Receipt)
    assert isinstance(unpaid, PointsSpent)
    assert isinstance(second, PointsSpent), "nobody has the number, for the first one was not stored"


# Side by side.


def test_it_gives_a_number_once_to_servers_that_are_asked_at_the_same_moment(stage: Stage, shop: Player) -> None:
    database, other = stage.database, open_database(stage.database.url.render_as_string(hide_password=False))

    async def story() -> list[Any]:
        async with open_write_queue(database) as first, open_write_queue(other) as second:
            sent = [
                write_queue.write(register_deals, shop.site, WriteCommand(registration(f"N{count}", manager=manager)))
                for count in range(25)
                for write_queue, manager in ((first, "first"), (second, "second"))
            ]
            return await asyncio.gather(*sent, return_exceptions=True)

    outcomes = run(story)
    other.close()
    for first, second in zip(outcomes[::2], outcomes[1::2], strict=True):
        winner, loser = (first, second) if isinstance(first, Receipt) else (second, first)
        assert isinstance(winner, Receipt)
        assert isinstance(loser, NumberTaken)
        assert loser.facts == {"number": winner.number, "deal_id": winner.deal_id}
    assert len(rows_of(database, shop)["deal"]) == 25
    assert points_of(database, shop) == 25


def test_it_answers_one_receipt_to_the_same_deal_sent_to_two_servers_at_once(stage: Stage, shop: Player) -> None:
    database, other = stage.database, open_database(stage.database.url.render_as_string(hide_password=False))

    async def story() -> list[Any]:
        async with open_write_queue(database) as first, open_write_queue(other) as second:
            sent = [
                write_queue.write(
                    register_deals, shop.site, WriteCommand(registration(f"N{count}", stated_source=YANDEX))
                )
                for count in range(25)
                for write_queue in (first, second)
            ]
            return await asyncio.gather(*sent)

    receipts = run(story)
    other.close()
    assert receipts[::2] == receipts[1::2]
    assert len(rows_of(database, shop)["deal"]) == 25
    assert points_of(database, shop) == 25
