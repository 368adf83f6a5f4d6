"""Which visits open forms may name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cast import NO_ID, Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visit_ids import FIRST_KEYED_ID
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.write_command import WriteCommand
from old_visits import DAY, OLD_ID, for_a_day_after_the_last_page, store_old
from write_commands import NOON


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, player: Player, visit_id: int, *, token_id: int | None) -> LeadRequest:
    stage.ids.ensure(100)
    payload = IncomingLeadRequest(NOON, email="a@b.ru", visit_id=VisitId(visit_id))
    with stage.database.write() as connection:
        work = stage.work(connection, player, NOON)
        (outcome,) = register_lead_requests(work, [WriteCommand(payload, token_id)])
    assert isinstance(outcome, LeadRequest)
    return outcome


@for_a_day_after_the_last_page
def test_an_open_form_names_an_old_id_for_a_day_and_a_token_always(
    stage: Stage, shop: Player, started: timedelta, seen: timedelta | None, *, counts: bool
) -> None:
    store_old(stage, shop, started, seen)
    assert register(stage, shop, OLD_ID, token_id=None).visit_id == (OLD_ID if counts else None)
    assert register(stage, shop, OLD_ID, token_id=shop.token_id).visit_id == OLD_ID


@pytest.mark.parametrize("visit_id", [1, 10**9, 10**10 + 8, FIRST_KEYED_ID - 1])
def test_an_open_form_names_no_id_that_nobody_has(stage: Stage, shop: Player, visit_id: int) -> None:
    assert register(stage, shop, visit_id, token_id=None).visit_id is None
    assert register(stage, shop, visit_id, token_id=shop.token_id).visit_id == visit_id


def test_a_new_id_counts_however_old_its_visit_is(stage: Stage, shop: Player) -> None:
    (visit,) = stage.visits(shop, replace(Visit(NO_ID, "v", NOON - 80 * DAY, TrafficSource("yandex"))))
    assert visit.id >= FIRST_KEYED_ID
    assert register(stage, shop, visit.id, token_id=None).visit_id == visit.id
