"""Deals: rows and the records they stand for, numbers that belong to one, stamps, and who is locked meanwhile."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.registration import Registered
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.database.database_errors import is_lost_race
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deal_rows import DealToInsert
from dealtrace.storage.deals.deals import (
    count_unusable_contacts,
    find_registered,
    insert_deals,
    list_deals_by_key,
    set_deletion_times,
    update_deals,
)
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.visits.traffic_sources import intern_sources
from stored import side_by_side
from write_commands import NOON, by_call, by_contact, by_lead_request

YANDEX = TrafficSource("yandex", "cpc")
LATER = NOON + timedelta(hours=1)
BARE = Deal(DealId(1), "1", "new", Decimal(0), NOON, NOON, NOON, "AmoCRM", custom_values={})
WHOLE = Deal(
    id=DealId(2),
    number="N-2",
    status="Оплачен",
    amount_rub=Decimal("-1000.5"),
    happened_at=NOON,
    recorded_at=LATER,
    touched_at=LATER,
    service="Битрикс24",
    manager="Ольга",
    comment="к обеду\n'\"\\%s",
    tags=("б", "а", "б"),
    custom_values={"маржа": "17%", "x": "{}"},
    stated_source=YANDEX,
    clue=by_call(5, "ref", clue=by_contact("8 920 555-00-55", "Ivan@example.ru", only=LeadKind.CALL)),
    lead=LeadRef(LeadKind.CALL, 5),
    changed_at=LATER,
    version=7,
)
CLUES = [
    LeadClue(),
    by_call(5),
    by_call(None, "ref"),
    by_lead_request(6, "R"),
    by_lead_request(None, "R"),
    by_contact("none", "none", threshold=timedelta(0)),
    by_contact(None, "a@b.ru", only=LeadKind.LEAD_REQUEST),
    by_lead_request(6, clue=by_contact("79205550055")),
]


def keep(connection: Connection, ids: IdBlocks, *deals: Deal, site_id: int = 1) -> None:
    stated = {deal.stated_source for deal in deals if deal.stated_source is not None}
    sources = intern_sources(connection, ids, site_id, stated)
    insert_deals(connection, site_id, [DealToInsert(deal, f"print of {deal.id}", None) for deal in deals], sources)


def change(connection: Connection, ids: IdBlocks, *deals: Deal, site_id: int = 1) -> None:
    stated = {deal.stated_source for deal in deals if deal.stated_source is not None}
    stored = {deal.id: deal for deal in listed(connection, *(deal.id for deal in deals), site_id=site_id)}
    changes = [(stored[deal.id], deal) for deal in deals if deal.id in stored]
    update_deals(connection, site_id, changes, intern_sources(connection, ids, site_id, stated))


def listed(connection: Connection, *wanted: int, site_id: int = 1, **more: Any) -> list[Deal]:
    return list_deals_by_key(connection, site_id, ids=wanted, numbers=more.pop("numbers", ()), **more)


def numbered(count: int, **more: Any) -> Deal:
    return replace(BARE, id=DealId(count), number=str(count), **more)


@pytest.mark.parametrize("deal", [BARE, WHOLE, replace(BARE, manager="", comment="", amount_rub=None)])
def test_it_keeps_a_deal_whole(connection: Connection, ids: IdBlocks, deal: Deal) -> None:
    keep(connection, ids, deal)
    assert listed(connection, deal.id) == [deal]


def test_it_keeps_every_clue(connection: Connection, ids: IdBlocks) -> None:
    deals = [numbered(count, clue=clue) for count, clue in enumerate(CLUES)]
    keep(connection, ids, *deals)
    assert listed(connection, *range(len(CLUES))) == deals


def test_it_keeps_an_empty_source_apart_from_none(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, numbered(1, stated_source=NOWHERE), numbered(2, stated_source=None))
    assert [deal.stated_source for deal in listed(connection, 1, 2)] == [NOWHERE, None]


def test_it_finds_deals_by_id_or_number_each_once(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, BARE, WHOLE, numbered(3))
    assert listed(connection, 2, 1, 1) == [BARE, WHOLE]
    assert listed(connection, numbers=["N-2", "?", "1"]) == [BARE, WHOLE]
    assert listed(connection, 1, numbers=["1", "3"]) == [BARE, numbered(3)]
    assert listed(connection) == []


def test_it_keeps_the_deals_of_sites_apart(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, WHOLE)
    theirs = replace(WHOLE, status="theirs", tags=("t",), stated_source=NOWHERE)
    keep(connection, ids, theirs, site_id=2)
    assert listed(connection, 2) == [WHOLE]
    assert listed(connection, 2, site_id=2) == [theirs]
    assert listed(connection, 2, numbers=["N-2"], site_id=3) == []
    change(connection, ids, replace(theirs, status="changed", tags=()), site_id=2)
    set_deletion_times(connection, 2, [replace(theirs, deleted_at=LATER)])
    assert listed(connection, 2) == [WHOLE]


# Numbers.


def test_it_states_who_has_a_number(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, BARE, WHOLE)
    keep(connection, ids, numbered(3), site_id=2)
    result = find_registered(connection, 1, ["1", "N-2", "n-2", "3", "", "1"])
    assert result == {"1": Registered(DealId(1), "print of 1"), "N-2": Registered(DealId(2), "print of 2")}
    assert find_registered(connection, 1, []) == {}


def test_it_looks_for_many_numbers_at_once(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, *[numbered(count) for count in range(1000)])
    wanted = [str(count) for count in range(500, 3000)]
    assert sorted(find_registered(connection, 1, wanted), key=int) == wanted[:500]


def test_it_forgets_the_number_of_a_deleted_deal(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, BARE)
    set_deletion_times(connection, 1, [replace(BARE, deleted_at=LATER)])
    assert find_registered(connection, 1, ["1"]) == {}
    keep(connection, ids, replace(BARE, id=DealId(9)))
    assert find_registered(connection, 1, ["1"]) == {"1": Registered(DealId(9), "print of 9")}


@pytest.mark.parametrize(
    "second",
    [replace(BARE, id=DealId(9)), replace(BARE, number="other")],
    ids=["the number is taken", "the id is taken"],
)
def test_it_calls_it_a_lost_race_when_somebody_came_first(database: Database, ids: IdBlocks, second: Deal) -> None:
    with database.write() as connection:
        keep(connection, ids, BARE)
    with pytest.raises(Exception, match="deal") as lost, database.write() as connection:
        keep(connection, ids, second)
    assert is_lost_race(lost.value)


def test_it_calls_it_a_lost_race_when_a_restored_deal_finds_its_number_taken(database: Database, ids: IdBlocks) -> None:
    with database.write() as connection:
        keep(connection, ids, BARE)
        set_deletion_times(connection, 1, [replace(BARE, deleted_at=LATER)])
        keep(connection, ids, replace(BARE, id=DealId(9)))
    with pytest.raises(Exception, match="deal") as lost, database.write() as connection:
        set_deletion_times(connection, 1, [BARE])
    assert is_lost_race(lost.value)


# Changes and stamps.


def test_it_writes_everything_a_change_may_touch(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, WHOLE, numbered(1, tags=("stays",)))
    changed = replace(
        WHOLE,
        status="s",
        amount_rub=None,
        service="",
        manager="",
        comment="c",
        tags=("one",),
        custom_values={},
        stated_source=None,
        touched_at=LATER + timedelta(hours=1),
        changed_at=LATER + timedelta(hours=1),
        version=8,
    )
    change(connection, ids, changed)
    assert listed(connection, 1, 2) == [numbered(1, tags=("stays",)), changed]


def test_it_writes_many_changes_at_once(connection: Connection, ids: IdBlocks) -> None:
    deals = [numbered(count) for count in range(300)]
    keep(connection, ids, *deals)
    changed = [replace(deal, status=f"s{deal.id}", tags=(f"t{deal.id}",) * (deal.id % 3)) for deal in deals]
    change(connection, ids, *changed)
    assert listed(connection, *range(300)) == changed


def test_it_never_changes_what_only_a_registration_says(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, WHOLE)
    change(
        connection,
        ids,
        replace(WHOLE, number="other", happened_at=LATER, lead=None, recorded_at=NOON),
    )
    assert listed(connection, 2) == [WHOLE]


def test_it_stamps_and_touches_nothing_else(connection: Connection, ids: IdBlocks) -> None:
    keep(connection, ids, WHOLE)
    set_deletion_times(connection, 1, [replace(WHOLE, deleted_at=LATER, version=8, status="other", tags=())])
    assert listed(connection, 2) == []
    assert listed(connection, 2, with_deleted=True) == [replace(WHOLE, deleted_at=LATER, version=8)]
    set_deletion_times(connection, 1, [])


def test_it_lets_nobody_change_a_deal_it_has_listed(database: Database, ids: IdBlocks) -> None:
    with database.write() as connection:
        keep(connection, ids, BARE)

    def count_up(connection: Connection) -> int:
        (deal,) = listed(connection, 1)
        change(connection, ids, replace(deal, version=deal.version + 1))
        return deal.version + 1

    assert side_by_side(database, count_up, count_up) == (2, 3)


def test_it_lets_another_server_have_the_number_of_whoever_came_second(database: Database, ids: IdBlocks) -> None:
    def take(deal_id: int) -> Any:
        return lambda connection: keep(connection, ids, replace(BARE, id=DealId(deal_id)))

    with pytest.raises(Exception, match="deal") as lost:
        side_by_side(database, take(1), take(2))
    assert is_lost_race(lost.value)
    with database.write() as connection:
        assert [deal.id for deal in listed(connection, 1, 2)] == [1]


# What can never match.


@pytest.mark.parametrize(
    ("clue", "count"),
    [
        (LeadClue(), 0),
        (by_contact("79205550055", "a@b.ru"), 0),
        (by_contact("none"), 1),
        (by_contact(None, "none"), 1),
        (by_contact("79205550055", "none"), 1),
        (by_contact("none", "none"), 1),
    ],
)
def test_it_counts_deals_whose_contacts_nobody_can_have(
    connection: Connection, ids: IdBlocks, clue: LeadClue, count: int
) -> None:
    keep(connection, ids, numbered(1, clue=clue), numbered(2))
    assert count_unusable_contacts(connection, 1, NOON) == count
    assert count_unusable_contacts(connection, 1, LATER) == 0
    assert count_unusable_contacts(connection, 2, NOON) == 0
    set_deletion_times(connection, 1, [numbered(1, deleted_at=LATER)])
    assert count_unusable_contacts(connection, 1, NOON) == 0


def test_it_needs_a_source_that_is_kept(database: Database) -> None:
    with pytest.raises(Exception, match=r"traffic_source|FOREIGN KEY"), database.write() as connection:
        insert_deals(connection, 1, [DealToInsert(WHOLE, "", None)], {YANDEX: 404})


def test_any_number_of_ids_and_numbers_is_looked_up(connection: Connection, ids: IdBlocks) -> None:
    """Engines limit the parameters of a statement to some ten thousand."""
    keep(connection, ids, BARE, WHOLE)
    numbers = [str(number) for number in range(40_000)]
    found = listed(connection, *range(70_000), numbers=[*numbers, WHOLE.number], with_deleted=True)
    assert [deal.id for deal in found] == sorted([BARE.id, WHOLE.id])
