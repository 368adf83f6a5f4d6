"""Visits that were counted elsewhere come in once, and leads that came before them are credited."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cast import IDS_AT_ONCE, Player, Stage
from dealtrace.accounts.assigned_ids import OWN_VISIT_IDS
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import InvalidParameters
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.import_leads import import_calls, import_lead_requests
from dealtrace.operations.visits.import_visits import import_visits
from dealtrace.storage.deals.daily_counts import JournalTime, list_miscounted_days
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, find_page
from dealtrace.storage.visits.credits import find_credited_visits
from dealtrace.storage.visits.visits import find_visits
from write_commands import NOON, by_call, by_lead_request, registration

AD = TrafficSource("yandex", "cpc", "brand")
VISIT = Visit(
    VisitId(1846408120), "ivan", NOON - timedelta(hours=2), AD, city="Тула", device="mobile", has_stated_source=True
)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def bring(stage: Stage, player: Player, run: Any, *contents: Any) -> list[Any]:
    stage.ids.ensure(IDS_AT_ONCE)
    with stage.database.write() as connection:
        return list(run(stage.work(connection, player, NOON), contents))


def credited(stage: Stage, player: Player, lead_id: int) -> Visit | None:
    with stage.database.read() as connection:
        found = find_credited_visits(connection, player.site.id, [lead_id], AttributionModel(player.site.attribution))
    return found.get(lead_id)


def test_a_visit_comes_in_whole_and_once(stage: Stage, shop: Player) -> None:
    assert bring(stage, shop, import_visits, VISIT, VISIT) == [VISIT, VISIT]
    assert bring(stage, shop, import_visits, VISIT) == [VISIT]
    with stage.database.read() as connection:
        assert find_visits(connection, shop.site.id, [VISIT.id]) == {VISIT.id: VISIT}


@pytest.mark.parametrize(
    "other",
    [
        replace(VISIT, city="Орёл"),
        replace(VISIT, visitor_id="anna"),
        replace(VISIT, traffic_source=TrafficSource("vk")),
        replace(VISIT, has_stated_source=False),
        replace(VISIT, started_at=NOON),
        replace(VISIT, id=VisitId(OWN_VISIT_IDS.start)),
        replace(VISIT, id=VisitId(2**53 - 1)),
    ],
)
def test_a_visit_that_meets_another_is_refused(stage: Stage, shop: Player, other: Visit) -> None:
    bring(stage, shop, import_visits, VISIT)
    refused, taken = bring(stage, shop, import_visits, other, replace(VISIT, id=VisitId(5)))
    assert isinstance(refused, InvalidParameters)
    assert taken.id == 5


@pytest.mark.parametrize("visits_first", [True, False])
def test_a_past_is_credited_whichever_comes_first(stage: Stage, shop: Player, *, visits_first: bool) -> None:
    call = IncomingCall(NOON, timedelta(minutes=1), "79205550055", visit_id=VISIT.id, id=7)  # type: ignore[arg-type]
    form = IncomingLeadRequest(NOON, "79205550056", visit_id=VISIT.id, id=8)  # type: ignore[arg-type]

    def leads_come_in() -> None:
        bring(stage, shop, import_calls, call)
        bring(stage, shop, import_lead_requests, form)

    if not visits_first:
        leads_come_in()
        assert credited(stage, shop, 7) is None
    bring(stage, shop, import_visits, VISIT)
    if visits_first:
        leads_come_in()
    assert [credited(stage, shop, lead_id) for lead_id in (7, 8)] == [VISIT, VISIT]
    bring(stage, shop, import_visits, replace(VISIT, id=VisitId(9), started_at=NOON - timedelta(hours=1)))
    later = credited(stage, shop, 7)
    assert later is not None


@pytest.mark.parametrize("visits_first", [True, False])
def test_deals_are_dated_by_the_visits_of_their_leads_whichever_comes_first(
    stage: Stage, shop: Player, *, visits_first: bool
) -> None:
    call = IncomingCall(NOON, timedelta(minutes=1), "79205550055", visit_id=VISIT.id, id=7)  # type: ignore[arg-type]
    form = IncomingLeadRequest(NOON, "79205550056", visit_id=VISIT.id, id=8)  # type: ignore[arg-type]
    if visits_first:
        bring(stage, shop, import_visits, VISIT)
    bring(stage, shop, import_calls, call)
    bring(stage, shop, import_lead_requests, form)
    sent = [registration("a", clue=by_call(7)), registration("b", clue=by_lead_request(8)), registration("c")]
    ids = [receipt.deal_id for receipt in stage.perform(register_deals, shop, *sent)]
    stage.perform(delete_deals, shop, DealKey(ids[1], None))
    if not visits_first:
        assert dated_by_visit(stage, shop, VISIT.started_at) == []
        bring(stage, shop, import_visits, VISIT)
    with stage.database.write() as connection:
        restore_deal(stage.work(connection, shop), ids[1])
        assert list_miscounted_days(connection, shop.site.id) == []
    assert dated_by_visit(stage, shop, VISIT.started_at) == ids[:2]


def dated_by_visit(stage: Stage, player: Player, at: datetime) -> list[int]:
    """List the ids of the deals whose visit began in this second, by the journal."""
    query = JournalQuery(JournalTime.VISITED, at, at + timedelta(seconds=1))
    with stage.database.read() as connection:
        return sorted(find_page(connection, query_deals(player.site.id, query), Cursor(0, skip=0), 10).ids)


def test_each_site_has_visits_of_its_own(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    bring(stage, shop, import_visits, VISIT)
    assert bring(stage, neighbour, import_visits, replace(VISIT, city="Орёл"))[0].city == "Орёл"


def test_leads_with_ids_of_ours_are_refused(stage: Stage, shop: Player) -> None:
    call = IncomingCall(NOON, timedelta(0), "79205550055", id=10**9)  # type: ignore[arg-type]
    form = IncomingLeadRequest(NOON, "79205550056", id=10**9)  # type: ignore[arg-type]
    for run, lead, name in ((import_calls, call, "callId"), (import_lead_requests, form, "requestId")):
        refused, taken = bring(stage, shop, run, lead, replace(lead, id=5 if run is import_calls else 6))
        assert f"{name}: the server assigns ids from 1000000000 on, so 1000000000 cannot be imported" in str(refused)
        assert taken.id in (5, 6)
