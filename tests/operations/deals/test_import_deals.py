"""Deals that have a past elsewhere come in once, with their ids, and are deals like all others afterwards."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cast import IDS_AT_ONCE, Player, Stage
from dealtrace.accounts.assigned_ids import FIRST_ID_DEFAULT
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import InvalidParameters, NumberTaken, Refusal
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.import_deals import IDS_PER_DEAL_MAX, import_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.daily_counts import list_miscounted_days
from stored import deal_of, points_of, rows_of, versions_of
from write_commands import NOON, by_call, by_contact, change, registration

PHONE = "79205550055"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def incoming(deal_id: int | None = 7811141, number: str | None = "K1", **fields: Any) -> IncomingDeal:
    made = IncomingDeal(DealId(deal_id) if deal_id is not None else None, number, "new", Decimal(1000), NOON)
    return replace(made, **fields)


def bring(stage: Stage, player: Player, *deals: IncomingDeal) -> list[Any]:
    stage.ids.ensure(IDS_AT_ONCE)
    with stage.database.write() as connection:
        return list(import_deals(stage.work(connection, player, NOON + timedelta(days=1)), deals))


def count(stage: Stage, player: Player) -> int:
    return len(rows_of(stage.database, player)["deal"])


def test_a_deal_comes_in_whole(stage: Stage, shop: Player) -> None:
    deal = incoming(
        status="won", touched_at=NOON + timedelta(hours=3), service="AmoCRM", manager="Анна", comment="c",
        tags=("b", "a"), custom_values={"margin": "5"}, stated_source=TrafficSource("vk", "social"),
        clue=LeadClue(CallIdentity(77, None), by_contact(PHONE).contact),
    )  # fmt: skip
    assert bring(stage, shop, deal) == [7811141]
    stored = deal_of(stage.database, shop, 7811141)
    for name in ("number", "status", "amount_rub", "happened_at", "touched_at", "service", "manager", "comment",
                 "tags", "custom_values", "stated_source", "clue"):  # fmt: skip
        assert getattr(stored, name) == getattr(deal, name), name
    assert (stored.recorded_at, stored.version, stored.lead) == (NOON + timedelta(days=1), 1, None)
    (version,) = versions_of(stage.database, shop, 7811141)
    assert (version.kind, version.token_id, version.after["status"]) == (VersionKind.REGISTERED, None, "won")
    assert points_of(stage.database, shop) == 0
    with stage.database.read() as connection:
        assert list_miscounted_days(connection, shop.site.id) == []


def test_the_same_deal_again_changes_nothing_whatever_has_happened_to_it(stage: Stage, shop: Player) -> None:
    both, nameless = incoming(), incoming(None, "K2")
    ids = bring(stage, shop, both, nameless, both, nameless)
    assert ids[:2] == ids[2:]
    assert bring(stage, shop, both, nameless) == ids[:2]
    stage.perform(change_deals, shop, change(ids[0], status="won"), change(ids[1], status="won"))
    assert bring(stage, shop, both, nameless) == ids[:2]
    stage.perform(delete_deals, shop, DealKey(ids[0], None), DealKey(ids[1], None))
    assert bring(stage, shop, both, nameless) == ids[:2]
    stored = [deal_of(stage.database, shop, deal_id, deleted=True) for deal_id in ids[:2]]
    assert [(deal.status, deal.deleted_at is None) for deal in stored] == [("won", False)] * 2
    assert count(stage, shop) == 2


def test_a_deal_that_an_earlier_release_imported_with_its_first_contact_is_the_same(stage: Stage, shop: Player) -> None:
    first, lists = (
        by_contact(PHONE, "a@example.org"),
        by_contact(f"{PHONE}, 79205550056", "a@example.org,b@example.org"),
    )
    deals = incoming(5, "K5"), incoming(None, "K6"), incoming(None, "K7")
    ids = bring(stage, shop, *(replace(deal, clue=first) for deal in deals))
    stage.perform(delete_deals, shop, DealKey(ids[1], None))
    assert bring(stage, shop, *(replace(deal, clue=lists) for deal in deals)) == ids
    (refused,) = bring(stage, shop, replace(deals[0], clue=by_contact("79205550056", "a@example.org")))
    assert isinstance(refused, InvalidParameters)


@pytest.mark.parametrize(
    ("deal", "refusal"),
    [
        (incoming(status="won"), InvalidParameters),
        (incoming(number="K9"), InvalidParameters),
        (incoming(5, "K1"), NumberTaken),
        (incoming(None, "K1"), NumberTaken),
        (incoming(None, "crm"), NumberTaken),
        (incoming(5, "crm"), NumberTaken),
        (incoming(FIRST_ID_DEFAULT, "K9"), InvalidParameters),
        (incoming(2**53 - 1, "K9"), InvalidParameters),
        (incoming(5, "K9", clue=by_call(FIRST_ID_DEFAULT)), InvalidParameters),
    ],
)
def test_a_deal_that_meets_another_is_refused(
    stage: Stage, shop: Player, deal: IncomingDeal, refusal: type[Refusal]
) -> None:
    stage.perform(register_deals, shop, registration("crm"))
    (outcome, other) = (bring(stage, shop, incoming()), bring(stage, shop, deal, incoming(6, "K6")))
    assert outcome == [7811141]
    assert isinstance(other[0], refusal)
    assert other[1] == 6
    assert count(stage, shop) == 3


def test_a_refusal_names_the_id_and_where_ours_begin(stage: Stage, shop: Player) -> None:
    (refusal,) = bring(stage, shop, incoming(FIRST_ID_DEFAULT + 5))
    assert "orderId: the server assigns ids from 1000000000 on, so 1000000005 cannot be imported" in str(refusal)


def test_ids_and_numbers_stand_in_for_each_other(stage: Stage, shop: Player) -> None:
    numbered, identified = bring(stage, shop, incoming(None, "K1"), incoming(5, None))
    assert numbered >= FIRST_ID_DEFAULT
    assert deal_of(stage.database, shop, identified).number == "5"
    assert isinstance(bring(stage, shop, incoming(6, "5"))[0], NumberTaken)


def test_each_site_has_deals_of_its_own(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    assert bring(stage, shop, incoming()) == bring(stage, neighbour, incoming(status="won")) == [7811141]


@pytest.mark.parametrize("lead_first", [True, False])
@pytest.mark.parametrize("clue", [by_call(77), by_contact(PHONE), by_call(78, clue=by_contact(PHONE))])
def test_a_deal_finds_its_lead_whichever_comes_first(
    stage: Stage, shop: Player, clue: LeadClue, *, lead_first: bool
) -> None:
    def come_in() -> None:
        visit = stage.visit(shop, NOON - timedelta(hours=1), TrafficSource("yandex", "cpc"))
        stage.call(shop, NOON - timedelta(minutes=10), phone=PHONE, id=77, visit_id=visit.id)

    if lead_first:
        come_in()
    bring(stage, shop, incoming(clue=clue))
    if not lead_first:
        come_in()
    assert deal_of(stage.database, shop, 7811141).lead == LeadRef(LeadKind.CALL, 77)
    with stage.database.read() as connection:
        assert list_miscounted_days(connection, shop.site.id) == []


def test_a_deal_takes_no_more_ids_than_are_reserved_for_it(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(IDS_AT_ONCE)
    before = stage.ids.take()
    bring(stage, shop, *(incoming(None, str(n), stated_source=TrafficSource(str(n))) for n in range(10)))
    assert stage.ids.take() - before - 1 == 10 * IDS_PER_DEAL_MAX
