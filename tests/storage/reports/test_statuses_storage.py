"""Every spelling of a status is stored once, with the meaning of its key, and what is known costs no query."""

from datetime import datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.reports import known_statuses, statuses
from dealtrace.storage.reports.known_statuses import KnownStatuses
from dealtrace.storage.reports.statuses import (
    has_won_status,
    insert_statuses,
    update_meaning,
)
from stored import meanings_of
from write_commands import NOON

LATER = NOON + timedelta(seconds=1)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def add(stage: Stage, player: Player, known: KnownStatuses, *spellings: str, now: datetime = NOON) -> None:
    """Store statuses in a transaction of their own."""
    with stage.database.write() as connection:
        insert_statuses(connection, player.site.id, spellings, now, known)


def test_each_spelling_is_stored_once_and_a_blank_one_never(stage: Stage, shop: Player) -> None:
    neighbour, known = stage.open_site(), KnownStatuses()
    add(stage, shop, known, "won", "Won", " ")
    add(stage, shop, known, "won", "new", "", now=LATER)
    assert meanings_of(stage, shop) == {"won": "open", "Won": "open", "new": "open"}
    assert meanings_of(stage, neighbour) == {}


def test_a_new_spelling_has_the_meaning_of_the_others(stage: Stage, shop: Player) -> None:
    add(stage, shop, KnownStatuses(), "won", "WON ")
    with stage.database.write() as connection:
        assert not has_won_status(connection, shop.site.id)
        assert update_meaning(connection, shop.site.id, [" Won"], Meaning.WON, LATER)
        assert not update_meaning(connection, shop.site.id, ["Refused"], Meaning.LOST, LATER)
        assert has_won_status(connection, shop.site.id)
    add(stage, shop, KnownStatuses(), "wON", "refused", "new")
    assert meanings_of(stage, shop) == {
        "won": "won", "WON ": "won", " Won": "won", "wON": "won", "Refused": "lost", "refused": "lost", "new": "open",
    }  # fmt: skip


def test_only_what_an_earlier_transaction_stored_is_known(stage: Stage, shop: Player) -> None:
    known, site_id = KnownStatuses(), shop.site.id
    add(stage, shop, known, "new", " ")
    assert list(known.unknown(site_id, {"new"})) == ["new"]
    assert list(known.unknown(site_id, {" "})) == []
    add(stage, shop, known, "new", now=LATER)
    assert list(known.unknown(site_id, {"new"})) == []
    assert list(known.unknown(site_id + 1, {"new"})) == ["new"]


def test_a_transaction_that_is_rolled_back_leaves_nothing_known(stage: Stage, shop: Player) -> None:
    known = KnownStatuses()
    with stage.database.write() as connection:
        nested = connection.begin_nested()
        for _ in range(2):
            insert_statuses(connection, shop.site.id, ["new"], NOON, known)
        nested.rollback()
    assert meanings_of(stage, shop) == {}
    assert list(known.unknown(shop.site.id, {"new"})) == ["new"]


def test_a_site_has_room_for_so_many_and_then_for_none(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statuses, "STATUSES_MAX", 3)
    known = KnownStatuses()
    add(stage, shop, known, "a", "b")
    add(stage, shop, known, "c", "d", now=LATER)
    assert meanings_of(stage, shop).keys() == {"a", "b", "c"}
    assert list(known.unknown(shop.site.id, {"e"})) == ["e"]
    add(stage, shop, known, "d", now=LATER + timedelta(seconds=1))
    assert meanings_of(stage, shop).keys() == {"a", "b", "c"}
    assert list(known.unknown(shop.site.id, ["d", "e"])) == ["e"]
    assert list(known.unknown(shop.site.id + 1, {"d"})) == ["d"]


def test_no_more_is_remembered_than_fits(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_statuses, "REMEMBERED_MAX", 2)
    known = KnownStatuses()
    for spelling in "abc":
        known.remember(shop.site.id, [spelling])
    assert set(known.unknown(shop.site.id, {"a", "b", "c"})) == {"a", "b"}


def test_a_full_site_still_stores_what_its_statuses_are_also_called(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownStatuses()
    add(stage, shop, known, "won", "new")
    with stage.database.write() as connection:
        update_meaning(connection, shop.site.id, ["won"], Meaning.WON, NOON)
    monkeypatch.setattr(statuses, "STATUSES_MAX", 2)
    add(stage, shop, known, "x", now=LATER)
    add(stage, shop, known, " WON", "New", "x", "X", now=LATER + timedelta(seconds=1))
    assert meanings_of(stage, shop) == {"won": "won", " WON": "won", "new": "open", "New": "open"}
