"""Changing deals: absent keeps, empty erases, every change is a version, batches follow the order of arrival."""

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import VLADIVOSTOK, Player, Stage
from dealtrace.attribution.origin import LeadVisit
from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.deals.changes import Change
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealKeyMissing, DealNotFound, PointsSpent
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.operations.accounts.change_site_settings import change_site_settings
from dealtrace.operations.deals.change import ChangedDeal, change_deals
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.custom_fields import list_unknown_fields
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.schema.tables.site_data import points_day, unknown_field
from dealtrace.storage.site_rows import count_site_rows
from stored import deal_of, points_of, rows_of, side_by_side, versions_of
from write_commands import NOON, by_contact, change, open_write_queue, register, run, utc_now

YANDEX = TrafficSource(source="yandex", medium="cpc")
DIRECT = TrafficSource(source="(direct)", medium="(none)")
WHOLE: dict[str, Any] = {
    "status": "new",
    "amount_rub": Decimal(1000),
    "manager": "Ольга",
    "comment": "к обеду",
    "tags": ("опт", "б/у"),
    "custom_values": {"margin": "17%", "colour": "red"},
    "stated_source": YANDEX,
}


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.fixture
def shop(stage: Stage) -> Player:
    return stage.open_site(contact_matching=True, fields=["margin", "colour"])


def make(stage: Stage, player: Player, *wanted: Change) -> list[Any]:
    return stage.perform(change_deals, player, *wanted)


def test_a_status_is_had_since_the_change_that_last_made_a_difference(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, status="new")
    assert deal_of(stage.database, shop, deal_id).status_since is None
    make(stage, shop, change(deal_id, status="new", comment="x"))
    assert deal_of(stage.database, shop, deal_id).status_since is None
    make(stage, shop, change(deal_id, status="work"), change(deal_id, status="new"), change(deal_id, comment="y"))
    since = deal_of(stage.database, shop, deal_id).changed_at
    make(stage, shop, change(deal_id, status="new", comment="z"))
    stage.perform(delete_deals, shop, DealKey(deal_id, None))
    with stage.database.write() as connection:
        restore_deal(stage.work(connection, shop), deal_id)
    kept = deal_of(stage.database, shop, deal_id)
    assert kept.changed_at is not None
    assert since is not None
    assert kept.status_since == since < kept.changed_at


@pytest.mark.parametrize(
    ("wanted", "field", "after"),
    [
        ({"status": "paid"}, "status", "paid"),
        ({"amount_rub": Decimal("0.0001")}, "amount_rub", Decimal("0.0001")),
        ({"amount_rub": None}, "amount_rub", None),
        ({"service": "Bitrix24"}, "service", "Bitrix24"),
        ({"manager": "Иван"}, "manager", "Иван"),
        ({"manager": ""}, "manager", ""),
        ({"comment": ""}, "comment", ""),
        ({"tags": ("новый",)}, "tags", ("новый",)),
        ({"tags": ()}, "tags", ()),
        ({"custom_values": {"margin": "20%"}}, "custom_values", {"margin": "20%", "colour": "red"}),
        ({"custom_values": {"margin": ""}}, "custom_values", {"colour": "red"}),
        ({"custom_values": {"margin": "", "colour": ""}}, "custom_values", {}),
        ({"source_parts": {"term": "ключ"}}, "stated_source", TrafficSource("yandex", "cpc", term="ключ")),
        ({"source_parts": {"source": "", "medium": ""}}, "stated_source", None),
    ],
    ids=str,
)
def test_it_changes_what_is_spoken_of_and_keeps_the_rest(
    stage: Stage, shop: Player, wanted: dict[str, Any], field: str, after: Any
) -> None:
    deal_id = register(stage, shop, **WHOLE)
    before = deal_of(stage.database, shop, deal_id)
    (outcome,) = make(stage, shop, change(deal_id, **wanted))
    assert isinstance(outcome, ChangedDeal)
    kept = deal_of(stage.database, shop, deal_id)
    assert kept == outcome.deal
    assert getattr(kept, field) == after
    stamps = {field, "touched_at", "changed_at", "version", *(["status_since"] if field == "status" else [])}
    same = [each.name for each in dataclasses.fields(Deal) if each.name not in stamps]
    assert [getattr(kept, name) for name in same] == [getattr(before, name) for name in same]
    assert kept.changed_at == kept.touched_at > before.recorded_at
    assert kept.version == 2


