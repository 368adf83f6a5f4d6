"""Ids from blocks: never twice, never small, never beyond what JavaScript can count."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from cast import MOSCOW
from dealtrace.accounts.assigned_ids import FIRST_ID_DEFAULT, FIRST_ID_MAX, OwnIds
from dealtrace.accounts.site import Site, SiteId
from dealtrace.attribution.visit_ids import FIRST_KEYED_ID
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.set_first_id import set_first_id
from dealtrace.storage.accounts import sites
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.id_blocks import BLOCK_SIZE, IdBlocks, find_own_ids, transaction
from dealtrace.storage.schema.upgrade import prepare_schema
from write_commands import NOON

JAVASCRIPT_MAX = 2**53
SERVERS = 4


def blocks(database: Database, ready: int = 0) -> IdBlocks:
    ids = IdBlocks(database.writer)
    ids.ensure(ready)
    return ids


def blocks_taken(database: Database) -> int:
    with database.read() as connection:
        taken = connection.exec_driver_sql("SELECT next_id FROM id_block").scalar_one()
    return int(taken - FIRST_ID_DEFAULT) // BLOCK_SIZE


def begin_at(database: Database, first_id: int) -> OwnIds:
    with database.write() as connection:
        set_first_id(connection, first_id)
        return find_own_ids(connection)


def test_it_starts_above_all_the_vendors_ids_and_counts(database: Database) -> None:
    ids = blocks(database, 3)
    assert [ids.take() for _ in range(3)] == [FIRST_ID_DEFAULT, FIRST_ID_DEFAULT + 1, FIRST_ID_DEFAULT + 2]
    assert FIRST_ID_DEFAULT == 10**9


def test_it_goes_from_block_to_block_without_repeating_or_skipping(database: Database) -> None:
    count = 2 * BLOCK_SIZE + 5
    ids = blocks(database, count)
    taken = [ids.take() for _ in range(count)]
    assert all(later == earlier + 1 for earlier, later in pairwise(taken))
    assert blocks_taken(database) == 3


def test_two_of_them_never_give_an_id_twice(database: Database) -> None:
    first, second = blocks(database), blocks(database)
    taken: list[int] = []
    for _ in range(1500):
        for ids in (first, second):
            ids.ensure(1)
            taken.append(ids.take())
    assert len(set(taken)) == len(taken)
    assert all(FIRST_ID_DEFAULT <= item < JAVASCRIPT_MAX for item in taken)


def test_servers_that_take_blocks_at_once_never_meet(database: Database) -> None:
    def take_many(_server: int) -> list[int]:
        own = open_database(database.url.render_as_string(hide_password=False))
        ids = blocks(own)
        taken = []
        for _ in range(5):
            ids.ensure(BLOCK_SIZE)
            taken += [ids.take() for _ in range(BLOCK_SIZE)]
        own.close()
        return taken

    with ThreadPoolExecutor(SERVERS) as threads:
        taken = [item for some in threads.map(take_many, range(SERVERS)) for item in some]
    assert len(set(taken)) == len(taken) == SERVERS * 5 * BLOCK_SIZE
    assert max(taken) < JAVASCRIPT_MAX


def test_ids_of_visits_are_unique_across_processes_and_in_their_range(database: Database) -> None:
    first, second = blocks(database, BLOCK_SIZE), blocks(database, BLOCK_SIZE)
    taken = [ids.take_visit_id() for _ in range(BLOCK_SIZE) for ids in (first, second)]
    assert len(set(taken)) == len(taken)
    assert all(FIRST_KEYED_ID <= visit_id < JAVASCRIPT_MAX for visit_id in taken)


def test_no_id_of_a_visit_leads_to_the_next(database: Database) -> None:
    ids = blocks(database, BLOCK_SIZE)
    taken = [ids.take_visit_id() for _ in range(BLOCK_SIZE)]
    assert sum(abs(later - earlier) < 10**9 for earlier, later in pairwise(taken)) < 5
    assert sum(later > earlier for earlier, later in pairwise(taken)) < 0.6 * len(taken)


def test_every_database_has_a_key_of_its_own_which_stays(database: Database, tmp_path: Path) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    prepare_schema(other)
    keys = []
    for each in (database, other, database):
        with each.read() as connection:
            keys.append(connection.exec_driver_sql("SELECT key FROM database_key WHERE name = 'visit ids'").scalar())
    other.close()
    assert keys[0] == keys[2] != keys[1]
    assert all(len(bytes.fromhex(str(key))) == 32 for key in keys)


def test_it_takes_no_block_before_it_is_asked_and_none_it_does_not_need(database: Database) -> None:
    ids = blocks(database)
    assert blocks_taken(database) == 0
    for _ in range(3):
        ids.ensure(BLOCK_SIZE)
    assert blocks_taken(database) == 1
    ids.take()
    ids.ensure(BLOCK_SIZE)
    assert blocks_taken(database) == 2


def test_it_refuses_to_give_more_than_was_seen_to(database: Database) -> None:
    ids = blocks(database, BLOCK_SIZE)
    for _ in range(BLOCK_SIZE):
        ids.take()
    with pytest.raises(IndexError):
        ids.take()
    ids.ensure(1)
    assert ids.take() == FIRST_ID_DEFAULT + BLOCK_SIZE


def test_it_keeps_a_block_though_the_work_that_used_it_is_undone(database: Database) -> None:
    ids = blocks(database, 1)
    with database.writer.connect() as connection, connection.begin() as transaction:
        ids.take()
        transaction.rollback()
    assert blocks(database, 1).take() == FIRST_ID_DEFAULT + BLOCK_SIZE


def test_a_transaction_comes_with_ids_and_commits_at_its_end(database: Database) -> None:
    with transaction(database, ids=2) as (connection, ids):
        sites.insert_site(connection, Site(SiteId(ids.take()), "Shop", MOSCOW), NOON)
        ids.take()
    with database.read() as connection:
        assert [site.id for site in sites.list_sites(connection)] == [FIRST_ID_DEFAULT]


def test_a_transaction_that_raises_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with transaction(database, ids=1) as (connection, ids):
            sites.insert_site(connection, Site(SiteId(ids.take()), "Shop", MOSCOW), NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert sites.list_sites(connection) == []


def test_ids_of_a_new_database_fit_ten_digits_and_thirty_two_bits(database: Database) -> None:
    (taken,) = (ids.take() for ids in [blocks(database, 1)])
    assert (len(str(taken)), taken < 2**31) == (10, True)
    with database.read() as connection:
        own = find_own_ids(connection)
    assert (own, taken in own, taken - 1 in own) == (OwnIds(FIRST_ID_DEFAULT), True, False)


@pytest.mark.parametrize("first_id", [FIRST_ID_DEFAULT + 1, 2 * 10**9, 10**10, FIRST_ID_MAX])
def test_ids_can_begin_higher_and_then_never_lower(database: Database, first_id: int) -> None:
    assert begin_at(database, first_id) == begin_at(database, first_id) == OwnIds(first_id)
    assert blocks(database, 1).take() == first_id
    for lower in (1, FIRST_ID_DEFAULT, first_id - 1):
        with pytest.raises(InvalidSetting, match=f"use {first_id + BLOCK_SIZE} or more"):
            begin_at(database, lower)


def test_what_a_running_server_still_holds_stays_its_own(database: Database) -> None:
    ids = blocks(database, 2)
    held = [ids.take(), ids.take()]
    with pytest.raises(InvalidSetting):
        begin_at(database, FIRST_ID_DEFAULT + 1)
    begin_at(database, 2 * 10**9)
    assert blocks(database, 1).take() == 2 * 10**9
    own = begin_at(database, 3 * 10**9)
    assert own.earlier == tuple(range(first, first + BLOCK_SIZE) for first in (FIRST_ID_DEFAULT, 2 * 10**9))
    assert [number in own for number in (*held, FIRST_ID_DEFAULT - 1, FIRST_ID_DEFAULT + BLOCK_SIZE)] == [
        True, True, False, False
    ]  # fmt: skip
