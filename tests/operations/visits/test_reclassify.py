"""Classifying the past again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import and_, select, update

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.webhook import BodyStyle, EventKind
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.reclassification import Reclassification
from dealtrace.attribution.site_hosts import hosts_of
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.visits import reclassify
from dealtrace.operations.visits.import_visits import import_visits
from dealtrace.operations.visits.reclassify import (
    begin_reclassification,
    finish_reclassification,
    list_next_visitors,
    reclassify_visitors,
)
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.schema.tables.leads import lead_credit
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.credits import CREDITED
from dealtrace.storage.visits.visits import find_visits
from dealtrace.storage.webhooks.outbox import list_waiting_deliveries
from dealtrace.webhooks.event import LeadEvent, LeadPart
from stored import rows_of
from write_commands import NOON

DAY = timedelta(days=1)
PAY = "https://pay.example/"
AS_REFERRAL, ADVERT = TrafficSource("pay.example", "referral"), TrafficSource("yandex", "cpc")
LANDING, PAID_LANDING = "https://shop.ru/", "https://shop.ru/?utm_source=yandex&utm_medium=cpc&yclid=5"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def chunk(stage: Stage, player: Player, state: Reclassification | None = None) -> Reclassification | None:
    """Do the next chunk; `None` at the end."""
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        work = stage.work(connection, player, NOON)
        at = state or begin_reclassification(work)
        visitors = list_next_visitors(work, at)
        return reclassify_visitors(work, at, visitors) if visitors else None


def run(stage: Stage, player: Player) -> Reclassification:
    state = chunk(stage, player)
    assert state is not None
    while (after := chunk(stage, player, state)) is not None:
        state = after
    with stage.database.write() as connection:
        finish_reclassification(stage.work(connection, player))
    return state


def naming_pay(player: Player) -> Player:
    hosts = hosts_of([(HostKind.PAYMENT, "pay.example", "")])
    return replace(player, site=replace(player.site, hosts=hosts))


def scene(stage: Stage, player: Player, visitor: str = "visitor") -> tuple[Any, Any]:
    """Store an advertisement's visit, one that came back from a payment page, and a lead of the latter."""
    stage.visit(player, NOON - DAY, ADVERT, visitor=visitor, landing_url=PAID_LANDING, utm=ADVERT)
    back = stage.visit(player, NOON, AS_REFERRAL, visitor=visitor, landing_url=LANDING, referrer=PAY)
    return back, stage.call(player, NOON, visit_id=back.id)


def source_of(stage: Stage, player: Player, call: Any) -> TrafficSource:
    ref = LeadRef(LeadKind.CALL, call.id)
    with stage.database.read() as connection:
        return find_lead_summaries(connection, player.site.id, [ref], AttributionModel(1))[ref].origin.source


def test_visits_get_todays_source_tags_and_click_ids_and_leads_their_credit(stage: Stage, shop: Player) -> None:
    back, call = scene(stage, shop)
    neighbour = stage.open_site()
    scene(stage, neighbour)
    theirs = rows_of(stage.database, neighbour)
    assert source_of(stage, shop, call) == AS_REFERRAL
    state = run(stage, naming_pay(shop))
    assert (state.visits, state.visits_changed, state.leads_moved) == (2, 2, 1)
    assert source_of(stage, shop, call) == ADVERT
    with stage.database.read() as connection:
        found = find_visits(connection, shop.site.id, [back.id])[back.id]
    assert found.traffic_source == DIRECT
    assert rows_of(stage.database, neighbour) == theirs
    assert "reclassification" not in rows_of(stage.database, shop)
    again = run(stage, naming_pay(shop))
    assert (again.visits, again.visits_changed, again.leads_moved) == (2, 0, 0)


@pytest.mark.parametrize("visits_at_once", [1, 2, 3, 1000])
def test_it_goes_by_visitors_and_counts_each_lead_once(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch, visits_at_once: int
) -> None:
    monkeypatch.setattr(reclassify, "VISITS_AT_ONCE", visits_at_once)
    for number in range(5):
        scene(stage, shop, f"v{number}")
    state = run(stage, naming_pay(shop))
    assert (state.visits, state.leads_moved) == (10, 5)


def test_it_continues_where_it_stopped_and_starts_again_under_other_hosts(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reclassify, "VISITS_AT_ONCE", 2)
    for number in range(3):
        scene(stage, shop, f"v{number}")
    first = chunk(stage, naming_pay(shop))
    assert first is not None
    assert (first.visits, first.after_visitor) == (2, "v0")
    with stage.database.read() as connection:
        assert begin_reclassification(stage.work(connection, naming_pay(shop))) == first
        assert begin_reclassification(stage.work(connection, shop)).visits == 0
    assert run(stage, naming_pay(shop)).visits == 6


def test_visits_whose_urls_are_gone_stay_as_they_are(stage: Stage, shop: Player) -> None:
    stage.visit(shop, NOON, ADVERT, visitor="")
    kept = stage.visit(shop, NOON, ADVERT)
    call = stage.call(shop, NOON, visit_id=kept.id)
    state = run(stage, naming_pay(shop))
    assert (state.visits, state.visits_changed, state.leads_moved) == (1, 0, 0)
    assert source_of(stage, shop, call) == ADVERT


STATED = TrafficSource("x", "y")
FROM_PAY: dict[str, Any] = {"landing_url": LANDING, "referrer": PAY}


