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
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.leads import lead_credit
from dealtrace.storage.visits.visits import find_visits
from postgresql import PostgresqlServer
from write_commands import NOON

DAY = timedelta(days=1)
ADVERT, SEARCH = TrafficSource("yandex", "cpc"), TrafficSource("google", "organic")
Shares = Mapping[int, list[tuple[str, int]]]


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
    own = stage.visit(shop, NOON, DIRECT)
    call = stage.call(shop, NOON, visit_id=own.id)
    asked = stage.lead_request(shop, NOON, email="a@b.ru", visit_id=own.id)
    stage.visit(shop, NOON - age, ADVERT)
    for lead in (call, asked):
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


def test_a_lead_without_a_visit_has_no_credit(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON)
    stage.visit(shop, NOON - DAY, ADVERT)
    assert shares_of(stage.database, shop, call.id) == {}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seen=st.lists(st.tuples(st.integers(0, 60), st.sampled_from([ADVERT, SEARCH, DIRECT])), max_size=4, unique=True),
    random=st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_never_matters(stage: Stage, seen: list[tuple[int, TrafficSource]], random: Any) -> None:
    """Visits that begin together are told apart by id, so each begins at a minute of its own."""
    visits = [(NOON - days * DAY - timedelta(minutes=number), source) for number, (days, source) in enumerate(seen)]
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
    one, other = Stage(first), Stage(second)
    player = one.open_site()
    other.ids.ensure(2000)
    own = [one.visit(player, NOON, DIRECT, visitor=f"v{number}") for number in range(30)]
    barrier = threading.Barrier(2, timeout=30)
    calls: list[int] = []

    def call_all() -> None:
        for visit in own:
            barrier.wait()
            calls.append(one.call(player, NOON, visit_id=visit.id).id)

    def visit_all() -> None:
        for visit in own:
            barrier.wait()
            other.visit(player, NOON - DAY, ADVERT, visitor=visit.visitor_id)

    threads = [threading.Thread(target=work) for work in (call_all, visit_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    model = AttributionModel.LAST_NON_DIRECT
    assert {shares_of(first, player, lead_id)[model][0][0] for lead_id in calls} == {"yandex"}
    first.close()
    second.close()
