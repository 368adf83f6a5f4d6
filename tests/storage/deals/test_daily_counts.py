"""The counts of deals by days: true whatever becomes of the deals, and what pages are counted and found by."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, update

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal_key import DealKey
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.deals.daily_counts import JournalTime, list_miscounted_days, recount_deals
from dealtrace.storage.journals import keyset_pages
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, SortKey, find_page
from dealtrace.storage.schema.tables.deals import deal_day
from plans import statements_on
from stored import rows_of, side_by_side
from write_commands import NOON, by_call, by_contact, change, registration

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2018, 3, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.fixture
def shop(stage: Stage) -> Player:
    return stage.open_site(contact_matching=True)


def days_of(stage: Stage, player: Player) -> dict[tuple[str, datetime, str], int]:
    rows = rows_of(stage.database, player).get("deal_day", [])
    return {(moment, midnight, kind): deals for _, moment, midnight, kind, deals in rows if deals}


def miscounted(stage: Stage, player: Player) -> list[Any]:
    with stage.database.read() as connection:
        return list_miscounted_days(connection, player.site.id)


# Kept true.


def test_a_deal_counts_on_the_days_of_utc_of_its_moments(stage: Stage, shop: Player) -> None:
    visit = stage.visit(shop, NOON - 2 * DAY, TrafficSource("yandex", "cpc"))
    call = stage.call(shop, NOON - HOUR, visit_id=visit.id)
    moments = [MIDNIGHT, MIDNIGHT - SECOND, datetime(1969, 12, 31, 23, tzinfo=UTC)]
    sent = [registration(str(n), happened_at=at) for n, at in enumerate(moments)]
    stage.perform(register_deals, shop, *sent, registration("c", clue=by_call(call.id)), now=NOON)
    assert days_of(stage, shop) == {
        ("happened_at", MIDNIGHT, ""): 1,
        ("happened_at", MIDNIGHT - DAY, ""): 1,
        ("happened_at", datetime(1969, 12, 31, tzinfo=UTC), ""): 1,
        ("happened_at", MIDNIGHT - DAY, "call"): 1,
        ("touched_at", MIDNIGHT - DAY, ""): 3,
        ("touched_at", MIDNIGHT - DAY, "call"): 1,
        ("visited_at", MIDNIGHT - 3 * DAY, "call"): 1,
    }


def test_the_counts_stay_true_whatever_becomes_of_deals(stage: Stage, shop: Player) -> None:
    visit = stage.visit(shop, NOON - 2 * DAY, TrafficSource("yandex", "cpc"))
    sent = [registration(str(n), clue=by_contact(f"7920000001{n}"), happened_at=NOON + n * DAY) for n in range(4)]
    ids = [receipt.deal_id for receipt in stage.perform(register_deals, shop, *sent, now=NOON)]
    call = stage.call(shop, NOON - HOUR, phone="79200000010", visit_id=visit.id)
    other = stage.lead_request(shop, NOON - HOUR, phone="79209999999")
    ref, others = LeadRef(LeadKind.CALL, call.id), LeadRef(LeadKind.LEAD_REQUEST, other.id)

    def run(operation: Any, *sent: Any) -> None:
        with stage.database.write() as connection:
            operation(stage.work(connection, shop, next(later)), *sent)

    later = (NOON + n * DAY for n in range(1, 100))
    steps: list[Callable[[], Any]] = [
        lambda: stage.perform(change_deals, shop, change(ids[0], status="won"), now=next(later)),
        lambda: stage.perform(
            change_deals, shop, change(ids[0], status="a"), change(ids[0], status="b"), now=next(later)
        ),
        lambda: stage.perform(delete_deals, shop, DealKey(ids[0], None), DealKey(ids[1], None), now=next(later)),
        lambda: run(restore_deal, ids[0]),
        lambda: run(pin_deal, ids[2], others),
        lambda: run(pin_deal, ids[0], others),
        lambda: run(unpin_deal, ids[0]),
        lambda: run(delete_lead, ref),
        lambda: run(restore_lead, ref),
        lambda: run(pin_deal, ids[2], None),
    ]
    seen = [days_of(stage, shop)]
    for step in steps:
        step()
        assert miscounted(stage, shop) == []
        seen.append(days_of(stage, shop))
    assert all(before != after for before, after in pairwise(seen))


def test_what_fails_counts_nothing(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1"), registration("1", status="other"), registration("1"))
    assert sum(deals for (moment, _, _), deals in days_of(stage, shop).items() if moment == "happened_at") == 1
    assert miscounted(stage, shop) == []


def register(stage: Stage, player: Player, number: str) -> Callable[[Connection], Any]:
    command = WriteCommand(registration(number), player.token_id)
    return lambda connection: register_deals(stage.work(connection, player, NOON), [command])


def test_two_processes_count_each_others_deals(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(100)
    side_by_side(stage.database, register(stage, shop, "1"), register(stage, shop, "2"))
    assert days_of(stage, shop)["happened_at", MIDNIGHT - DAY, ""] == 2
    assert miscounted(stage, shop) == []


@pytest.mark.parametrize("is_first", [True, False])
def test_a_recount_misses_nobody_who_registers_meanwhile(stage: Stage, shop: Player, *, is_first: bool) -> None:
    stage.perform(register_deals, shop, registration("1"))
    stage.ids.ensure(100)
    recount = lambda connection: recount_deals(connection, shop.site.id)  # noqa: E731
    both = (recount, register(stage, shop, "2"))
    side_by_side(stage.database, *(both if is_first else reversed(both)))
    assert miscounted(stage, shop) == []


def test_a_recount_mends_what_is_miscounted_and_leaves_neighbours_alone(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    for player in (shop, neighbour):
        stage.perform(register_deals, player, registration("1"), registration("2", happened_at=NOON + DAY), now=NOON)
    true = days_of(stage, shop)
    with stage.database.write() as connection:
        spoilt = update(deal_day).where(deal_day.c.site_id == shop.site.id, deal_day.c.midnight == MIDNIGHT)
        connection.execute(spoilt.values(deals=5))
    assert miscounted(stage, shop) == [MIDNIGHT.date()]
    assert miscounted(stage, neighbour) == []
    with stage.database.write() as connection:
        recount_deals(connection, shop.site.id)
    assert (miscounted(stage, shop), days_of(stage, shop)) == ([], true)
    assert days_of(stage, neighbour) == true


# What pages are counted and found by.


@pytest.fixture(scope="module")
def crowd(stage: Stage) -> tuple[Player, list[tuple[datetime, int, LeadKind | None]]]:
    """Give a site of deals at random moments of ten days, many of them at midnights, every third with a call."""
    player = stage.open_site(contact_matching=True)
    dice = random.Random(4)
    call = stage.call(player, NOON)
    moments = [
        MIDNIGHT + dice.randrange(10) * DAY + dice.choice([0, 0, -1, 1, 7200, 50_000]) * SECOND for _ in range(99)
    ]
    sent = [
        registration(str(n), happened_at=at, clue=by_call(call.id if n % 3 == 0 else None, "?"))
        for n, at in enumerate(moments)
    ]
    ids = [receipt.deal_id for receipt in stage.perform(register_deals, player, *sent)]
    return player, sorted(
        (at, item, LeadKind.CALL if n % 3 == 0 else None) for n, (at, item) in enumerate(zip(moments, ids, strict=True))
    )


EDGES = [
    None,
    MIDNIGHT - DAY,
    MIDNIGHT,
    MIDNIGHT + HOUR,
    MIDNIGHT + 3 * DAY,
    MIDNIGHT + 3 * DAY + 20 * HOUR,
    MIDNIGHT + 20 * DAY,
]


@pytest.mark.parametrize("lead_kind", [None, LeadKind.CALL, LeadKind.LEAD_REQUEST])
@pytest.mark.parametrize("until", EDGES, ids=str)
@pytest.mark.parametrize("since", EDGES, ids=str)
def test_pages_are_the_same_as_if_all_were_counted(
    stage: Stage,
    crowd: tuple[Player, list[tuple[datetime, int, LeadKind | None]]],
    since: datetime | None,
    until: datetime | None,
    lead_kind: LeadKind | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyset_pages, "SKIP_MAX", 1)
    player, everything = crowd
    wanted = [
        (at, item)
        for at, item, kind in everything
        if (since is None or at >= since) and (until is None or at < until) and lead_kind in (None, kind)
    ]
    listing = query_deals(player.site.id, JournalQuery(since=since, until=until, lead_kind=lead_kind))
    with stage.database.read() as connection:
        for offset in {*range(0, len(wanted) + 5, 7), len(wanted)}:
            expected = [item for _, item in wanted[offset : offset + 3]]
            found = find_page(connection, listing, Cursor(offset, skip=offset), 3)
            assert (found.ids, found.total) == (expected, len(wanted))
            if 0 < offset // 2 < len(wanted):
                after = SortKey(*wanted[offset // 2 - 1])
                found = find_page(connection, listing, Cursor(offset, after, offset - offset // 2), 3)
                assert (found.ids, found.total) == (expected, len(wanted))


def test_whole_days_are_taken_as_they_are_kept(stage: Stage, shop: Player) -> None:
    sent = [registration(str(n), happened_at=NOON + n * DAY) for n in range(5)]
    stage.perform(register_deals, shop, *sent, now=NOON)
    spoilt = update(deal_day).where(deal_day.c.site_id == shop.site.id, deal_day.c.midnight == MIDNIGHT + DAY)
    with stage.database.write() as connection:
        connection.execute(spoilt.values(deals=1000))
    result = []
    with stage.database.read() as connection:
        for since, until in ((NOON, NOON + 9 * DAY), (NOON + 2 * DAY, NOON + 2 * DAY + HOUR), (None, NOON + DAY)):
            listing = query_deals(shop.site.id, JournalQuery(since=since, until=until))
            result.append(find_page(connection, listing, Cursor(), 1).total)
        touched = query_deals(shop.site.id, JournalQuery(time=JournalTime.TOUCHED))
        result.append(find_page(connection, touched, Cursor(), 1).total)
        by_number = query_deals(shop.site.id, JournalQuery(number="3"))
        result.append(find_page(connection, by_number, Cursor(), 1).total)
    assert result == [1004, 1, 1, 5, 1]


def test_who_reads_on_counts_nothing(stage: Stage, shop: Player) -> None:
    given = [registration(str(n), happened_at=NOON + n * HOUR) for n in range(60)]
    stage.perform(register_deals, shop, *given, now=NOON)
    listing = query_deals(shop.site.id, JournalQuery(since=NOON - HOUR, until=NOON + 50 * HOUR))
    with stage.database.read() as connection:
        first = find_page(connection, listing, Cursor(), 10)
        with statements_on(stage.database.reader) as sent:
            second = find_page(connection, listing, Cursor(10, first.end, 0, first.total), 10)
    assert (len(second.ids), second.total, len(sent)) == (10, 50, 1)


def test_an_interval_may_begin_on_the_last_day_there_is(stage: Stage, shop: Player) -> None:
    end = datetime(9999, 12, 31, 12, tzinfo=UTC)
    with stage.database.read() as connection:
        assert find_page(connection, query_deals(shop.site.id, JournalQuery(since=end)), Cursor(), 1).total == 0
