"""Statuses are stored with their deals, in the same transaction, and a site sets what they mean."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select

from cast import Player, Stage
from dealtrace.deals.deal import DealId
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import InvalidSetting
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.set_status import prepare_status, set_status, store_status
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.reports import statuses
from dealtrace.storage.reports.deal_counts import count_deals_by_spelling
from dealtrace.storage.reports.statuses import find_deals_by_status, list_left_out
from stored import meanings_of, side_by_side
from write_commands import NOON, change, open_write_queue, registration, run


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def put(stage: Stage, player: Player, name: str, meaning: str) -> bool:
    with stage.database.write() as connection:
        return set_status(stage.work(connection, player), name, meaning)


def test_statuses_of_new_changed_and_imported_deals_are_stored(stage: Stage, shop: Player) -> None:
    asked = [registration("1", status="new"), registration("2", status="New"), registration("3", status="new")]
    first = stage.perform(register_deals, shop, *asked)[0].deal_id
    stage.perform(
        change_deals, shop, change(first, status="paid"), change(first, status="sent"), change(first, status="")
    )
    with stage.database.write() as connection:
        work = stage.work(connection, shop, NOON + timedelta(days=1))
        import_deals(work, [IncomingDeal(DealId(7811141), "K1", "archived", Decimal(1), NOON)])
    assert meanings_of(stage, shop) == dict.fromkeys(["new", "New", "paid", "sent", "archived"], "open")
    with stage.database.read() as connection:
        assert find_deals_by_status(connection, shop.site.id) == {"": 1, "New": 1, "new": 1, "archived": 1}
    with open_facts(stage.database, shop.site) as facts:
        counted = count_deals_by_spelling(facts.fetch, facts.tables)
    assert counted == {"": 1, "New": 1, "new": 1, "archived": 1}


def test_a_registration_that_is_refused_stores_no_status(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1", status="new"))
    stage.perform(register_deals, shop, registration("1", status="other"))
    assert meanings_of(stage, shop) == {"new": "open"}


def test_a_status_is_set_for_all_its_spellings_and_for_those_to_come(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1", status="Won"), registration("2", status="WON "))
    with stage.database.read() as connection:
        before = find_revision(connection)
    assert put(stage, shop, "won", "won")
    assert not put(stage, shop, "Отказ", "lost")
    with stage.database.read() as connection:
        assert find_revision(connection) == before + 2
    stage.perform(register_deals, shop, registration("3", status="wON"), registration("4", status="отказ"))
    assert meanings_of(stage, shop) == {
        "Won": "won", "WON ": "won", "won": "won", "wON": "won", "Отказ": "lost", "отказ": "lost",
    }  # fmt: skip
    put(stage, shop, "WON", "open")
    assert meanings_of(stage, shop)["wON"] == "open"


@pytest.mark.parametrize(
    ("name", "meaning"), [("", "won"), (" \u00a0", "won"), ("(Not set)", "won"), ("x" * 257, "won"), ("x", "Won")]
)
def test_what_is_no_status_and_no_meaning_is_refused(stage: Stage, shop: Player, name: str, meaning: str) -> None:
    with pytest.raises(InvalidSetting):
        put(stage, shop, name, meaning)
    assert meanings_of(stage, shop) == {}


def test_a_spelling_that_arrives_while_its_status_is_set_has_the_meaning(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1", status="won"))

    def register(connection: Connection) -> Any:
        return register_deals(stage.work(connection, shop), [WriteCommand(registration("2", status="WON"))])

    stage.ids.ensure(10)
    side_by_side(stage.database, register, lambda connection: set_status(stage.work(connection, shop), "won", "won"))
    assert meanings_of(stage, shop) == {"won": "won", "WON": "won"}


def test_a_meaning_that_is_being_set_reaches_a_spelling_that_arrives(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1", status="won"))

    def register(connection: Connection) -> Any:
        return register_deals(stage.work(connection, shop), [WriteCommand(registration("2", status="WON"))])

    stage.ids.ensure(10)
    side_by_side(stage.database, lambda connection: set_status(stage.work(connection, shop), "won", "won"), register)
    assert meanings_of(stage, shop) == {"won": "won", "WON": "won"}


def test_deals_of_a_full_site_are_read_while_others_write(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives meanwhile is won, too, and nothing is won before everything is."""
    monkeypatch.setattr(statuses, "STATUSES_MAX", 1)
    queue = partial(stage.perform, register_deals, shop)
    queue(registration("1", status="new"), registration("2", status="Paid"), registration("3", status="paid"))
    assert meanings_of(stage, shop) == {"new": "open"}
    with stage.database.write() as connection:
        prepared = prepare_status(stage.work(connection, shop), "PAID", "won")
    assert (prepared.is_seen, prepared.is_full) == (False, True)
    with stage.database.read() as connection:
        assert connection.execute(select(1)).scalar_one(), "the snapshot is older than the deal"
        queue(registration("4", status="pAID"), registration("5", status="other"))
        left_out = list_left_out(connection, shop.site.id, "PAID")
    assert sorted(left_out) == ["Paid", "paid"]
    assert set(meanings_of(stage, shop).values()) == {"open"}, "nobody sees half of the status"
    with stage.database.write() as connection:
        store_status(stage.work(connection, shop), prepared, left_out)
    assert meanings_of(stage, shop) == {"new": "open", **dict.fromkeys(["PAID", "Paid", "paid", "pAID"], "won")}


def test_a_server_looks_for_a_status_until_it_is_stored_and_then_no_more(stage: Stage, shop: Player) -> None:
    async def story() -> list[list[str]]:
        async with open_write_queue(stage.database) as queue:
            unknown = []
            for number in range(3):
                unknown.append(list(queue._known_statuses.unknown(shop.site.id, ["new"])))
                await queue.write(register_deals, shop.site, WriteCommand(registration(str(number), status="new")))
            return [*unknown, list(queue._known_statuses.unknown(shop.site.id, ["new"]))]

    assert run(story) == [["new"], ["new"], [], []]
    assert meanings_of(stage, shop) == {"new": "open"}
