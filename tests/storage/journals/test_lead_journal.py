"""Lists of calls and lead requests: that an index finds their pages, and what is gathered of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import LeadVisit
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.deals import deals
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, SortKey, find_page
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.journals.lead_journal import (
    LeadField,
    LeadFilter,
    LeadOperator,
    LeadQuery,
    QualificationFilter,
    query_leads,
)
from dealtrace.storage.leads import clients, qualification
from dealtrace.storage.schema.tables.leads import lead_credit
from dealtrace.storage.visits import credits as lead_credits
from dealtrace.storage.visits import visits
from plans import full_scans, plan_of, plans_of, statements_on
from write_commands import NOON, by_call, registration

HOUR = timedelta(hours=1)
MODEL = AttributionModel.LAST_NON_DIRECT
CROWD = 3000
SITES = 3


@pytest.fixture(scope="module")
def crowd(new_database_url: Callable[[], str]) -> Iterator[tuple[Stage, Player]]:
    """Give a database of many leads of a few sites, each with a visit."""
    database = open_database(new_database_url())
    stage = Stage(database)
    players = [stage.open_site() for _ in range(SITES)]
    for player in players:
        visit = stage.visit(player, NOON - HOUR, TrafficSource("yandex"))
        for start in range(0, CROWD, 1000):
            numbers = range(start, start + 1000)
            stage.ids.ensure(20_000)
            stage.calls(player, *[_call(number) for number in numbers])
            stage.perform(register_lead_requests, player, *[_lead_request(number) for number in numbers])
        with database.write() as connection:
            rows = [_credit(player, lead_id, visit) for lead_id in _some_ids(stage, player)]
            connection.execute(insert(lead_credit), rows)
    if not database.is_sqlite:  # nobody gathers statistics for a file
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    yield stage, players[1]
    database.close()


def _call(number: int) -> IncomingCall:
    return IncomingCall(NOON + number * HOUR, HOUR, f"7920{number % 500:07}")


def _lead_request(number: int) -> IncomingLeadRequest:
    return IncomingLeadRequest(NOON + number * HOUR, phone=f"7920{number % 500:07}", number=f"{number}")


def _some_ids(stage: Stage, player: Player) -> list[int]:
    return page_of(stage, player, LeadQuery(LeadKind.CALL, MODEL), limit=100).ids


def _credit(player: Player, lead_id: int, visit: Any) -> dict[str, Any]:
    result = {"visit_id": visit.id, "visit_started_at": visit.started_at, "share": None}
    return {"site_id": player.site.id, "lead_id": lead_id, "model": MODEL, "position": 0, **result}


def page_of(stage: Stage, player: Player, query: LeadQuery, cursor: Cursor | None = None, limit: int = 50) -> ListPage:
    with stage.database.read() as connection:
        return find_page(connection, query_leads(player.site, query), cursor or Cursor(), limit)


WEEK = {"since": NOON + 2000 * HOUR, "until": NOON + 2100 * HOUR}
BEYOND = SortKey(NOON + 2050 * HOUR, 1)


@pytest.mark.parametrize("after", [None, BEYOND], ids=["first", "next"])
@pytest.mark.parametrize(
    ("query", "index"),
    [
        (LeadQuery(LeadKind.CALL, MODEL, **WEEK), "ix_call_began"),
        (LeadQuery(LeadKind.LEAD_REQUEST, MODEL, **WEEK), "ix_lead_request_began"),
        (LeadQuery(LeadKind.CALL, MODEL, **WEEK, qualifications=frozenset(QualificationFilter)), "ix_call_client"),
        (LeadQuery(LeadKind.LEAD_REQUEST, MODEL, **WEEK, number="7"), "lead_request"),
        (LeadQuery(LeadKind.CALL, MODEL, **WEEK, matches=(LeadFilter(LeadField.SOURCE, "yandex"),)), "ix_call_began"),
    ],
    ids=["calls", "lead requests", "what calls count for", "a number", "a source"],
)
def test_it_finds_a_page_by_an_index_and_scans_nothing(
    crowd: tuple[Stage, Player], query: LeadQuery, index: str, after: SortKey | None
) -> None:
    stage, player = crowd
    with statements_on(stage.database.reader) as sent:
        page_of(stage, player, query, Cursor(50, after))
    plan = plans_of(stage.database, sent)
    assert index in plan
    scans = [line for line in full_scans(stage.database, plan) if re.search(r"\b(call|lead_request)\b", line)]
    assert scans == [], plan


def test_it_begins_a_next_page_at_its_place_and_not_where_the_interval_does(crowd: tuple[Stage, Player]) -> None:
    stage, player = crowd
    with statements_on(stage.database.reader) as sent:
        page_of(stage, player, LeadQuery(LeadKind.CALL, MODEL, **WEEK), Cursor(50, BEYOND, 0, 100))
    (only,) = sent
    plan = plans_of(stage.database, [only])
    assert "(started_at,id)>(?,?)" in plan or "ROW(started_at, id) > ROW" in plan, plan


@pytest.mark.parametrize(
    ("statement", "column", "asked"),
    [
        (deals._LIST_BY_ID, "id", "ids"),
        (deals._LIST_TAGS, "deal_id", "deal_ids"),
        (visits._LIST_BY_ID, "id", "ids"),
        (clients._LIST_CLIENTS, "id", "ids"),
        (lead_credits._LIST_HEAVIEST, "lead_id", "lead_ids"),
        (qualification._CALLS, "id", "ids"),
        (qualification._LEAD_REQUESTS, "id", "ids"),
    ],
    ids=["deals", "tags", "visits", "clients", "credits", "calls' qualifications", "lead requests' qualifications"],
)
def test_it_gathers_what_it_states_by_indexes(
    crowd: tuple[Stage, Player], statement: CompiledStatement, column: str, asked: str
) -> None:
    stage, player = crowd
    given = {"site_id": player.site.id, asked: list(range(1, 100)), "model": int(MODEL), "target_seconds": 30}
    with stage.database.read() as connection:
        if not stage.database.is_sqlite:  # of what is small PostgreSQL reads everything, index or not
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = plan_of(stage.database, statement, connection, given)
    wanted = f"site_id=? AND {column}=?" if stage.database.is_sqlite else f"{column} = ANY"
    assert wanted in plan, plan
    assert full_scans(stage.database, plan) == [], plan


def entries_of(stage: Stage, player: Player, kind: LeadKind, ids: list[int], **parameters: bool) -> list[LeadEntry]:
    with stage.database.read() as connection:
        return list_lead_entries(connection, player.site, kind, ids, MODEL, **parameters)


@pytest.mark.parametrize("kind", LeadKind)
def test_it_asks_as_often_for_many_leads_as_for_one(crowd: tuple[Stage, Player], kind: LeadKind) -> None:
    stage, player = crowd
    ids = page_of(stage, player, LeadQuery(kind, MODEL), limit=1000).ids
    sent = {"with_visits": True, "with_deals": True}
    with statements_on(stage.database.reader) as for_one:
        entries_of(stage, player, kind, ids[:1], **sent)
    with statements_on(stage.database.reader) as for_many:
        assert [entry.lead.id for entry in entries_of(stage, player, kind, ids, **sent)] == ids
    assert len(for_many) == len(for_one)


def test_it_reports_leads_in_the_order_asked_and_passes_over_the_unknown(stage: Stage, shop: Player) -> None:
    first, second = (stage.call(shop, NOON, phone=f"7920000000{n}") for n in range(2))
    result = entries_of(stage, shop, LeadKind.CALL, [second.id, 1, first.id])
    assert [item.lead for item in result] == [second, first]
    assert entries_of(stage, shop, LeadKind.LEAD_REQUEST, [first.id]) == []
    assert entries_of(stage, shop, LeadKind.CALL, []) == []


def test_it_states_all_that_is_kept_of_a_call(stage: Stage) -> None:
    shop = stage.open_site(fields=["margin"])
    visit = stage.visit(shop, NOON - HOUR, TrafficSource("yandex"))
    said = Annotations("Анна", "позже", ("a",), {"margin": "5"}, TrafficSource("flyer"))
    went = Circumstances("s", True, timedelta(seconds=3), "1", "2", "https://r.example", "ats", "m")
    call = stage.call(
        shop, NOON, phone="79205550055", visit_id=visit.id, annotations=said, circumstances=went, client_name="Иван"
    )
    (receipt,) = stage.perform(register_deals, shop, registration(clue=by_call(call.id)))
    (plain,) = entries_of(stage, shop, LeadKind.CALL, [call.id])
    (whole,) = entries_of(stage, shop, LeadKind.CALL, [call.id], with_visits=True, with_deals=True)
    assert (plain.lead, plain.annotations, plain.circumstances, plain.visit) == (
        call,
        said,
        went,
        LeadVisit(visit, visit),
    )
    assert (plain.client.name, plain.phone, plain.qualification.is_unique) == ("Иван", "79205550055", True)
    assert (plain.visits, plain.deals) == ((), ())
    assert ([deal.id for deal in whole.deals], whole.visits) == ([receipt.deal_id], [visit])
    assert replace(whole, visits=(), deals=()) == plain


def test_it_lists_what_the_visitor_did_up_to_the_lead_and_no_one_elses_visits(stage: Stage, shop: Player) -> None:
    mine = [stage.visit(shop, NOON - n * HOUR, TrafficSource(f"s{n}")) for n in (3, 2)]
    stage.visit(shop, NOON + HOUR, TrafficSource("later"))
    stage.visit(shop, NOON - HOUR, TrafficSource("other"), visitor="other")
    call = stage.call(shop, NOON, visit_id=mine[1].id)
    nobody = stage.call(shop, NOON, phone="79990001122")
    result = entries_of(stage, shop, LeadKind.CALL, [call.id, nobody.id], with_visits=True)
    assert [list(item.visits) for item in result] == [mine, []]


def test_visits_that_were_made_anonymous_are_nobodys(stage: Stage, shop: Player) -> None:
    visits = [stage.visit(shop, NOON - n * HOUR, TrafficSource(f"s{n}"), visitor="") for n in (3, 2)]
    calls = [stage.call(shop, NOON, phone=f"7920000000{n}", visit_id=item.id) for n, item in enumerate(visits)]
    known = stage.visit(shop, NOON, TrafficSource("known"))
    calls.append(stage.call(shop, NOON, phone="79990001122", visit_id=known.id))
    for wanted in (calls[:2], calls):
        result = entries_of(stage, shop, LeadKind.CALL, [item.id for item in wanted], with_visits=True)
        assert [list(item.visits) for item in result] == [[item.visit.own] for item in result if item.visit is not None]


@pytest.mark.parametrize("operator", LeadOperator)
def test_an_empty_text_stands_for_what_is_unknown(stage: Stage, shop: Player, operator: LeadOperator) -> None:
    visit = stage.visit(shop, NOON - HOUR, TrafficSource("yandex", utm := "cpc"), utm=TrafficSource("ya", utm))
    known = stage.call(shop, NOON, visit_id=visit.id).id
    unknown = stage.call(shop, NOON, phone="79990001122").id
    wanted = known if "not" in operator else unknown
    for result in (LeadField.SOURCE, LeadField.UTM_SOURCE):
        query = LeadQuery(LeadKind.CALL, MODEL, matches=(LeadFilter(result, "", operator),))
        assert page_of(stage, shop, query).ids == [wanted]
