"""Pages of a list: what belongs to them, and that nobody's place in them moves."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.storage.journals.keyset_pages import (
    Cursor,
    ListPage,
    NextPage,
    SortKey,
    find_counted,
    find_newest,
    find_page,
)
from dealtrace.storage.journals.lead_journal import LeadQuery, query_leads
from plans import statements_on
from write_commands import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def page(stage: Stage, player: Player, cursor: Cursor, limit: int = 3, **interval: datetime) -> ListPage:
    query = LeadQuery(LeadKind.CALL, AttributionModel.LAST_NON_DIRECT, **interval)
    with stage.database.read() as connection:
        return find_page(connection, query_leads(player.site, query), cursor, limit)


def take_in(stage: Stage, player: Player, *minutes: int) -> list[int]:
    return [stage.call(player, NOON + minute * MINUTE).id for minute in minutes]


def hide(connection: Connection, stage: Stage, player: Player, call_id: int) -> None:
    delete_lead(stage.work(connection, player, NOON), LeadRef(LeadKind.CALL, call_id))


def test_a_page_is_found_by_counting_and_by_where_the_one_before_ended(stage: Stage, shop: Player) -> None:
    ids = take_in(stage, shop, *range(7))
    first = page(stage, shop, Cursor())
    assert first == ListPage(ids[:3], SortKey(NOON + 2 * MINUTE, ids[2]), 7)
    for cursor in (Cursor(3, skip=3), Cursor(3, first.end), Cursor(3, first.end, 0, 7)):
        assert page(stage, shop, cursor) == ListPage(ids[3:6], SortKey(NOON + 5 * MINUTE, ids[5]), 7)
    assert page(stage, shop, Cursor(6, first.end, 3, 7)).ids == ids[6:]
    assert page(stage, shop, Cursor(9, skip=9)) == ListPage([], None, 7)


def test_calls_of_one_instant_follow_each_other_by_id(stage: Stage, shop: Player) -> None:
    ids = take_in(stage, shop, 0, 0, 0, 0)
    first = page(stage, shop, Cursor(), limit=2)
    assert (first.ids, page(stage, shop, Cursor(2, first.end), limit=2).ids) == (ids[:2], ids[2:])


def test_both_sides_of_an_interval_hold_on_every_page(stage: Stage, shop: Player) -> None:
    ids = take_in(stage, shop, *range(10))
    interval = {"since": NOON + 2 * MINUTE, "until": NOON + 8 * MINUTE}
    first = page(stage, shop, Cursor(), 4, **interval)
    assert (first.ids, first.total) == (ids[2:6], 6)
    second = page(stage, shop, Cursor(4, first.end, 0, 6), 4, **interval)
    assert (second.ids, second.total) == (ids[6:8], 6)


def test_what_comes_in_or_goes_before_a_place_moves_nothing_after_it(stage: Stage, shop: Player) -> None:
    ids = take_in(stage, shop, *range(6))
    first = page(stage, shop, Cursor())
    take_in(stage, shop, -3, -2)
    with stage.database.write() as connection:
        hide(connection, stage, shop, ids[0])
    second = page(stage, shop, Cursor(3, first.end, 0, first.total))
    assert (second.ids, second.total) == (ids[3:], 6)


@pytest.mark.parametrize(
    ("there", "remembered", "offset", "total"),
    [(6, 6, 3, 6), (7, 6, 3, 7), (5, 6, 3, 5), (7, 7, 3, 7), (9, 6, 3, 9), (3, 6, 3, 3), (3, 3, 3, 3), (3, 2, 3, 2)],
)
def test_a_remembered_total_that_the_page_denies_is_counted_anew(
    stage: Stage, shop: Player, there: int, remembered: int, offset: int, total: int
) -> None:
    ids = take_in(stage, shop, *range(there))
    cursor = Cursor(offset, SortKey(NOON + (offset - 1) * MINUTE, ids[offset - 1]), 0, remembered)
    assert page(stage, shop, cursor).total == total


def test_a_list_of_one_page_is_not_counted_as_well(stage: Stage, shop: Player) -> None:
    ids = take_in(stage, shop, *range(3))
    query = query_leads(shop.site, LeadQuery(LeadKind.CALL, AttributionModel.LAST_NON_DIRECT))
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        assert find_counted(connection, query, find_newest, None, 3) == (NextPage(ids[::-1], None), 3)
        assert len(sent) == 1, "the page is the whole list"
        first, total = find_counted(connection, query, find_newest, None, 2)
        assert (first.ids, total) == (ids[:0:-1], 3)
        assert find_counted(connection, query, find_newest, first.end, 2) == (NextPage(ids[:1], None), 3)