def imported(stage: Stage, player: Player, *visits: Visit) -> list[Any]:
    stage.ids.ensure(len(visits))
    with stage.database.write() as connection:
        return list(import_visits(stage.work(connection, player), visits))


def sources_of(stage: Stage, player: Player, *visits: Visit) -> list[TrafficSource]:
    with stage.database.read() as connection:
        found = find_visits(connection, player.site.id, [each.id for each in visits])
    return [found[each.id].traffic_source for each in visits]


def test_sources_that_a_file_states_stay_and_others_are_found_again(stage: Stage, shop: Player) -> None:
    stated = Visit(VisitId(1), "a", NOON, STATED, **FROM_PAY, utm=STATED, has_stated_source=True)
    like_found = Visit(VisitId(2), "b", NOON, AS_REFERRAL, **FROM_PAY, has_stated_source=True)
    found = Visit(VisitId(3), "c", NOON, AS_REFERRAL, **FROM_PAY)
    brought = (stated, like_found, found)
    imported(stage, shop, *brought)
    call = stage.call(shop, NOON, visit_id=stated.id)
    assert run(stage, naming_pay(shop)).visits_changed == 1
    assert sources_of(stage, shop, *brought) == [STATED, AS_REFERRAL, DIRECT]
    assert source_of(stage, shop, call) == STATED
    assert imported(stage, shop, *brought) == list(brought), "the same file again"


def test_visits_stored_before_that_was_known_keep_what_their_urls_do_not_give(stage: Stage, shop: Player) -> None:
    stated = Visit(VisitId(1), "a", NOON, STATED, **FROM_PAY, has_stated_source=True)
    found = Visit(VisitId(2), "b", NOON, AS_REFERRAL, **FROM_PAY)
    imported(stage, shop, stated, found)
    counted = stage.visit(shop, NOON, STATED, **FROM_PAY)
    with stage.database.write() as connection:
        connection.execute(update(visit).where(visit.c.site_id == shop.site.id).values(has_stated_source=None))
    assert imported(stage, shop, stated, found) == [stated, found]
    assert run(stage, naming_pay(shop)).visits_changed == 2
    assert sources_of(stage, shop, stated, found, counted) == [STATED, DIRECT, DIRECT]


def test_webhooks_receive_the_leads_that_moved_and_no_others(stage: Stage, shop: Player) -> None:
    back, call = scene(stage, shop)
    stage.visit(shop, NOON - DAY, ADVERT, visitor="other", landing_url=PAID_LANDING, utm=ADVERT)
    stage.ids.ensure(10)
    wanted = NewWebhook(shop.site.id, "https://crm.example/", frozenset(EventKind), BodyStyle.JSON)
    with stage.database.write() as connection:
        webhook = create_webhook(account_work(connection, NOON, stage.ids), wanted)
        site = find_site(connection, shop.site.id)
    assert site is not None
    run(stage, naming_pay(replace(shop, site=site)))
    with stage.database.read() as connection:
        sent = [each.event for each in list_waiting_deliveries(connection, shop.site.id, webhook.id, 10)]
    assert sent == [LeadEvent(EventKind.LEAD_CHANGED, LeadRef(LeadKind.CALL, call.id), (LeadPart.VISIT,))]
    assert back.id


def test_credits_keep_the_sources_of_their_visits(stage: Stage, shop: Player) -> None:
    named = stage.visit(shop, NOON - DAY, ADVERT, landing_url=LANDING, referrer="https://vk.com/")
    stage.call(shop, NOON, visit_id=named.id)
    assert credited_sources(stage, shop) == {ADVERT.source}
    assert run(stage, shop).visits_changed == 1
    (source,) = credited_sources(stage, shop)
    assert source != ADVERT.source


def credited_sources(stage: Stage, player: Player) -> set[str]:
    """Tell the sources that are stored with the credits of all leads, which must be those of their visits."""
    is_source = and_(
        traffic_source.c.site_id == lead_credit.c.site_id, traffic_source.c.id == lead_credit.c.traffic_source_id
    )
    sources = (
        select(traffic_source.c.source, lead_credit.c.traffic_source_id, visit.c.traffic_source_id)
        .select_from(lead_credit.join(visit, CREDITED).join(traffic_source, is_source))
        .where(lead_credit.c.site_id == player.site.id)
    )
    with stage.database.read() as connection:
        rows = connection.execute(sources).all()
    assert all(stored == of_visit for _, stored, of_visit in rows)
    return {source for source, _, _ in rows}


def test_credit_of_an_earlier_release_is_stated_anew(stage: Stage, shop: Player) -> None:
    """Releases before credited a visit that followed the named one."""
    named = stage.visit(shop, NOON - 2 * DAY, ADVERT, landing_url=PAID_LANDING, utm=ADVERT, click_ids={"yclid": "5"})
    later = stage.visit(
        shop, NOON - DAY, TrafficSource("vk", "social"), landing_url=LANDING, referrer="https://vk.com/"
    )
    call = stage.call(shop, NOON, visit_id=named.id)
    with stage.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE lead_credit SET visit_id = {later.id}, visit_started_at = (SELECT started_at FROM visit "
            f"WHERE id = {later.id} AND site_id = {shop.site.id}) WHERE site_id = {shop.site.id}"
        )
    state = run(stage, shop)
    assert (state.visits_changed, state.leads_moved) == (0, 1)
    assert source_of(stage, shop, call) == ADVERT
