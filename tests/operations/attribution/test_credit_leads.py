"""Leads are credited with their visitor's visits, whichever came in first."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cast import Player, Stage
from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.journals.deal_entries import list_deal_entries
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.journals.lead_entries import list_lead_entries
from dealtrace.storage.journals.lead_journal import LeadField, LeadFilter, LeadQuery, query_leads
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.schema.tables.leads import lead_credit
from dealtrace.storage.visits.visits import find_visits
from examples import examples
from postgresql import PostgresqlServer
from write_commands import NOON, by_call, registration

DAY = timedelta(days=1)
ADVERT, SEARCH = TrafficSource("yandex", "cpc"), TrafficSource("google", "organic")
Shares = Mapping[int, list[tuple[str, int]]]


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def shares_of(database: Database, player: Player, lead_id: int) -> Shares:
    """Tell, model by model, which sources share a lead, the heaviest first."""
    mine = (lead_credit.c.site_id == player.site.id, lead_credit.c.lead_id == lead_id)
    with database.read() as connection:
        rows = connection.execute(
            select(lead_credit).where(*mine).order_by(lead_credit.c.model, lead_credit.c.position)
        )
        found = rows.all()
        visits = find_visits(connection, player.site.id, [row.visit_id for row in found])
    shares: dict[int, list[tuple[str, int]]] = {}
    for row in found:
        shares.setdefault(row.model, []).append((visits[row.visit_id].traffic_source.source, row.share))
    return shares


def test_a_lead_keeps_its_shares_under_every_model(stage: Stage, shop: Player) -> None:
    stage.visit(shop, NOON - 14 * DAY, ADVERT)
    stage.visit(shop, NOON - 7 * DAY, SEARCH)
    last = stage.visit(shop, NOON, DIRECT)
    call = stage.call(shop, NOON, visit_id=last.id)
    assert shares_of(stage.database, shop, call.id) == {
        0: [("(direct)", WHOLE)],
        1: [("google", WHOLE)],
        2: [("yandex", WHOLE)],
        3: [("yandex", WHOLE)],
        4: [("(direct)", 333_334), ("google", 333_333), ("yandex", 333_333)],
        5: [("(direct)", 571_429), ("google", 285_714), ("yandex", 142_857)],
        6: [("(direct)", 400_000), ("yandex", 400_000), ("google", 200_000)],
    }


@pytest.mark.parametrize(
    ("age", "counts"), [(timedelta(0), True), (90 * DAY, True), (90 * DAY + timedelta(seconds=1), False)]
)
def test_a_late_visit_is_credited(stage: Stage, shop: Player, age: timedelta, *, counts: bool) -> None:
    own = stage.visit(shop, NOON + timedelta(seconds=1), DIRECT)
    call = stage.call(shop, NOON, visit_id=own.id)
    lead_request = stage.lead_request(shop, NOON, email="a@b.ru", visit_id=own.id)
    stage.visit(shop, NOON - age, ADVERT)
    for lead in (call, lead_request):
        assert shares_of(stage.database, shop, lead.id)[1] == [("yandex" if counts else "(direct)", WHOLE)]


def test_visits_of_others_and_after_the_lead_do_not_count(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    own = stage.visit(shop, NOON, DIRECT)
    call = stage.call(shop, NOON, visit_id=own.id)
    before = shares_of(stage.database, shop, call.id)
    stage.visit(shop, NOON - DAY, ADVERT, visitor="another")
    stage.visit(shop, NOON + timedelta(seconds=1), ADVERT)
    stage.visit(neighbour, NOON - DAY, ADVERT)
    assert shares_of(stage.database, shop, call.id) == before


@pytest.mark.parametrize(
    "after",
    [timedelta(0), timedelta(milliseconds=400), timedelta(seconds=1), DAY, -91 * DAY, -500 * DAY],
    ids=["at once", "in the same second", "a second later", "a day later", "91 days before", "500 days before"],
)
@pytest.mark.parametrize("arrives", ["before", "after"])
def test_the_named_visit_is_credited_whenever_it_began(
    stage: Stage, shop: Player, after: timedelta, arrives: str
) -> None:
    if arrives == "before":
        stage.visit(shop, NOON - DAY, SEARCH)
    own = stage.visit(shop, NOON + after, ADVERT)
    lead = stage.lead_request(shop, NOON, email="a@b.ru", visit_id=own.id)
    if arrives == "after":
        stage.visit(shop, NOON - DAY, SEARCH)
    assert shares_of(stage.database, shop, lead.id)[0] == [("yandex", WHOLE)]
    is_last = after >= -DAY
    assert shares_of(stage.database, shop, lead.id)[2] == [("google" if is_last else "yandex", WHOLE)]


def test_a_visit_between_the_named_one_and_the_lead_is_no_touch(stage: Stage, shop: Player) -> None:
    named = stage.visit(shop, NOON - 2 * DAY, ADVERT, ip="192.0.2.1")
    stage.visit(shop, NOON - DAY, SEARCH, ip="192.0.2.2")
    lead = stage.lead_request(shop, NOON, email="a@b.ru", visit_id=named.id)
    stage.visit(shop, NOON - timedelta(hours=1), SEARCH, ip="192.0.2.3")
    assert {tuple(shares) for shares in shares_of(stage.database, shop, lead.id).values()} == {(("yandex", WHOLE),)}


@pytest.mark.parametrize("model", AttributionModel)
def test_every_reader_states_the_named_visit_beside_the_source_of_the_model(
    stage: Stage, shop: Player, model: AttributionModel
) -> None:
    stage.visit(shop, NOON - 8 * DAY, ADVERT, ip="192.0.2.1", utm=ADVERT)
    stage.visit(shop, NOON - 4 * DAY, SEARCH, ip="192.0.2.2", utm=SEARCH)
    named = stage.visit(shop, NOON, DIRECT, ip="192.0.2.3", google_client_id="mine")
    stage.visit(shop, NOON + DAY, TrafficSource("vk", "cpc"), ip="192.0.2.4")
    call = stage.call(shop, NOON + 2 * DAY, visit_id=named.id)
    (receipt,) = stage.perform(register_deals, shop, registration(clue=by_call(call.id)))
    expected = {0: DIRECT, 1: SEARCH, 2: ADVERT, 3: ADVERT, 4: DIRECT, 5: DIRECT, 6: DIRECT}[model]
    ref = LeadRef(LeadKind.CALL, call.id)
    by_client_id = LeadQuery(LeadKind.CALL, model, matches=(LeadFilter(LeadField.GOOGLE_CLIENT_ID, "mine"),))
    with stage.database.read() as connection:
        origins = [
            find_lead_summaries(connection, shop.site.id, [ref], model)[ref].origin,
            *(entry.origin for entry in list_lead_entries(connection, shop.site, LeadKind.CALL, [call.id], model)),
            *(entry.origin for entry in list_deal_entries(connection, shop.site.id, [receipt.deal_id], model)),
        ]
        listed = find_page(connection, query_leads(shop.site, by_client_id), Cursor(), 9).ids
    assert len(origins) == 3
    for origin in origins:
        assert (origin.visit, origin.details, origin.source) == (named, named, expected)
    assert listed == [call.id]


def test_a_lead_without_a_visit_has_no_credit(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON)
    stage.visit(shop, NOON - DAY, ADVERT)
    assert shares_of(stage.database, shop, call.id) == {}


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seen=st.lists(st.tuples(st.integers(0, 60), st.sampled_from([ADVERT, SEARCH, DIRECT])), max_size=4, unique=True),
    random=st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_never_matters(stage: Stage, seen: list[tuple[int, TrafficSource]], random: Any) -> None:
    """Visits that begin together are told apart by id, so each begins at a minute of its own."""
    visits = [(NOON - days * DAY - timedelta(minutes=number + 1), source) for number, (days, source) in enumerate(seen)]
    shuffled = [*visits, None]
    random.shuffle(shuffled)
    assert play(stage, shuffled) == play(stage, [*visits, None])


def play(stage: Stage, events: Sequence[Any]) -> Shares:
    """Let visits come in, and where `None` stands a lead of the same visitor; tell how it is shared in the end."""
    player = stage.open_site()
    own = stage.visit(player, NOON, DIRECT)
    lead_id = 0
    for event in events:
        if event is None:
            lead_id = stage.call(player, NOON, visit_id=own.id).id
        else:
            stage.visit(player, *event)
    return shares_of(stage.database, player, lead_id)


def test_a_lead_and_a_visit_that_meet_always_find_each_other(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.create("meeting_visits", "dealtrace_template")
    first, second = open_database(url), open_database(url)
    first_stage, second_stage = Stage(first), Stage(second)
    player = first_stage.open_site()
    second_stage.ids.ensure(2000)
    own = [first_stage.visit(player, NOON, DIRECT, visitor=f"v{number}") for number in range(30)]
    barrier = threading.Barrier(2, timeout=30)
    calls: list[int] = []

    def call_all() -> None:
        for visit in own:
            barrier.wait()
            calls.append(first_stage.call(player, NOON, visit_id=visit.id).id)

    def visit_all() -> None:
        for visit in own:
            barrier.wait()
            second_stage.visit(player, NOON - DAY, ADVERT, visitor=visit.visitor_id)

    threads = [threading.Thread(target=work) for work in (call_all, visit_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    model = AttributionModel.LAST_NON_DIRECT
    assert {shares_of(first, player, lead_id)[model][0][0] for lead_id in calls} == {"yandex"}
    first.close()
    second.close()