def test_it_writes_a_version_of_what_became_different_alone(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, **WHOLE)
    make(stage, shop, change(deal_id, status="paid", manager="Ольга", amount_rub=None, tags=()))
    version = versions_of(stage.database, shop, deal_id)[-1]
    assert (version.version, version.kind, version.token_id) == (2, VersionKind.CHANGED, shop.token_id)
    assert version.before == {"status": "new", "amount_rub": "1000.0000", "tags": ["опт", "б/у"]}
    assert version.after == {"status": "paid", "amount_rub": None, "tags": []}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"status": "new"},
        {"amount_rub": Decimal("1000.0000")},
        {"tags": ("опт", "б/у")},
        {"custom_values": {"margin": "17%"}},
        {"custom_values": {"unknown": "1"}},
        {"source_parts": {"source": "yandex"}},
    ],
    ids=str,
)
def test_it_stores_nothing_when_nothing_becomes_different(stage: Stage, shop: Player, wanted: dict[str, Any]) -> None:
    deal_id = register(stage, shop, **WHOLE)
    asked_apart = (points_day, unknown_field)
    stored = rows_of(stage.database, shop, without=asked_apart)
    (outcome,) = make(stage, shop, change(deal_id, **wanted))
    assert outcome.deal == deal_of(stage.database, shop, deal_id)
    assert rows_of(stage.database, shop, without=asked_apart) == stored
    assert points_of(stage.database, shop) == 2, "it was a successful call all the same"


# Which deal.


@pytest.mark.parametrize("named", ["id", "number", "both", "id before another's number", "number after an unknown id"])
def test_it_finds_the_deal_by_id_and_failing_that_by_number(stage: Stage, shop: Player, named: str) -> None:
    mine, other = register(stage, shop, "N"), register(stage, shop, "M")
    wanted = {
        "id": change(mine, status="paid"),
        "number": change(None, "N", status="paid"),
        "both": change(mine, "N", status="paid"),
        "id before another's number": change(mine, "M", status="paid"),
        "number after an unknown id": change(1, "N", status="paid"),
    }[named]
    (outcome,) = make(stage, shop, wanted)
    assert outcome.deal.id == mine
    assert deal_of(stage.database, shop, other).status == "new"


@pytest.mark.parametrize(
    ("deal_id", "number", "stated_key"),
    [
        (1, None, "orderId=1"),
        (None, "?", "orderNumber=?"),
        (1, "?", "orderId=1, orderNumber=?"),
        (2**53, "'; DROP TABLE deal; --", "orderId=9007199254740992, orderNumber='; DROP TABLE deal; --"),
    ],
)
def test_it_refuses_a_deal_it_does_not_know(
    stage: Stage, shop: Player, deal_id: int | None, number: str | None, stated_key: str
) -> None:
    register(stage, shop)
    stored = rows_of(stage.database, shop)
    (outcome,) = make(stage, shop, change(deal_id, number, status="paid", custom_values={"unknown": "1"}))
    assert isinstance(outcome, DealNotFound)
    assert outcome.facts == {"key": stated_key}
    assert rows_of(stage.database, shop) == stored, "no field was counted, no point spent"


def test_it_refuses_a_change_that_names_no_deal(stage: Stage, shop: Player) -> None:
    (outcome,) = make(stage, shop, change(status="paid"))
    assert isinstance(outcome, DealKeyMissing)


