"""Undoing a version of a deal, and everything else that a person does with a deal by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.details import ContactBook
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind
from dealtrace.deals.status_history import status_history
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealNotFound, DealNotPinned, NumberReused, Refusal
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.change_in_cabinet import DealAction, DealActionKind, act_on_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.deals.update_lists import DealUpdate, update_lists
from dealtrace.storage.deals.versions import list_versions
from stored import deal_of, rows_of, versions_of
from write_commands import NOON, by_contact, change, registration

PHONE = "79205550055"
MAIL = "ivan@example.ru"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, shop: Player, number: str = "A-1", **fields: Any) -> int:
    (receipt,) = stage.perform(register_deals, shop, registration(number, **fields))
    deal_id: int = receipt.deal_id
    return deal_id


def act(stage: Stage, shop: Player, kind: DealActionKind, deal_id: int, **more: Any) -> Deal | Refusal:
    (outcome,) = stage.perform(act_on_deals, shop, DealAction(kind, deal_id, **more))
    assert isinstance(outcome, Deal | Refusal)
    return outcome


def undo(stage: Stage, shop: Player, deal_id: int, version: int) -> Deal:
    outcome = act(stage, shop, DealActionKind.UNDO, deal_id, version=version)
    assert isinstance(outcome, Deal), outcome
    return outcome


def update(stage: Stage, shop: Player, deal_id: int, **fields: Any) -> Deal:
    ((outcome,),) = stage.perform(update_lists, shop, [DealUpdate(change(deal_id, **fields))])
    deal: Deal = outcome.deal
    return deal


def searching(contact: str) -> Matcher:
    return Matcher(MatcherKind.CONTACT, tuple(LeadKind), contacts=(contact,), until=NOON)


def keys_of_deals(stage: Stage, shop: Player) -> list[str]:
    return [key for _, key, *_ in rows_of(stage.database, shop).get("deal_key", ())]


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


def test_the_first_status_of_a_deal_without_its_date_begins_with_the_deal_again(stage: Stage, shop: Player) -> None:
    deal = register(stage, shop)
    stage.perform(change_deals, shop, change(deal, status="won"))
    undone = undo(stage, shop, deal, 2)
    assert (undone.status, undone.status_since) == ("new", undone.happened_at)


def test_a_status_that_was_only_spelled_differently_begins_when_it_did(stage: Stage, shop: Player) -> None:
    deal = register(stage, shop)
    stage.perform(change_deals, shop, change(deal, status="won"))
    since = deal_of(stage.database, shop, deal).status_since
    stage.perform(change_deals, shop, change(deal, status="Won "))
    stage.perform(change_deals, shop, change(deal, status="lost"))
    assert undo(stage, shop, deal, 4).status_since == since
    with stage.database.read() as connection:
        history = status_history(list_versions(connection, shop.site.id, deal))
    assert [past.status for past in history] == ["new", "won", "lost", "Won "]


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
        DealAction(DealActionKind.UNDO, deal, version=2),
        DealAction(DealActionKind.DELETE, deal),
        DealAction(DealActionKind.DELETE, deal),
        DealAction(DealActionKind.RESTORE, deal),
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
    act(stage, shop, DealActionKind.PIN, deal, lead=first)
    act(stage, shop, DealActionKind.PIN, deal, lead=second)
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
    assert isinstance(act(stage, shop, DealActionKind.UNDO, deal, version=3), NumberReused)
    assert isinstance(act(stage, shop, DealActionKind.UNDO, deal, version=2), DealNotFound), (
        "a deleted deal is not changed"
    )
    assert isinstance(act(stage, shop, DealActionKind.UNDO, deal, version=1), DealNotFound)
    assert isinstance(act(stage, neighbour, DealActionKind.UNDO, deal, version=3), DealNotFound)
    assert isinstance(act(stage, neighbour, DealActionKind.DELETE, deal), DealNotFound)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_no_other_version_is_undone(stage: Stage, shop: Player, version: int) -> None:
    deal = register(stage, shop)
    assert isinstance(act(stage, shop, DealActionKind.UNDO, deal, version=version), DealNotFound)
    assert isinstance(act(stage, shop, DealActionKind.UNPIN, deal), DealNotPinned)


class TestDeals20:
    """Deals 2.0 search for their lead by matchers; the search follows an undone change."""

    def test_the_deal_is_matched_by_the_restored_matchers(self, stage: Stage, shop: Player) -> None:
        call = stage.call(shop, NOON - timedelta(minutes=30), phone=PHONE)
        request = stage.lead_request(shop, NOON - timedelta(minutes=20), email=MAIL)
        deal = register(stage, shop, matchers=(searching(PHONE),))
        assert update(stage, shop, deal, matchers=(searching(MAIL),)).lead == LeadRef(LeadKind.LEAD_REQUEST, request.id)
        undone = undo(stage, shop, deal, 2)
        assert undone.matchers == (searching(PHONE),)
        assert undone.lead == LeadRef(LeadKind.CALL, call.id)
        assert undone == deal_of(stage.database, shop, deal)
        assert keys_of_deals(stage, shop) == [PHONE]
        kinds = [version.kind for version in versions_of(stage.database, shop, deal)][3:]
        assert kinds == [VersionKind.CHANGED, VersionKind.MATCHED]

    def test_late_leads_find_the_deal_by_the_restored_matchers(self, stage: Stage, shop: Player) -> None:
        deal = register(stage, shop, matchers=(searching(PHONE),))
        update(stage, shop, deal, matchers=(searching(MAIL),))
        undo(stage, shop, deal, 2)
        stage.lead_request(shop, NOON - timedelta(minutes=20), email=MAIL)
        assert deal_of(stage.database, shop, deal).lead is None
        call = stage.call(shop, NOON - timedelta(minutes=30), phone=PHONE)
        assert deal_of(stage.database, shop, deal).lead == LeadRef(LeadKind.CALL, call.id)

    def test_journals_find_the_deal_by_the_restored_contacts(self, stage: Stage, shop: Player) -> None:
        deal = register(stage, shop, matchers=(WITHOUT_SOURCE,))
        clue = deal_of(stage.database, shop, deal).clue
        phones = ContactBook(phones=(PHONE, "79205550066"))
        changed = update(stage, shop, deal, detail_parts={"main_contacts": phones})
        assert changed.clue.contact is not None
        assert changed.clue.contact.normals == phones.phones
        assert deal_of(stage.database, shop, deal).clue == changed.clue
        assert undo(stage, shop, deal, 2).clue == clue
        assert deal_of(stage.database, shop, deal).clue == clue
        assert "deal_contact" not in rows_of(stage.database, shop)

    @pytest.mark.parametrize("is_on", [True, False])
    def test_a_deal_of_deals_1_is_matched_by_its_clue_again(self, stage: Stage, *, is_on: bool) -> None:
        shop = stage.open_site(contact_matching=is_on)
        call = stage.call(shop, NOON - timedelta(minutes=30), phone=PHONE)
        request = stage.lead_request(shop, NOON - timedelta(minutes=20), email=MAIL)
        clue = by_contact(f"8 (920) 555-00-55, {PHONE[:-1]}6", threshold=timedelta(hours=5), only=LeadKind.CALL)
        deal = register(stage, shop, clue=clue)
        contacts = {"main_contacts": ContactBook(emails=(MAIL,))}
        changed = update(stage, shop, deal, matchers=(searching(MAIL),), detail_parts=contacts)
        assert changed.lead == LeadRef(LeadKind.LEAD_REQUEST, request.id)
        undone = undo(stage, shop, deal, 2)
        assert undone.clue == clue
        assert undone.lead == (LeadRef(LeadKind.CALL, call.id) if is_on else None)
        assert undone == deal_of(stage.database, shop, deal)
        assert keys_of_deals(stage, shop) == []

    def test_a_pinned_lead_stays(self, stage: Stage, shop: Player) -> None:
        call = stage.call(shop, NOON - timedelta(minutes=30), phone=PHONE)
        deal = register(stage, shop, matchers=(searching(PHONE),))
        update(stage, shop, deal, matchers=(WITHOUT_SOURCE,))
        act(stage, shop, DealActionKind.PIN, deal, lead=None)
        assert undo(stage, shop, deal, 2).lead is None
        act(stage, shop, DealActionKind.UNPIN, deal)
        assert deal_of(stage.database, shop, deal).lead == LeadRef(LeadKind.CALL, call.id)

    def test_a_restored_status_begins_when_it_had_begun(self, stage: Stage, shop: Player) -> None:
        deal = register(stage, shop, status_since=NOON - timedelta(days=5), matchers=(WITHOUT_SOURCE,))
        for day, status in ((1, "won"), (2, "lost")):
            stage.perform(change_deals, shop, change(deal, status=status), now=NOON + timedelta(days=day))
        undone = undo(stage, shop, deal, 3)
        assert (undone.status, undone.status_since) == ("won", NOON + timedelta(days=1))
        assert undo(stage, shop, deal, 4).status_since == NOON + timedelta(days=2)
        undone = undo(stage, shop, deal, 2)
        assert (undone.status, undone.status_since) == ("new", NOON - timedelta(days=5))
        assert undone == deal_of(stage.database, shop, deal)
        with stage.database.read() as connection:
            history = status_history(list_versions(connection, shop.site.id, deal))
        assert [each.since for each in history[-2:]] == [NOON + timedelta(days=2), NOON - timedelta(days=5)]

    def test_the_stated_date_of_a_status_is_restored(self, stage: Stage, shop: Player) -> None:
        deal = register(stage, shop, status_since=NOON, matchers=(WITHOUT_SOURCE,))
        update(stage, shop, deal, status_since=NOON + timedelta(days=1))
        undone = undo(stage, shop, deal, 2)
        assert undone.status_since == NOON
        assert undone == deal_of(stage.database, shop, deal)
        last = versions_of(stage.database, shop, deal)[-1]
        assert list(last.before) == list(last.after) == ["status_since"]

    def test_an_old_date_does_not_go_to_a_later_status(self, stage: Stage, shop: Player) -> None:
        deal = register(stage, shop, status_since=NOON, matchers=(WITHOUT_SOURCE,))
        update(stage, shop, deal, status_since=NOON + timedelta(days=1))
        stage.perform(change_deals, shop, change(deal, status="won"), now=NOON + timedelta(days=3))
        undone = undo(stage, shop, deal, 2)
        assert (undone.status, undone.status_since) == ("won", NOON + timedelta(days=3))
        assert undo(stage, shop, deal, 3).status_since == NOON + timedelta(days=1)

    def test_a_status_without_a_date_begins_with_the_deal_whatever_was_undone(self, stage: Stage, shop: Player) -> None:
        deal = register(stage, shop, status_since=None, matchers=(WITHOUT_SOURCE,))
        update(stage, shop, deal, status="won", status_since=NOON + timedelta(days=1))
        undo(stage, shop, deal, 2)
        stage.perform(change_deals, shop, change(deal, status="lost"), now=NOON + timedelta(days=3))
        undone = undo(stage, shop, deal, 4)
        assert (undone.status, undone.status_since or undone.happened_at) == ("new", undone.happened_at)


def test_no_version_is_empty(stage: Stage, shop: Player) -> None:
    """A date of a status that is the time of the change itself is a change too."""
    deal = register(stage, shop, status_since=NOON, matchers=(WITHOUT_SOURCE,))
    now = NOON + timedelta(days=1)
    dated = DealUpdate(change(deal, status_since=now))
    stage.perform(update_lists, shop, [dated], now=now)
    last = versions_of(stage.database, shop, deal)[-1]
    assert list(last.after) == ["status_since"]
    assert undo(stage, shop, deal, 2).status_since == NOON


def test_a_deal_that_is_pinned_so_already_is_left_alone(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON, phone=PHONE)
    deal = register(stage, shop, clue=by_contact(PHONE))
    lead = LeadRef(LeadKind.CALL, call.id)
    assert act(stage, shop, DealActionKind.PIN, deal, lead=lead).version == 2
    assert act(stage, shop, DealActionKind.PIN, deal, lead=lead).version == 2
    assert [version.kind for version in versions_of(stage.database, shop, deal)][1:] == [VersionKind.PINNED]
