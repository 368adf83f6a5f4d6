"""Pages of deals: what belongs to them, their order, and that an index finds them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.deals.daily_counts import JournalTime
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from plans import full_scans, plans_of, statements_on
from stored import deal_of
from write_commands import NOON, by_call, by_contact, by_lead_request, change, registration

HOUR = timedelta(hours=1)
YANDEX = TrafficSource(source="yandex", medium="cpc")
CROWD = 9000
SITES = 3
SOURCES = 3000
EVER = {"since": datetime(1970, 1, 2, tzinfo=UTC), "until": datetime(2100, 1, 1, tzinfo=UTC)}


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, player: Player, *asked: Any, now: datetime | None = None) -> list[DealId]:
    return [receipt.deal_id for receipt in stage.perform(register_deals, player, *asked, now=now)]


@dataclass(frozen=True)
class DealPage:
    """A page of deals, and how many there are on all of them."""

    deals: list[Deal]
    total: int


def page_of(stage: Stage, player: Player, *, page: int = 1, limit: int = 100, **query: Any) -> DealPage:
    cursor = Cursor((page - 1) * limit, skip=(page - 1) * limit)
    with stage.database.read() as connection:
        found = find_page(connection, query_deals(player.site.id, JournalQuery(**query)), cursor, limit)
        return DealPage(list_deals_by_id(connection, player.site.id, found.ids), found.total)


def ids_of(stage: Stage, player: Player, **query: Any) -> list[int]:
    return [deal.id for deal in page_of(stage, player, **query).deals]


def test_it_lists_whole_deals(stage: Stage) -> None:
    shop = stage.open_site(fields=["margin"], contact_matching=True)
    stage.call(shop, NOON)
    said: list[dict[str, Any]] = [
        {},
        {"tags": ("б", "а"), "custom_values": {"margin": "1"}, "stated_source": YANDEX, "comment": "к обеду"},
        {"clue": by_contact("79205550055"), "tags": ("в",)},
    ]
    ids = register(stage, shop, *[registration(str(number), **item) for number, item in enumerate(said)])
    page = page_of(stage, shop, **EVER)
    assert page == DealPage([deal_of(stage.database, shop, item) for item in ids], 3)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"since": EVER["since"]},
        {"until": EVER["until"]},
        *({"time": time, **EVER} for time in JournalTime if time is not JournalTime.VISITED),
    ],
    ids=str,
)
def test_it_leaves_open_the_side_that_nobody_named(stage: Stage, shop: Player, query: dict[str, Any]) -> None:
    ids = register(stage, shop, registration("1"), registration("2"))
    assert ids_of(stage, shop, **query) == ids


def test_it_counts_the_beginning_of_an_interval_and_not_its_end(stage: Stage, shop: Player) -> None:
    moments = [NOON + shift for shift in (-HOUR / 3600, timedelta(0), HOUR - HOUR / 3600, HOUR)]
    before, first, last, after = register(
        stage, shop, *[registration(str(number), happened_at=moment) for number, moment in enumerate(moments)]
    )
    assert ids_of(stage, shop, since=NOON, until=NOON + HOUR) == [first, last]
    assert ids_of(stage, shop, since=NOON - HOUR, until=NOON) == [before]
    assert ids_of(stage, shop, since=NOON + HOUR, until=NOON + 2 * HOUR) == [after]
    assert page_of(stage, shop, since=NOON, until=NOON) == DealPage([], 0)


def test_it_sorts_by_the_moment_and_then_by_id(stage: Stage, shop: Player) -> None:
    hours = [3, 1, 2, 1, 3, 0]
    ids = register(stage, shop, *[registration(str(n), happened_at=NOON + hour * HOUR) for n, hour in enumerate(hours)])
    expected = [item for _, item in sorted(zip(hours, ids, strict=True))]
    assert ids_of(stage, shop, **EVER) == expected
    paged = [page_of(stage, shop, page=page, limit=2, **EVER) for page in (1, 2, 3, 4)]
    assert [[deal.id for deal in page.deals] for page in paged] == [expected[:2], expected[2:4], expected[4:], []]
    assert [page.total for page in paged] == [6] * 4


def test_it_knows_when_a_deal_was_last_touched(stage: Stage, shop: Player) -> None:
    early, late = NOON + 24 * HOUR, NOON + 48 * HOUR
    first, second = register(stage, shop, registration("1"), registration("2"), now=early)
    stage.perform(change_deals, shop, change(first, status="paid"), now=late)
    touched = {"time": JournalTime.TOUCHED}
    assert ids_of(stage, shop, since=early, until=early + HOUR, **touched) == [second]
    assert ids_of(stage, shop, since=late, until=late + HOUR, **touched) == [first]
    assert ids_of(stage, shop, **touched, **EVER) == [second, first]


def test_it_knows_when_the_visit_behind_the_lead_began(stage: Stage, shop: Player) -> None:
    visits = [stage.visit(shop, NOON - shift * HOUR, YANDEX, visitor=f"v{shift}") for shift in (50, 2)]
    calls = [stage.call(shop, NOON, phone=f"7920000001{n}", visit_id=visit.id) for n, visit in enumerate(visits)]
    without_visit = stage.call(shop, NOON, phone="79200000009")
    old, new, _, _ = register(
        stage,
        shop,
        *[registration(str(call.id), clue=by_call(call.id)) for call in [*calls, without_visit]],
        registration("no lead"),
    )
    visited = {"time": JournalTime.VISITED}
    assert ids_of(stage, shop, **visited, **EVER) == [old, new]
    assert ids_of(stage, shop, since=NOON - 2 * HOUR, until=NOON, **visited) == [new]
    assert page_of(stage, shop, since=NOON - 2 * HOUR + HOUR / 3600, until=NOON, **visited).total == 0


def test_it_filters_by_id_number_and_kind_of_lead(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON)
    lead_request = stage.lead_request(shop, NOON, phone="79200000001")
    by_calls, by_lead_requests, neither = register(
        stage,
        shop,
        registration("1", clue=by_call(call.id)),
        registration("2", clue=by_lead_request(lead_request.id)),
        registration("3"),
    )
    sent: list[tuple[dict[str, Any], list[int]]] = [
        ({"deal_id": neither}, [neither]),
        ({"number": "2"}, [by_lead_requests]),
        ({"deal_id": neither, "number": "2"}, []),
        ({"deal_id": 1}, []),
        ({"number": ""}, []),
        ({"lead_kind": LeadKind.CALL}, [by_calls]),
        ({"lead_kind": LeadKind.LEAD_REQUEST}, [by_lead_requests]),
        ({"lead_kind": LeadKind.CALL, "number": "2"}, []),
    ]
    for query, expected in sent:
        page = page_of(stage, shop, **query, **EVER)
        assert ([deal.id for deal in page.deals], page.total) == (expected, len(expected)), query


def test_it_leaves_out_what_is_deleted_and_what_is_a_neighbours(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    mine, gone = register(stage, shop, registration("1"), registration("2"))
    (theirs,) = register(stage, neighbour, registration("1"))
    stage.perform(delete_deals, shop, DealKey(gone, None))
    for query in ({}, {"deal_id": theirs}, {"deal_id": gone}, {"number": "2"}):
        assert theirs not in ids_of(stage, shop, **query, **EVER)
        assert gone not in ids_of(stage, shop, **query, **EVER)
    assert page_of(stage, shop, **EVER).total == 1
    assert ids_of(stage, neighbour, **EVER) == [theirs]
    assert ids_of(stage, neighbour, deal_id=mine, **EVER) == []


# How it is found.


@pytest.fixture(scope="module")
def crowd(new_database_url: Callable[[], str]) -> Iterator[tuple[Stage, Player]]:
    """Give a database of many deals of a few sites, some with a lead whose visit is known."""
    database = open_database(new_database_url())
    stage = Stage(database)
    players = [stage.open_site(contact_matching=True) for _ in range(SITES)]
    numbers = count()
    for player in players:
        visit = stage.visit(player, NOON - HOUR, YANDEX)
        call = stage.call(player, NOON, visit_id=visit.id)
        sent = [
            registration(
                str(number),
                happened_at=NOON + number * HOUR,
                clue=by_call(call.id if number % 10 == 0 else None, "?"),
                tags=("tag",),
                stated_source=TrafficSource(f"source{number % SOURCES}"),
            )
            for number in islice(numbers, CROWD // SITES)
        ]
        for start in range(0, len(sent), 1000):
            stage.perform(register_deals, player, *sent[start : start + 1000])
    if not database.is_sqlite:  # nobody gathers statistics for a file
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    yield stage, players[1]
    database.close()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"since": NOON + 4200 * HOUR, "until": NOON + 4300 * HOUR}, "ix_deal_happened"),
        ({"time": JournalTime.TOUCHED, "since": NOON, "until": NOON + HOUR}, "ix_deal_touched"),
        ({"time": JournalTime.VISITED, "since": NOON, "until": NOON + HOUR}, "ix_deal_visited"),
        ({"number": "4200", **EVER}, "deal"),
        ({"deal_id": 10**10 + 4500, **EVER}, "deal"),
        ({"lead_kind": LeadKind.CALL, "since": NOON + 4200 * HOUR, "until": NOON + 4300 * HOUR}, "ix_deal_happened"),
    ],
    ids=str,
)
def test_it_finds_a_page_by_an_index_and_scans_nothing(
    crowd: tuple[Stage, Player], query: dict[str, Any], index: str
) -> None:
    stage, player = crowd
    with statements_on(stage.database.reader) as sent:
        page_of(stage, player, page=1, limit=50, **query)
    plan = plans_of(stage.database, [item for item in sent if "deal" in item[0]])
    assert index in plan
    assert full_scans(stage.database, plan) == [], plan


@pytest.mark.parametrize("time", JournalTime)
def test_deals_of_one_kind_of_lead_are_found_by_the_index_alone(crowd: tuple[Stage, Player], time: JournalTime) -> None:
    stage, player = crowd
    with statements_on(stage.database.reader) as sent:
        page_of(stage, player, time=time, lead_kind=LeadKind.CALL, **EVER)
    if stage.database.is_sqlite:  # whether PostgreSQL looks into the rows depends on how tidy they are
        assert "COVERING INDEX ix_deal_" in plans_of(stage.database, sent)


def test_it_asks_as_often_for_many_deals_as_for_one(crowd: tuple[Stage, Player]) -> None:
    stage, player = crowd
    with statements_on(stage.database.reader) as for_one:
        page_of(stage, player, limit=1, **EVER)
    with statements_on(stage.database.reader) as for_many:
        assert len(page_of(stage, player, limit=500, **EVER).deals) == 500
    assert len(for_many) == len(for_one)


def test_it_has_found_a_full_scan_where_there_is_one(crowd: tuple[Stage, Player]) -> None:
    stage, _ = crowd
    plan = plans_of(stage.database, [("SELECT id FROM deal WHERE comment IS NOT NULL", ())])
    assert full_scans(stage.database, plan)