def test_it_no_longer_finds_a_deleted_deal(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    stage.perform(delete_deals, shop, DealKey(deal_id, None))
    assert [type(item) for item in make(stage, shop, change(deal_id, "N"), change(None, "N"))] == [DealNotFound] * 2


def test_it_changes_nothing_of_a_neighbour(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    deal_id = register(stage, shop)
    stored = rows_of(stage.database, shop)
    outcomes = make(stage, neighbour, change(deal_id, status="stolen"), change(None, "N", status="stolen"))
    assert [type(outcome) for outcome in outcomes] == [DealNotFound] * 2
    assert rows_of(stage.database, shop) == stored
    assert rows_of(stage.database, neighbour) == {}


def test_it_changes_the_deal_of_its_own_site_when_both_have_the_number(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    mine, theirs = register(stage, shop), register(stage, neighbour)
    make(stage, neighbour, change(None, "N", status="paid"))
    assert deal_of(stage.database, shop, mine).status == "new"
    assert deal_of(stage.database, neighbour, theirs).status == "paid"


# Batches.


def test_it_lets_changes_of_one_deal_in_a_batch_follow_each_other(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, **WHOLE)
    outcomes = make(
        stage,
        shop,
        change(deal_id, status="paid"),
        change(None, "N", amount_rub=Decimal(5)),
        change(deal_id),
        change(deal_id, status="new", tags=("a",)),
    )
    result = [(outcome.deal.version, outcome.deal.status, outcome.deal.amount_rub) for outcome in outcomes]
    assert result == [(2, "paid", 1000), (3, "paid", 5), (3, "paid", 5), (4, "new", 5)]
    assert deal_of(stage.database, shop, deal_id) == outcomes[-1].deal
    versions = versions_of(stage.database, shop, deal_id)
    assert [(version.version, sorted(version.after)) for version in versions[1:]] == [
        (2, ["status"]),
        (3, ["amount_rub"]),
        (4, ["status", "tags"]),
    ]


def test_it_answers_each_of_a_mixed_batch_in_its_place(stage: Stage, shop: Player) -> None:
    first, second = register(stage, shop, "1"), register(stage, shop, "2")
    outcomes = make(
        stage, shop, change(1), change(second, status="b"), change(), change(first, status="a"), change(None, "?")
    )
    assert [type(outcome) for outcome in outcomes] == [
        DealNotFound, ChangedDeal, DealKeyMissing, ChangedDeal, DealNotFound,
    ]  # fmt: skip
    assert [deal_of(stage.database, shop, item).status for item in (first, second)] == ["a", "b"]
    assert points_of(stage.database, shop) == 4


def test_it_makes_no_more_changes_than_the_points_allow(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=3)
    deal_id = register(stage, shop)
    outcomes = make(stage, shop, *[change(deal_id, status=f"s{count}") for count in range(4)], change(1))
    assert [type(outcome) for outcome in outcomes] == [ChangedDeal, ChangedDeal, PointsSpent, PointsSpent, DealNotFound]
    kept = deal_of(stage.database, shop, deal_id)
    assert (kept.status, kept.version) == ("s1", 3)
    assert points_of(stage.database, shop) == 3


def test_it_costs_what_the_site_says(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=10, point_costs={"register": 0, "update-by-id": 4})
    deal_id = register(stage, shop)
    outcomes = make(stage, shop, *[change(deal_id, status=f"s{count}") for count in range(3)])
    assert [type(outcome) for outcome in outcomes] == [ChangedDeal, ChangedDeal, PointsSpent]
    assert points_of(stage.database, shop) == 8


# Sources, leads, fields.


def test_it_restates_no_source_of_a_deal_that_has_a_lead(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON)
    deal_id = register(stage, shop, clue=by_contact("79205550055"), stated_source=YANDEX)
    (outcome,) = make(stage, shop, change(deal_id, source_parts={"source": "google"}))
    assert outcome.deal.stated_source == YANDEX
    assert outcome.deal.version == 1


def test_it_states_a_source_where_there_was_none(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    (outcome,) = make(stage, shop, change(deal_id, source_parts={"source": "google", "term": ""}))
    assert outcome.deal.stated_source == TrafficSource("google")
    assert deal_of(stage.database, shop, deal_id).stated_source == TrafficSource("google")


def test_it_keeps_an_empty_source_that_was_stated_so(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, stated_source=NOWHERE)
    (outcome,) = make(stage, shop, change(deal_id, status="paid"))
    assert outcome.deal.stated_source == NOWHERE


def test_it_counts_the_fields_it_passes_over(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    make(stage, shop, change(deal_id, custom_values={"size": "L", "margin": "1"}), change(None, "N"))
    make(stage, shop, change(deal_id, custom_values={"size": "XL"}))
    with stage.database.write() as connection:
        assert [
            (unknown_field.name, unknown_field.seen) for unknown_field in list_unknown_fields(connection, shop.site.id)
        ] == [("size", 2)]


@pytest.mark.parametrize(("model", "source"), [("0", DIRECT), ("1", YANDEX)])
def test_it_states_the_story_of_the_lead_by_the_sites_model(
    stage: Stage, shop: Player, model: str, source: TrafficSource
) -> None:
    with stage.database.write() as connection:
        site = change_site_settings(account_work(connection, NOON), shop.site.id, {"attribution": model})
    result = Player(site, shop.token, shop.token_id)
    visits = {
        YANDEX: stage.visit(result, NOON - timedelta(hours=5), YANDEX),
        DIRECT: stage.visit(result, NOON - timedelta(hours=2), DIRECT),
    }
    call = stage.call(result, NOON - timedelta(hours=1), client_name="Иван", visit_id=visits[DIRECT].id)
    deal_id = register(stage, result, clue=by_contact("79205550055"))
    (outcome,) = make(stage, result, change(deal_id, status="paid"))
    ref = LeadRef(LeadKind.CALL, call.id)
    client = Client(outcome.lead_summary.client.id, "Иван", phones=("79205550055",))
    assert outcome.lead_summary == LeadSummary(
        ref, client, LeadVisit(visits[DIRECT], visits[source]), duration=timedelta(seconds=300)
    )


def test_it_states_no_story_of_a_deal_without_a_lead(stage: Stage, shop: Player) -> None:
    (outcome,) = make(stage, shop, change(register(stage, shop), status="paid"))
    assert outcome.lead_summary is None


# Side by side.


def work(player: Player, wanted: Change, ids: IdBlocks) -> Callable[[Connection], Any]:
    def run(connection: Connection) -> Any:
        site = find_site(connection, player.site.id)
        assert site is not None
        return change_deals(Work(connection, ids, utc_now(), site), [WriteCommand(wanted, player.token_id)])[0]

    return run


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"status": "paid"}, {"amount_rub": Decimal(5)}),
        ({"tags": ("a", "b")}, {"status": "paid"}),
        ({"source_parts": {"source": "google"}}, {"status": "paid"}),
        ({"source_parts": {"source": "google"}}, {"source_parts": {"term": "ключ"}}),
        ({"source_parts": {"source": "", "medium": ""}}, {"status": "paid"}),
        ({"status": "paid"}, {"source_parts": {"term": "ключ"}}),
    ],
    ids=str,
)
def test_it_loses_none_of_two_changes_of_one_deal_by_two_servers(
    stage: Stage, shop: Player, first: dict[str, Any], second: dict[str, Any]
) -> None:
    alone = register(stage, shop, "alone", **WHOLE)
    deal_id = register(stage, shop, "N", **WHOLE)
    make(stage, shop, change(alone, **first), change(alone, **second))
    ids = IdBlocks(stage.database.writer)
    ids.ensure(100)
    earlier, later = side_by_side(
        stage.database, work(shop, change(deal_id, **first), ids), work(shop, change(deal_id, **second), ids)
    )
    assert (earlier.deal.version, later.deal.version) == (2, 3)
    kept, expected = deal_of(stage.database, shop, deal_id), deal_of(stage.database, shop, alone)
    changeable = ("status", "amount_rub", "tags", "stated_source", "manager", "custom_values", "version")
    assert [getattr(kept, name) for name in changeable] == [getattr(expected, name) for name in changeable]


def test_it_finds_nothing_to_change_when_another_server_deletes_meanwhile(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop)
    ids = IdBlocks(stage.database.writer)
    ids.ensure(100)

    def remove(connection: Connection) -> Any:
        return delete_deals(stage.work(connection, shop), [WriteCommand(DealKey(deal_id, None))])[0]

    gone, refusal = side_by_side(stage.database, remove, work(shop, change(None, "N", status="paid"), ids))
    assert gone.id == deal_id
    assert isinstance(refusal, DealNotFound)
    assert deal_of(stage.database, shop, deal_id, deleted=True).status == "new"


def test_it_keeps_every_change_of_two_servers_as_a_version(stage: Stage, shop: Player) -> None:
    database, other = stage.database, open_database(stage.database.url.render_as_string(hide_password=False))
    deal_id = register(stage, shop)

    async def story() -> list[Any]:
        async with open_write_queue(database) as first, open_write_queue(other) as second:
            wanted = [change(deal_id, status=f"s{count}") for count in range(20)]
            queues = [first, second]
            futures = [
                queues[count % 2].write(change_deals, shop.site, WriteCommand(item))
                for count, item in enumerate(wanted)
            ]
            return await asyncio.gather(*futures)

    outcomes = run(story)
    other.close()
    assert sorted(outcome.deal.version for outcome in outcomes) == list(range(2, 22))
    versions = versions_of(database, shop, deal_id)
    assert [version.version for version in versions] == list(range(1, 22))
    for earlier, later in pairwise(versions[1:]):
        assert later.before == earlier.after, "each follows the one before it"
    assert deal_of(database, shop, deal_id).status == versions[-1].after["status"]


def test_a_change_that_is_refused_at_midnight_leaves_a_site_without_data(stage: Stage) -> None:
    """Two days of points are locked then, which stores their rows on PostgreSQL."""
    empty = stage.open_site()
    midnight = datetime(2026, 11, 27, tzinfo=empty.site.time_zone)
    (outcome,) = stage.perform(change_deals, empty, change(1, status="won"), now=midnight)
    assert isinstance(outcome, DealNotFound)
    with stage.database.read() as connection:
        assert count_site_rows(connection, empty.site.id) == {}
    assert points_of(stage.database, empty) == 0
