"""Lists of deals cost and store the same whether they are committed together or one after another."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import PointsSpent
from dealtrace.leads.annotations import Addition
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.register_lists import delete_lists, register_lists
from dealtrace.operations.deals.register_with_lead_request import LeadRequestWithDeal, register_with_deals
from dealtrace.operations.deals.update_lists import DealUpdate, update_lists
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.deals.deals import list_deals_by_key
from stored import points_of, versions_of
from write_commands import NOON, change, register, registration

OPERATIONS = {"update": update_lists, "register": register_lists, "delete": delete_lists}
PRICES = {"register": 0, "client-order-create": 1, "client-order-update": 1, "client-order-delete": 1}
ITEMS = st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["new", "paid", "lost", "+tag"]))
LISTS = st.lists(st.lists(ITEMS, min_size=1, max_size=3), min_size=1, max_size=5)


def item_of(kind: str, number: str, word: str) -> Any:
    """Return what a list of this kind has for a deal."""
    if kind == "delete":
        return DealKey(None, number)
    if kind == "register":
        return registration(number, status=word)
    if word == "+tag":
        return DealUpdate(change(number=number, status="paid"), (Addition(tags=("tag",)),))
    return DealUpdate(change(number=number, status=word))


def outcomes_of(lists: Sequence[Any]) -> list[Any]:
    """Return the kinds of outcomes, since ids differ between sites."""
    return [PointsSpent if isinstance(outcome, PointsSpent) else [type(item) for item in outcome] for outcome in lists]


def histories_of(stage: Stage, player: Player) -> dict[str, list[Any]]:
    """Return what the versions of the deals of a site changed, by number."""
    with stage.database.read() as connection:
        deals = list_deals_by_key(
            connection, player.site.id, ids=[], numbers=["A", "B", "C"], with_deleted=True, lock=False
        )
    return {
        deal.number: [
            (version.kind, version.before, version.after)
            for version in versions_of(stage.database, player, deal.id)[1:]
        ]
        for deal in deals
    }


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests of the module: each has sites of its own."""
    return shared_stage


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(sorted(OPERATIONS)), lists=LISTS, points=st.sampled_from([1, 2, 3, 100]))
def test_lists_cost_and_store_the_same_together_and_one_after_another(
    stage: Stage, kind: str, lists: list[list[tuple[str, str]]], points: int
) -> None:
    ends = []
    for is_together in (True, False):
        player = stage.open_site(points_per_day=points, point_costs=PRICES)
        register(stage, player, "A")
        register(stage, player, "B")
        sent = [[item_of(kind, number, word) for number, word in each] for each in lists]
        batches = [sent] if is_together else [[each] for each in sent]
        outcomes = [
            outcome for batch in batches for outcome in stage.perform(OPERATIONS[kind], player, *batch, now=NOON)
        ]
        ends.append((outcomes_of(outcomes), points_of(stage.database, player), histories_of(stage, player)))
    assert ends[0] == ends[1]


def test_a_list_that_repeats_an_earlier_one_is_free_and_one_that_reverts_it_is_paid(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=100, point_costs=PRICES)
    register(stage, shop, "A")
    paid, new = ([item_of("update", "A", word)] for word in ("paid", "new"))
    stage.perform(update_lists, shop, paid, paid)
    assert points_of(stage.database, shop) == 1
    stage.perform(update_lists, shop, new, paid, new)
    assert points_of(stage.database, shop) == 4


@pytest.mark.parametrize("kind", [*OPERATIONS, "with a lead request"])
def test_versions_name_the_person_who_sent_a_list(stage: Stage, shop: Player, kind: str) -> None:
    number = "A" if kind in ("update", "delete") else "C"
    register(stage, shop, "A")
    operation: Any = OPERATIONS.get(kind, register_with_deals)
    payload: Any = (
        [item_of(kind, number, "paid")]
        if kind in OPERATIONS
        else LeadRequestWithDeal(IncomingLeadRequest(NOON, phone="79205550055"), registration(number))
    )
    stage.ids.ensure(100)
    with stage.database.write() as connection:
        operation(stage.work(connection, shop), [WriteCommand(payload, user_id=7)])
        (deal,) = list_deals_by_key(connection, shop.site.id, ids=[], numbers=[number], with_deleted=True)
    assert versions_of(stage.database, shop, deal.id)[-1].user_id == 7
