"""Undoing a version of a deal, and everything else that a person does with a deal by hand."""

from decimal import Decimal
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal, DealKey
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealNotFound, DealNotPinned, NumberReused, Refusal
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.by_hand import Act, DealAct, act_on_deals
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.versions import list_versions
from write_commands import NOON, by_contact, change, registration

PHONE = "79205550055"


def register(stage: Stage, shop: Player, number: str = "A-1", **fields: Any) -> int:
    (receipt,) = stage.perform(register_deals, shop, registration(number, **fields))
    deal_id: int = receipt.deal_id
    return deal_id


def act(stage: Stage, shop: Player, kind: Act, deal_id: int, **more: Any) -> Deal | Refusal:
    (outcome,) = stage.perform(act_on_deals, shop, DealAct(kind, deal_id, **more))
    assert isinstance(outcome, Deal | Refusal)
    return outcome


def undo(stage: Stage, shop: Player, deal_id: int, version: int) -> Deal:
    outcome = act(stage, shop, Act.UNDO, deal_id, version=version)
    assert isinstance(outcome, Deal), outcome
    return outcome


def test_every_field_becomes_what_it_was(stage: Stage, shop: Player) -> None:
    deal = register(stage, shop, stated_source=TrafficSource("a", "b"), tags=("x", "y"), comment="first", manager=None)
    changed = change(
        deal, status="won", amount_rub=None, tags=(), comment="", manager="Анна", source_parts={"source": "c"}
    )
    stage.perform(change_deals, shop, changed)
    after = undo(stage, shop, deal, 2)
    assert after.status == "new"
    assert after.amount_rub == Decimal(1000)
    assert after.tags == ("x", "y")
    assert (after.comment, after.manager) == ("first", None)
    assert after.stated_source == TrafficSource("a", "b")
    assert after.version == 3
    with stage.database.read() as connection:
        kinds = [version.kind for version in list_versions(connection, shop.site.id, deal)]
    assert kinds == [VersionKind.REGISTERED, VersionKind.CHANGED, VersionKind.CHANGED]


def test_an_undo_that_changes_nothing_is_no_version(stage: Stage, shop: Player) -> None:
    deal = register(stage, shop)
    stage.perform(change_deals, shop, change(deal, status="won"))
    stage.perform(change_deals, shop, change(deal, status="new"))
    assert undo(stage, shop, deal, 2).version == 3


def test_several_in_a_batch_see_each_other(stage: Stage, shop: Player) -> None:
    deal = register(stage, shop)
    stage.perform(change_deals, shop, change(deal, status="won"))
    outcomes = stage.perform(
        act_on_deals,
        shop,
        DealAct(Act.UNDO, deal, version=2),
        DealAct(Act.DELETE, deal),
        DealAct(Act.DELETE, deal),
        DealAct(Act.RESTORE, deal),
    )
    assert [type(outcome) for outcome in outcomes] == [Deal, Deal, DealNotFound, Deal]
    assert outcomes[-1].status == "new"


def test_a_pin_goes_back_to_the_pin_before_it(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON)
    first, second = (
        LeadRef(LeadKind.LEAD_REQUEST, stage.lead_request(shop, NOON, phone=PHONE, number=str(number)).id)
        for number in range(2)
    )
    deal = register(stage, shop, clue=by_contact(PHONE))
    act(stage, shop, Act.PIN, deal, lead=first)
    act(stage, shop, Act.PIN, deal, lead=second)
    after = undo(stage, shop, deal, 3)
    assert after.lead == first
    assert after.pinned_at is not None
    after = undo(stage, shop, deal, 2)
    assert after.lead == LeadRef(LeadKind.CALL, call.id)
    assert after.pinned_at is None
    assert undo(stage, shop, deal, 5).lead == first


def test_what_is_no_longer_possible_is_refused(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    deal = register(stage, shop)
    stage.perform(change_deals, shop, change(deal, status="won"))
    stage.perform(delete_deals, shop, DealKey(deal, None))
    register(stage, shop)
    assert isinstance(act(stage, shop, Act.UNDO, deal, version=3), NumberReused)
    assert isinstance(act(stage, shop, Act.UNDO, deal, version=2), DealNotFound), "a deleted deal is not changed"
    assert isinstance(act(stage, shop, Act.UNDO, deal, version=1), DealNotFound)
    assert isinstance(act(stage, neighbour, Act.UNDO, deal, version=3), DealNotFound)
    assert isinstance(act(stage, neighbour, Act.DELETE, deal), DealNotFound)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_no_other_version_is_undone(stage: Stage, shop: Player, version: int) -> None:
    deal = register(stage, shop)
    assert isinstance(act(stage, shop, Act.UNDO, deal, version=version), DealNotFound)
    assert isinstance(act(stage, shop, Act.UNPIN, deal), DealNotPinned)
